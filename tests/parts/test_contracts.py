"""The contracts of CONTRIBUTING.md, held against every member of every family; the numbers are those of its lists."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad

from analogep import CircuitCard, DeviceCard
from analogep.cards.family import Family, NamedFamily
from analogep.circuit.activation import ACTIVATIONS
from analogep.circuit.kind import KINDS
from analogep.circuit.phases import SOLVERS, Phase, Solver
from analogep.columns import COLUMNS, SummingLines
from analogep.costs import COSTS
from analogep.device.card import Conductance
from analogep.device.iv import CURVES
from analogep.device.laws import DIRECTIONS, LAWS
from analogep.device.read import READ_NOISES
from analogep.device.variation import PULSE_NOISES
from analogep.estimators import ESTIMATORS, estimator_named
from analogep.network import Hardware
from analogep.relaxation import method_of, relax
from analogep.rules import MOST_PULSES, RULES
from analogep.streams import Seeds
from tests.parts.blocks import ALL, block
from tests.physics.circuits import passive

X = np.linspace(0.0, 1.0, 41)
WINDOW = Conductance(min=2e-6, max=12e-6)
BITS = np.random.default_rng(1).integers(0, 2**32, 4000)


def each(family: Family, *without: str) -> Any:
    """A test for each member."""
    return pytest.mark.parametrize("name", [name for name in family.names() if name not in without])


def numbers_in_words(expression: str, **voltages: float) -> float:
    """A netlist's expression, as Python computes it."""
    known = {"exp": math.exp, "tanh": math.tanh, "sinh": math.sinh, "min": min, "max": max}
    return float(eval(expression.replace("^", "**"), {"__builtins__": {}}, known | voltages))


@pytest.mark.parametrize("family", ALL, ids=lambda family: family.name)
def test_every_member_is_found_by_its_own_name(family: Family) -> None:
    for name in family.names():
        part = family.find(name)
        assert name in family.names_of(part)
        assert part.family is family
        if not isinstance(family, NamedFamily) and family is not KINDS:
            assert getattr(block(part), family.tag) == name


# Pulse laws


@each(LAWS)
def test_law_1_a_pulse_moves_in_its_direction_and_nowhere_is_no_number(name: str) -> None:
    law = block(LAWS.find(name))
    for direction in law.directions:
        step = law.step(direction, X)
        assert step.shape == X.shape
        assert np.isfinite(step).all()
        assert ((step if direction == "up" else -step) >= 0.0).all()
        assert np.abs(step).max() > 0.0
        assert law.branch(direction).width > 0.0


@each(LAWS)
def test_law_2_the_cells_equation_is_the_mean_step(name: str) -> None:
    """Drawn steps: within five standard errors of 4000 of them, and their variance within 15 %."""
    law = block(LAWS.find(name))
    numbers, first = law.numbers(), law.second or 0.0
    for direction in law.directions:
        up = direction == "up"
        p, q = numbers.cell(up, 1.0)
        mean, variance = law.step(direction, X[::8]), law.variance(direction, X[::8])
        for x, expected, spread in zip(X[::8], mean, variance, strict=True):
            if not law.draws:
                assert spread == 0.0
                assert numbers.step(x, first, up, p, q, 7)[0] == pytest.approx(expected, rel=1e-12, abs=1e-15)
                continue
            drawn = np.array([numbers.step(x, first, up, p, q, int(bits))[0] for bits in BITS])
            assert abs(drawn.mean() - expected) <= 5.0 * math.sqrt(spread / BITS.size)
            assert drawn.var() == pytest.approx(spread, rel=0.15)


@each(LAWS)
def test_law_3_parameters_of_cells_are_those_of_the_cell_where_none_is_off(name: str) -> None:
    law = block(LAWS.find(name))
    scale = np.array([[0.5, 1.0, 2.0]])
    for direction in law.directions:
        found = law.cell(direction, scale, np.zeros_like(scale))
        for k, factor in enumerate(scale[0]):
            expected = law.numbers().cell(direction == "up", factor)
            one = [float(each[0, k]) for each in found]
            numbers = law.numbers()
            moved = [numbers.step(0.3, law.second or 0.0, direction == "up", *pair, 9)[0] for pair in (one, expected)]
            assert moved[0] == pytest.approx(moved[1], rel=1e-12)


@each(LAWS)
def test_law_4_n_pulses_at_once_are_n_pulses(name: str) -> None:
    law = block(LAWS.find(name))
    numbers = law.numbers()
    for direction in law.directions:
        x = np.array([0.2, 0.7])
        for n in (1, 7):
            single = x.copy()
            for _ in range(n):
                single = np.clip(single + law.step(direction, single), 0.0, 1.0)
            np.testing.assert_allclose(law.after(direction, x, n), single, rtol=0, atol=1e-12)
            if hasattr(numbers, "several"):
                p, q = numbers.cell(direction == "up", 1.0)
                both = [numbers.several(float(one), n, direction == "up", p, q) for one in x]
                np.testing.assert_allclose(both, single, rtol=0, atol=1e-12)


@each(LAWS)
def test_law_5_made_ideal_in_one_respect_it_is_that(name: str) -> None:
    """The mirror image, the law in finer pulses, the straight law, the law without noise of its own."""
    law = block(LAWS.find(name))
    down = law.mirrored()
    if down is not None:
        turned = law.model_copy(update={"down": down})
        np.testing.assert_allclose(turned.step("down", X), -law.step("up", 1.0 - X), rtol=1e-9, atol=1e-15)
    finer = law.finer(1000.0)
    if finer is not None:
        for direction in law.directions:
            ratio = law.step(direction, X[5:36]) / finer.step(direction, X[5:36])
            assert np.all((ratio > 500.0) & (ratio < 2000.0))
    straight = law.straightened()
    if straight is not None:
        for direction in law.directions:
            step = straight.step(direction, X)
            np.testing.assert_allclose(step, float(law.step(direction, np.array(0.5))), rtol=1e-9)
    for direction in law.directions:
        np.testing.assert_allclose(law.silenced().step(direction, X), law.step(direction, X), rtol=1e-9, atol=1e-12)
        assert not law.silenced().variance(direction, X).any()


# Pulse noises


@each(PULSE_NOISES)
def test_pulse_noise_1_what_the_engine_adds_has_the_standard_deviation(name: str) -> None:
    noise, law = block(PULSE_NOISES.find(name)), block(LAWS.find("linear"))
    numbers, off = noise.numbers(law, WINDOW), WINDOW.min / WINDOW.span
    for direction in DIRECTIONS:
        sd, change = noise.deviation(law, direction, X, WINDOW), law.step(direction, X)
        assert sd.shape == X.shape
        assert ((sd >= 0.0) & np.isfinite(sd)).all()
        if numbers is None:
            assert not sd.any()
            continue
        up = direction == "up"
        added = [numbers.disturbed(c, x, up, 1.0, off, 1.0) - c for c, x in zip(change, X, strict=True)]
        np.testing.assert_allclose(np.abs(added), sd, rtol=1e-9, atol=1e-18)


@each(PULSE_NOISES)
def test_pulse_noise_2_finer_pulses_together_have_the_variance_of_one(name: str) -> None:
    noise, law, parts = block(PULSE_NOISES.find(name)), block(LAWS.find("constant")), 64.0
    finer = noise.finer(parts)
    if finer is None:
        return
    one = noise.deviation(law, "up", X, WINDOW)
    part = finer.deviation(law.finer(parts), "up", X, WINDOW)
    np.testing.assert_allclose(parts * part**2, one**2, rtol=1e-9)


# Read noises


@each(READ_NOISES)
def test_read_noise_1_a_read_has_the_mean_and_the_variance(name: str) -> None:
    """4000 reads: mean within five standard errors, variance within 15 %."""
    noise = block(READ_NOISES.find(name))
    xi = np.random.default_rng(2).standard_normal(BITS.size)
    for g in (2e-6, 7e-6, 12e-6):
        for elapsed in (None, 100.0):
            variance = float(noise.variance(np.array([g]), WINDOW.max, elapsed)[0])
            numbers = noise.numbers(WINDOW.max, elapsed)
            assert numbers.read_variance(g) == pytest.approx(variance, rel=1e-9, abs=1e-30)
            seen = np.array([numbers.read(g, int(bits), one) for bits, one in zip(BITS, xi, strict=True)])
            assert abs(seen.mean() - g) <= 5.0 * math.sqrt(variance / xi.size) + 1e-20
            assert seen.var() == pytest.approx(variance, rel=0.15, abs=1e-30)
    drawn = noise.sample(np.full(4000, 7e-6), WINDOW.max, np.random.default_rng(3))
    assert drawn.var() == pytest.approx(float(noise.variance(np.array([7e-6]), WINDOW.max)[0]), rel=0.15, abs=1e-30)


@each(READ_NOISES)
def test_read_noise_2_averaging_is_a_factor_and_the_correlation_falls_from_one(name: str) -> None:
    noise = block(READ_NOISES.find(name))
    for averaging in (10e-9, 1e-6):
        for elapsed in (None, 100.0):
            assert noise.share(averaging, elapsed) >= 0.0
            found = [noise.correlation(lag, averaging, elapsed) for lag in (0.0, 1e-8, 1e-7, 1e-6, 1e-5)]
            if None in found:
                assert set(found) == {None}
                continue
            assert found[0] == 1.0
            assert (np.diff(found) <= 1e-12).all()


# I-V curves


@each(CURVES)
def test_curve_1_it_is_odd_with_a_slope_of_one_at_zero(name: str) -> None:
    curve, v = block(CURVES.find(name)), np.linspace(-0.3, 0.3, 31)
    np.testing.assert_allclose(curve.drive(-v), -curve.drive(v), rtol=1e-12, atol=1e-18)
    assert curve.slope(np.array([0.0]))[0] == pytest.approx(1.0, rel=1e-12)
    h = 1e-5
    np.testing.assert_allclose((curve.drive(v + h) - curve.drive(v - h)) / (2 * h), curve.slope(v), rtol=1e-8)


@each(CURVES)
def test_curve_2_the_separable_forms_are_the_curve(name: str) -> None:
    """Of q, its slope, its integral and its square, at all drops between five rows and five columns."""
    curve, ends = block(CURVES.find(name)), np.array([-0.2, -0.07, 0.0, 0.1, 0.2])
    drop = ends[:, None] - ends[None, :]

    def content(d: float) -> float:
        return float(quad(lambda u: float(curve.drive(np.array(u))), 0.0, d, epsabs=1e-14)[0])

    expected = {
        "current": curve.drive(drop),
        "slope": curve.slope(drop),
        "content": np.vectorize(content)(drop),
        "square": np.square(curve.drive(drop)),
    }
    for form, values in expected.items():
        terms = getattr(curve.expansions(), form)
        found = sum(
            np.multiply.outer(np.broadcast_to(row, 5), np.broadcast_to(column, 5))
            for row, column in zip(terms.rows(ends), terms.columns(ends), strict=True)
        )
        np.testing.assert_allclose(found, values, rtol=0, atol=1e-13, err_msg=form)


@each(CURVES)
def test_curve_3_the_power_series_and_the_netlist_say_the_same(name: str) -> None:
    curve, v = block(CURVES.find(name)), np.linspace(0.01, 0.25, 7)
    series = curve.series(0.25, 1e-12)
    if series is not None:
        np.testing.assert_allclose(v * np.polyval(series[::-1], v**2), curve.drive(v), rtol=1e-11)
    for one in v:
        found = numbers_in_words(curve.expression(3e-6, "v"), v=float(one))
        assert found == pytest.approx(3e-6 * float(curve.drive(np.array(one))), rel=1e-12)


# Activations


@each(ACTIVATIONS)
def test_activation_1_curve_slope_and_primitive_belong_together(name: str) -> None:
    """Slope by differences away from corners; the primitive's derivative is the inverse."""
    curve, v = block(ACTIVATIONS.find(name)), np.linspace(-0.35, 0.35, 36) + 1.3e-3
    low, high = curve.rails
    r, h = curve.rate(v), 1e-6
    assert ((r >= low) & (r <= high)).all()
    np.testing.assert_allclose((curve.rate(v + h) - curve.rate(v - h)) / (2 * h), curve.slope(v), rtol=0, atol=1e-6)
    assert curve.slope(v).max() <= 1.0 + 1e-12
    inner = (r > low + 1e-3) & (r < high - 1e-3)
    rise = (curve.primitive(r[inner] + h) - curve.primitive(r[inner] - h)) / (2 * h)
    np.testing.assert_allclose(rise, v[inner], rtol=0, atol=1e-6)


@each(ACTIVATIONS)
def test_activation_2_the_compiled_form_and_the_netlist_say_the_same(name: str) -> None:
    curve = block(ACTIVATIONS.find(name))
    numbers = curve.numbers(np.float64)
    assert (numbers.low, numbers.high) == curve.rails
    for v in np.linspace(-0.3, 0.3, 13):
        expected = float(curve.rate(np.array(v)))
        assert numbers.rate(numbers, v) == pytest.approx(expected, rel=0, abs=1e-14)
        assert numbers_in_words(curve.expression("v"), v=float(v)) == pytest.approx(expected, rel=0, abs=1e-14)
        if curve.analytic:
            # Cauchy and Riemann: along the imaginary axis the curve turns by its slope.
            real, imaginary = numbers.rates(numbers, v, 1e-6)
            assert real == pytest.approx(expected, rel=0, abs=1e-11)
            assert imaginary == pytest.approx(1e-6 * float(curve.slope(np.array(v))), rel=1e-5, abs=1e-17)


# Costs


@each(COSTS)
def test_cost_1_pull_and_curvature_are_the_derivatives(name: str) -> None:
    cost, volts, h = block(COSTS.find(name)), 0.2, 1e-6
    rng = np.random.default_rng(4)
    scores, target = rng.uniform(-0.1, 0.3, (5, 4)), volts * np.eye(4)[[0, 1, 2, 3, 0]]
    pull, curvature = cost.pull(scores, target, volts), cost.curvature(scores, target, volts)
    assert (cost.value(scores, target, volts) >= 0.0).all()
    for k in range(4):
        moved = h * np.eye(4)[k]
        ahead, behind = (cost.value(scores + sign * moved, target, volts) for sign in (1.0, -1.0))
        np.testing.assert_allclose(-(volts**2) * (ahead - behind) / (2 * h), pull[:, k], rtol=0, atol=1e-8)
        turn = (cost.pull(scores + moved, target, volts) - cost.pull(scores - moved, target, volts)) / (2 * h)
        np.testing.assert_allclose(-turn, curvature[:, :, k], rtol=0, atol=1e-7)
    assert np.linalg.eigvalsh(curvature).max() <= cost.steepest * (1.0 + 1e-9)


@each(COSTS)
def test_cost_2_the_compiled_form_and_the_netlist_say_the_same(name: str) -> None:
    cost, volts = block(COSTS.find(name)), 0.2
    scores, target = np.array([0.05, 0.13, -0.02]), np.array([0.0, volts, 0.0])
    expected, found = cost.pull(scores, target, volts), np.empty(3)
    numbers = cost.numbers(volts, np.float64)
    numbers.row(numbers, scores, target, found)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    names = [f"s{k}" for k in range(3)]
    for k in range(3):
        text = cost.expression(k, target.tolist(), names, volts)
        assert numbers_in_words(text, **dict(zip(names, scores.tolist(), strict=True))) == pytest.approx(expected[k])
    if cost.analytic:
        real, imaginary = np.empty(3), np.empty(3)
        numbers.circle(numbers, scores, np.array([1e-7, 0.0, 0.0]), target, real, imaginary)
        np.testing.assert_allclose(real, expected, rtol=1e-9)
        turn = -1e-7 * cost.curvature(scores, target, volts)[:, 0]
        np.testing.assert_allclose(imaginary, turn, rtol=1e-5, atol=1e-18)


# Column circuits

LINES = SummingLines(design=1e-3, cells=100, tile=100, feedback=5e4, tau=5e-8, leak=1e-5, capacitance=2e-14)


@each(COLUMNS)
def test_column_1_a_response_is_a_passive_shares_and_its_noise_at_least_that_of_cells(name: str) -> None:
    """Gain positive and falling with the line's conductance; noise no less than what the cells make, R_f^2 G h^2."""
    column, g = block(COLUMNS.find(name)), np.linspace(0.2e-3, 2e-3, 7)
    found = column.response(LINES, g)
    for part in (found.gain, found.tau, found.noise, found.offset):
        assert part.shape == g.shape
        assert np.isfinite(part).all()
        assert (part >= 0.0).all()
    assert (np.diff(found.gain) <= 0.0).all()
    assert found.gain.min() > 0.0
    assert found.limit > 0.0
    # A divider passes on what it makes of its own noise; all others have R_f.
    assert (found.noise >= (1.0 - 1e-12) * 25e8 * g * np.square(np.minimum(found.gain, 1.0))).all()


@each(COLUMNS)
def test_column_2_only_a_limit_is_free(name: str) -> None:
    column = block(COLUMNS.find(name))
    assert column.limiting == (column.bias(LINES) == 0.0)
    assert column.limiting == (column.rail == 0.0)
    assert column.drawn(LINES) >= 0.0
    assert column.limiting == (column.slowness(LINES) == 0.0)
    assert column.remedy(LINES, 1e-8).startswith("give ")


# Update rules


@each(RULES, "device")
def test_rule_1_the_engines_answer_is_the_rules(name: str) -> None:
    """Whole numbers within the limit, the same as of arrays; a rule that draws is right in the mean (five errors)."""
    rule = block(RULES.find(name))
    numbers, z = rule.numbers(0.01, (-1.0, 1.0)), np.linspace(-7.3, 7.3, 60)
    if rule.draws:
        drawn = np.array([numbers.decided(0.3, 0.0, 0.0, int(bits))[0] for bits in BITS])
        assert abs(drawn.mean() - 0.3) <= 5.0 * math.sqrt(0.3 * 0.7 / BITS.size)
        assert abs(rule.counts(np.full((20, 200), 0.3), 5).mean() - 0.3) <= 5.0 * math.sqrt(0.3 * 0.7 / 4000)
        return
    counts = rule.counts(z[None], 5)[0]
    assert np.abs(counts).max() <= MOST_PULSES
    for one, expected in zip(z, counts, strict=True):
        # The memory holds a wanted weight in steps of 0.01, or what was not written.
        found, kept = numbers.decided(one, 0.0, 0.0, 0)
        assert found == expected
        if rule.accumulates:
            assert kept == pytest.approx(one * 0.01 if rule.verifies else one - expected)


# Estimators


@each(ESTIMATORS)
def test_estimator_1_it_is_a_derivative_at_zero(name: str) -> None:
    """Weights add up to 0, and to 1 with their beta: constants do not count, slopes do; for every sign."""
    estimator = estimator_named(name)
    for sign in estimator.signs:
        contour = estimator.contour(0.3, sign, 10)
        assert abs(sum(weight for _, weight in contour)) <= 1e-12
        assert sum(weight * beta for beta, weight in contour) == pytest.approx(1.0, rel=1e-12)
        assert estimator.real == all(complex(beta).imag == 0.0 for beta, _ in contour)
        assert {pair for pair in contour if complex(pair[0]).imag == 0.0} == set(estimator.stencil(0.3, sign, 10))


# Solvers


@each(SOLVERS)
def test_solver_1_a_phase_ends_where_kirchhoff_says(name: str) -> None:
    """Settled within 1e-4 after thirty time constants, joules positive, and a path from start to end if asked."""
    network = passive((4, 6, 5, 3))
    x = np.random.default_rng(5).uniform(0.0, 0.2, (2, 4))
    solver = Solver(method=name, relative_tolerance=1e-6, absolute_tolerance=1e-9)
    phase, start = Phase(duration=30.0 * float(network.tau.max())), np.zeros((2, network.nodes))
    end = relax(network, network.drive(x), start, phase, solver, 1e-4, record=True)
    assert end.residual.max() <= 1e-4
    assert end.duration == pytest.approx(phase.duration)
    assert end.energy.shape == (2, len(network.powers_of))
    assert (end.energy >= 0.0).all()
    np.testing.assert_array_equal(end.path[0], start)
    np.testing.assert_array_equal(end.path[-1], end.v)
    assert end.times.shape == (len(end.path),)
    least = method_of(solver).evaluations(network, phase, solver)
    assert least is None or least <= end.evaluations


# Kinds of network

CIRCUITS = {
    "rc": ("digits", ()),
    "passive": ("passive-digits", ()),
    "resistive": ("resistive-digits", ()),
    "spiking": ("spiking-digits", ("timing.free.duration=4 us", "timing.nudged.duration=4 us", "network.window=3 us")),
}
"""A circuit of each kind, and what makes its phases long enough."""


def test_kind_0_every_kind_is_tried() -> None:
    assert set(CIRCUITS) == set(KINDS.names())


@each(KINDS)
def test_kind_1_the_network_is_whole(name: str) -> None:
    """Arrays as the card says, a free phase, powers, rates, and a gradient in the shape of the stores, which points to
    where the exact one does (cosine above 0.7 at beta 0.5 in the card's own phases)."""
    circuit, more = CIRCUITS[name]
    card = CircuitCard.load(circuit, ["layers=[64,6,10]", *more])
    device = DeviceCard.load("ideal")
    assert card.network.kind == name
    hardware = Hardware(device, card, Seeds.of(3))
    assert [store.shape for store in hardware.stores] == list(card.shapes)
    hardware.initialise()
    network = hardware.network()
    x = card.mapping.read_voltage * np.random.default_rng(6).random((3, 64))
    target = card.target_voltage * np.eye(10)[[1, 5, 7]]
    drive = network.drive(x, network.deviates(3, np.random.default_rng(7)))
    start = np.zeros((3, network.nodes))
    free = relax(network, drive, start, card.timing.free, card.solver, card.timing.tolerance)
    assert np.isfinite(free.v).all()
    assert free.energy.shape == (3, len(network.powers_of))
    assert (free.energy >= 0.0).all()
    rates = network.rates(free.v)
    assert [r.shape for r in rates] == [(3, part.stop - part.start) for part in network.slices]
    assert network.scores(rates[-1]).shape == target.shape
    assert network.loss(free.v, target).shape == (3,)
    assert network.loop_gain(free.v, drive).shape == (3,)
    nudged = relax(
        network, network.nudged(drive, 0.5, target), free.v, card.timing.nudged, card.solver, card.timing.tolerance
    )
    phases = [(2.0, network.rates(nudged.v)), (-2.0, rates)]
    exact = network.exact_gradient(free.v, x, target)
    for found in (network.gradient(phases, x), exact):
        assert [part.shape for part in found] == [store.shape for store in hardware.stores]
    measured = np.concatenate([part.ravel() for part in network.gradient(phases, x)])
    reference = np.concatenate([part.ravel() for part in exact])
    cosine = measured @ reference / np.linalg.norm(measured) / np.linalg.norm(reference)
    assert cosine > 0.7
