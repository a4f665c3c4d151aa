"""Thermal noise of an array between two layers of nodes: the current of a cell leaves one node and enters the other.

With n_ji the noise of the cell between node j before and node i, of variance g_ji (in units of 2kT/dt),

    into_i = sum_j n_ji,   drawn_j = sum_i n_ji,   <into_i drawn_j> = g_ji

so that drawn is drawn first, of variance G_j = sum_i g_ji, and into given drawn: its mean is sum_j (g_ji/G_j) drawn_j
and its covariance diag(sum_j g_ji) - sum_j g_ji g_ki/G_j. Three small matrices stand for all cells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analogep.draws import standard_normals
from analogep.network.coupling import Coupling

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Cells:
    """An array of cells at a temperature.

    Attributes
    ----------
    rows : ndarray (nodes before,) [S]
        G_j.
    columns : ndarray (nodes,) [S]
        Conductance between each node and the nodes before.
    outside : ndarray (nodes,) [S]
        Conductance between each node and the bias lines, whose sources take what the node gets.
    shares : ndarray (nodes before, nodes) [1]
        g_ji/G_j.
    root : ndarray (nodes, nodes) [S^(1/2)]
        R R' is the covariance of the currents into the nodes, given those out of the nodes before.
    """

    rows: Floats
    columns: Floats
    outside: Floats
    shares: Floats
    root: Floats

    @classmethod
    def of(cls, coupling: Coupling, before: int) -> Cells:
        """Those of an array whose first `before` rows are nodes; with wires, of what is left of it between its lines,
        whose own resistance then counts as cells."""
        load = coupling.column_load()
        at_rest = np.zeros((1, coupling.row_load().size)), np.zeros((1, load.size))
        cross = coupling.derivatives(*at_rest).cross.reshape(at_rest[0].size, load.size)[:before]
        rows, columns = cross.sum(axis=1), cross.sum(axis=0)
        shares = cross / np.where(rows > 0.0, rows, 1.0)[:, None]
        left = np.diag(columns) - cross.T @ shares
        # One column has nothing left; rounding must not make it negative.
        values, vectors = np.linalg.eigh(left)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        return cls(rows, columns, np.maximum(load - columns, 0.0), shares, root)

    def currents(self, samples: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Noise into the nodes (samples, nodes) and out of those before (samples, nodes before) [S^(1/2)]."""
        drawn = np.sqrt(self.rows) * standard_normals((samples, self.rows.size), rng)
        into = drawn @ self.shares + standard_normals((samples, self.columns.size), rng) @ self.root.T
        return into, drawn
