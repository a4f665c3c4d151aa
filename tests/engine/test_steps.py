"""Equal steps: order, equilibrium, joules; and the compiled loop against the network's own equations."""

from dataclasses import replace

import numpy as np
import pytest

from analogep.circuit import HardClip, ReLU
from analogep.circuit.phases import Solver
from analogep.device.iv import CubicIV
from analogep.engine.own import rate
from analogep.errors import SimulationError
from analogep.kinds.rc import layout as laid
from analogep.kinds.rc.network import LayeredRC
from analogep.relaxation import euler, relax
from tests.physics.nets import CURVES, LINEAR, READ, SINH, TAU, build, data, equilibrium, nudge, phase
from tests.physics.nets import solver as adaptive

CUBIC = CubicIV(kind="cubic", v0=0.3)
RAILS = HardClip(kind="hard_clip", low=0.0, high=0.08)


def solver(step: float = 0.5, **more: object) -> Solver:
    given = {"method": "euler", "relative_tolerance": 1e-3, "absolute_tolerance": 1e-3, "step": step}
    return Solver(**(given | more))  # type: ignore[arg-type]


def noisy(network: LayeredRC, seed: int = 5) -> LayeredRC:
    """The network with read noise: each weight has a variance of its own, forward and reverse."""
    rng = np.random.default_rng(seed)
    layers = []
    for layer in network.layers:
        reverse = None if layer.reverse is None else 1e-3 * rng.random(layer.reverse.shape)
        layers.append(replace(layer, variance=1e-3 * rng.random(layer.weights.shape), reverse_variance=reverse))
    return replace(network, layers=layers)


STEPPED = pytest.mark.parametrize(
    ("curve", "iv"),
    [(RAILS, SINH), (CURVES["tanh"], SINH), (CURVES["relu"], SINH)],
    ids=["clipped", "saturating", "plain"],
)
"""One hidden layer by the march, and from the network's own equations."""


@STEPPED
def test_the_error_on_the_way_and_of_the_joules_is_of_first_order_in_the_step(curve, iv):
    """Slope of log(error) against log(step) over a factor of sixteen."""
    network = build((5, 7, 3), curve, loop=0.3, gain=0.5, bias=True, iv=iv)
    x, target = data(network, 4)
    drive, start = nudge(network, network.drive(x), target, 0.5), np.zeros((4, 10))
    exact = relax(network, drive, start, phase(1.5), adaptive(), 1e-3)
    grid = 0.5 ** np.arange(3, 8)
    ends = [relax(network, drive, start, phase(1.5), solver(step), 1e-3) for step in grid]
    for errors in (
        [np.abs(end.v - exact.v).max() for end in ends],
        [np.abs(end.energy - exact.energy).max() for end in ends],
    ):
        assert np.polyfit(np.log(grid), np.log(errors), 1)[0] == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("step", [0.1, 0.5, 1.0])
@STEPPED
def test_any_step_comes_to_rest_at_the_equilibrium(curve, iv, step):
    network = build((5, 7, 3), curve, loop=0.3, gain=0.5, bias=True, iv=iv)
    x, target = data(network, 4)
    drive = nudge(network, network.drive(x), target, 0.5)
    end = relax(network, drive, np.zeros((4, 10)), phase(60), solver(step), 1e-3)
    np.testing.assert_allclose(end.v, equilibrium(network, drive, end.v), atol=1e-14)
    assert end.residual.max() < 1e-12


CASES = [
    pytest.param((5, 7, 3), RAILS, LINEAR, {}, id="linear"),
    pytest.param((5, 70, 11), RAILS, SINH, {}, id="sinh"),
    pytest.param((5, 33, 1), RAILS, CUBIC, {"projected": True}, id="cubic-projected"),
    pytest.param((5, 20, 64), ReLU(kind="relu", high=0.08), SINH, {}, id="relu"),
    pytest.param((5, 20, 6), ReLU(kind="relu"), LINEAR, {"projected": True}, id="relu-without-rail"),
    pytest.param((5, 20, 65), RAILS, SINH, {}, id="many outputs"),
    pytest.param((5, 7, 3), CURVES["sigmoid"], LINEAR, {}, id="sigmoid"),
    pytest.param((5, 7, 40, 1), CURVES["tanh"], SINH, {"projected": True}, id="two hidden layers, tanh"),
    pytest.param((5, 33, 1, 11), RAILS, SINH, {}, id="two hidden layers, sinh"),
    pytest.param((5, 8, 9, 7, 3), ReLU(kind="relu"), LINEAR, {"projected": True}, id="three hidden layers, relu"),
]


@pytest.mark.parametrize(("sizes", "curve", "iv", "options"), CASES)
@pytest.mark.parametrize("noise", [False, True], ids=["quiet", "noisy"])
@pytest.mark.parametrize("bias", [False, True], ids=["no-bias", "bias"])
@pytest.mark.parametrize("kind", ["free", "proportional", "constant"])
@pytest.mark.parametrize("precision", ["double", "single"])
def test_the_march_takes_the_steps_of_the_networks_equations(sizes, curve, iv, options, noise, bias, kind, precision):
    """Voltages, joules and residuals, to rounding of the precision asked for."""
    network = build(sizes, curve, loop=0.3, gain=0.5, bias=bias, iv=iv)
    network = noisy(network) if noise else network
    x, target = data(network, 9)
    rng = np.random.default_rng(3)
    drive, start = network.drive(x, network.deviates(9, rng)), 0.1 * rng.standard_normal((9, network.nodes))
    if kind != "free":
        drive = nudge(network, drive, target, -0.4, start if kind == "constant" else None)
    chosen = solver(precision=precision, **options)
    assert laid.layout(network, chosen) is not None
    end = relax(network, drive, start, phase(6), chosen, 1e-3)
    grid = euler.steps(network, phase(6), chosen)
    twin = euler._plain(network, drive, start, grid, chosen, phase(6), 1e-3, False)
    close = 1e-13 if precision == "double" else 2e-6
    np.testing.assert_allclose(end.v, twin.v, atol=close * np.abs(twin.v).max())
    scale = np.abs(twin.energy).max(axis=0) + 1e-300
    np.testing.assert_allclose(end.energy / scale, twin.energy / scale, atol=close)
    np.testing.assert_allclose(end.residual, twin.residual, atol=10 * close)
    assert (end.duration, end.evaluations) == (twin.duration, twin.evaluations)


def test_a_phase_without_noise_of_a_network_that_has_some_is_quiet():
    """As when the exact gradient is asked for."""
    quiet = build((5, 7, 3), RAILS, loop=0.3, bias=True, iv=SINH)
    x, _ = data(quiet, 4)
    ends = [relax(net, net.drive(x), np.zeros((4, 10)), phase(6), solver(), 1e-3) for net in (quiet, noisy(quiet))]
    np.testing.assert_array_equal(ends[0].v, ends[1].v)
    np.testing.assert_array_equal(ends[0].energy, ends[1].energy)


@pytest.mark.parametrize("sizes", [(5, 70, 11), (5, 70, 40, 11)], ids=["one hidden layer", "two"])
def test_any_number_of_threads_takes_the_same_steps(monkeypatch, sizes):
    monkeypatch.setattr(laid.threads, "LEAST_CELLS", 1)
    network = noisy(build(sizes, RAILS, loop=0.3, bias=True, iv=SINH))
    x, _ = data(network, 150)
    drive = network.drive(x, network.deviates(150, np.random.default_rng(1)))
    start = np.zeros((150, network.nodes))
    found = []
    for count in ("1", "2"):
        monkeypatch.setenv("ANALOGEP_THREADS", count)
        found.append(relax(network, drive, start, phase(6), solver(precision="single"), 1e-3))
    np.testing.assert_array_equal(found[0].v, found[1].v)
    np.testing.assert_array_equal(found[0].energy, found[1].energy)


@pytest.mark.parametrize("curve", [CURVES["tanh"], CURVES["sigmoid"]], ids=["tanh", "sigmoid"])
@pytest.mark.parametrize(("kind", "close"), [(np.float64, 1e-15), (np.float32, 5e-7)])
def test_saturating_curves_are_those_of_the_neurons_at_any_voltage(curve, kind, close):
    """As a share of the swing, from a millionth of it to a thousand times of it on both sides."""
    v = curve.amplitude * np.concatenate([sign * np.geomspace(1e-6, 1e3, 1001) for sign in (-1.0, 1.0)]).astype(kind)
    made = curve.numbers(kind)
    r = np.array([rate(made, one) for one in v])
    assert r.dtype == kind
    np.testing.assert_allclose(r, curve.rate(v.astype(np.float64)), rtol=0, atol=close * curve.amplitude)


@pytest.mark.parametrize(
    "network",
    [build((5, 3), RAILS), build((5, 7, 3), ReLU(kind="relu"), iv=SINH)],
    ids=["no hidden layer", "sinh without a bound"],
)
def test_other_networks_take_the_same_steps_uncompiled(network):
    assert laid.layout(network, solver()) is None
    x, _ = data(network, 2)
    end = relax(network, network.drive(x), np.zeros((2, network.nodes)), phase(1), solver(0.5), 1e-3)
    assert np.isfinite(end.v).all()


def test_projected_nodes_stay_within_their_rails_and_come_to_the_same_rates():
    network = build((5, 40, 3), RAILS, loop=0.3, bias=True)
    x, _ = data(network, 6)
    drive, start = network.drive(x), np.zeros((6, 43))
    free, held = (
        relax(network, drive, start, phase(80), solver(projected=flag), 1e-3, record=True) for flag in (False, True)
    )
    assert free.v.min() < RAILS.low < RAILS.high < free.v.max()
    assert held.path.min() >= RAILS.low
    assert held.path.max() <= RAILS.high
    for one, other in zip(network.rates(free.v), network.rates(held.v), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-13)


@STEPPED
def test_a_phase_until_settled_takes_no_step_more(curve, iv):
    network = build((5, 7, 3), curve, loop=0.3, iv=iv)
    x, _ = data(network, 4)
    end = relax(network, network.drive(x), np.zeros((4, 10)), phase(60, "settled"), solver(), 1e-3)
    h = end.times[1]
    before = relax(network, network.drive(x), np.zeros((4, 10)), phase((end.duration - h) / TAU), solver(), 1e-3)
    assert end.residual.max() <= 1e-3 < before.residual.max()


@pytest.mark.parametrize(("durations", "step"), [(1.0, 0.5), (0.1, 1.0), (10.0, 0.3)])
def test_steps_fill_the_phase_and_are_no_longer_than_asked(durations, step):
    network = build((5, 7, 3), RAILS)
    taken, h = euler.steps(network, phase(durations), solver(step))
    assert taken * h == pytest.approx(durations * TAU, rel=1e-14)
    assert h <= step * float(network.tau.min()) * (1 + 1e-8)


def test_a_phase_of_ten_time_constants_is_twenty_steps_of_a_half():
    network = build((5, 7, 3), RAILS)
    same = replace(network, layers=[replace(layer, capacitance=0.5e-12, leak=1e-5) for layer in network.layers])
    assert euler.steps(same, phase(10), solver(0.5))[0] == 20


def test_too_many_steps_are_refused_with_what_to_change():
    network = build((5, 7, 3), RAILS)
    x, _ = data(network, 1)
    with pytest.raises(SimulationError, match=r"takes 500 steps of 2e-09 s, more than solver.max_evaluations = 100"):
        relax(
            network, network.drive(x), np.zeros((1, 10)), phase(20), solver(0.1, max_evaluations=100), 1e-3
        )  # fmt: skip


@pytest.mark.parametrize("sizes", [(5, 7, 3), (5, 7, 6, 3), (5, 7)], ids=["one hidden layer", "two", "plain"])
def test_growth_without_bound_is_an_error(sizes):
    network = build(sizes, ReLU(kind="relu"), loop=8.0)
    x, target = data(network, 2)
    drive = nudge(network, network.drive(x), target, -8.0)
    with pytest.raises(SimulationError, match="a node voltage diverged"):
        relax(network, drive, np.full((2, network.nodes), READ), phase(300), solver(), 1e-3)
