"""Pieces of an array as multiports, and joining two of them: the exact reduction, from single cells up to the array.

A piece of m x n cells meets its neighbours on four sides. On the sides where its lines go on to their ports, left and
bottom, it is driven by voltages, on the other two, right and top, by injected currents:

    [ I_driven; -V_injected ] = H [ V_driven; I_injected ],    H = [[Y, -K'], [-K, -Z]] symmetric,

K the share of the voltages that arrives, Y and Z the conductances and resistances seen from the two kinds of sides,
each positive semidefinite. Unlike a matrix of conductances H exists, and loses no digits, for segments down to 0 ohm.
An open end is an injected current of zero: its row and column of H are left out.

Joining ports r of A (injected) and l of B (driven) sets V_r = V_l and I_r = -I_l. Eliminated, with Z of A at r, Y of B
at l, F = 1 + Z Y and the remaining columns A_r of H_A[r], B_l of H_B[l]:

    H = [[ H_A + A_r' Y F^-1 A_r,      (...)'            ],
         [ -B_l' F^-1 A_r,             H_B - B_l' F^-1 Z B_l ]].

Sources: the hybrid description of multiports, e.g. Anderson and Vongpanitlerd, Network Analysis and Synthesis, 1973;
the order of the eliminations is nested dissection, A. George, SIAM J. Numer. Anal. 10, 345 (1973), doi 10.1137/0710032.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analogep.crossbar.wires.resistances import Floats
from analogep.jit import kernel

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Sides:
    """How many ports a piece has on each side, in the order of H."""

    left: int
    bottom: int
    right: int
    top: int

    @property
    def total(self) -> int:
        """Ports altogether."""
        return self.left + self.bottom + self.right + self.top

    def ranges(self) -> tuple[Integers, Integers, Integers, Integers]:
        """Indices in H of the ports of each side: (left,), (bottom,), (right,), (top,)."""
        ends = np.cumsum((self.left, self.bottom, self.right, self.top))
        left, bottom, right, top = np.split(np.arange(self.total), ends[:-1])
        return left, bottom, right, top


@dataclass(frozen=True)
class Seam:
    """Which ports of A and B are joined, and where the others end up in the joined piece.

    Attributes
    ----------
    sides : Sides
        Of the joined piece.
    a_joined, b_joined : int64 ndarray (joined,)
        Ports of A and B that meet, pair by pair.
    a_kept, b_kept : int64 ndarray (kept,)
        The other ports of A, and of B.
    a_to, b_to : int64 ndarray (kept,)
        Their positions in the joined piece.
    """

    sides: Sides
    a_joined: Integers
    b_joined: Integers
    a_kept: Integers
    b_kept: Integers
    a_to: Integers
    b_to: Integers


@lru_cache(256)
def beside(a: Sides, b: Sides) -> Seam:
    """B to the right of A: A's right ports meet B's left ones."""
    left, bottom, right, top = a.ranges()
    left_b, bottom_b, right_b, top_b = b.ranges()
    sides = Sides(a.left, a.bottom + b.bottom, b.right, a.top + b.top)
    to_left, to_bottom, to_right, to_top = sides.ranges()
    return Seam(
        sides, right, left_b, np.r_[left, bottom, top], np.r_[bottom_b, right_b, top_b],
        np.r_[to_left, to_bottom[: a.bottom], to_top[: a.top]],
        np.r_[to_bottom[a.bottom :], to_right, to_top[a.top :]],
    )  # fmt: skip


@lru_cache(256)
def stacked(lower: Sides, upper: Sides) -> Seam:
    """A is the lower piece, B the upper: A's top ports meet B's bottom ones; the upper rows come first."""
    left, bottom, right, top = lower.ranges()
    left_b, bottom_b, right_b, top_b = upper.ranges()
    sides = Sides(upper.left + lower.left, lower.bottom, upper.right + lower.right, upper.top)
    to_left, to_bottom, to_right, to_top = sides.ranges()
    return Seam(
        sides, top, bottom_b, np.r_[left, bottom, right], np.r_[left_b, right_b, top_b],
        np.r_[to_left[upper.left :], to_bottom, to_right[upper.right :]],
        np.r_[to_left[: upper.left], to_right[: upper.right], to_top],
    )  # fmt: skip


def join(a: Floats, b: Floats, seam: Seam) -> Floats:
    """H of A and B joined along `seam`, by dense products: the equation of this module.

    Parameters
    ----------
    a, b : ndarray (ports, ports) [S], [1], [ohm]
        H of A and B; units of the blocks Y, K and Z.
    seam : Seam

    Returns
    -------
    ndarray (ports, ports) [S], [1], [ohm]
        Of the joined piece, in the order of `seam.sides`.
    """
    z, y = -take(a, seam.a_joined, seam.a_joined), take(b, seam.b_joined, seam.b_joined)
    from_a, from_b = take(a, seam.a_joined, seam.a_kept), take(b, seam.b_joined, seam.b_kept)
    solved = np.linalg.solve(np.eye(len(z)) + z @ y, np.hstack((from_a, z @ from_b)))
    by_a, by_b = solved[:, : from_a.shape[1]], solved[:, from_a.shape[1] :]
    h = np.empty((seam.sides.total, seam.sides.total))
    put(h, seam.a_to, seam.a_to, take(a, seam.a_kept, seam.a_kept) + from_a.T @ (y @ by_a))
    put(h, seam.b_to, seam.b_to, take(b, seam.b_kept, seam.b_kept) - from_b.T @ by_b)
    across = -from_b.T @ by_a
    put(h, seam.b_to, seam.a_to, across)
    put(h, seam.a_to, seam.b_to, np.ascontiguousarray(across.T))
    return h


def join_many(a: Floats, b: Floats, seam: Seam) -> Floats:
    """`join` of many small pieces at once, compiled; result (pieces, ports, ports) [S], [1], [ohm].

    `a`, `b` (pieces, ports, ports) [S], [1], [ohm] are joined one by one along the same `seam`.
    """
    kept, joined = seam.sides.total, seam.a_joined.size
    # The ports that vanish come last, in pairs, so that each elimination shortens what is left.
    place_a, place_b = np.empty(a.shape[1], np.int64), np.empty(b.shape[1], np.int64)
    place_a[seam.a_kept], place_a[seam.a_joined] = seam.a_to, kept + 2 * np.arange(joined)
    place_b[seam.b_kept], place_b[seam.b_joined] = seam.b_to, kept + 2 * np.arange(joined) + 1
    h = np.empty((len(a), kept, kept))
    eliminate(a, b, place_a, place_b, joined, h)
    return h


@kernel(fastmath={"reassoc", "contract", "nsz"})
def eliminate(a, b, place_a, place_b, joined, h):  # type: ignore[no-untyped-def]
    """Join pieces pairwise, one pair of ports after the other.

    The matrix of both pieces gets a 1 where two joined ports meet; each pair is then a 2 x 2 pivot
    [[-z, c], [c, y]], z, y >= 0, and leaves by a Schur complement. Only the lower triangle is kept.
    """
    kept = h.shape[1]
    total = kept + 2 * joined
    w = np.empty((total, total))
    u, v = np.empty(total), np.empty(total)
    for n in range(h.shape[0]):
        w[:] = 0.0
        for i in range(place_a.size):
            for j in range(place_a.size):
                w[place_a[i], place_a[j]] = a[n, i, j]
        for i in range(place_b.size):
            for j in range(place_b.size):
                w[place_b[i], place_b[j]] = b[n, i, j]
        for t in range(kept, total, 2):
            w[t + 1, t] = 1.0
        for t in range(total - 2, kept - 1, -2):
            z, c, y = w[t, t], w[t + 1, t], w[t + 1, t + 1]
            scale = 1.0 / (z * y - c * c)
            for i in range(t):
                u[i] = scale * (y * w[t, i] - c * w[t + 1, i])
                v[i] = scale * (z * w[t + 1, i] - c * w[t, i])
            for i in range(t):
                x_u, x_v = w[t, i], w[t + 1, i]
                for j in range(i + 1):
                    w[i, j] -= x_u * u[j] + x_v * v[j]
        for i in range(kept):
            for j in range(i + 1):
                h[n, i, j] = w[i, j]
                h[n, j, i] = w[i, j]


@kernel()
def take(h, rows, columns):  # type: ignore[no-untyped-def]
    """h[rows][:, columns], several times faster than by index arrays."""
    block = np.empty((rows.size, columns.size))
    for i in range(rows.size):
        for j in range(columns.size):
            block[i, j] = h[rows[i], columns[j]]
    return block


@kernel()
def put(h, rows, columns, block):  # type: ignore[no-untyped-def]
    """h[rows][:, columns] = block, in place."""
    for i in range(rows.size):
        for j in range(columns.size):
            h[rows[i], columns[j]] = block[i, j]
