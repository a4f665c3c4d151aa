"""The exact gradient: an adjoint linear solve at the free equilibrium.

At equilibrium 0 = F(v, w) = bracket(v, w) - v. For a cost C(v), J' mu = -dC/dv with J = dF/dv gives

    dL/dw = mu' dF/dw:   dL/dw_ij = sum over samples of q(r_i) mu_j + mu_i q(s r_j)

(forward use of the weight, and its use in reverse), with no finite beta, no noise and no converters in it. J is block
tridiagonal in the layers; it is eliminated from the inputs' side, so that only matrices of the size of the later
layers are factorised. For mirrored arrays the sum is the derivative along what the pulses do: the same change in both.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analogep.network import LayeredRC

Floats = NDArray[np.float64]


def cost(rates: Floats, target: Floats, read_voltage: float) -> Floats:
    """C = 1/2 |r - d|^2/V^2 of each sample (samples,) [1]."""
    return np.asarray(0.5 * np.square((rates - target) / read_voltage).sum(axis=1))


def _scaled(matrix: Floats, factor: Floats) -> Floats:
    """Apply `factor` (samples, rows) to the rows of `matrix` (rows, columns), for each sample."""
    return factor[:, :, None] * matrix


def adjoint(network: LayeredRC, v: Floats, target: Floats) -> list[Floats]:
    """Solve J' mu = -dC/dv for each sample.

    Parameters
    ----------
    network : LayeredRC
    v : ndarray (samples, nodes) [V]
        Free equilibrium.
    target : ndarray (samples, outputs) [V]

    Returns
    -------
    list of ndarray (samples, neurons) [1/V]
        mu of each layer.
    """
    forward, backward = network.slopes(v)
    rates = network.rates(v)
    last = network.layers[-1]
    depth = len(network.layers)
    # Row l of J' mu: mu_l = forward_l * (w_{l+1} mu_{l+1}) + backward_l * (m_l' mu_{l-1})  [+ dC/dv at the outputs].
    # Eliminating layer by layer: S_l mu_l = forward_l * (w_{l+1} mu_{l+1}), S_1 = 1,
    # S_l = 1 - backward_l m_l' S_{l-1}^{-1} forward_{l-1} w_l.
    matrices: list[Floats | None] = [None]
    for k in range(1, depth):
        layer = network.layers[k]
        assert layer.reverse is not None
        carried = _scaled(network.inner(layer), forward[k - 1])
        before = matrices[k - 1]
        if before is not None:
            carried = np.asarray(np.linalg.solve(before, carried), dtype=np.float64)
        product = np.matmul(layer.reverse.T, carried)
        matrices.append(np.eye(layer.size) - _scaled(product, backward[k]))
    source = (rates[-1] - target) / network.read_voltage**2 * last.activation.slope(v[:, network.slices[-1]])
    mu: list[Floats] = [np.empty(0)] * depth
    for k in range(depth - 1, -1, -1):
        if k < depth - 1:
            source = forward[k] * (mu[k + 1] @ network.inner(network.layers[k + 1]).T)
        matrix = matrices[k]
        if matrix is not None:
            source = np.asarray(np.linalg.solve(matrix, source[:, :, None])[:, :, 0], dtype=np.float64)
        mu[k] = source
    return mu


def exact_gradient(network: LayeredRC, v: Floats, x: Floats, target: Floats) -> list[Floats]:
    """Gradient of the mean cost with respect to the weights of each layer.

    Parameters
    ----------
    network : LayeredRC
    v : ndarray (samples, nodes) [V]
        Free equilibrium.
    x : ndarray (samples, inputs) [V]
        Input lines.
    target : ndarray (samples, outputs) [V]

    Returns
    -------
    list of ndarray (inputs + bias, neurons) [1]
    """
    mu, rates = adjoint(network, v, target), network.rates(v)
    samples = x.shape[0]
    out = []
    for k in range(len(network.layers)):
        forward = np.asarray(network.iv.drive(x if k == 0 else rates[k - 1]))
        gradient = forward.T @ mu[k]
        if k > 0:
            gradient += mu[k - 1].T @ np.asarray(network.iv.drive(network.gain * rates[k]))
        if network.bias:
            gradient = np.concatenate([gradient, network.bias_drive * mu[k].sum(axis=0, keepdims=True)])
        out.append(gradient / samples)
    return out
