"""What couples the layers of an RC network, turned round: shared by the adjoint and by backpropagation through time.

With b(v) the bracket of every node (`kinds.rc.equations`) and y one number for each of them,

    B'y,  B = db/dv       forward_l * (W_(l+1) P' y_(l+1)) + backward_l * P(W_l' y_(l-1))
    d(y . b)/dw           q(r_i) y_j + y_i q(s r_j)                forward use of a weight, and reverse
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from analogep.kinds.rc.equations import RCEquations
from analogep.network.connection import Winners

Floats = NDArray[np.float64]
Masks = tuple[NDArray[np.bool_], NDArray[np.bool_]]


def output_slope(network: RCEquations, v: Floats, target: Floats) -> Floats:
    """dC/dv of every node (samples, nodes) [1/V] at `v` (samples, nodes) [V] and the `target` (samples, classes) [V]:
    only outputs have one."""
    out, last = np.zeros(v.shape), network.slices[-1]
    slope = network.cost.slope(network.rates(v)[-1], target, network.full_score)
    out[:, last] = slope * network.layers[-1].activation.slope(v[:, last])
    return out


def passed(y: Floats, masks: Masks | None) -> tuple[Floats, Floats]:
    """What goes back through bit lines, and through word lines: nothing where columns are at their limits.

    Parameters
    ----------
    y : ndarray (samples, nodes) [1/V]
    masks : tuple of bool ndarray (samples, nodes), (samples, nodes but outputs) [1], or None
        Which columns are at their limits, forward and in reverse.

    Returns
    -------
    ndarray, ndarray (samples, nodes) [1/V]
    """
    if masks is None:
        return y, y
    ahead, behind = np.where(masks[0], 0.0, y), y.copy()
    behind[:, : masks[1].shape[1]][masks[1]] = 0.0
    return ahead, behind


def pullback(network: RCEquations, v: Floats, masks: Masks | None = None) -> Callable[[Floats], Floats]:
    """y -> B(v)' y, both (samples, nodes), at `v` (samples, nodes) [V]: slopes and winners are found once. `masks` are
    as in `passed`."""
    (forward, backward), winners = network.slopes(v), network.winners(network.rates(v))

    def apply(y: Floats) -> Floats:
        out, (ahead, behind) = np.zeros_like(y), passed(y, masks)
        for k in range(1, len(network.layers)):
            layer, before, here = network.layers[k], network.slices[k - 1], network.slices[k]
            assert layer.reverse is not None
            meet = layer.connection
            out[:, before] += forward[k - 1] * meet.backward(ahead[:, here], network.inner(layer), winners[k])
            out[:, here] += backward[k] * meet.forward(behind[:, before], layer.reverse, winners[k])
        return out

    return apply


def uses(
    network: RCEquations, k: int, x: Floats, rates: Sequence[Floats], y: Sequence[Floats], winners: Winners
) -> Floats:
    """d(y . b)/dw of the weights of layer k, summed over samples (rows, columns) [1].

    Parameters
    ----------
    network : RCEquations
    k : int
        Layer of weights, from 0.
    x : ndarray (samples, inputs) [V]
    rates, y : sequence of ndarray (samples, neurons) [V], [1/V]
        Of each layer.
    winners : int64 ndarray (samples, places, columns) or None
        What the neurons of the layer follow; those of the first are found here, whose lines `x` are.
    """
    layer = network.layers[k]
    meet, lines = layer.connection, np.asarray(network.iv.drive(x if k == 0 else rates[k - 1]))
    follow = winners if k > 0 else meet.winners(lines, network.inner(layer))
    gradient = meet.products(lines, y[k], follow)
    if k > 0:
        gradient += meet.products(y[k - 1], np.asarray(network.iv.drive(network.gains[k] * rates[k])), follow)
    if network.bias:
        gradient = np.concatenate([gradient, network.bias_drive * meet.collected(y[k])[None]])
    return gradient
