"""The contract of every pulse law: in the window, in its direction, the same by the card and by the kernel, noise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from analogep.device import DIRECTIONS, LAWS, Direction, Law
from analogep.device.laws import ExpStep, InverseCdf, Kinetic, SoftBoundsReference
from analogep.device.laws.kinetic import Joglekar, LinearWindow, NoWindow
from tests.device.examples import (
    EXAMPLES,
    SINH,
    STATES,
    YAKOPCIC,
    by_name,
    exp_step,
    exponential,
    inverse_cdf,
    kinetic,
    linear,
    logistic,
    off_bounds,
    piecewise,
    power,
    programmed,
    reference,
    soft_bounds,
)

ALL = by_name()
LAW = pytest.mark.parametrize("law", [pytest.param(law, id=name) for name, law in ALL.items()])
FIXED = pytest.mark.parametrize(
    "law", [pytest.param(law, id=name) for name, law in ALL.items() if law.model != "inverse_cdf"]
)
"""Laws whose steps are not drawn."""
PROPORTIONAL = pytest.mark.parametrize(
    "law", [pytest.param(law, id=name) for name, law in ALL.items() if law.model not in ("inverse_cdf", "logistic")]
)
"""Laws whose scaled cells change by the scaled step; a scaled logistic pulse is another pulse of the same law."""
SIDE = pytest.mark.parametrize("direction", DIRECTIONS)
CELLS = (250, 400)


def signed(direction: Direction, n: int) -> int:
    return n if direction == "up" else -n


def test_every_law_of_the_package_is_under_contract() -> None:
    assert set(EXAMPLES) == set(LAWS.classes())


@SIDE
@LAW
class TestContract:
    def test_each_pulse_moves_in_its_direction_and_somewhere_it_moves(self, law: Law, direction: Direction) -> None:
        steps = law.step(direction, STATES) * (1.0 if direction == "up" else -1.0)
        assert np.all(steps >= -1e-15)
        assert np.any(steps > 0.0)

    def test_states_stay_in_the_window_whatever_the_number_of_pulses(self, law: Law, direction: Direction) -> None:
        for n in (1, 3, 500):
            x = law.after(direction, STATES, n)
            assert np.all((x >= 0.0) & (x <= 1.0))

    def test_n_pulses_are_n_times_one_pulse_with_a_clip_after_each(self, law: Law, direction: Direction) -> None:
        x = STATES.copy()
        for n in range(1, 13):
            x = np.clip(x + law.step(direction, x), 0.0, 1.0)
            np.testing.assert_allclose(law.after(direction, STATES, n), x, rtol=0, atol=1e-11)

    def test_n_pulses_and_then_m_are_n_plus_m(self, law: Law, direction: Direction) -> None:
        for n, m in ((1, 1), (3, 10), (20, 7)):
            there = law.after(direction, law.after(direction, STATES, n), m)
            np.testing.assert_allclose(there, law.after(direction, STATES, n + m), rtol=0, atol=1e-11)

    def test_the_path_is_the_state_after_each_pulse(self, law: Law, direction: Direction) -> None:
        path = law.path(direction, 0.4, 9)
        assert path[0] == 0.4
        np.testing.assert_allclose(path[1:], [float(law.after(direction, 0.4, n)) for n in range(1, 10)], atol=1e-12)

    def test_a_train_is_monotone(self, law: Law, direction: Direction) -> None:
        assert np.all(np.diff(law.path(direction, 0.5, 60)) * (1.0 if direction == "up" else -1.0) >= -1e-15)


@SIDE
@FIXED
def test_the_kernel_follows_the_law(law: Law, direction: Direction) -> None:
    """1e-9 after up to fifty pulses from eleven states."""
    n = np.array([1, 2, 3, 10, 50], np.int32)
    start = np.broadcast_to(np.linspace(0.0, 1.0, 11)[:, None], (11, n.size))
    found = programmed(law, np.broadcast_to(signed(direction, 1) * n, start.shape), start)
    for k, pulses in enumerate(n):
        np.testing.assert_allclose(found[:, k], law.after(direction, start[:, k], int(pulses)), rtol=0, atol=1e-9)


@SIDE
@PROPORTIONAL
def test_half_the_step_is_half_the_change(law: Law, direction: Direction) -> None:
    start = STATES[None, :]
    counts = np.full(start.shape, signed(direction, 1), np.int32)
    found = programmed(law, counts, start, scale=0.5)
    np.testing.assert_allclose(found, np.clip(start + 0.5 * law.step(direction, start), 0, 1), rtol=0, atol=1e-12)


@SIDE
@FIXED
@pytest.mark.parametrize(("additive", "multiplicative"), [(0.003, 0.0), (0.0, 0.4), (0.02, 0.6)])
def test_noisy_pulses_have_the_mean_and_variance_of_a_plain_simulation(
    law: Law, direction: Direction, additive: float, multiplicative: float
) -> None:
    """Ten pulses on 1e5 cells against NumPy's on 1e5 others, clipped after each: within 4 standard errors."""
    n = 10
    ours = programmed(law, np.full(CELLS, signed(direction, n)), np.full(CELLS, 0.5), (additive, multiplicative))
    rng, x = np.random.default_rng(1), np.full(CELLS, 0.5)
    for _ in range(n):
        d, xi = law.step(direction, x), rng.standard_normal(CELLS)
        x = np.clip(x + d + (additive + multiplicative * np.abs(d)) * xi, 0.0, 1.0)
    same_moments(ours, x)
    if off_bounds(law, n) and additive < 0.01:
        assert np.all((ours > 0.0) & (ours < 1.0))


def same_moments(ours: np.ndarray, theirs: np.ndarray) -> None:
    """Mean and variance of two samples within 4 standard errors of their difference, with rounding for no spread."""
    size = ours.size
    error = math.sqrt((ours.var() + theirs.var()) / size)
    assert abs(ours.mean() - theirs.mean()) < 4.0 * error + 1e-9
    squares = [(sample - sample.mean()) ** 2 for sample in (ours, theirs)]
    error = math.sqrt((squares[0].var() + squares[1].var()) / size)
    assert abs(squares[0].mean() - squares[1].mean()) < 4.0 * error + 1e-9


@SIDE
@pytest.mark.parametrize("step", [0.004, 0.02])
def test_one_pulse_of_an_inverse_cdf_law_has_the_moments_of_its_table(direction: Direction, step: float) -> None:
    """Mean and variance of the piecewise linear inverse CDF within 4 standard errors of 1e5 cells."""
    law = inverse_cdf(step)
    for x in (0.2, 0.55, 0.8):
        change = programmed(law, np.full(CELLS, signed(direction, 1)), np.full(CELLS, x)) - x
        mean, variance = float(law.step(direction, np.array(x))), float(law.variance(direction, np.array(x)))
        square = (change - mean) ** 2
        assert abs(change.mean() - mean) < 4.0 * math.sqrt(variance / change.size)
        assert abs(square.mean() - variance) < 4.0 * square.std() / math.sqrt(change.size)


@SIDE
def test_a_scaled_inverse_cdf_cell_moves_by_the_scaled_mean_and_the_root_of_the_noise(direction: Direction) -> None:
    """As if f pulses came together: mean f, variance f; within 4 standard errors."""
    law, x, f = inverse_cdf(0.004), 0.5, 1.7
    change = programmed(law, np.full(CELLS, signed(direction, 1)), np.full(CELLS, x), scale=f) - x
    mean, variance = f * float(law.step(direction, np.array(x))), f * float(law.variance(direction, np.array(x)))
    square = (change - mean) ** 2
    assert abs(change.mean() - mean) < 4.0 * math.sqrt(variance / change.size)
    assert abs(square.mean() - variance) < 4.0 * square.std() / math.sqrt(change.size)


@SIDE
def test_many_pulses_of_an_inverse_cdf_law_agree_with_draws_by_numpy(direction: Direction) -> None:
    law, n, x = inverse_cdf(0.004), 20, np.full(CELLS, 0.5)
    ours = programmed(law, np.full(CELLS, signed(direction, n)), x)
    branch, rng = getattr(law, direction), np.random.default_rng(2)
    for _ in range(n):
        u, rows = rng.random(CELLS), np.array([np.interp(x, branch.nodes, row) for row in branch.steps])
        q = np.clip(np.searchsorted(branch.quantiles, u, side="right") - 1, 0, len(branch.quantiles) - 2)
        low, high = (np.take_along_axis(rows, (q + k)[None], axis=0)[0] for k in (0, 1))
        edges = np.array(branch.quantiles)
        x = np.clip(x + low + (high - low) * (u - edges[q]) / (edges[q + 1] - edges[q]), 0.0, 1.0)
    same_moments(ours, x)


def test_the_continuous_formula_of_the_power_law_has_the_numbers_of_the_design() -> None:
    """gamma 2, step .01, 200 pulses from 0: 1 - x = .3333 continuous, .3321 by recursion (DEVICES.md, section 1)."""
    law = power(0.01, 2.0, 2.0)
    assert 1.0 - law.continuous("up", 0.0, 200) == pytest.approx(0.3333, abs=5e-5)
    assert 1.0 - float(law.after("up", 0.0, 200)) == pytest.approx(0.3321, abs=5e-5)


@pytest.mark.parametrize("exponent", [0.5, 1.0, 1.7, 2.0])
def test_the_continuous_power_formula_solves_its_differential_equation(exponent: float) -> None:
    law = power(0.01, exponent, exponent)
    for direction, sign in (("up", 1.0), ("down", -1.0)):
        path = solve_ivp(
            lambda _, x, sign=sign: sign * 0.01 * (np.maximum(1 - x if sign > 0 else x, 0.0)) ** exponent,
            (0.0, 60.0), [0.5], rtol=1e-10, atol=1e-12,
        )  # fmt: skip
        assert law.continuous(direction, 0.5, 60.0) == pytest.approx(path.y[0, -1], abs=1e-8)


def test_the_power_law_joins_the_constant_and_the_soft_bounds_law() -> None:
    for n in (1, 7, 30):
        np.testing.assert_allclose(
            power(0.02, 1.0, 1.0).after("up", STATES, n), soft_bounds(0.02, 0.02).after("up", STATES, n), atol=1e-13
        )
        np.testing.assert_allclose(
            power(0.02, 0.0, 0.0).after("up", STATES, n), np.clip(STATES + 0.02 * n, 0.0, 1.0), atol=1e-13
        )


def test_the_logistic_law_spans_the_window_and_is_steepest_in_the_middle() -> None:
    law = logistic(100, 2.0, 3.0)
    assert float(law.after("up", 0.0, 100)) == pytest.approx(1.0, abs=1e-12)
    assert float(law.after("down", 1.0, 100)) == pytest.approx(0.0, abs=1e-12)
    step = law.step("up", STATES)
    assert np.argmax(step) == pytest.approx(50, abs=1)
    assert step.max() / step[0] == pytest.approx(math.cosh(1.0) ** 2, rel=2e-2)


def test_the_logistic_law_is_the_formula_of_the_design() -> None:
    """B + A/(1 + e^{-2 alpha n d}(A/(w0 - B) - 1)), A = (e^a + 1)/(e^a - 1), B = -1/(e^a - 1), window 0..1."""
    a, most = 2.5, 80
    law, big, low = logistic(most, a, a), (math.exp(a) + 1) / (math.exp(a) - 1), -1 / (math.exp(a) - 1)
    for n in (1, 10, 40):
        for direction, d in (("up", 1), ("down", -1)):
            for x in (0.2, 0.6):
                power_of = math.exp(-2.0 * (a / most) * n * d)
                expected = low + big / (1.0 + power_of * (big / (x - low) - 1.0))
                assert float(law.after(direction, x, n)) == pytest.approx(min(max(expected, 0), 1), abs=1e-12)


def test_the_exp_step_law_has_the_recursion_and_the_maximum_of_its_definition() -> None:
    law = exp_step(0.01, (0.5, 5.0), (0.7, 4.0), 0.5, 0.3)
    x, z = 0.8, 2.0 * 0.5 * (0.8 - 0.5) + 0.3
    assert float(law.step("up", np.array(x))) == pytest.approx(0.01 * max(1 - 0.5 * math.exp(5.0 * z), 0.0))
    assert float(law.step("down", np.array(x))) == pytest.approx(-0.01 * max(1 - 0.7 * math.exp(-4.0 * z), 0.0))
    assert float(law.step("up", np.array(1.0))) == 0.0


def test_an_exp_step_law_that_never_moves_is_refused() -> None:
    with pytest.raises(ValueError, match="no pulse moves the state anywhere; lower A or gamma"):
        exp_step(0.01, (1e5, 0.0), (0.1, 1.0), 0.5, 0.3)


def test_alternating_pulses_converge_to_the_symmetry_point() -> None:
    for point in (0.3, 0.5, 0.8):
        law, x = reference(0.01, point), np.array([0.05, 0.95])
        for _ in range(2000):
            x = law.after("down", law.after("up", x, 1), 1)
        np.testing.assert_allclose(x, point, atol=0.01)
        assert float(law.step("up", np.array(point))) == pytest.approx(0.01)
        assert float(law.step("down", np.array(point))) == pytest.approx(-0.01)


def test_spread_shapes_make_cells_of_their_own_law() -> None:
    """A cell whose label, slope or symmetry point is off is a cell of the card with that number."""
    off = np.array([-0.4, 0.0, 0.3])
    scale = np.array([1.0, 1.3, 0.7])
    law = exponential(100, 1.0, 2.0)
    for direction, label in (("up", 1.0), ("down", 2.0)):
        offset, slope = law.cell(direction, scale, off)
        for k in range(3):
            own = exponential(100, label + off[k], label + off[k]).affine(direction)
            assert (offset[k], slope[k]) == pytest.approx((scale[k] * own.offset, scale[k] * own.slope), rel=1e-6)
    sloped = linear(0.01, 0.5, 0.2)
    offset, slope = sloped.cell("up", np.ones(2), np.array([0.2, 3.0]))
    assert slope[0] == pytest.approx(-2 * 0.7 * 0.01)
    assert slope[1] == pytest.approx(-2 * 1.0 * 0.01), "gamma ends at 1"
    centred = reference(0.01, 0.4)
    assert isinstance(centred, SoftBoundsReference)
    offset, slope = centred.cell("down", np.ones(1), np.array([0.2]))
    assert (offset[0], slope[0]) == pytest.approx((0.0, -0.01 / 0.6))
    bent = power(0.01, 2.0, 2.0)
    assert bent.cell("up", np.ones(1), np.array([0.5]))[1][0] == pytest.approx(3.0)
    stepped = exp_step(0.01, (-1.0, 5.0), (-2.0, 5.0), -0.5, 0.0)
    assert isinstance(stepped, ExpStep)
    assert stepped.cell("down", np.ones(1), np.array([-0.1]))[1][0] == pytest.approx(-1.8)


@pytest.mark.parametrize("volts", [0.7, 1.1])
def test_a_kinetic_pulse_is_the_integral_of_its_rate_over_its_width(volts: float) -> None:
    """Against SciPy's solution of dx/dt = r(V) h(x) in time, from 0.3: 1e-7."""
    windows = {
        NoWindow(kind="none"): lambda x, sign: 1.0,
        LinearWindow(kind="linear"): lambda x, sign: 1.0 - x if sign > 0 else x,
        Joglekar(kind="joglekar", p=1): lambda x, sign: 1.0 - (2.0 * x - 1.0) ** 2,
        Joglekar(kind="joglekar", p=4): lambda x, sign: 1.0 - (2.0 * x - 1.0) ** 8,
    }
    for window, h in windows.items():
        law = kinetic(window, SINH, volts)
        assert isinstance(law, Kinetic)
        for direction, sign in (("up", 1.0), ("down", -1.0)):
            rate = SINH.rate(sign * volts)
            end = solve_ivp(lambda _, x, r=rate, s=sign, h=h: r * h(x, s), (0.0, 1e-6), [0.3], rtol=1e-11, atol=1e-13)
            assert 0.3 + float(law.step(direction, np.array(0.3))) == pytest.approx(end.y[0, -1], abs=1e-7)


def test_two_half_pulses_of_a_kinetic_law_are_one() -> None:
    """The flow of an autonomous equation composes: to the interpolation of the table, 1e-5."""
    whole = kinetic(Joglekar(kind="joglekar", p=2), YAKOPCIC, 1.2)
    half = whole.model_copy(
        update={side: getattr(whole, side).model_copy(update={"width": 0.5e-6}) for side in DIRECTIONS}
    )
    half = Kinetic.model_validate(half.model_dump())
    for direction in DIRECTIONS:
        np.testing.assert_allclose(
            half.after(direction, STATES, 2), whole.after(direction, STATES, 1), rtol=0, atol=1e-5
        )


def test_a_kinetic_pulse_below_the_threshold_or_of_the_wrong_sign_is_refused() -> None:
    with pytest.raises(ValueError, match="a pulse up must move the state up"):
        kinetic(NoWindow(kind="none"), YAKOPCIC, 0.4)
    with pytest.raises(ValueError, match="a pulse up must move the state up"):
        kinetic(NoWindow(kind="none"), SINH, -0.8)


def test_tables_are_interpolated_between_their_nodes() -> None:
    law = piecewise(0.01)
    assert float(law.step("up", np.array(0.1))) == pytest.approx(0.01 * 1.35)
    assert float(law.step("down", np.array(0.95))) == pytest.approx(-0.01 * 1.45)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"nodes": (0.0, 0.5, 0.5, 1.0), "steps": (0.1, 0.1, 0.1, 0.1)}, "must be greater than the node before it"),
        ({"nodes": (0.1, 0.5, 1.0), "steps": (0.1, 0.1, 0.1)}, "must cover the window from 0 % to 100 %"),
        ({"nodes": (0.0, 0.5, 1.0), "steps": (0.1, 0.1)}, "needs one entry per node, 3, got 2"),
        ({"nodes": (0.0, 1.0), "steps": (0.1, -0.1)}, "a pulse up has positive steps, got -10 %"),
        ({"nodes": (0.0, 1.0), "steps": (0.0, 0.0)}, "no pulse moves the state anywhere"),
    ],
)
def test_tables_that_are_no_tables_are_refused(change: dict[str, object], message: str) -> None:
    law = piecewise(0.01).model_dump()
    law["up"] |= change
    with pytest.raises(ValueError, match=message):
        type(piecewise(0.01)).model_validate(law)


@pytest.mark.parametrize(
    ("quantiles", "steps", "message"),
    [
        ((0.0, 1.0), ((0.1, 0.1, 0.1),), "at least 2 items|needs one list per quantile"),
        ((0.0, 0.5), ((0.1, 0.1, 0.1), (0.2, 0.2, 0.2)), "must cover the window"),
        ((0.0, 1.0), ((0.1, 0.1), (0.2, 0.2)), "needs one entry per node, 3, got 2"),
        ((0.0, 1.0), ((0.3, 0.1, 0.1), (0.2, 0.2, 0.2)), "steps grow with the quantile"),
        (
            (0.0, 1.0),
            ((-0.3, 0.0, 0.0), (0.1, 0.2, 0.2)),
            "must move up in the mean; at the node 0 % it moves by -10 %",
        ),
    ],
)
def test_inverse_cdf_tables_that_are_no_tables_are_refused(
    quantiles: tuple[float, ...], steps: tuple[tuple[float, ...], ...], message: str
) -> None:
    law = inverse_cdf(0.01).model_dump()
    law["up"] |= {"quantiles": quantiles, "steps": steps}
    with pytest.raises(ValueError, match=message):
        InverseCdf.model_validate(law)
