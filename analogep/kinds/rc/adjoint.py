"""The exact gradient of a network at virtual ground: an adjoint linear solve at the free equilibrium.

    dL/dw_ij = sum over samples of q(r_i) mu_j + mu_i q(s r_j)      forward use of the weight, and reverse

with J' mu = -dC/dv (`Network.exact_gradient`). J is block tridiagonal in the layers; it is eliminated from the inputs'
side, so that only matrices of the size of the later layers are factorised. For mirrored arrays the sum is the
derivative along what the pulses do: the same change in both.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analogep.kinds.rc.coupled import Masks, output_slope, passed, uses
from analogep.kinds.rc.equations import RCEquations
from analogep.kinds.rc.iterated import iterated_adjoint

Floats = NDArray[np.float64]


def _scaled(matrix: Floats, factor: Floats) -> Floats:
    """Apply `factor` (samples, rows) to the rows of `matrix` (rows, columns), for each sample."""
    return factor[:, :, None] * matrix


def adjoint(network: RCEquations, v: Floats, target: Floats) -> list[Floats]:
    """Solve J' mu = -dC/dv for each sample.

    Parameters
    ----------
    network : RCEquations
    v : ndarray (samples, nodes) [V]
        Free equilibrium.
    target : ndarray (samples, classes) [V]

    Returns
    -------
    list of ndarray (samples, neurons) [1/V]
        mu of each layer.
    """
    forward, backward = network.slopes(v)
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
    source = output_slope(network, v, target)[:, network.slices[-1]]
    mu: list[Floats] = [np.empty(0)] * depth
    for k in range(depth - 1, -1, -1):
        if k < depth - 1:
            source = forward[k] * (mu[k + 1] @ network.inner(network.layers[k + 1]).T)
        matrix = matrices[k]
        if matrix is not None:
            source = np.asarray(np.linalg.solve(matrix, source[:, :, None])[:, :, 0], dtype=np.float64)
        mu[k] = source
    return mu


def exact_gradient(network: RCEquations, v: Floats, x: Floats, target: Floats) -> list[Floats]:
    """Gradient of each store (rows, columns) [1] by the adjoint; parameters as in `Network.exact_gradient`."""
    dense = all(layer.dense for layer in network.layers)
    mu = adjoint(network, v, target) if dense else _by_layer(network, iterated_adjoint(network, v, target))
    rates, out = network.rates(v), []
    winners = network.winners(rates)
    for k, layer in enumerate(network.layers):
        wired = layer.forward_wires is not None
        total = _through_wires(network, k, x, rates, mu) if wired else uses(network, k, x, rates, mu, winners[k])
        out.append(total / x.shape[0])
    return out


def _through_wires(network: RCEquations, k: int, x: Floats, rates: list[Floats], mu: list[Floats]) -> Floats:
    """Sum over samples of the gradient with respect to the weights of layer k, each cell at what reaches it."""
    layer, samples = network.layers[k], x.shape[0]
    rows = np.asarray(network.iv.drive(network.rows(x if k == 0 else rates[k - 1])))
    assert layer.forward_wires is not None
    out = -layer.forward_wires.sensitivity(rows, np.zeros((samples, layer.size)), np.zeros_like(rows), mu[k])
    if layer.reverse_wires is not None:
        ends = np.asarray(network.iv.drive(network.gains[k] * rates[k]))
        before = np.zeros_like(rows)
        before[:, : mu[k - 1].shape[1]] = mu[k - 1]
        out -= layer.reverse_wires.sensitivity(np.zeros_like(rows), ends, before, np.zeros((samples, layer.size)))
    return out


def _by_layer(network: RCEquations, mu: Floats) -> list[Floats]:
    return [np.ascontiguousarray(mu[:, part]) for part in network.slices]


def masked_gradient(network: RCEquations, v: Floats, x: Floats, target: Floats, masks: Masks) -> list[Floats]:
    """Gradient of each store (rows, columns) [1] where some columns are at their limits and pass nothing on.

    Parameters
    ----------
    network : RCEquations
    v, x, target
        As in `Network.exact_gradient`.
    masks : tuple of bool ndarray (samples, nodes), (samples, nodes but outputs)
        Which columns are at their limits, forward and in reverse.
    """
    mu = iterated_adjoint(network, v, target, masks)
    ahead, behind = (_by_layer(network, part) for part in passed(mu, masks))
    rates, out = network.rates(v), []
    winners = network.winners(rates)
    for k in range(len(network.layers)):
        # What reaches the nodes of layer k goes through their bit lines, what reaches those before it through theirs.
        mixed = [*behind[:k], *ahead[k:]]
        wired = network.layers[k].forward_wires is not None
        total = _through_wires(network, k, x, rates, mixed) if wired else uses(network, k, x, rates, mixed, winners[k])
        out.append(total / x.shape[0])
    return out
