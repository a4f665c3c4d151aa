"""Equilibria against direct solutions of Kirchhoff's equations, and the transient of one RC node."""

import numpy as np
import pytest
from scipy.optimize import root

from analogep.kinds.rc.network import LayeredRC
from analogep.relaxation import relax

from .nets import FAR, LINEAR, METHODS, READ, SINH, TAU, Floats, build, data, nudge, phase, solver


def dense(network: LayeredRC, x: Floats, target: Floats, beta: float) -> Floats:
    """Solve v = W v + I for linear neurons, node by node: forward w, reverse gain w, nudging beta (d - v)."""
    nodes = network.nodes
    coupling, source = np.zeros((nodes, nodes)), np.zeros((x.shape[0], nodes))
    for k, layer in enumerate(network.layers):
        here = range(network.slices[k].start, network.slices[k].stop)
        for column, j in enumerate(here):
            if network.bias:
                source[:, j] += READ * layer.weights[-1, column]
            if k == 0:
                for i in range(x.shape[1]):
                    source[:, j] += layer.weights[i, column] * x[:, i]
                continue
            before = range(network.slices[k - 1].start, network.slices[k - 1].stop)
            for row, i in enumerate(before):
                coupling[j, i] += layer.weights[row, column]
                coupling[i, j] += network.gain * layer.weights[row, column]
    last = network.slices[-1]
    matrix = np.eye(nodes) - coupling
    matrix[last, last] += beta * np.eye(target.shape[1])
    source[:, last] += beta * target
    return np.linalg.solve(matrix, source.T).T


@pytest.mark.parametrize("sizes", [(6, 8, 5, 3), (5, 7, 3), (4, 3)])
@pytest.mark.parametrize("gain", [1.0, 0.4])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("beta", [0.0, 0.5, -0.3])
def test_a_linear_network_settles_at_the_solution_of_its_linear_equations(sizes, gain, bias, beta):
    """(1 - W + beta P) v = I + beta P d to 1 nV."""
    network = build(sizes, FAR, gain=gain, bias=bias)
    x, target = data(network, 4)
    drive = nudge(network, network.drive(x), target, beta)
    end = relax(network, drive, np.zeros((4, network.nodes)), phase(150), solver(), 1e-6)
    np.testing.assert_allclose(end.v, dense(network, x, target, beta), rtol=0, atol=1e-9)


@pytest.mark.parametrize("beta", [0.0, 0.5])
def test_constant_nudging_shifts_a_linear_network_by_the_frozen_current(beta):
    """(1 - W)(v - v0) = beta P (d - r0) to 1 nV."""
    network = build((6, 8, 5, 3), FAR, gain=0.4, bias=True)
    x, target = data(network, 4)
    free = dense(network, x, target, 0.0)
    drive = nudge(network, network.drive(x), target, beta, free)
    end = relax(network, drive, free, phase(150), solver(), 1e-6)
    nodes, last = network.nodes, network.slices[-1]
    pull = np.zeros((nodes, 4))
    pull[last] = beta * (target - free[:, last]).T
    coupling = np.zeros((nodes, nodes))
    for k in range(1, len(network.layers)):
        weights = network.layers[k].weights[: network.layers[k - 1].size]
        coupling[network.slices[k], network.slices[k - 1]] = weights.T
        coupling[network.slices[k - 1], network.slices[k]] = network.gain * weights
    shift = np.linalg.solve(np.eye(nodes) - coupling, pull).T
    np.testing.assert_allclose(end.v, free + shift, rtol=0, atol=1e-9)


@pytest.mark.parametrize("beta", [0.0, 0.5])
@pytest.mark.parametrize("gain", [1.0, 0.4])
def test_sinh_devices_settle_where_a_root_finder_puts_kirchhoffs_current_law(beta, gain):
    """v_j = sum_i w_ij V0 sinh(r_i/V0) + sum_k w_jk V0 sinh(s r_k/V0) + beta (d - v), written out, to 1 nV."""
    network = build((5, 7, 3), FAR, loop=0.3, gain=gain, bias=True, iv=SINH)
    x, target = data(network, 3)
    first, second = (layer.weights for layer in network.layers)

    def current(v: Floats, sample: int) -> Floats:
        hidden, output = v[:7], v[7:]
        one = READ * np.ones(1)
        q = [SINH.v0 * np.sinh(r / SINH.v0) for r in (x[sample], hidden, gain * output, one)]
        return np.concatenate(
            [
                np.concatenate([q[0], q[3]]) @ first + second[:7] @ q[2] - hidden,
                np.concatenate([q[1], q[3]]) @ second + beta * (target[sample] - output) - output,
            ]
        )

    drive = nudge(network, network.drive(x), target, beta)
    end = relax(network, drive, np.zeros((3, network.nodes)), phase(150), solver(), 1e-6)
    for sample in range(3):
        found = root(current, np.zeros(10), args=(sample,), tol=1e-13)
        assert found.success
        np.testing.assert_allclose(end.v[sample], found.x, rtol=0, atol=1e-9)
    linear = build((5, 7, 3), FAR, loop=0.3, gain=gain, bias=True, iv=LINEAR)
    assert np.abs(dense(linear, x, target, beta) - end.v).max() > 1e-3


@pytest.mark.parametrize("method", METHODS)
def test_one_node_charges_exponentially(method):
    """v = V (1 - e^{-t/tau}) at all accepted steps within 5 tolerances, with work as in SciPy's own tests."""
    network = build((1, 1), FAR)
    tau = float(network.tau[0])
    drive = network.drive(np.array([[READ]]))
    rtol, atol = 1e-3, 1e-6
    end = relax(network, drive, np.zeros((1, 1)), phase(6), solver(method, rtol, atol), 1e-3, record=True)
    exact = drive.inputs[0, 0] * -np.expm1(-end.times / tau)
    error = np.abs(end.path[:, 0, 0] - exact) / (atol + rtol * np.abs(exact))
    assert tau == pytest.approx(0.3e-12 / 1.5e-5, rel=1e-12, abs=0)
    assert end.duration == 6 * TAU
    assert error.max() < 5
    assert end.evaluations < 120
