"""Backpropagation through the steps of a relaxation against differences, and equilibrium propagation against it."""

from dataclasses import replace

import numpy as np
import pytest

from analogep import CircuitCard, DeviceCard, Seeds
from analogep.kinds.rc.network import LayeredRC
from analogep.kinds.rc.unrolled import backpropagated, propagated, unroll
from analogep.network import Hardware

NETS = {
    "dense": "[72, 10, 8, 3]",
    "average": "[{kind: image, height: 6, width: 6, channels: 2}, {kind: conv, channels: 3, kernel: 3, padding: 1, "
    "pool: {kind: average, size: 2}}, {kind: conv, channels: 4, kernel: 2}, 3]",
    "max": "[{kind: image, height: 6, width: 6, channels: 2}, {kind: conv, channels: 3, kernel: 3, padding: 1, "
    "pool: {kind: max, size: 2}}, {kind: conv, channels: 4, kernel: 2}, 3]",
}
TAU = 50e-9


def network_of(name: str, *settings: str) -> LayeredRC:
    circuit = CircuitCard.load(
        "conv-digits",
        [f"layers={NETS[name]}", "solver.precision=double", "learning.initial_gain=[0.7,0.7,0.5]",
         "mapping.weight_range=[2,2,2]", "learning.rate=[0.1]", *settings],
    )  # fmt: skip
    chip = Hardware(DeviceCard.load("ideal"), circuit, Seeds.of(3))
    chip.initialise()
    network = chip.network()
    assert isinstance(network, LayeredRC)
    # Biases that keep every neuron between its rails.
    layers = []
    for k, layer in enumerate(network.layers):
        weights = layer.weights.copy()
        weights[-1] = 0.3 if k < 2 else 0.1
        layers.append(replace(layer, weights=weights))
    return replace(network, layers=layers)


def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(6)
    return rng.random((4, 72)) * 0.06, 0.2 * np.eye(3)[rng.integers(3, size=4)]


SMOOTH = (
    "neurons.hidden.activation={kind: tanh, amplitude: 0.2 V}",
    "neurons.output.activation={kind: tanh, amplitude: 0.4 V}",
)


@pytest.mark.parametrize("name", NETS)
def test_the_sum_over_steps_is_the_derivative_of_the_cost_after_them(name):
    """Seven steps from rest at 0 V; central differences by single weights of each layer, relative 1e-6."""
    network, (x, target), h = network_of(name, *SMOOTH), data(), 0.4 * TAU
    start = np.zeros((4, network.nodes))

    def after(one: LayeredRC) -> list[np.ndarray]:
        return unroll(one, one.drive(x), start, 7, h)

    steps = backpropagated(network, after(network), x, target, h)
    assert len(steps) == 7
    total = [np.sum([step[k] for step in steps], axis=0) for k in range(3)]
    for k, i, o in ((0, 5, 1), (1, 3, 2), (2, 1, 1), (1, -1, 0)):
        costs = []
        for change in (1e-5, -1e-5):
            layers = list(network.layers)
            weights = layers[k].weights.copy()
            weights[i, o] += change
            reverse = None if k == 0 else weights[:-1]
            layers[k] = replace(layers[k], weights=weights, reverse=reverse)
            moved = replace(network, layers=layers)
            costs.append(float(moved.loss(after(moved)[-1], target).mean()))
        assert (costs[0] - costs[1]) / 2e-5 == pytest.approx(total[k][i, o], rel=1e-6, abs=1e-10)


@pytest.mark.parametrize("name", NETS)
def test_each_nudged_step_adds_what_backpropagation_finds_at_its_step(name):
    """Neurons between rails, settled, beta 1e-6: relative error of every step and layer below 1e-4."""
    network, (x, target), h = network_of(name, "learning.initial_gain=[0.3,0.3,0.3]"), data(), 0.5 * TAU
    drive = network.drive(x)
    path = unroll(network, drive, np.full((4, network.nodes), 0.05), 400, h)
    for layer, r in zip(network.layers, network.rates(path[-1]), strict=True):
        low, high = layer.activation.rails
        assert r.min() > low + 1e-3
        assert r.max() < high - 1e-3
    ours = propagated(network, drive, path[-1], x, target, 1e-6, 12, h)
    theirs = backpropagated(network, path, x, target, h, 12)
    for ep, bptt in zip(ours, theirs, strict=True):
        for a, b in zip(ep, bptt, strict=True):
            scale = max(np.linalg.norm(b), 1e-9)
            assert np.linalg.norm(a - b) < 1e-4 * scale + 1e-9


def test_the_difference_is_of_the_order_of_beta():
    """Sum over steps, dense, four strengths: order 1 within 0.1."""
    network, (x, target), h = network_of("dense"), data(), 0.5 * TAU
    drive = network.drive(x)
    path = unroll(network, drive, np.full((4, network.nodes), 0.05), 400, h)
    theirs = np.sum([step[0] for step in backpropagated(network, path, x, target, h, 10)], axis=0)
    betas, errors = np.array([1e-3, 3e-3, 1e-2, 3e-2]), []
    for beta in betas:
        ours = np.sum([step[0] for step in propagated(network, drive, path[-1], x, target, beta, 10, h)], axis=0)
        errors.append(np.linalg.norm(ours - theirs))
    assert abs(np.polyfit(np.log(betas), np.log(errors), 1)[0] - 1.0) < 0.1
