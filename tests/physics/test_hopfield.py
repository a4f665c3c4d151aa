"""The Hopfield energy that results record, against the text's sum over pairs and against the circuit's currents."""

from __future__ import annotations

import numpy as np
import pytest

from analogep.circuit import ReLU
from analogep.circuit.phases import Solver
from analogep.kinds.rc.network import LayeredRC
from analogep.relaxation import relax

from .nets import CURVES, READ, build, data, phase, solver
from .nets import hopfield_energy as weight_by_weight

RELU = ReLU(kind="relu")


def all_units(network: LayeredRC, v: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Eq. (1) as it stands: u of inputs, hidden and output units in one vector, W symmetric, a sum over all pairs."""
    sizes = [x.shape[1], *(layer.size for layer in network.layers)]
    edges = np.cumsum([0, *sizes])
    w, b = np.zeros((edges[-1], edges[-1])), np.zeros(edges[-1])
    for k, layer in enumerate(network.layers):
        w[edges[k] : edges[k + 1], edges[k + 1] : edges[k + 2]] = layer.weights[:-1]
        b[edges[k + 1] : edges[k + 2]] = layer.weights[-1]
    w += w.T
    out = []
    for u in np.concatenate([x, v], axis=1) / READ:
        rho = np.maximum(u, 0.0)
        pairs = sum(w[i, j] * rho[i] * rho[j] for i in range(len(u)) for j in range(len(u)) if i != j)
        out.append(0.5 * np.sum(u**2) - 0.5 * pairs - np.sum(b * rho))
    return np.array(out)


def test_it_is_the_sum_over_all_pairs_of_units_less_the_constant_of_the_clamped_inputs() -> None:
    network = build((6, 8, 5, 3), RELU, bias=True)
    x, _ = data(network, 4)
    v = np.random.default_rng(3).uniform(0.0, 0.3, (4, network.nodes))
    expected = all_units(network, v, x) - 0.5 * np.square(x / READ).sum(axis=1)
    np.testing.assert_allclose(network.hopfield_energy(v, network.drive(x)), expected, rtol=1e-12)


@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
def test_it_is_the_lyapunov_function_of_the_circuit_in_units_of_the_read_voltage(curve: object) -> None:
    network = build((6, 8, 5, 3), curve, bias=True)
    x, _ = data(network, 4)
    v = np.random.default_rng(3).uniform(-0.1, 0.25, (4, network.nodes))
    expected = weight_by_weight(network, v, x) / READ**2
    np.testing.assert_allclose(network.hopfield_energy(v, network.drive(x)), expected, rtol=1e-12)


@pytest.mark.parametrize("gain", [1.0, 0.5, 2.0])
def test_its_slope_in_each_rectified_voltage_is_minus_the_motion_of_that_node(gain: float) -> None:
    """dE/du_i = -s^k tau du_i/dt in layer k, u = v/V_read, central differences to 1e-8."""
    network = build((6, 8, 5, 3), RELU, bias=True, gain=gain)
    x, _ = data(network, 4)
    drive = network.drive(x)
    v = np.random.default_rng(3).uniform(0.05, 0.3, (4, network.nodes))
    motion = network.tau * network.derivative(v, drive) / READ
    factor = np.concatenate([np.full(layer.size, gain**k) for k, layer in enumerate(network.layers)])
    for i in range(network.nodes):
        h = 1e-6 * READ * np.eye(network.nodes)[i]
        slope = (network.hopfield_energy(v + h, drive) - network.hopfield_energy(v - h, drive)) / 2e-6
        np.testing.assert_allclose(slope, -factor[i] * motion[:, i], atol=1e-8)


@pytest.mark.parametrize("gain", [1.0, 0.5])
@pytest.mark.parametrize("projected", [True, False])
def test_it_falls_along_a_free_phase(gain: float, projected: bool) -> None:
    """Projected Euler steps of half a time constant, as the text takes them, and the circuit's own path."""
    network = build((6, 8, 5, 3), RELU, bias=True, gain=gain, loop=0.8)
    x, _ = data(network, 4)
    drive, start = network.drive(x), np.zeros((4, network.nodes))
    steps = Solver(method="euler", relative_tolerance=1e-3, absolute_tolerance=1e-3, step=0.5, projected=True)
    chosen = steps if projected else solver(rtol=1e-9, atol=1e-12)
    path = relax(network, drive, start, phase(30), chosen, 1e-3, record=True).path
    energy = np.array([network.hopfield_energy(v, drive) for v in path])
    assert len(path) > 30
    assert (energy[0] - energy[-1]).min() > 1e-3
    assert np.diff(energy, axis=0).max() <= 1e-12 * np.abs(energy).max()


def test_without_upper_rails_it_falls_without_end_where_units_excite_each_other_with_a_loop_gain_above_one() -> None:
    network = build((6, 8, 3), RELU, loop=1.5)
    for layer in network.layers:
        for weights in (layer.weights, layer.reverse):
            if weights is not None:
                np.abs(weights, out=weights)
    x, _ = data(network, 2)
    drive, start = network.drive(x), np.zeros((2, network.nodes))
    steps = Solver(method="euler", relative_tolerance=1e-3, absolute_tolerance=1e-3, step=0.5, projected=True)
    ends = [relax(network, drive, start, phase(duration), steps, 1e-3).v for duration in (3, 12)]
    early, late = (network.hopfield_energy(v, drive) for v in ends)
    assert (early < 0.0).all()
    assert (late < 100.0 * early).all()
