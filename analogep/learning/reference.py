"""The exact gradient: an adjoint linear solve at the free equilibrium.

At equilibrium 0 = F(v, w), the current into every node. For a cost C(v), J' mu = -dC/dv with J = dF/dv gives
dL/dw = mu' dF/dw, with no finite beta, no noise and no converters in it:

    rc          dL/dw_ij = sum over samples of q(r_i) mu_j + mu_i q(s r_j)      forward use of the weight, and reverse
    others      dL/dg_ij = sum over samples of q(d_ij) (mu at the column - h mu at the row), d_ij the cell's drop

J is block tridiagonal in the layers; it is eliminated from the inputs' side, so that only matrices of the size of the
later layers are factorised. For mirrored arrays the sum is the derivative along what the pulses do: the same change in
both.
"""

from __future__ import annotations

from functools import singledispatch

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.phases import Phase, Solver
from analogep.learning.convolved import convolved_adjoint
from analogep.learning.coupled import output_slope, uses
from analogep.learning.gradient import SCHEMES
from analogep.network import LayeredRC, Network, Passive, Resistive, SpikingNetwork
from analogep.relaxation import relax

Floats = NDArray[np.float64]

_LONG = 60.0
"""Time constants that the analog network of a spiking one is given to come to rest."""
_CALM = Solver(method="euler", relative_tolerance=1e-3, absolute_tolerance=1e-4)


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


@singledispatch
def exact_gradient(network: Network, v: Floats, x: Floats, target: Floats) -> list[Floats]:
    """Gradient of the mean cost with respect to the weights of each store.

    Parameters
    ----------
    network : Network
    v : ndarray (samples, nodes) [V]
        Free equilibrium.
    x : ndarray (samples, inputs) [V]
        Input lines.
    target : ndarray (samples, classes) [V]

    Returns
    -------
    list of ndarray (rows, columns) [1]
    """
    raise TypeError(f"no adjoint for a network of type {type(network).__name__}")


@exact_gradient.register
def _rc(network: LayeredRC, v: Floats, x: Floats, target: Floats) -> list[Floats]:
    dense = all(layer.dense for layer in network.layers)
    mu = adjoint(network, v, target) if dense else convolved_adjoint(network, v, target)
    rates, out = network.rates(v), []
    winners = network.winners(rates)
    for k, layer in enumerate(network.layers):
        wired = layer.forward_wires is not None
        total = _through_wires(network, k, x, rates, mu) if wired else uses(network, k, x, rates, mu, winners[k])
        out.append(total / x.shape[0])
    return out


@exact_gradient.register
def _spiking(network: SpikingNetwork, v: Floats, x: Floats, target: Floats) -> list[Floats]:
    """That of the analog network to which the rates converge, at its own equilibrium."""
    analog = network.analog
    start = v[:, : network.neurons]
    end = relax(analog, analog.drive(x), start, Phase(duration=_LONG * float(analog.tau.max())), _CALM, 1.0)
    return exact_gradient(analog, end.v, x, target)


def _through_wires(network: LayeredRC, k: int, x: Floats, rates: list[Floats], mu: list[Floats]) -> Floats:
    """Sum over samples of the gradient with respect to the weights of layer k, each cell at what reaches it."""
    layer, samples = network.layers[k], x.shape[0]
    rows = np.asarray(network.iv.drive(network.rows(x if k == 0 else rates[k - 1])))
    assert layer.forward_wires is not None
    out = -layer.forward_wires.sensitivity(rows, np.zeros((samples, layer.size)), np.zeros_like(rows), mu[k])
    if layer.reverse_wires is not None:
        ends = np.asarray(network.iv.drive(network.gain * rates[k]))
        before = np.zeros_like(rows)
        before[:, : mu[k - 1].shape[1]] = mu[k - 1]
        out -= layer.reverse_wires.sensitivity(np.zeros_like(rows), ends, before, np.zeros((samples, layer.size)))
    return out


@exact_gradient.register
def _passive(network: Passive, v: Floats, x: Floats, target: Floats) -> list[Floats]:
    rates = network.rates(v)
    slope = np.zeros_like(v)
    slope[:, network.slices[-1]] = network.cost.slope(rates[-1], target, network.full_score)
    mu = network.chain(v, network.drive(x)).adjoint(slope)
    nodes, adjoints = ([whole[:, part] for part in network.slices] for whole in (v, mu))
    out = []
    for k, layer in enumerate(network.layers):
        rows, found = network.rows(x if k == 0 else rates[k - 1]), []
        for half in layer.halves:
            total = half.forward.sensitivity(half.sign * rows, nodes[k], np.zeros_like(rows), adjoints[k])
            if half.reverse is not None:
                back, ends = network.reverse_rows(nodes[k - 1]), half.sign * network.feedback * rates[k]
                row_adjoint = network.reverse_rows(adjoints[k - 1])
                total = total + half.reverse.sensitivity(back, ends, row_adjoint, np.zeros_like(ends))
            found.append(total * (-1.0 / (x.shape[0] * layer.scale)))
        plus, minus = found
        out += SCHEMES[network.scheme](0.5 * (plus - minus), 0.5 * (plus + minus))
    return out


@exact_gradient.register
def _resistive(network: Resistive, v: Floats, x: Floats, target: Floats) -> list[Floats]:
    u, drive = network.held(v), network.quiet(x)
    ends = network.cost.slope(network.scores(u[-1]), target, network.full_score)
    slope = np.zeros_like(v)
    slope[:, network.slices[-1]] = np.concatenate([ends, -ends], axis=1) if network.doubled else ends
    mu = network.chain(v, drive).adjoint(slope)
    adjoints = [mu[:, part] for part in network.slices]
    out = []
    for k, stage in enumerate(network.stages):
        rows = drive.rows if k == 0 else network.rows(k, u)
        row_adjoint = np.zeros_like(rows)
        if k > 0:
            row_adjoint[:, : u[k - 1].shape[1]] = network.stages[k - 1].back * adjoints[k - 1]
        found = stage.coupling.sensitivity(rows, u[k], row_adjoint, adjoints[k])
        out.append(found * (-1.0 / (x.shape[0] * network.scales[k])))
    return out
