"""One row of an array for the kernel: which cells have pulses, what memory holds of them, and what comes back.

A row with few pulses is gathered cell by cell; one with many (`DENSE`) is taken as it lies, idle cells included, so
that every loop runs over neighbouring numbers.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from analogep.crossbar.masks import lowest_bit, nonzero16
from analogep.crossbar.trains import (
    BEFORE,
    COUNT,
    DOWN,
    HIGH,
    INDEX,
    LOW,
    P0,
    P1,
    SCALE,
    SD,
    SIDE,
    UP,
    N,
    X,
    clip,
    swap,
)
from analogep.device.laws.base import AFFINE, INVERSE_CDF
from analogep.draws import normals, seed, turned, u32

DENSE = 4
"""A row is dense when one in so many of its cells, or more, has pulses."""


@njit(nogil=True)
def pulsed(i, counts, index):  # type: ignore[no-untyped-def]
    """Columns of row `i` with pulses, into `index`; returns how many."""
    columns, front, j = counts.shape[1], 0, 0
    while j + 16 <= columns:
        mask = nonzero16(counts, i * columns + j)
        while mask:
            index[front] = j + lowest_bit(mask)
            front += 1
            mask &= mask - 1
        j += 16
    while j < columns:
        index[front] = j
        front += counts[i, j] != 0
        j += 1
    return front


@njit(nogil=True)
def any_pulses(i, counts):  # type: ignore[no-untyped-def]
    """Whether row `i` has pulses at all."""
    columns, j = counts.shape[1], 0
    while j + 16 <= columns:
        if nonzero16(counts, i * columns + j):
            return True
        j += 16
    while j < columns:
        if counts[i, j] != 0:
            return True
        j += 1
    return False


@njit(nogil=True)
def fetch(i, front, sign, counts, hidden, g, cells, reals, whole):  # type: ignore[no-untyped-def]
    """Copy what memory holds of the pulsed cells of row `i`, whose counts are `counts` (columns,), into the buffers.

    One short loop per array: the processor then has many accesses under way at once, which a single long loop body
    does not let it.
    """
    index = whole[INDEX]
    for k in range(front):
        reals[X, k] = hidden[i, index[k]]
    for k in range(front):
        reals[BEFORE, k] = g[i, index[k]]
    if cells.shape[0] * cells.shape[1] > 1:
        for k in range(front):
            j = index[k]
            reals[UP, k], reals[DOWN, k] = cells[i, j, 0], cells[i, j, 1]
            reals[LOW, k], reals[HIGH, k] = cells[i, j, 2], cells[i, j, 3]
    else:
        for k in range(front):
            reals[UP, k], reals[DOWN, k] = cells[0, 0, 0], cells[0, 0, 1]
            reals[LOW, k], reals[HIGH, k] = cells[0, 0, 2], cells[0, 0, 3]
    for k in range(front):
        n = sign * counts[index[k]]
        whole[SIDE, k] = 0 if n > 0 else 1
        whole[N, k] = abs(n)
        whole[COUNT, k] = abs(n)


@njit(nogil=True)
def fetch_all(i, sign, counts, hidden, g, cells, reals, whole):  # type: ignore[no-untyped-def]
    """Copy what memory holds of all cells of row `i` into the buffers."""
    x, before, up, down, low, high = reals[X], reals[BEFORE], reals[UP], reals[DOWN], reals[LOW], reals[HIGH]
    each, columns = cells.shape[0] * cells.shape[1] > 1, counts.size
    for k in range(columns):
        x[k], before[k] = hidden[i, k], g[i, k]
    for k in range(columns):
        row, j = (i, k) if each else (0, 0)
        up[k], down[k], low[k], high[k] = cells[row, j, 0], cells[row, j, 1], cells[row, j, 2], cells[row, j, 3]
    for k in range(columns):
        n = sign * counts[k]
        whole[INDEX, k] = k
        whole[SIDE, k] = 0 if n > 0 else 1
        whole[N, k] = abs(n)
        whole[COUNT, k] = abs(n)


@njit(nogil=True)
def parameters(i, m, columns, law, code, shapes, low_key, reals, whole, own):  # type: ignore[no-untyped-def]
    """Each cell's law in the direction of its pulses, its additive noise, and its seed."""
    # Short loops over few arrays: the compiler turns them into vector instructions, one long one it does not.
    side, scale, p0, p1, sd = whole[SIDE], reals[SCALE], reals[P0], reals[P1], reals[SD]
    up, down = reals[UP], reals[DOWN]
    for k in range(m):
        scale[k] = up[k] if side[k] == 0 else down[k]
    for k in range(m):
        p0[k] = (law[0, 0] if side[k] == 0 else law[1, 0]) * scale[k]
    for k in range(m):
        p1[k] = law[0, 1] if side[k] == 0 else law[1, 1]
    for k in range(m):
        sd[k] = law[0, 2] + law[0, 3] * scale[k] if side[k] == 0 else law[1, 2] + law[1, 3] * scale[k]
    if code == AFFINE:
        for k in range(m):
            p1[k] *= scale[k]
    elif code == INVERSE_CDF:
        for k in range(m):
            p1[k] *= math.sqrt(scale[k])
    for k in range(m):
        own[k] = seed(low_key, u32(i * columns + whole[INDEX, k]))
    if shapes.size > 0:
        for k in range(m):
            j, at = whole[INDEX, k], 2 * side[k]
            p0[k], p1[k] = shapes[i, j, at], shapes[i, j, at + 1]


@njit(nogil=True)
def responding(i, m, responds, reals, whole, own):  # type: ignore[no-untyped-def]
    """Bring stuck cells to the end; returns how many move."""
    moving = 0
    for k in range(m):
        if responds[i, whole[INDEX, k]]:
            if k != moving:
                swap(reals, whole, own, k, moving)
            moving += 1
    return moving


@njit(nogil=True)
def written(  # type: ignore[no-untyped-def]
    i, m, columns, write_noise, levels, low, high, g, reals, whole, own, z
):
    """Conductances that the states show, into the row UP of the buffers: write noise, levels, window.

    In the precision of `g`: lines' sums must not drift away from it.
    """
    if write_noise > 0.0:
        for k in range(m):
            own[k] = seed(low, u32(i * columns + whole[INDEX, k]))
        for k in range(m):
            z[k], _ = normals(turned(high, own[k], u32(0)))
    for k in range(m):
        x = reals[X, k]
        if write_noise > 0.0:
            x = clip(x + write_noise * z[k])
        if levels > 0:
            x = np.rint(x * (levels - 1)) / (levels - 1)
        # At x = 1 the sum may round to just above the window.
        reals[UP, k] = g.dtype.type(min(reals[LOW, k] + (reals[HIGH, k] - reals[LOW, k]) * x, reals[HIGH, k]))


@njit(nogil=True)
def store(i, m, hidden, g, reals, whole):  # type: ignore[no-untyped-def]
    """Put states and conductances of gathered cells back; the row UP then holds the conductance of all of them."""
    for k in range(m):
        if whole[COUNT, k] > 0:
            hidden[i, whole[INDEX, k]] = reals[X, k]
            g[i, whole[INDEX, k]] = reals[UP, k]


@njit(nogil=True)
def store_all(i, m, hidden, g, reals, whole):  # type: ignore[no-untyped-def]
    """Put back a whole row, which still lies in its order; idle cells keep what they showed."""
    for k in range(m):
        hidden[i, k] = reals[X, k]
        g[i, k] = reals[UP, k] if whole[COUNT, k] > 0 else reals[BEFORE, k]


@njit(nogil=True)
def total(values, m):  # type: ignore[no-untyped-def]
    """Sum of the first `m` numbers in eight interleaved sums, so that additions need not wait for one another."""
    a, b, c, d, e, f, g, h = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    k = 0
    while k + 8 <= m:
        a += values[k]
        b += values[k + 1]
        c += values[k + 2]
        d += values[k + 3]
        e += values[k + 4]
        f += values[k + 5]
        g += values[k + 6]
        h += values[k + 7]
        k += 8
    while k < m:
        a += values[k]
        k += 1
    return ((a + b) + (c + d)) + ((e + f) + (g + h))


@njit(nogil=True)
def book(i, m, moving, cycles, reals, whole, slots, sums, column_pulses, column_change):  # type: ignore[no-untyped-def]
    """Enter what the pulses of a row were and what they met; cells from `moving` on are stuck."""
    before, after, change, side, n = reals[BEFORE], reals[UP], reals[DOWN], whole[SIDE], whole[COUNT]
    for k in range(moving, m):
        after[k] = before[k]
    for k in range(m):
        after[k] = after[k] if n[k] > 0 else before[k]
    for k in range(m):
        change[k] = after[k] - before[k]
    up, down, most_up, most_down = 0, 0, 0, 0
    for k in range(m):
        a = n[k] if side[k] == 0 else 0
        up += a
        down += n[k] - a
        most_up, most_down = max(most_up, a), max(most_down, n[k] - a)
    slots[0, i], slots[1, i] = most_up, most_down
    sums[i, 0], sums[i, 1] = up, down
    met = reals[SCALE]
    for way in range(2):
        for k in range(m):
            met[k] = n[k] * 0.5 * (before[k] + after[k]) if side[k] == way else 0.0
        sums[i, 2 + way] = total(met, m)
        for k in range(m):
            met[k] = n[k] * before[k] if side[k] == way else 0.0
        sums[i, 4 + way] = total(met, m)
    sums[i, 6] = total(change, m)
    for k in range(m):
        column_pulses[side[k], whole[INDEX, k]] += n[k]
    for k in range(m):
        column_change[whole[INDEX, k]] += change[k]
    if cycles.size > 0:
        for k in range(m):
            cycles[i, whole[INDEX, k]] += whole[COUNT, k]
