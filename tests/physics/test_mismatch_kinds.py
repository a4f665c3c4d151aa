"""Amplifiers that differ, in passive and resistive networks: Kirchhoff's law, gradients, and what their rules lose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analogep.kinds.passive.network import Passive
from analogep.kinds.resistive.network import Resistive
from analogep.learning import compare
from analogep.network import Network
from analogep.network.mismatch import Mismatched, curve_of
from analogep.relaxation import relax

from .circuits import (
    CURVES,
    IDEAL,
    LINEAR,
    SINH,
    Floats,
    centred,
    changed_half,
    changed_stage,
    data,
    measured,
    passive,
    passive_currents,
    phase,
    relaxed_cost,
    resistive,
    settled,
    solver,
)

SIGMAS = {"offset": 3e-3, "gain": 0.05, "back": 0.08, "low": 5e-3, "high": 5e-3, "pace": 0.2}
PASSIVE_FAIR = ("offset", "gain", "low", "high", "pace")


def own_of(size: int, k: int, names: tuple[str, ...], scale: float = 1.0) -> Mismatched:
    found = {}
    for n, (name, sigma) in enumerate(SIGMAS.items()):
        xi = scale * sigma * np.random.default_rng((7, k, n)).standard_normal(size)
        if name in names:
            found[name] = xi if name in ("offset", "low", "high") else np.exp(xi)
    return Mismatched(**found)


def unlike_passive(network: Passive, *names: str) -> Passive:
    layers = []
    for k, layer in enumerate(network.layers):
        own = own_of(layer.size, k, names)
        shift = None if own.offset is None else layer.gain * own.offset
        curve = curve_of(layer.activation, own, layer.size, shift)
        layers.append(replace(layer, own=own, activation=curve, nominal=layer.activation))
    return replace(network, layers=layers)


def unlike_resistive(network: Resistive, *names: str, scale: float = 1.0) -> Resistive:
    stages = [replace(one, own=own_of(one.size, k, names, scale)) for k, one in enumerate(network.stages[:-1])]
    return replace(network, stages=[*stages, network.stages[-1]])


def far_from(network: Network, jacobian_of: Network, x: Floats, target: Floats) -> None:
    """The Jacobian against differences of the derivative, at states that no phase comes to."""
    drive = network.nudged(network.drive(x), 0.2, target)
    v, h = 0.03 * np.random.default_rng(3).standard_normal((len(x), network.nodes)), 1e-6
    found = jacobian_of.jacobian(v, drive)
    for j in range(network.nodes):
        step = h * np.eye(network.nodes)[j]
        numerical = (network.derivative(v + step, drive) - network.derivative(v - step, drive)) / (2 * h)
        np.testing.assert_allclose(found[:, :, j], numerical, rtol=0, atol=1e-6 * np.abs(found).max())


@pytest.mark.parametrize("iv", [LINEAR, SINH], ids=["linear", "sinh"])
def test_passive_currents_are_those_of_every_cell_by_itself_with_reverse_lines_of_their_own(iv):
    """With a curve and capacitor of each neuron's own; reverse factors by a network whose rates are multiplied."""
    network = unlike_passive(passive((3, 4, 2), CURVES["tanh"], iv), "offset", "gain", "low", "high", "pace")
    x, target = data(network, 3)
    drive = network.nudged(network.drive(x), 0.2, target)
    v = 0.03 * np.random.default_rng(3).standard_normal((3, network.nodes))
    np.testing.assert_allclose(
        network.currents(v, drive), passive_currents(network, v, x, drive), rtol=1e-11, atol=1e-20
    )
    farads = np.concatenate([layer.capacitance * layer.own.pace for layer in network.layers])
    np.testing.assert_allclose(network.derivative(v, drive), network.currents(v, drive) / farads, rtol=1e-12)
    # Line of neuron i: rho(A (v + o)) between rails of its own.
    first = network.layers[0]
    inside = first.gain * (v[:, :4] + first.own.offset)
    middle, half = (first.own.high + first.own.low) / 2, 0.2 + (first.own.high - first.own.low) / 2
    wanted = first.own.gain * (middle + half * np.tanh((inside - middle) / half))
    np.testing.assert_allclose(network.rates(v)[0], wanted, rtol=0, atol=1e-15)


@pytest.mark.parametrize("iv", [LINEAR, SINH], ids=["linear", "sinh"])
def test_jacobians_are_those_of_differences(iv):
    one = unlike_passive(passive((3, 4, 3, 2), CURVES["tanh"], iv, feedback=0.7), *SIGMAS)
    far_from(one, one, *data(one, 2))
    other = unlike_resistive(resistive((3, 4, 3, 2), iv=iv, gain=4.0, back=0.25), "offset", "gain", "back")
    far_from(other, other, *data(other, 2))


def test_solvers_come_to_the_same_equilibrium():
    """SciPy, equal steps and Newton, to 1e-9 V; without mismatch it lies 0.1 mV away at least."""
    for network, nominal in (
        (unlike_passive(passive((3, 4, 2)), *SIGMAS), passive((3, 4, 2))),
        (unlike_resistive(resistive((3, 4, 2), IDEAL, gain=4.0, back=0.25), "offset", "gain", "back"),
         resistive((3, 4, 2), IDEAL, gain=4.0, back=0.25)),
    ):  # fmt: skip
        x, _ = data(network, 3)
        drive, start = network.drive(x), np.zeros((3, network.nodes))
        rest = settled(network, drive)
        for method in ("BDF", "euler"):
            end = relax(network, drive, start, phase(network, 60), solver(method), 1e-2)
            np.testing.assert_allclose(end.v, rest, rtol=0, atol=1e-9)
        assert np.abs(settled(nominal, nominal.drive(x)) - rest).max() > 1e-4


def test_the_exact_gradient_of_a_passive_network_is_the_slope_of_its_relaxed_cost():
    network = unlike_passive(passive((2, 4, 3, 2), CURVES["tanh"], SINH, feedback=0.6, scheme="separate"), *SIGMAS)
    x, target = data(network, 2)
    free = settled(network, network.drive(x))
    found = network.exact_gradient(free, x, target)
    for k, layer in enumerate(network.layers):
        for half in (0, 1):
            g = layer.halves[half].forward.g
            gradient = found[2 * k + half]
            for i, j in np.ndindex(g.shape):
                h = 1e-4 * g[i, j]
                ends = [relaxed_cost(changed_half(network, k, half, i, j, one), x, target, free) for one in (h, -h)]
                slope = (ends[0] - ends[1]) / (2 * h * layer.scale)
                assert gradient[i, j] == pytest.approx(slope, abs=1e-6 * np.abs(gradient).max())


def test_the_exact_gradient_of_a_resistive_network_is_the_slope_of_its_relaxed_cost():
    network = unlike_resistive(resistive((2, 4, 3, 2), iv=SINH, gain=3.0, back=0.5), "offset", "gain", "back")
    x, target = data(network, 2)
    free = settled(network, network.drive(x))
    for k, (stage, gradient) in enumerate(zip(network.stages, network.exact_gradient(free, x, target), strict=True)):
        for i, j in np.ndindex(stage.coupling.g.shape):
            h = 1e-4 * stage.coupling.g[i, j]
            ends = [relaxed_cost(changed_stage(network, k, i, j, change), x, target, free) for change in (h, -h)]
            slope = (ends[0] - ends[1]) / (2 * h * network.scales[k])
            assert gradient[i, j] == pytest.approx(slope, abs=1e-6 * np.abs(gradient).max())


def agreement(network: Passive | Resistive) -> list[tuple[float, float]]:
    """Cosine and length of centred phases at a small beta against the exact gradient, of every array."""
    x, target = data(network, 12)
    found = network.gradient(measured(network, x, target, centred(1e-3)), x)
    exact = network.exact_gradient(settled(network, network.drive(x)), x, target)
    return [compare(one, other) for one, other in zip(found, exact, strict=True)]


def test_the_product_rule_of_a_passive_network_is_exact_whatever_its_amplifiers_are():
    """Push-pull pairs need no load of a neuron, and so none of its curve; a reverse gain is another matter."""
    for cosine, length in agreement(unlike_passive(passive((4, 6, 5, 3)), *PASSIVE_FAIR)):
        assert cosine > 1 - 1e-6
        assert length == pytest.approx(1.0, abs=1e-3)
    assert min(cosine for cosine, _ in agreement(unlike_passive(passive((4, 6, 5, 3)), "back"))) < 1 - 1e-5


def test_rules_that_take_loads_for_nominal_are_off_by_the_offsets():
    """Each half by itself: the integral of v over r lacks -o r, so that the error of the loads is that of o_j dr_j."""
    nominal = passive((4, 5, 3), scheme="separate")
    network = unlike_passive(nominal, "offset")
    x, target = data(network, 6)
    phases = measured(network, x, target, centred(1e-3))
    found, exact = network.gradient(phases, x), network.exact_gradient(settled(network, network.drive(x)), x, target)
    layer, offset = network.layers[-1], network.layers[-1].own.offset
    hidden = network.layers[0].own.offset
    moved = [sum(weight * rates[k].sum(axis=0) for weight, rates in phases) for k in (0, 1)]
    unit = 1.0 / (len(x) * layer.leak * network.read_voltage**2 * layer.scale)
    lacking = np.tile(-offset * moved[1], (6, 1))
    lacking[:5] += (-hidden * moved[0] / network.feedback)[:, None]
    for half in (2, 3):
        corrected = found[half] + unit * lacking
        np.testing.assert_allclose(corrected, exact[half], rtol=0, atol=1e-4 * np.abs(exact[half]).max())
        assert np.abs(found[half] - exact[half]).max() > 1e-2 * np.abs(exact[half]).max()


def test_a_resistive_network_learns_around_small_offsets_and_unlike_gains_bias_it():
    """The rule takes lines over a for node voltages, and h/a for nominal: each bias grows with its sigma."""
    nominal = resistive((5, 6, 5, 4), gain=4.0, back=0.25)
    assert all(cosine > 1 - 1e-8 for cosine, _ in agreement(nominal))
    for name in ("offset", "gain", "back"):
        off = []
        for scale in (0.5, 1.0):
            network = unlike_resistive(nominal, name, scale=scale)
            off.append(max(np.sqrt(1 - min(cosine, 1.0) ** 2) for cosine, _ in agreement(network)))
        assert off[1] > 1e-3, name
        assert off[1] / off[0] == pytest.approx(2.0, rel=0.25), name
