"""Linear systems of layers that see only their neighbours: Newton steps, adjoints, loop gains.

A x = f with blocks

    A_l x_l  -  a_(l-1) X_l' m x_(l-1)  -  h_l Y_(l+1) m x_(l+1)  =  f_l

X_l the derivative of array l between its rows and columns, Y_l that of the array read in reverse (the same one, or
mirrored), a and h the factors of the stages between. m says how much of a node's state the others see: the slope of its
transfer curve, or 0 where a diode holds it. Layers are eliminated from the inputs' side; with perfect wires the first
is diagonal, so that of a network with one hidden layer only matrices of the size of the outputs are factorised.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FEW = 32
"""Up to this many nodes behind a layer its elimination is one matrix product over all samples."""


@dataclass(frozen=True)
class Chain:
    """The matrix of one operating point for a batch of samples.

    Attributes
    ----------
    diagonal : list of ndarray (samples, nodes) [S]
        Diagonal of each layer.
    full : list of ndarray (nodes, nodes) or (samples, nodes, nodes), or None [S]
        What couples nodes of one layer: wires, nudging of doubled outputs.
    cross, reverse : list of ndarray (nodes before, nodes) or (samples, nodes before, nodes) [S]
        X and Y of each layer but the first.
    squares : list of ndarray (nodes before, nodes x nodes) or None [S^2]
        X_ji Y_jk where it is known already.
    down, up : list of float
        Factors a and h of the stages between two layers.
    seen : list of ndarray (samples, nodes) [1]
        m.
    held : bool
        Whether `full` too acts on m x: nodes with m = 0 are held at a voltage.
    """

    diagonal: list[Floats]
    full: list[Floats | None]
    cross: list[Floats]
    reverse: list[Floats]
    squares: list[Floats | None]
    down: list[float]
    up: list[float]
    seen: list[Floats]
    held: bool

    def adjoint(self, slope: Floats) -> Floats:
        """mu (samples, nodes) [1/A] of A' mu = m dC/dr, for dC/dr = `slope` (samples, nodes) [1/V].

        With diagonal A_l, or held nodes, mu = m y where y solves the chain with arrays and factors turned round.
        """
        seen = np.concatenate(self.seen, axis=1)
        if not self.held and any(matrix is not None for matrix in self.full):
            turned = np.swapaxes(self.dense(), 1, 2)
            return np.asarray(np.linalg.solve(turned, (seen * slope)[:, :, None])[:, :, 0], dtype=np.float64)
        turned_round: list[Floats | None] = [None] * len(self.squares)
        chain = replace(self, cross=self.reverse, reverse=self.cross, squares=turned_round, down=self.up, up=self.down)
        return seen * chain.solve(slope)

    def loop_gain(self, rounds: int = 60) -> Floats:
        """Largest eigenvalue of D^-1 (what couples layers) m by power iteration (samples,) [1]; stable below 1.

        Layers couple in a chain, so that the spectrum is +-: two rounds are taken at a time.
        """
        samples = self.diagonal[0].shape[0]
        rng = np.random.default_rng(0)
        state = [np.broadcast_to(rng.standard_normal(d.shape[1]), d.shape) for d in self.diagonal]
        growth = np.zeros(samples)
        for _ in range(rounds):
            norm = np.maximum(np.sqrt(sum(np.square(part).sum(axis=1) for part in state)), 1e-300)
            state = self._around(self._around([part / norm[:, None] for part in state]))
            growth = np.sqrt(np.sqrt(sum(np.square(part).sum(axis=1) for part in state)))
        return np.asarray(growth)

    def _around(self, state: list[Floats]) -> list[Floats]:
        moved = [np.zeros_like(part) for part in state]
        for k in range(1, len(state)):
            moved[k] += self.down[k - 1] * _times(self.seen[k - 1] * state[k - 1], self.cross[k - 1])
            moved[k - 1] += self.up[k - 1] * _times_transposed(self.seen[k] * state[k], self.reverse[k - 1])
        out = []
        for part, diagonal, full in zip(moved, self.diagonal, self.full, strict=True):
            if full is None:
                out.append(part / diagonal)
            else:
                out.append(_apply(full + diagonal[:, :, None] * np.eye(diagonal.shape[1]), part))
        return out

    def _split(self, x: Floats) -> list[Floats]:
        edges = np.cumsum([0, *(part.shape[1] for part in self.diagonal)])
        return [x[:, a:b] for a, b in itertools.pairwise(edges)]

    def dense(self) -> Floats:
        """The matrix (samples, nodes, nodes) [S]."""
        samples = self.diagonal[0].shape[0]
        edges = np.cumsum([0, *(part.shape[1] for part in self.diagonal)])
        out = np.zeros((samples, edges[-1], edges[-1]))
        for k, (a, b) in enumerate(itertools.pairwise(edges)):
            out[:, range(a, b), range(a, b)] = self.diagonal[k]
            extra = self.full[k]
            if extra is not None:
                out[:, a:b, a:b] += extra * self.seen[k][:, None, :] if self.held else extra
            if k > 0:
                cross, before = self.cross[k - 1], edges[k - 1]
                out[:, a:b, before:a] = -self.down[k - 1] * np.swapaxes(cross, -1, -2) * self.seen[k - 1][:, None, :]
                out[:, before:a, a:b] = -self.up[k - 1] * self.reverse[k - 1] * self.seen[k][:, None, :]
        return out

    def solve(self, f: Floats) -> Floats:
        """x (samples, nodes) [V] for right-hand sides `f` (samples, nodes) [A], layer by layer."""
        parts = [part.copy() for part in self._split(f)]
        pivots = [self._pivot(0, None)]
        for k in range(1, len(parts)):
            carried = self.seen[k - 1] * _apply(pivots[-1], parts[k - 1])
            parts[k] += self.down[k - 1] * _times(carried, self.cross[k - 1])
            pivots.append(self._pivot(k, pivots[-1]))
        out = parts
        for k in range(len(parts) - 1, -1, -1):
            if k + 1 < len(parts):
                parts[k] += self.up[k] * _times_transposed(self.seen[k + 1] * out[k + 1], self.reverse[k])
            out[k] = _apply(pivots[k], parts[k])
        return np.concatenate(out, axis=1)

    def definite(self) -> NDArray[np.bool_]:
        """Whether the matrix of a reciprocal network (X = Y) is positive definite (samples,).

        By Sylvester's law of inertia it is if every layer's pivot is; but for a factor of its stages each is symmetric.
        """
        out = np.ones(self.diagonal[0].shape[0], dtype=bool)
        before: Floats | None = None
        for k in range(len(self.diagonal)):
            before = self._pivot(k, before)
            out &= (before > 0.0).all(axis=1) if before.ndim == 2 else _definite(before)
        return out

    def _pivot(self, k: int, before: Floats | None) -> Floats:
        """What is left of layer k when all layers before it are eliminated: a diagonal or a matrix for each sample."""
        diagonal, extra = self.diagonal[k], self.full[k]
        if before is None and extra is None:
            return diagonal
        samples, nodes = diagonal.shape
        out = np.zeros((samples, nodes, nodes))
        seen = self.seen[k][:, None, :]
        if extra is not None:
            out += extra * seen if self.held else extra
        if before is not None:
            out -= self.down[k - 1] * self.up[k - 1] * self._folded(k, before) * seen
        out[:, range(nodes), range(nodes)] += diagonal
        return out

    def _folded(self, k: int, before: Floats) -> Floats:
        """X' m S^-1 Y of the layer before (samples, nodes, nodes) [S]."""
        cross, reverse, seen = self.cross[k - 1], self.reverse[k - 1], self.seen[k - 1]
        nodes = cross.shape[-1]
        if before.ndim == 2 and cross.ndim == 2 and nodes <= FEW:
            known = self.squares[k - 1]
            products = squares(cross, reverse) if known is None else known
            return np.asarray((seen / before) @ products).reshape(-1, nodes, nodes)
        if before.ndim == 2:
            right = reverse / before[:, :, None]
        else:
            many = np.broadcast_to(reverse, (before.shape[0], *reverse.shape[-2:]))
            right = np.asarray(np.linalg.solve(before, many), dtype=np.float64)
        return np.asarray(np.matmul(np.swapaxes(cross, -1, -2), seen[:, :, None] * right))


class Blocks:
    """Blocks of a `Chain` while they are gathered, layer by layer.

    Parameters
    ----------
    diagonal : list of ndarray (samples, nodes) [S]
        What each node has by itself.
    seen : list of ndarray (samples, nodes) [1]
        m of the chain.
    """

    def __init__(self, diagonal: list[Floats], seen: list[Floats]) -> None:
        self.diagonal, self.seen = diagonal, seen
        self.full: list[Floats | None] = [None] * len(diagonal)
        self.cross: list[Floats] = []
        self.reverse: list[Floats] = []
        self.squares: list[Floats | None] = []

    def add(self, k: int, part: Floats, diagonal: bool) -> None:
        """Add `part` to layer k: diagonal (samples, nodes) or matrix (nodes, nodes), (samples, nodes, nodes) [S]."""
        known = self.full[k]
        if diagonal:
            self.diagonal[k] = self.diagonal[k] + part
        else:
            self.full[k] = part if known is None else known + part

    def add_rows(self, k: int, part: Floats, diagonal: bool, factor: float = 1.0) -> None:
        """Add to layer k, whose nodes are an array's first rows, what these see of each other: `factor` times `part`, a
        diagonal (samples, rows) or a matrix (rows, rows), (samples, rows, rows) [S]."""
        size = self.diagonal[k].shape[1]
        self.add(k, factor * (part[:, :size] if diagonal else part[..., :size, :size]), diagonal)

    def couple(self, cross: Floats, reverse: Floats, known: Floats | None = None) -> None:
        """Couple the next two layers, the nodes of the first being an array's first rows.

        X is `cross` and Y `reverse`, (rows, nodes) or (samples, rows, nodes) [S]; `known` (rows, nodes x nodes) [S^2]
        are their products as `squares` makes them, or None.
        """
        size = self.diagonal[len(self.cross)].shape[1]
        self.cross.append(cross[..., :size, :])
        self.reverse.append(reverse[..., :size, :])
        self.squares.append(None if known is None else known[:size])

    def chain(self, down: list[float], up: list[float], *, held: bool) -> Chain:
        """The chain, with the factors between layers."""
        return Chain(self.diagonal, self.full, self.cross, self.reverse, self.squares, down, up, self.seen, held)


def squares(cross: Floats, reverse: Floats) -> Floats:
    """X_ji Y_jk (nodes before, nodes x nodes) [S^2] for `cross` X and `reverse` Y (nodes before, nodes) [S]."""
    return (cross[:, :, None] * reverse[:, None, :]).reshape(cross.shape[0], -1)


def _definite(matrices: Floats) -> NDArray[np.bool_]:
    """Whether symmetric matrices (samples, n, n) are positive definite; Cholesky's way where all are."""
    try:
        np.linalg.cholesky(matrices)
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.eigvalsh(matrices)[:, 0] > 0.0)
    return np.ones(matrices.shape[0], dtype=bool)


def _apply(pivot: Floats, f: Floats) -> Floats:
    """S^-1 f of one layer."""
    if pivot.ndim == 2:
        return f / pivot
    return np.asarray(np.linalg.solve(pivot, f[:, :, None])[:, :, 0], dtype=np.float64)


def _times(x: Floats, cross: Floats) -> Floats:
    """X' x (samples, nodes)."""
    return x @ cross if cross.ndim == 2 else np.asarray(np.einsum("bi,bij->bj", x, cross))


def _times_transposed(x: Floats, cross: Floats) -> Floats:
    """X x (samples, nodes before)."""
    return x @ cross.T if cross.ndim == 2 else np.asarray(np.einsum("bj,bij->bi", x, cross))
