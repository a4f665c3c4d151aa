"""The exact gradient of a resistive network: an adjoint linear solve at the free equilibrium.

dL/dg_ij = sum over samples of q(d_ij) (mu at the column - h mu at the row), d_ij the cell's drop
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analogep.kinds.resistive.equations import ResistiveEquations

Floats = NDArray[np.float64]


def exact_gradient(network: ResistiveEquations, v: Floats, x: Floats, target: Floats) -> list[Floats]:
    """Gradient of each store (rows, columns) [1] by the adjoint; parameters as in `Network.exact_gradient`."""
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
            row_adjoint[:, : u[k - 1].shape[1]] = network.stages[k - 1].backs * adjoints[k - 1]
        found = stage.coupling.sensitivity(rows, u[k], row_adjoint, adjoints[k])
        out.append(found * (-1.0 / (x.shape[0] * network.scales[k])))
    return out
