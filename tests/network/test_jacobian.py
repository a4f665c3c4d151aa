"""The Jacobian against finite differences of the drift, and its structure."""

import numpy as np
import pytest

from tests.physics.nets import CURVES, LINEAR, SINH, build, data, nudge


@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
@pytest.mark.parametrize("iv", [LINEAR, SINH], ids=["linear", "sinh"])
@pytest.mark.parametrize("beta", [0.0, 0.7])
@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize("mismatch", [0.0, 0.3])
def test_the_jacobian_is_the_derivative_of_the_drift_over_tau(curve, iv, beta, constant, mismatch):
    """J_ij = [f_i(v + h e_j) - f_i(v - h e_j)]/2h, f = drift/tau, to 1e-7 of its largest entry."""
    network = build((6, 8, 5, 3), curve, gain=0.4, bias=True, iv=iv, mismatch=mismatch)
    x, target = data(network, 3)
    v = np.random.default_rng(3).uniform(-0.1, 0.25, (3, network.nodes))
    drive = nudge(network, network.drive(x), target, beta, v if constant else None)
    h = 1e-6
    for rail in getattr(curve, "rails", ()):
        assert np.abs(v - rail).min() > h
    jacobian = network.jacobian(v, drive)
    for j in range(network.nodes):
        step = np.zeros(network.nodes)
        step[j] = h
        slope = (network.drift(v + step, drive) - network.drift(v - step, drive)) / (2 * h) / network.tau
        np.testing.assert_allclose(jacobian[:, :, j], slope, rtol=0, atol=1e-7 * np.abs(jacobian).max())


def test_only_neighbouring_layers_couple_and_samples_do_not():
    """J is block tridiagonal with diagonal blocks -1/tau; drift of one sample does not see the others."""
    network = build((6, 8, 5, 3), CURVES["tanh"], bias=True)
    x, _ = data(network, 3)
    drive = network.drive(x)
    v = np.random.default_rng(3).uniform(-0.1, 0.2, (3, network.nodes))
    jacobian = network.jacobian(v, drive)
    first, second, third = network.slices
    assert not jacobian[:, first, third].any()
    assert not jacobian[:, third, first].any()
    for part in (first, second, third):
        size = part.stop - part.start
        np.testing.assert_array_equal(
            jacobian[:, part, part], np.broadcast_to(np.diag(-1.0 / network.tau[part]), (3, size, size))
        )
    moved = v.copy()
    moved[1] += 0.1
    np.testing.assert_array_equal(network.drift(moved, drive)[[0, 2]], network.drift(v, drive)[[0, 2]])
