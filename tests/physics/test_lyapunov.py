"""The Hopfield energy of a shared network with gain 1 falls while the circuit relaxes."""

import numpy as np
import pytest

from analogep.relaxation import relax

from .nets import CURVES, build, data, phase, solver

SMOOTH = {name: CURVES[name] for name in ("tanh", "sigmoid")}


@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
@pytest.mark.parametrize("sizes", [(6, 8, 5, 3), (5, 7, 3)])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_hopfield_energy_never_rises(curve, sizes, seed):
    """E(t + dt) <= E(t) at all accepted steps, up to rounding, also in small steps inside the transient."""
    network = build(sizes, curve, seed=seed, bias=True, loop=0.8)
    x, _ = data(network, 4)
    start = np.random.default_rng(seed).uniform(-0.3, 0.3, (4, network.nodes))
    path = relax(network, network.drive(x), start, phase(30), solver(rtol=1e-9, atol=1e-12), 1e-3, record=True).path
    energy = np.array([network.hopfield_energy(v, x) for v in path])
    assert len(energy) > 30
    assert (energy[0] - energy[-1]).min() > 1e-3 * 0.2**2
    assert np.diff(energy, axis=0).max() <= 1e-14 * np.abs(energy).max()


@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
def test_the_energy_falls_at_the_rate_of_the_currents(curve):
    """dE/dt = -sum tau rho'(v) (dv/dt)^2 (energies over the leak), against central differences, to 1e-6."""
    network = build((6, 8, 5, 3), curve, bias=True)
    x, _ = data(network, 4)
    v = np.random.default_rng(3).uniform(-0.1, 0.25, (4, network.nodes))
    rate = network.drift(v, network.drive(x)) / network.tau
    slope = np.concatenate(
        [layer.activation.slope(v[:, part]) for layer, part in zip(network.layers, network.slices, strict=True)], axis=1
    )
    expected = -(network.tau * slope * rate**2).sum(axis=1)
    h = 1e-13
    found = (network.hopfield_energy(v + h * rate, x) - network.hopfield_energy(v - h * rate, x)) / (2 * h)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("curve", SMOOTH.values(), ids=SMOOTH)
def test_the_gradient_of_the_energy_in_rates_is_minus_the_current(curve):
    """dE/dr_i = -C dv_i/dt, over the leak: minus the drift, to 1e-7 of the read voltage."""
    network = build((6, 8, 5, 3), curve, bias=True)
    x, _ = data(network, 4)
    v = np.random.default_rng(3).uniform(-0.05, 0.2, (4, network.nodes))
    drift = network.drift(v, network.drive(x))
    slope = np.concatenate(
        [layer.activation.slope(v[:, part]) for layer, part in zip(network.layers, network.slices, strict=True)], axis=1
    )
    for j in range(network.nodes):
        h = np.zeros(network.nodes)
        h[j] = 1e-6
        change = (network.hopfield_energy(v + h, x) - network.hopfield_energy(v - h, x)) / 2e-6
        np.testing.assert_allclose(change / slope[:, j], -drift[:, j], rtol=0, atol=1e-7 * 0.2)
