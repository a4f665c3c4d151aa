"""The exact gradient of a network with passive nodes: an adjoint linear solve at the free equilibrium.

dL/dg_ij = sum over samples of q(d_ij) (mu at the column - mu at the row), d_ij the cell's drop
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analogep.kinds.passive.equations import PassiveEquations
from analogep.kinds.passive.product import SCHEMES

Floats = NDArray[np.float64]


def exact_gradient(network: PassiveEquations, v: Floats, x: Floats, target: Floats) -> list[Floats]:
    """Gradient of each store (rows, columns) [1] by the adjoint; parameters as in `Network.exact_gradient`."""
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
                back, ends = network.reverse_rows(nodes[k - 1]), half.sign * network.feedback * layer.back * rates[k]
                row_adjoint = network.reverse_rows(adjoints[k - 1])
                total = total + half.reverse.sensitivity(back, ends, row_adjoint, np.zeros_like(ends))
            found.append(total * (-1.0 / (x.shape[0] * layer.scale)))
        plus, minus = found
        out += SCHEMES[network.scheme](0.5 * (plus - minus), 0.5 * (plus + minus))
    return out
