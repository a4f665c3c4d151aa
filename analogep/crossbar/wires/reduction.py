"""An array with wires as seen from its ports: I = Y V, exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analogep.crossbar.wires.join import Sides, beside, join, join_many, stacked
from analogep.crossbar.wires.resistances import Floats, Resistances, conductances

LEAF = 16
"""Cells along a side of the pieces that compiled code makes; larger ones are joined by dense products."""


@dataclass(frozen=True)
class Ports:
    """Y = [[rr, rc], [rc', cc]], symmetric: [I_row; I_column] = Y [V; u], currents into the array, power v'Yv."""

    rr: Floats
    """(rows, rows) [S]."""
    rc: Floats
    """(rows, columns) [S]; -rc is what the array shows of its conductances."""
    cc: Floats
    """(columns, columns) [S]."""

    @property
    def matrix(self) -> Floats:
        """Y (rows + columns, rows + columns) [S]."""
        return np.block([[self.rr, self.rc], [self.rc.T, self.cc]])


def ports(g: Floats, resistances: Resistances) -> Ports:
    """Y of a linear array: all nodes of [Lw + D, -D; -D, Lb + D] eliminated but the ports.

    Cells are joined to pieces and pieces to larger ones (`join`), always halving the longer side, so that an N x N
    array costs O(N^3) and not the O(N^4) of a row by row elimination. Up to 16 x 16 cells by compiled code on many
    pieces at once, then by dense products.

    Parameters
    ----------
    g : ndarray (rows, columns) [S]
        0 for a dead cell.
    resistances : Resistances

    Returns
    -------
    Ports
        Relative error some 1e-13 of the largest entry.

    Raises
    ------
    UsageError
        A conductance is negative or not finite.
    """
    g = conductances(g)
    rows, columns = g.shape
    m, n = leaf(rows), leaf(columns)
    # Dead cells above and to the right, where lines end, change nothing.
    padded = np.zeros((-rows % m + rows, -columns % n + columns))
    padded[-rows:, :columns] = g
    word, bit = resistances.segments(padded.shape)
    strips = [_strip(padded[i : i + m], word, bit[i : i + m], n) for i in range(0, len(padded), m)]
    h, sides = _assembled(strips, Sides(m, n, m, n), (0, len(strips)), (0, len(strips[0])))
    used = np.r_[sides.left - rows : sides.left, sides.left : sides.left + columns]
    h = h[np.ix_(used, used)]
    rr, rc, cc = h[:rows, :rows], h[:rows, rows:], h[rows:, rows:]
    return Ports(*(np.ascontiguousarray(block) for block in (rr, rc, cc)))


def leaf(size: int) -> int:
    """Cells along a side of the compiled pieces: a power of two, not larger than needed."""
    return int(min(LEAF, 1 << (size - 1).bit_length()))


def cells(g: Floats, word: Floats, bit: Floats) -> Floats:
    """H of single cells, each with its two segments (rows, columns, 4, 4) [S], [1], [ohm].

    `g` (rows, columns) [S] are the cells, `word` (columns,) [ohm] the segments on their left and `bit` (rows,) [ohm]
    those below them. With voltages V_left, V_bottom and injected currents I_right, I_top the device carries
    i = g/(1 + g (r + s)) (V_left - V_bottom + r I_right - s I_top), r and s being the two segments.
    """
    r, s = np.broadcast_to(word, g.shape), np.broadcast_to(bit[:, None], g.shape)
    u = np.stack((np.ones(g.shape), -np.ones(g.shape), r, -s), axis=-1)
    h = np.asarray((g / (1.0 + g * (r + s)))[..., None, None] * u[..., :, None] * u[..., None, :])
    h[..., [0, 2], [2, 0]] -= 1.0
    h[..., [1, 3], [3, 1]] -= 1.0
    h[..., 2, 2] -= r
    h[..., 3, 3] -= s
    return h


def _strip(g: Floats, word: Floats, bit: Floats, n: int) -> Floats:
    """H of the pieces (rows, n) that stand side by side in a strip (rows, columns): (pieces, ports, ports)."""
    h, sides = cells(g, word, bit), Sides(1, 1, 1, 1)
    while sides.left < len(g) or sides.bottom < n:
        if sides.bottom < n and (sides.bottom <= sides.left or sides.left == len(g)):
            seam, a, b = beside(sides, sides), h[:, 0::2], h[:, 1::2]
        else:
            seam, a, b = stacked(sides, sides), h[1::2], h[0::2]
        flat = [np.ascontiguousarray(x).reshape(-1, sides.total, sides.total) for x in (a, b)]
        sides = seam.sides
        h = join_many(flat[0], flat[1], seam).reshape(*a.shape[:2], sides.total, sides.total)
    return np.asarray(h[0])


def _assembled(
    strips: list[Floats], sides: Sides, rows: tuple[int, int], columns: tuple[int, int]
) -> tuple[Floats, Sides]:
    """The pieces of a rectangle of leaves joined to one; open ends (right and top of the array) are left out."""
    height, width = rows[1] - rows[0], columns[1] - columns[0]
    if height == width == 1:
        right = sides.right if columns[1] < len(strips[0]) else 0
        top = sides.top if rows[0] > 0 else 0
        side = sides.ranges()
        kept = np.r_[side[0], side[1], side[2][:right], side[3][:top]]
        return strips[rows[0]][columns[0]][np.ix_(kept, kept)], Sides(sides.left, sides.bottom, right, top)
    if height == 1 or (width > 1 and width * sides.bottom >= height * sides.left):
        middle = columns[0] + width // 2
        a, a_sides = _assembled(strips, sides, rows, (columns[0], middle))
        b, b_sides = _assembled(strips, sides, rows, (middle, columns[1]))
        seam = beside(a_sides, b_sides)
    else:
        middle = rows[0] + (height + 1) // 2
        a, a_sides = _assembled(strips, sides, (middle, rows[1]), columns)
        b, b_sides = _assembled(strips, sides, (rows[0], middle), columns)
        seam = stacked(a_sides, b_sides)
    return join(a, b, seam), seam.sides
