"""Loop gain against dense eigenvalues, and what it says about equilibria."""

from dataclasses import replace

import numpy as np
import pytest

from analogep.circuit import HardClip
from analogep.kinds.rc.network import LayeredRC
from analogep.network.drive import Drive
from analogep.relaxation import relax
from tests.physics.nets import CURVES, LINEAR, SINH, build, data, phase, solver


def linearised(network: LayeredRC, v: np.ndarray) -> np.ndarray:
    """A = 1 + tau J (samples, nodes, nodes)."""
    drive = network.drive(np.zeros((v.shape[0], network.layers[0].weights.shape[0] - int(network.bias))))
    return np.eye(network.nodes) + network.tau[:, None] * network.jacobian(v, drive)


def scaled(network: LayeredRC, factor: float) -> LayeredRC:
    """The network with all weights between neurons times `factor`."""
    layers = [network.layers[0]]
    for layer in network.layers[1:]:
        layers.append(replace(layer, weights=layer.weights * factor, reverse=layer.reverse * factor))
    return LayeredRC(layers, network.iv, network.read_voltage, network.gain, network.bias)


@pytest.mark.parametrize("sizes", [(5, 7, 3), (6, 8, 5, 3), (4, 6, 5, 4, 3)])
@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
@pytest.mark.parametrize("gain", [1.0, 0.4])
@pytest.mark.parametrize("iv", [LINEAR, SINH], ids=["linear", "sinh"])
def test_the_loop_gain_is_the_largest_eigenvalue_of_the_linearised_network(sizes, curve, gain, iv):
    """max Re eig A to 1e-6."""
    network = build(sizes, curve, gain=gain, bias=True, iv=iv)
    v = np.random.default_rng(3).uniform(-0.1, 0.15, (4, network.nodes))
    found = network.loop_gain(v, Drive())
    exact = np.linalg.eigvals(linearised(network, v)).real.max(axis=1)
    np.testing.assert_allclose(found, exact, rtol=1e-6, atol=1e-12)


def test_a_network_without_hidden_layer_has_no_loop():
    network = build((5, 3), CURVES["tanh"])
    assert network.loop_gain(np.zeros((2, 3)), Drive()).tolist() == [0.0, 0.0]
    assert network.loop_gain_bound() == 0.0


@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
@pytest.mark.parametrize("iv", [LINEAR, SINH], ids=["linear", "sinh"])
@pytest.mark.parametrize("gain", [1.0, 0.4])
@pytest.mark.parametrize("sizes", [(5, 7, 3), (6, 8, 5, 3)])
def test_no_state_has_a_loop_gain_above_the_bound(curve, iv, gain, sizes):
    """With rails beyond the read voltage a sinh device is steepest at the rail, not at the read voltage."""
    if curve.kind == "hard_clip":
        curve = HardClip(kind="hard_clip", low=-0.4, high=0.4)
    network = build(sizes, curve, gain=gain, iv=iv)
    v = np.random.default_rng(3).uniform(-0.39, 0.39, (200, network.nodes))
    assert network.loop_gain(v, Drive()).max() <= network.loop_gain_bound() * (1 + 1e-9)


@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
@pytest.mark.parametrize("gain", [1.0, 0.4])
def test_below_a_loop_gain_of_one_all_starts_end_at_the_same_equilibrium(curve, gain):
    """bound < 1: one equilibrium, from 10 random starts, to 1 nV."""
    network = build((6, 8, 5, 3), curve, loop=0.8, gain=gain, bias=True)
    assert network.loop_gain_bound() == pytest.approx(0.8, rel=1e-6)
    x = np.repeat(data(network, 1)[0], 10, axis=0)
    start = np.random.default_rng(3).uniform(-0.5, 0.5, (10, network.nodes))
    end = relax(network, network.drive(x), start, phase(120), solver("LSODA", 1e-10, 1e-12), 1e-6)
    assert np.ptp(end.v, axis=0).max() < 1e-9


def test_above_a_loop_gain_of_one_there_are_several_equilibria():
    """A tanh network without input: v = 0 is left, and +v and -v are both equilibria."""
    network = scaled(build((6, 8, 3), CURVES["tanh"], loop=1.0), 1.5)
    start = np.random.default_rng(3).uniform(-0.1, 0.1, (8, network.nodes))
    drive = network.drive(np.zeros((8, 6)))
    end = relax(network, drive, np.concatenate([start[:4], -start[:4]]), phase(150), solver(), 1e-6)
    assert end.residual.max() < 1e-6
    assert np.abs(end.v).max(axis=1).min() > 0.05
    np.testing.assert_allclose(end.v[4:], -end.v[:4], rtol=0, atol=1e-9)


@pytest.mark.parametrize("curve", [CURVES["tanh"], CURVES["sigmoid"]], ids=["tanh", "sigmoid"])
def test_the_hessian_is_positive_definite_exactly_below_a_loop_gain_of_one(curve):
    """H = diag(1/rho') - W: its smallest eigenvalue changes sign where the loop gain crosses 1."""
    network = build((6, 8, 5, 3), curve)
    v = np.random.default_rng(3).uniform(0.02, 0.15, (1, network.nodes))
    critical = 1.0 / float(network.loop_gain(v, Drive())[0])
    for factor, definite in ((0.5, True), (1 - 1e-5, True), (1 + 1e-5, False), (2.0, False)):
        changed = scaled(network, critical * factor)
        slope = np.concatenate(
            [layer.activation.slope(v[:, part]) for layer, part in zip(changed.layers, changed.slices, strict=True)],
            axis=1,
        )[0]
        coupling = (linearised(changed, v)[0]) / slope
        hessian = np.diag(1.0 / slope) - coupling
        np.testing.assert_allclose(hessian, hessian.T, rtol=0, atol=1e-12)
        assert bool(np.linalg.eigvalsh(hessian)[0] > 0) == definite
        assert bool(changed.loop_gain(v, Drive())[0] < 1) == definite
