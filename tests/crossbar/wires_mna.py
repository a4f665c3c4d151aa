"""The whole array as a list of resistors, solved by sparse LU: what the package's solvers are compared with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from analogep.crossbar.wires import Resistances


@dataclass(frozen=True)
class Answer:
    a: np.ndarray
    b: np.ndarray
    current: np.ndarray
    rows: np.ndarray
    columns: np.ndarray


class Circuit:
    """Nodes: word lines' a, bit lines' b, ports of the rows, ports of the columns; resistors between them."""

    def __init__(self, g: np.ndarray, r: Resistances) -> None:
        m, n = g.shape
        self.g = g
        self.a = np.arange(m * n).reshape(m, n)
        self.b = self.a + m * n
        self.row_ports = 2 * m * n + np.arange(m)
        self.column_ports = 2 * m * n + m + np.arange(n)
        size = 2 * m * n + m + n
        self.wires = [
            (self.row_ports, self.a[:, 0], r.driver + r.word),
            (self.a[:, :-1].ravel(), self.a[:, 1:].ravel(), r.word),
            (self.b[:-1].ravel(), self.b[1:].ravel(), r.bit),
            (self.b[-1], self.column_ports, r.bit + r.sense),
        ]
        shorts = [(p, q) for p, q, ohm in self.wires if ohm == 0.0]
        p, q = np.concatenate([np.zeros((2, 0), int), *(np.array(s) for s in shorts)], axis=1)
        self.of = connected_components(sparse.coo_matrix((np.ones(p.size), (p, q)), (size, size)))[1]
        self.matrix = self._assembled()

    def _assembled(self) -> sparse.csc_matrix:
        i, j, y = [], [], []
        resistors = [(p, q, np.full(p.shape, 1.0 / ohm)) for p, q, ohm in self.wires if ohm > 0.0]
        for p, q, siemens in [*resistors, (self.a.ravel(), self.b.ravel(), self.g.ravel())]:
            p, q = self.of[p], self.of[q]
            i += [p, q, p, q]
            j += [p, q, q, p]
            y += [siemens, siemens, -siemens, -siemens]
        size = self.of.max() + 1
        return sparse.csc_matrix((np.concatenate(y), (np.concatenate(i), np.concatenate(j))), (size, size))

    def solve(self, v: np.ndarray, u: np.ndarray) -> Answer:
        """Voltages and cells' currents; a port's current is what its line's cells take."""
        held = np.concatenate((self.of[self.row_ports], self.of[self.column_ports]))
        free = np.setdiff1d(np.arange(self.matrix.shape[0]), held)
        x = np.zeros(self.matrix.shape[0])
        x[held] = np.concatenate((v, u))
        if free.size:
            known = -(self.matrix @ x)[free]
            inner = self.matrix[free][:, free].tocsc()
            lu = splu(inner, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
            x[free] = lu.solve(known)
            x[free] += lu.solve(known - inner @ x[free])
        a, b = x[self.of[self.a]], x[self.of[self.b]]
        current = self.g * (a - b)
        return Answer(a, b, current, current.sum(1), -current.sum(0))

    def dissipated(self, answer: Answer, v: np.ndarray, u: np.ndarray) -> float:
        """Sum over every resistor of its voltage squared over its resistance [W]."""
        x = np.concatenate((answer.a.ravel(), answer.b.ravel(), v, u))
        wires = sum(float(np.square(x[p] - x[q]).sum()) / ohm for p, q, ohm in self.wires if ohm > 0.0)
        return wires + float((self.g * np.square(answer.a - answer.b)).sum())


def cells(rng: np.random.Generator, shape: tuple[int, int], low: float = 1e-6, high: float = 1e-4) -> np.ndarray:
    """Conductances, uniform in their logarithm [S]."""
    return low * (high / low) ** rng.random(shape)
