"""The four resistances of an array's lines, and how much of the signal they eat."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analogep.errors import UsageError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Resistances:
    """Row i: port, driver, segment, cell 0, segment, cell 1, ...; column j: cell 0, segment, ..., segment, sense, port.

    Every cell owns one segment of each of its lines: of the word line the one on the driver's side, of the bit line the
    one on the sense side. So the first cell of a word line sees `driver` + `word`, and the last of a bit line
    `bit` + `sense`. Zero is an exact short.
    """

    word: float
    """One segment of a word line [ohm]."""
    bit: float
    """One segment of a bit line [ohm]."""
    driver: float = 0.0
    """Between the port of a word line and its first segment [ohm]."""
    sense: float = 0.0
    """Between the last segment of a bit line and its port [ohm]."""

    def __post_init__(self) -> None:
        for name in ("word", "bit", "driver", "sense"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0.0):
                raise UsageError(f"wires: {name} = {value:g} ohm; a resistance is finite and not negative")

    def segments(self, shape: tuple[int, int]) -> tuple[Floats, Floats]:
        """Resistance before each cell of a word line (columns,) and behind each cell of a bit line (rows,) [ohm]."""
        word, bit = np.full(shape[1], self.word), np.full(shape[0], self.bit)
        word[0] += self.driver
        bit[-1] += self.sense
        return word, bit


def conductances(g: Floats) -> Floats:
    """`g` (rows, columns) [S] as the compiled code wants it: float64, contiguous; the result is a copy only if need be.

    Raises
    ------
    UsageError
        Not two-dimensional, without cells, or a conductance that is negative or not finite.
    """
    # Writable, so that the code is compiled once and not again for arrays that are not.
    g = np.require(g, np.float64, ("C", "W"))
    if g.ndim != 2 or g.size == 0:
        raise UsageError(
            f"wires: conductances have the shape {g.shape}; expected (rows, columns) with at least one cell"
        )
    bad = ~(np.isfinite(g) & (g >= 0.0))
    if bad.any():
        i, j = (int(k) for k in np.argwhere(bad)[0])
        raise UsageError(
            f"wires: the cell in row {i}, column {j} has {g[i, j]:g} S, one of {int(bad.sum())} that are negative or "
            "not finite; a dead cell has 0 S"
        )
    return g


def losses(g: Floats, resistances: Resistances) -> tuple[Floats, Floats]:
    """First-order loss of each port's current when all word lines are at one voltage and all bit lines at another.

    Cell (i, j) loses, relative to that voltage, the drop that the ideal currents make along its two lines,

        d_ij = sum_k g_ik [driver + word (min(j, k) + 1)] + sum_l g_lj [sense + bit (M - max(i, l))],

    and a port the mean of d over its cells, weighted with g. Exact to first order in the resistances.

    Parameters
    ----------
    g : ndarray (rows, columns) [S]
    resistances : Resistances

    Returns
    -------
    tuple of ndarray (rows,), ndarray (columns,) [1]
    """
    g = conductances(g)
    word, bit = resistances.segments(g.shape)
    onward = np.cumsum(g[:, ::-1], axis=1)[:, ::-1]
    above = np.cumsum(g, axis=0)
    drop = np.cumsum(word * onward, axis=1) + np.cumsum((bit[:, None] * above)[::-1], axis=0)[::-1]
    lost = g * drop
    rows, columns = g.sum(axis=1), g.sum(axis=0)
    return (
        lost.sum(axis=1) / np.where(rows > 0.0, rows, 1.0),
        lost.sum(axis=0) / np.where(columns > 0.0, columns, 1.0),
    )


def severity(g: Floats, resistances: Resistances) -> float:
    """kappa: largest first-order loss of a column's current (`losses`) [1].

    For N x N equal cells of G without driver and sense kappa = (word/2 + bit/3) G N^2, the N^2 R G of the literature.
    While kappa << 1 it is the share of the worst column's current that the wires eat; near 1 and above the loss
    saturates (about kappa/(1 + kappa)) and the array hardly reads its far corner.

    Parameters
    ----------
    g : ndarray (rows, columns) [S]
    resistances : Resistances
    """
    return float(losses(g, resistances)[1].max())
