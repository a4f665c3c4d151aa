"""Thermal noise: equipartition, Nyquist's law, Lyapunov's equation, and what a sample sees of it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.linalg import solve_continuous_lyapunov

from analogep import Chip
from analogep.kinds.rc.network import LayeredRC
from analogep.network import Network, langevin
from analogep.network.drive import Drive
from analogep.network.langevin import agitated
from analogep.network.thermal import Thermal
from analogep.relaxation.equilibrium import equilibrium
from tests.physics.circuits import LINEAR, NONE, passive, resistive
from tests.physics.circuits import SHOCKLEY as SOFT
from tests.physics.nets import CURVES, FAR, build

Floats = NDArray[np.float64]

KT = 1.380649e-23 * 300.0
LONG = 1.0
"""A phase that is longer than any memory [s]."""


def grounded(network: LayeredRC, ohms: tuple[float, float] = (3e8, 5e8)) -> LayeredRC:
    """A network at virtual ground whose cells make noise: R_f^2 G of every line [ohm], drawn at random."""
    rng, layers = np.random.default_rng(5), []
    for layer in network.layers:
        rows = layer.weights.shape[0] - int(network.bias)
        layers.append(
            replace(layer, ground=(rng.uniform(*ohms, layer.size), rng.uniform(*ohms, rows))),
        )
    return replace(network, layers=layers)


def diffusion(network: Network, v: Floats, drive: Any) -> Floats:
    """D (nodes, nodes) [V^2/s]: its diagonal, and what cells between two nodes have in common."""
    d = np.diag(np.broadcast_to(network.agitation(v, drive), v.shape)[0])
    for k, (cells, _) in enumerate(getattr(network, "between", []), 1):
        before, here, c = network.slices[k - 1], network.slices[k], network.capacitance
        between = -2.0 * network.stages[k - 1].back * cells.shares * cells.rows[:, None]
        d[before, here] = between / np.outer(c[before], c[here])
        d[here, before] = d[before, here].T
        stage = network.stages[k - 1]
        if stage.noise_resistance > 0.0:
            # Column j: what amplifier j drives into all nodes for a volt at its input, cell by cell.
            g = stage.gain * network.stages[k].coupling.g[: stage.size]
            driven = np.zeros((len(d), stage.size))
            driven[here] = g.T
            driven[before] = -np.diag(stage.back * g.sum(axis=1))
            driven *= np.sqrt(network.tau / (network.tau + stage.lag))[:, None] / c[:, None]
            common = 2.0 * stage.noise_resistance * driven @ driven.T
            d += common - np.diag(np.diag(common))
    return KT * d


def covariance(network: Network, x: Floats, beta: float = 0.0) -> tuple[Floats, Floats, Any]:
    """P of A P + P A' = -D at the equilibrium of one sample, the equilibrium, and the drive."""
    drive = network.drive(x)
    v, _ = equilibrium(network, drive, np.zeros((1, network.nodes)))
    return solve_continuous_lyapunov(network.jacobian(v, drive)[0], -diffusion(network, v, drive)), v, drive


def drawn(network: Network, v: Floats, drive: Any, samples: int, x: Floats, key: int = 3) -> Floats:
    """Noise of many samples (samples, nodes) [V]."""
    many = network.drive(np.repeat(x, samples, axis=0))
    noisy = replace(many, thermal=Thermal(KT, key))
    start = np.repeat(v, samples, axis=0)
    return agitated(network, start, noisy, LONG) - start


def inputs(network: Network, count: int) -> Floats:
    return np.random.default_rng(2).uniform(-0.1, 0.1, (1, count))


@pytest.mark.parametrize("sizes", [(4, 6), (4, 6, 5), (4, 7, 6, 5)])
def test_every_node_of_a_resistive_network_has_kt_over_c(sizes):
    network = resistive(sizes, NONE, LINEAR)
    p, *_ = covariance(network, inputs(network, sizes[0]))
    np.testing.assert_allclose(np.diag(p), KT / network.capacitance, rtol=1e-9)
    away = p - np.diag(np.diag(p))
    assert np.abs(away).max() < 1e-9 * np.diag(p).min()


def test_the_spectrum_of_a_node_is_that_of_the_real_part_of_its_impedance():
    # S_v = 4kT Re Z(f), Z = (j w C + G)^-1, against the state-space model with our D; below, at and above the corner.
    network = resistive((4, 7, 6, 5), NONE, LINEAR)
    _, v, drive = covariance(network, inputs(network, 4))
    a, d = network.jacobian(v, drive)[0], diffusion(network, v, drive)
    c = np.diag(network.capacitance)
    for turns in (0.01, 1.0, 100.0):
        w = turns / network.tau.max()
        z = np.linalg.inv(1j * w * c - c @ a)
        answer = np.linalg.inv(1j * w * np.eye(len(d)) - a)
        spectrum = 2.0 * answer @ d @ answer.conj().T
        np.testing.assert_allclose(spectrum.real, 4.0 * KT * z.real, rtol=1e-9, atol=1e-12 * abs(spectrum).max())


def test_a_diode_at_rest_has_as_much_noise_as_its_slope():
    network = resistive((4, 6, 5), SOFT, LINEAR)
    v, drive = np.zeros((1, network.nodes)), network.drive(np.zeros((1, 4)))
    p = solve_continuous_lyapunov(network.jacobian(v, drive)[0], -diffusion(network, v, drive))
    np.testing.assert_allclose(np.diag(p), KT / network.capacitance, rtol=1e-6)


def test_a_column_of_cells_makes_the_variance_of_the_closed_form():
    # (kT/C) (1 + g R_f^2 G), of a neuron by itself: 4kT G through R_f and g into a node of bandwidth 1/(4 tau).
    network = grounded(build((5, 4), FAR))
    p, *_ = covariance(network, inputs(network, 5))
    layer = network.layers[0]
    wanted = KT / layer.capacitance * (1.0 + layer.leak * layer.ground[0])
    np.testing.assert_allclose(np.diag(p), wanted, rtol=1e-9)


@pytest.mark.parametrize("mismatch", [0.0, 0.5])
@pytest.mark.parametrize("curve", ["linear", "tanh"])
def test_noise_in_a_loop_follows_lyapunovs_equation(mismatch, curve):
    network = grounded(build((5, 8, 6, 4), FAR if curve == "linear" else CURVES[curve], loop=0.6, mismatch=mismatch))
    x = inputs(network, 5)
    p, v, drive = covariance(network, x)
    found = drawn(network, v, drive, 40_000, x)
    # The scatter of a variance is sqrt(2/n) = 0.7 %; 18 nodes, 4 standard errors, and 1 % for the step.
    assert np.abs(found.var(axis=0) / np.diag(p) - 1.0).max() < 0.01 + 4.0 * 0.007
    assert abs(found.var(axis=0).sum() / np.trace(p) - 1.0) < 0.02
    scale = np.sqrt(np.outer(np.diag(p), np.diag(p)))
    assert np.abs((np.cov(found.T) - p) / scale).max() < 0.035


def test_noise_in_a_loop_follows_a_long_and_fine_langevin_run():
    # Euler and Maruyama's method in steps of a fiftieth, in time instead of over samples.
    network = grounded(build((5, 8, 6, 4), CURVES["tanh"], loop=0.6, mismatch=0.3))
    x = inputs(network, 5)
    _, v, drive = covariance(network, x)
    many, h = 400, 0.02 * float(network.tau.min())
    rng, noise = np.random.default_rng(8), np.sqrt(h * KT * network.agitation(v, drive))
    wide = network.drive(np.repeat(x, many, axis=0))
    state, total, count = np.repeat(v, many, axis=0), np.zeros(network.nodes), 0
    for step in range(6000):
        state = state + h * network.derivative(state, wide) + noise * rng.standard_normal(state.shape)
        if step >= 1500 and step % 50 == 0:
            total += np.square(state - v).sum(axis=0)
            count += many
    ours = drawn(network, v, drive, 40_000, x).var(axis=0)
    assert abs(ours.sum() / (total.sum() / count) - 1.0) < 0.02


def test_a_passive_node_by_itself_has_kt_over_c():
    network = passive((5, 6))
    p, v, drive = covariance(network, inputs(network, 5))
    np.testing.assert_allclose(np.diag(p), KT / network.capacitance, rtol=1e-9)
    found = drawn(network, v, drive, 40_000, inputs(network, 5))
    # All six nodes together: sqrt(2/240000) = 0.3 %.
    assert abs((found.var(axis=0) / np.diag(p)).mean() - 1.0) < 0.01


def test_kicks_have_the_covariance_of_every_cell_by_itself():
    network = resistive((4, 6, 5, 3), NONE, LINEAR, gain=4.0, back=2.0)
    v, drive = np.zeros((200_000, network.nodes)), network.drive(np.zeros((200_000, 4)))
    found = np.cov(np.sqrt(KT) * network.kicks(v, drive)(np.random.default_rng(4)).T)
    wanted = diffusion(network, v[:1], network.drive(np.zeros((1, 4))))
    scale = np.sqrt(np.outer(np.diag(wanted), np.diag(wanted)))
    # The scatter of a correlation is 1/sqrt(n) = 0.22 %, of a variance 0.32 %: 5 standard errors of 105 numbers.
    assert np.abs((found - wanted) / scale).max() < 0.016
    cells = network.stages[1].coupling.derivatives(np.zeros((1, 8)), np.zeros((1, 5))).cross[:6]
    c = network.capacitance
    by_cell = -2.0 * KT * 2.0 * cells / np.outer(c[:6], c[6:11])
    np.testing.assert_allclose(wanted[:6, 6:11], by_cell, rtol=1e-9)


def test_a_resistive_network_without_amplifiers_keeps_equipartition_as_it_is_drawn():
    network = resistive((4, 7, 6, 5), NONE, LINEAR)
    x = inputs(network, 4)
    _, v, drive = covariance(network, x)
    found = drawn(network, v, drive, 20_000, x)
    # All 18 nodes together: sqrt(2/360000) = 0.24 %.
    assert abs((found.var(axis=0) * network.capacitance / KT).mean() - 1.0) < 0.01
    assert np.abs(np.corrcoef(found.T) - np.eye(18)).max() < 5.0 / np.sqrt(20_000)


def test_amplifiers_take_a_resistive_network_out_of_equilibrium():
    network = resistive((4, 6, 5), NONE, LINEAR, gain=4.0, back=1.0)
    x = inputs(network, 4)
    p, v, drive = covariance(network, x)
    assert np.abs(np.diag(p) * network.capacitance / KT - 1.0).max() > 0.05
    found = drawn(network, v, drive, 40_000, x)
    assert abs(found.var(axis=0).sum() / np.trace(p) - 1.0) < 0.02


AMPLIFIER = {"gain": 16.0, "back": 0.5, "noise_resistance": 1e4}


@pytest.mark.parametrize("lag", [0.0, 2e-8])
def test_amplifiers_make_the_noise_of_their_inputs_as_it_is_drawn(lag, monkeypatch):
    """Kicks against every cell by itself, and what is drawn at the end of a phase against Lyapunov's equation."""
    network = resistive((4, 6, 5, 3), NONE, LINEAR, **AMPLIFIER, lag=lag)
    x = inputs(network, 4)
    p, v, drive = covariance(network, x)
    silent = resistive((4, 6, 5, 3), NONE, LINEAR, gain=16.0, back=0.5)
    without = np.diag(covariance(silent, x)[0])
    assert (np.diag(p)[network.slices[-1]] > 1.2 * without[network.slices[-1]]).all()
    many = network.drive(np.zeros((200_000, 4)))
    found = np.cov(np.sqrt(KT) * network.kicks(np.zeros((200_000, network.nodes)), many)(np.random.default_rng(4)).T)
    wanted = diffusion(network, np.zeros((1, network.nodes)), network.drive(np.zeros((1, 4))))
    scale = np.sqrt(np.outer(np.diag(wanted), np.diag(wanted)))
    # The scatter of a correlation is 1/sqrt(n) = 0.22 %, of a variance 0.32 %: 5 standard errors of 105 numbers.
    assert np.abs((found - wanted) / scale).max() < 0.016
    # The step's error is of the second order: through two amplifiers up to 8 % with the usual one.
    for step, error in ((0.5, 0.08), (0.1, 0.005)):
        monkeypatch.setattr(langevin, "_STEP", step)
        seen = drawn(network, v, drive, 40_000, x)
        assert np.abs(seen.var(axis=0) / np.diag(p) - 1.0).max() < error + 4.0 * 0.007


def test_an_amplifier_of_one_pole_leaves_what_its_pole_leaves():
    """One node behind one amplifier: Lyapunov's equation with the amplifier's noise as a state of its own."""
    noise_resistance, lag = 5e4, 2e-7
    network = resistive((3, 1, 1), NONE, LINEAR, gain=8.0, back=1e-3, noise_resistance=noise_resistance, lag=lag)
    g, c = network.stages[1].coupling.g[0, 0], network.capacitance[1]
    tau = network.tau[1]
    # State (e, v) of e' = -e/lag + sqrt(2 kT R_n) xi/lag, v' = -v/tau + a g e/C.
    a = np.array([[-1.0 / lag, 0.0], [8.0 * g / c, -1.0 / tau]])
    exact = solve_continuous_lyapunov(a, -np.diag([2.0 * KT * noise_resistance / lag**2, 0.0]))[1, 1]
    quiet = replace(network, stages=[replace(stage, noise_resistance=0.0) for stage in network.stages])
    x = inputs(network, 3)
    ours = covariance(network, x)[0][1, 1] - covariance(quiet, x)[0][1, 1]
    # The cells' way back through a factor of a thousandth is left out above.
    assert ours == pytest.approx(exact, rel=0.01)


@pytest.mark.parametrize("doubled", [False, True])
def test_a_conductance_that_nudges_keeps_equipartition_and_one_without_noise_cools(doubled):
    """gamma = 1 of a resistor between target and output, or between both outputs of a class: kT/C at every node, by
    Lyapunov's equation and as it is drawn (18 nodes, 20,000 draws: 4 standard errors)."""
    network = resistive((4, 7, 6), NONE, LINEAR, doubled=doubled)
    x, target = inputs(network, 4), np.full((1, 3 if doubled else 6), 0.05)
    means = []
    for excess in (1.0, 0.0):
        drive = replace(network.nudged(network.drive(x), 0.7, target), thermal=Thermal(KT, 3, excess))
        v, _ = equilibrium(network, drive, np.zeros((1, network.nodes)))
        d, last = diffusion(network, v, drive), network.slices[-1]
        if doubled:
            apart = -2.0 * KT * drive.stirred * network.nudging / network.capacitance[-1] ** 2 * np.eye(3)
            d[last, last] += np.block([[np.zeros((3, 3)), apart], [apart, np.zeros((3, 3))]])
        p = solve_continuous_lyapunov(network.jacobian(v, drive)[0], -d)
        means.append(np.diag(p) * network.capacitance / KT)
        many = network.nudged(network.drive(np.repeat(x, 20_000, axis=0)), 0.7, np.repeat(target, 20_000, axis=0))
        start = np.repeat(v, 20_000, axis=0)
        found = agitated(network, start, replace(many, thermal=drive.thermal), LONG) - start
        np.testing.assert_allclose(found.var(axis=0), np.diag(p), rtol=0.04)
    np.testing.assert_allclose(means[0], 1.0, rtol=1e-9)
    assert means[1][network.slices[-1]].max() < 0.9


@pytest.mark.parametrize("kind", ["rc", "passive"])
@pytest.mark.parametrize("beta", [0.5, -0.3])
def test_a_nudged_output_has_the_noise_of_its_source(kind, beta):
    """kT/C of the load with gamma |beta| g beside it, over what holds the node: of an output by
    itself, 4 standard errors of 40,000 draws."""
    network = grounded(build((5, 4), FAR), (0.0, 0.0)) if kind == "rc" else passive((5, 6))
    x, outputs = inputs(network, 5), network.nodes
    drive = replace(network.nudged(network.drive(x), beta, np.zeros((1, outputs))), thermal=Thermal(KT, 3, 4.0 / 3.0))
    v, _ = equilibrium(network, drive, np.zeros((1, outputs)))
    p = solve_continuous_lyapunov(network.jacobian(v, drive)[0], -diffusion(network, v, drive))
    # What nudges at beta = 1 over what loads the node.
    pull = np.ones(outputs) if kind == "rc" else network.leak / network.load
    capacitance = network.layers[0].capacitance
    share = (1.0 + 4.0 / 3.0 * abs(beta) * pull) / (-network.jacobian(v, drive)[0].diagonal() * network.tau)
    np.testing.assert_allclose(np.diag(p), KT / capacitance * share, rtol=1e-9)
    many = network.nudged(network.drive(np.repeat(x, 40_000, axis=0)), beta, np.zeros((40_000, outputs)))
    start = np.repeat(v, 40_000, axis=0)
    found = agitated(network, start, replace(many, thermal=drive.thermal), LONG) - start
    np.testing.assert_allclose(found.var(axis=0), np.diag(p), rtol=0.03)


QUIET: dict[str, object] = {"dac.bits": None, "dac.booked": 8, "adc.bits": None, "adc.booked": 8}


def measured(solver: dict[str, object], **extra: object) -> Floats:
    """Standard deviation of each layer's sampled rates in a free phase (layers,) [V], of one input many times."""
    small = {"layers": [64, 12, 10], "noise.thermal": "on"}
    chip = Chip("ideal", "digits", seed=1, set=small | QUIET | solver | extra)
    x = np.repeat(np.random.default_rng(1).uniform(0.3, 0.7, (1, 64)), 3000, axis=0)
    found = chip.phases(x, np.zeros(3000, dtype=int), estimator="positive")
    phase = int(np.flatnonzero(found["beta"].values == 0.0)[0])
    hidden, outputs = found["rate_1"].values[phase], found["rate_2"].values[phase]
    inside = hidden.mean(axis=0)
    free = (inside > 0.01) & (inside < 0.19)
    assert free.any()
    return np.array([hidden[:, free].std(axis=0).mean(), outputs.std(axis=0).mean()])


SOLVERS: dict[str, dict[str, object]] = {
    "RK23": {"solver.method": "RK23"},
    "euler": {"solver.method": "euler"},
    "single": {"solver.method": "euler", "solver.precision": "single"},
    "newton": {"solver.method": "newton"},
}


@pytest.mark.parametrize("solver", list(SOLVERS))
def test_samples_have_the_noise_of_node_and_capacitor_whoever_integrates(solver):
    found = measured(SOLVERS[solver])
    chip = Chip("ideal", "digits", seed=1, set={"layers": [64, 12, 10]})
    network = chip.network()
    alone = np.sqrt(0.5 * KT * network.agitation(np.zeros((1, 22)), Drive())[0] * network.tau)
    held = KT / 100e-15
    wanted = np.sqrt(np.square([alone[0], alone[-1]]) + held)
    # The loop of these initial weights adds a few percent; 3000 samples have a scatter of 1.3 %.
    assert found == pytest.approx(wanted, rel=0.08)


def test_noise_grows_with_the_root_of_the_temperature():
    cold, hot = (
        measured(SOLVERS["euler"], **{"noise.temperature": kelvin, "sample_hold.noise": None})
        for kelvin in (100.0, 900.0)
    )
    assert hot / cold == pytest.approx(3.0, rel=0.05)


def test_without_thermal_noise_two_looks_are_the_same():
    chip = Chip("ideal", "digits", seed=1, set={"sample_hold.noise": 0.0, **QUIET})
    x = np.random.default_rng(1).random((5, 64))
    np.testing.assert_array_equal(chip.scores(x, draw=1), chip.scores(x, draw=2))


def test_phases_have_noise_of_their_own_and_the_same_draw_gives_the_same():
    settings = {"noise.thermal": "on", "sample_hold.noise": None, **QUIET}
    chip = Chip("ideal", "digits", seed=1, set=settings)
    x = np.random.default_rng(1).random((5, 64))
    one, again, other = (chip.scores(x, draw=draw) for draw in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 1e-4
