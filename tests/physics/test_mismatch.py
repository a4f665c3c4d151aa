"""Neurons that differ, at virtual ground: every solver's equilibrium, gradients, and what a gradient loses.

Offsets, gains and rails leave the coupling symmetric, so that there is still an energy; a gain of the reverse direction
alone does not.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from analogep.kinds.rc.network import LayeredRC
from analogep.kinds.rc.plain import plain
from analogep.learning import compare
from analogep.network.mismatch import Mismatched, curve_of
from analogep.relaxation import relax
from analogep.relaxation.euler import _plain, march_phases, steps

from .nets import CURVES, LINEAR, SINH, build, data, equilibrium, estimator, flat, nudge, phase, solver

Floats = NDArray[np.float64]

SIGMAS = {"offset": 5e-3, "gain": 0.05, "back": 0.08, "low": 5e-3, "high": 5e-3, "pace": 0.2}
FAIR = ("offset", "gain", "low", "high", "pace")
"""What keeps the coupling symmetric."""


def unlike(network: LayeredRC, *names: str, seed: int = 5, scale: float = 1.0) -> LayeredRC:
    """The network with neurons that differ in these."""
    layers = []
    for k, layer in enumerate(network.layers):
        found = {}
        for n, name in enumerate(SIGMAS):
            xi = scale * SIGMAS[name] * np.random.default_rng((seed, k, n)).standard_normal(layer.size)
            if name in names:
                found[name] = xi if name in ("offset", "low", "high") else np.exp(xi)
        own = Mismatched(**found)
        layers.append(replace(layer, own=own, activation=curve_of(layer.activation, own, layer.size)))
    return replace(network, layers=layers)


def alike_in_hidden_layers(network: LayeredRC) -> LayeredRC:
    """Hidden layers of one time constant, as the march takes them."""
    first = network.layers[0]
    layers = [replace(one, capacitance=first.capacitance, leak=first.leak) for one in network.layers[:-1]]
    return replace(network, layers=[*layers, network.layers[-1]])


# Every kind of curve and both kinds of devices: the march is compiled, for seconds, for each two that meet.
MARCHED = pytest.mark.parametrize(
    ("curve", "iv"), [("hard_clip", SINH), ("tanh", LINEAR), ("sigmoid", LINEAR)], ids=["clip-sinh", "tanh", "sigmoid"]
)


@MARCHED
@pytest.mark.parametrize("sizes", [(5, 7, 3), (5, 7, 6, 3)])
def test_scipy_steps_and_newton_come_to_the_same_equilibrium(sizes, curve, iv):
    """To 1e-9 V, with everything of the neurons' own, free and nudged; without it they end 1 mV away at least."""
    nominal = alike_in_hidden_layers(build(sizes, CURVES[curve], gain=0.7, bias=True, iv=iv))
    network = unlike(nominal, *SIGMAS)
    x, target = data(network, 4)
    for drive in (network.drive(x), network.nudged(network.drive(x), 0.3, target)):
        rest = equilibrium(network, drive)
        start = np.zeros_like(rest)
        for method in ("LSODA", "DOP853"):
            end = relax(network, drive, start, phase(80), solver(method), 1e-2)
            np.testing.assert_allclose(end.v, rest, rtol=0, atol=1e-9)
        euler = solver("euler")
        assert network.march(euler) is not None
        end = relax(network, drive, start, phase(80), euler, 1e-2)
        np.testing.assert_allclose(end.v, rest, rtol=0, atol=1e-9)
        newton = relax(network, drive, start, phase(80), solver("newton"), 1e-2)
        np.testing.assert_allclose(newton.v, rest, rtol=0, atol=1e-9)
    assert np.abs(equilibrium(nominal, nominal.drive(x)) - equilibrium(network, network.drive(x))).max() > 1e-3


@pytest.mark.parametrize("projected", [False, True])
@MARCHED
@pytest.mark.parametrize("names", [("offset",), ("gain",), ("back",), ("low", "high"), ("pace",), tuple(SIGMAS)])
def test_compiled_steps_are_the_plain_ones_with_their_joules(names, curve, iv, projected):
    """Step by step: voltages to 1e-14 V, joules to 1e-12, nudged and with a frozen pull."""
    network = unlike(alike_in_hidden_layers(build((5, 7, 6, 3), CURVES[curve], gain=0.7, bias=True, iv=iv)), *names)
    x, target = data(network, 4)
    euler = solver("euler").model_copy(update={"projected": projected})
    free = network.drive(x)
    v = 0.05 * np.random.default_rng(3).standard_normal((4, network.nodes))
    for drive in (free, network.nudged(free, 0.3, target), network.nudged(free, 0.3, target, v)):
        compiled = relax(network, drive, v, phase(3), euler, 1e-2)
        by_hand = _plain(network, drive, v, steps(network, phase(3), euler), euler, phase(3), 1e-2, False)
        np.testing.assert_allclose(compiled.v, by_hand.v, rtol=0, atol=1e-14)
        np.testing.assert_allclose(compiled.energy, by_hand.energy, rtol=1e-12)


def test_steps_of_all_phases_in_one_pass_hold_the_pulls_of_neurons_that_differ():
    """Constant nudging, frozen in the march at the end of the free phase, as it is by the network's own rates."""
    network = unlike(alike_in_hidden_layers(build((5, 7, 3), CURVES["tanh"], bias=True)), *SIGMAS)
    x, target = data(network, 4)
    free, start, euler = network.drive(x), np.zeros((4, network.nodes)), solver("euler")
    first, second = march_phases(
        network, [free, network.nudged(free, 0.3, target)], start, [phase(20), phase(20)], euler, constant=True
    )
    alone = relax(network, network.nudged(free, 0.3, target, first.v), first.v, phase(20), euler, 1e-2)
    np.testing.assert_allclose(second.v, alone.v, rtol=0, atol=1e-15)


@pytest.mark.parametrize("curve", ["hard_clip", "relu"])
def test_compiled_equations_for_scipy_are_those_of_the_network(curve):
    """Free, nudged and frozen, to 1e-13 of the largest."""
    network = unlike(build((5, 7, 6, 3), CURVES[curve], gain=0.7, bias=True, iv=LINEAR), *SIGMAS)
    x, target = data(network, 4)
    v = 0.2 * np.random.default_rng(4).standard_normal((6, 4, network.nodes))
    free = network.drive(x)
    assert plain(network) is not None
    for drive in (free, network.nudged(free, 0.3, target), network.nudged(free, -0.3, target, v[0])):
        derivative, powers = network.equations(drive)
        for found, given in (
            (derivative(v[0]), network.derivative(v[0], drive)),
            (powers(v), network.powers(v, drive)),
        ):
            np.testing.assert_allclose(found, given, rtol=0, atol=1e-13 * np.abs(given).max())


def test_the_jacobian_is_that_of_differences():
    network = unlike(build((5, 7, 6, 3), CURVES["tanh"], gain=0.7, bias=True, iv=SINH), *SIGMAS)
    x, target = data(network, 2)
    drive = network.nudged(network.drive(x), 0.3, target)
    v, h = 0.05 * np.random.default_rng(3).standard_normal((2, network.nodes)), 1e-6
    found = network.jacobian(v, drive)
    for j in range(network.nodes):
        step = h * np.eye(network.nodes)[j]
        numerical = (network.derivative(v + step, drive) - network.derivative(v - step, drive)) / (2 * h)
        np.testing.assert_allclose(found[:, :, j], numerical, rtol=0, atol=1e-6 * np.abs(found).max())


def loss(network: LayeredRC, x: Floats, target: Floats, weigh: Floats | float = 1.0) -> float:
    """Mean cost at the equilibrium, each output's part `weigh` times."""
    v = equilibrium(network, network.drive(x))
    error = network.rates(v)[-1] - target
    return float(0.5 * (weigh * error**2).sum(axis=1).mean() / network.read_voltage**2)


def differences(network: LayeredRC, x: Floats, target: Floats, k: int, weigh: Floats | float = 1.0) -> Floats:
    """Derivative of the loss by each weight of layer k, changed forward and in reverse (rows, columns) [1]."""
    layer, h, out = network.layers[k], 1e-5, np.zeros_like(network.layers[k].weights)
    for place in np.ndindex(out.shape):
        values = []
        for sign in (1.0, -1.0):
            weights = layer.weights.copy()
            weights[place] += sign * h
            reverse = None if layer.reverse is None else weights[: len(layer.reverse)]
            layers = [*network.layers]
            layers[k] = replace(layer, weights=weights, reverse=reverse)
            values.append(loss(replace(network, layers=layers), x, target, weigh))
        out[place] = (values[0] - values[1]) / (2 * h)
    return out


@pytest.mark.parametrize("iv", [LINEAR, SINH], ids=["linear", "sinh"])
@pytest.mark.parametrize("sizes", [(4, 5, 3), (4, 5, 4, 3)])
def test_the_adjoint_is_the_gradient_by_differences_of_every_weight(sizes, iv):
    network = unlike(build(sizes, CURVES["tanh"], gain=0.7, bias=True, iv=iv), *SIGMAS)
    x, target = data(network, 3)
    found = network.exact_gradient(equilibrium(network, network.drive(x)), x, target)
    for k, part in enumerate(found):
        numerical = differences(network, x, target, k)
        np.testing.assert_allclose(part, numerical, rtol=0, atol=1e-6 * np.abs(numerical).max())


def estimated(network: LayeredRC, x: Floats, target: Floats, beta: float = 1e-3) -> list[Floats]:
    """The product rule on centred phases, which knows nothing of what neurons have of their own."""
    free = equilibrium(network, network.drive(x))
    phases = []
    for strength, weight in estimator("centered", beta):
        v = equilibrium(network, nudge(network, network.drive(x), target, strength), free)
        phases.append((weight, network.rates(v)))
    return network.gradient(phases, x)


@pytest.mark.parametrize("names", [*((name,) for name in FAIR), FAIR])
@pytest.mark.parametrize("sizes", [(5, 7, 3), (6, 8, 5, 3)])
def test_offsets_gains_rails_and_time_constants_leave_the_gradient_of_phases_exact(sizes, names):
    """Each layer to a cosine of 1 - 1e-6 and a length of 1 +- 1e-3, with twice the spread of other tests."""
    network = unlike(build(sizes, CURVES["tanh"], bias=True), *names, scale=2.0)
    x, target = data(network, 20)
    exact = network.exact_gradient(equilibrium(network, network.drive(x)), x, target)
    for part, reference in zip(estimated(network, x, target), exact, strict=True):
        cosine, length = compare(part, reference)
        assert cosine > 1 - 1e-6
        assert length == pytest.approx(1.0, abs=1e-3)


def test_a_reverse_gain_of_the_outputs_weighs_their_costs_and_shrinks_their_updates():
    """One hidden layer: with factors b_o the estimate of the first layer is the gradient of sum b_o C_o, that of the
    outputs' weights the same over b_o; to 1e-4 of the largest, far below what the plain gradient is off by."""
    network = unlike(build((5, 7, 3), CURVES["tanh"], bias=True), "back", scale=3.0)
    x, target = data(network, 5)
    first, second = estimated(network, x, target)
    factors = network.layers[-1].own.back
    assert factors is not None
    one, other = (differences(network, x, target, k, factors) for k in (0, 1))
    np.testing.assert_allclose(first, one, rtol=0, atol=1e-4 * np.abs(one).max())
    np.testing.assert_allclose(second, other / factors, rtol=0, atol=1e-4 * np.abs(other).max())
    exact = network.exact_gradient(equilibrium(network, network.drive(x)), x, target)
    assert np.abs(first - exact[0]).max() > 0.05 * np.abs(exact[0]).max()


def test_the_bias_by_unlike_reverse_gains_grows_with_their_spread():
    """Two hidden layers, where no energy is left: relative distance from the exact gradient, over sigma from 2 to 8 %,
    proportional to it within 15 %, and of its size."""
    off = []
    for scale in (0.25, 0.5, 1.0):
        network = unlike(build((6, 8, 5, 3), CURVES["tanh"], bias=True), "back", scale=scale)
        x, target = data(network, 20)
        exact = flat(network.exact_gradient(equilibrium(network, network.drive(x)), x, target))
        off.append(np.linalg.norm(flat(estimated(network, x, target)) - exact) / np.linalg.norm(exact))
    sigmas = SIGMAS["back"] * np.array([0.25, 0.5, 1.0])
    shares = np.array(off) / sigmas
    assert shares == pytest.approx(shares[1] * np.ones(3), rel=0.15)
    assert 0.3 < shares[1] < 3.0


def test_the_energy_of_neurons_that_differ_falls_along_the_relaxation():
    """Free phase of shared linear arrays, steps of 2 % of a time constant: no rise beyond rounding, and a fall."""
    network = unlike(build((5, 7, 3), CURVES["tanh"], bias=True), *FAIR)
    x, _ = data(network, 4)
    drive = network.drive(x)
    euler = solver("euler").model_copy(update={"step": 0.02})
    start = 0.1 * np.random.default_rng(3).standard_normal((4, network.nodes))
    path = relax(network, drive, start, phase(10), euler, 1e-2, record=True).path
    energy = np.array([network.hopfield_energy(v, drive) for v in path])
    assert np.diff(energy, axis=0).max() < 1e-15 * np.abs(energy).max() * 10
    assert (energy[0] - energy[-1]).min() > 1e-4


def test_time_constants_of_their_own_change_the_path_and_not_where_it_ends():
    network = build((5, 7, 3), CURVES["tanh"], bias=True)
    other = unlike(network, "pace")
    x, _ = data(network, 4)
    ends = [
        [relax(one, one.drive(x), np.zeros((4, 10)), phase(t), solver(), 1e-2).v for one in (network, other)]
        for t in (0.5, 60)
    ]
    assert np.abs(ends[0][0] - ends[0][1]).max() > 1e-3
    np.testing.assert_allclose(ends[1][0], ends[1][1], rtol=0, atol=1e-11)


def test_the_loop_gain_bound_is_that_of_the_steepest_neurons():
    """Linear cells and far rails: the bound is the largest eigenvalue of the couplings times the gains, by NumPy."""
    network = unlike(build((5, 7, 3), CURVES["tanh"], gain=0.7), "gain", "back")
    hidden, output = network.layers
    assert hidden.own.gain is not None
    assert output.own.gain is not None
    assert output.own.back is not None
    assert output.reverse is not None
    ahead = hidden.own.gain[:, None] * output.weights
    behind = 0.7 * (output.own.gain * output.own.back)[:, None] * output.reverse.T
    largest = np.sqrt(np.abs(np.linalg.eigvals(behind @ ahead)).max())
    assert network.loop_gain_bound() == pytest.approx(largest, rel=1e-6)
