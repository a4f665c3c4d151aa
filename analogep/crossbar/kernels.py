"""Compiled pulse programming: one row of cells at a time, gathered, pulsed side by side, and put back.

Random numbers depend on the cell and the pulse (`draws`), not on threads or order, and rows are independent, so that
a split of the rows over threads changes nothing. Cells with pulses are gathered into buffers on which the affine laws
run as vector loops; the curved laws and tables run cell by cell (`laws`).

Paths: noise-free affine pulses by the closed form of n pulses; affine pulses with additive noise alone, at least
`BURST` of them and six standard deviations from both bounds all the way, by one deviate with the closed form's
variance; all others pulse by pulse with a clip after each.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from analogep.crossbar.laws import one_pulse
from analogep.crossbar.masks import lowest_bit, nonzero16
from analogep.draws import f32, normals, seed, turned, u32

BURST = 8
"""Smallest number of pulses for which one deviate replaces them where that is exact."""

_AFFINE, _INVERSE_CDF = 0, 5
_X, _P0, _P1, _SD, _LOW, _HIGH, _BEFORE = range(7)
_INDEX, _SIDE, _N, _COUNT = range(4)


@njit(inline="always")
def _clip(x):  # type: ignore[no-untyped-def]
    x = x if x > 0.0 else 0.0
    return x if x < 1.0 else 1.0


@njit(nogil=True)
def _swap(reals, whole, own, a, b):  # type: ignore[no-untyped-def]
    """Exchange two gathered cells."""
    for row in range(reals.shape[0]):
        reals[row, a], reals[row, b] = reals[row, b], reals[row, a]
    for row in range(whole.shape[0]):
        whole[row, a], whole[row, b] = whole[row, b], whole[row, a]
    own[a], own[b] = own[b], own[a]


@njit(nogil=True)
def _live(reals, whole, own, live, done):  # type: ignore[no-untyped-def]
    """Bring the cells that still have pulses after `done` to the front; returns how many they are."""
    front = 0
    for k in range(live):
        if whole[_N, k] > done:
            if k != front:
                _swap(reals, whole, own, k, front)
            front += 1
    return front


@njit(nogil=True)
def _quiet(m, reals, whole):  # type: ignore[no-untyped-def]
    """Noise-free affine pulses: the closed form, clipped once."""
    x, p0, p1, n = reals[_X], reals[_P0], reals[_P1], whole[_N]
    for k in range(m):
        if n[k] == 1 or p1[k] == 0.0:
            x[k] = _clip(x[k] + n[k] * (p0[k] + p1[k] * x[k]))
            continue
        # A step beyond the limit of its law ends at the bound, as it does with a clip after each pulse; a state at
        # the limit stays there, whatever the power overflows to.
        limit = -p0[k] / p1[k]
        if x[k] != limit:
            x[k] = _clip(limit - (limit - x[k]) * max(1.0 + p1[k], 0.0) ** n[k])


@njit(nogil=True)
def _bursts(m, reals, whole, own, high):  # type: ignore[no-untyped-def]
    """Additive noise off the bounds: n pulses by one deviate; what is done so has no pulses left."""
    x, p0, p1, sd, n = reals[_X], reals[_P0], reals[_P1], reals[_SD], whole[_N]
    for k in range(m):
        if n[k] < BURST:
            continue
        r = 1.0 + p1[k]
        if r <= 0.0:
            continue
        if p1[k] == 0.0:
            end, variance = x[k] + n[k] * p0[k], n[k] * sd[k] ** 2
        else:
            limit, power = -p0[k] / p1[k], r ** n[k]
            end = limit - (limit - x[k]) * power
            variance = sd[k] ** 2 * (1.0 - power * power) / (1.0 - r * r)
        room = 6.0 * math.sqrt(variance)
        # The mean path is monotone and the variance along it never exceeds that of the end for a decelerating law.
        if p1[k] <= 0.0 and min(x[k], end) > room and max(x[k], end) < 1.0 - room:
            z, _ = normals(turned(high, own[k], u32(0)))
            x[k] = end + math.sqrt(variance) * z
            n[k] = 0


@njit(nogil=True)
def _noisy(m, reals, whole, own, high, multiplicative, slope, z0, z1):  # type: ignore[no-untyped-def]
    """Noisy affine pulses, side by side over the cells: x' = x + d + sd xi, clipped after each pulse."""
    x, p0, p1, sd, n = reals[_X], reals[_P0], reals[_P1], reals[_SD], whole[_N]
    low, high_end = reals[_LOW], reals[_HIGH]
    live = _live(reals, whole, own, m, 0)
    turn = 0
    while live > 0:
        for k in range(live):
            z0[k], z1[k] = normals(turned(high, own[k], u32(turn)))
        for half in range(2):
            z = z0 if half == 0 else z1
            pulse = 2 * turn + half
            for k in range(live):
                d = p0[k] + p1[k] * x[k]
                s = sd[k] + multiplicative * abs(d)
                if slope > 0.0:
                    s += slope * (x[k] + low[k] / (high_end[k] - low[k]))
                y = _clip(x[k] + d + s * z[k])
                x[k] = y if n[k] > pulse else x[k]
        turn += 1
        # Cells that are done make room every few pulses, so that one long train does not keep a whole row.
        if turn < 3 or turn % 4 == 0 or live < 8:
            live = _live(reals, whole, own, live, 2 * turn)


@njit(nogil=True)
def _one_by_one(m, reals, whole, own, high, code, tables, multiplicative, slope):  # type: ignore[no-untyped-def]
    """Pulses of the laws without a vector form."""
    for k in range(m):
        x, side, p0, p1 = reals[_X, k], whole[_SIDE, k], reals[_P0, k], reals[_P1, k]
        sd, off = reals[_SD, k], reals[_LOW, k] / (reals[_HIGH, k] - reals[_LOW, k]) if slope > 0.0 else 0.0
        noisy = sd > 0.0 or multiplicative > 0.0 or slope > 0.0
        xi, later = f32(0.0), f32(0.0)
        for pulse in range(whole[_N, k]):
            h = u32(0)
            if code == _INVERSE_CDF or (noisy and pulse % 2 == 0):
                h = turned(high, own[k], u32(pulse if code == _INVERSE_CDF else pulse // 2))
            if noisy:
                if pulse % 2 == 0:
                    xi, later = normals(h)
                else:
                    xi = later
            d = one_pulse(code, side, x, p0, p1, tables, h)
            x = _clip(x + d + (sd + multiplicative * abs(d) + slope * (x + off)) * xi)
        reals[_X, k] = x


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
def _gather(i, sign, counts, hidden, g, cells, shapes, law, code, responds, low_key, reals, whole, own):  # type: ignore[no-untyped-def]
    """Collect the cells of row `i` that have pulses; stuck ones last. Returns how many move, and how many there are."""
    columns = counts.shape[1]
    index = whole[_INDEX]
    front = pulsed(i, counts, index)
    spread, shaped, faulty = int(cells.shape[0] * cells.shape[1] > 1), shapes.size > 0, responds.size > 0
    for k in range(front):
        j = index[k]
        n = sign * counts[i, j]
        side = 0 if n > 0 else 1
        whole[_SIDE, k], whole[_N, k] = side, abs(n)
        reals[_X, k], reals[_BEFORE, k] = hidden[i, j], g[i, j]
        scale = cells[i * spread, j * spread, side]
        p0, p1 = law[side, 0] * scale, law[side, 1]
        if code == _AFFINE:
            p1 *= scale
        elif code == _INVERSE_CDF:
            p1 *= math.sqrt(scale)
        reals[_P0, k], reals[_P1, k], reals[_SD, k] = p0, p1, law[side, 2] + law[side, 3] * scale
        low, high = cells[i * spread, j * spread, 2], cells[i * spread, j * spread, 3]
        reals[_LOW, k], reals[_HIGH, k] = low, high
        own[k] = seed(low_key, u32(i * columns + j))
    if shaped:
        for k in range(front):
            side, j = whole[_SIDE, k], index[k]
            reals[_P0, k], reals[_P1, k] = shapes[i, j, 2 * side], shapes[i, j, 2 * side + 1]
    if not faulty:
        return front, front
    moving = 0
    for k in range(front):
        if responds[i, index[k]]:
            if k != moving:
                _swap(reals, whole, own, k, moving)
            moving += 1
    return moving, front


@njit(nogil=True)
def _show(i, m, hidden, g, write_noise, levels, write_low, write_high, reals, whole):  # type: ignore[no-untyped-def]
    """Put the moved states back, and the conductances that they show: write noise, levels, window."""
    columns = g.shape[1]
    for k in range(m):
        j, x = whole[_INDEX, k], reals[_X, k]
        hidden[i, j] = x
        if write_noise > 0.0:
            z, _ = normals(turned(write_high, seed(write_low, u32(i * columns + j)), u32(0)))
            x = _clip(x + write_noise * z)
        if levels > 0:
            x = np.rint(x * (levels - 1)) / (levels - 1)
        # At x = 1 the sum may round to just above the window.
        low, high = reals[_LOW, k], reals[_HIGH, k]
        g[i, j] = min(low + (high - low) * x, high)


@njit(nogil=True)
def _book(i, front, g, cycles, reals, whole, slots, sums, column_pulses, column_change):  # type: ignore[no-untyped-def]
    """Enter what the pulses of a row were and what they met."""
    up, down, mean_up, mean_down, start_up, start_down, change = 0, 0, 0.0, 0.0, 0.0, 0.0, 0.0
    most_up, most_down = 0, 0
    for k in range(front):
        j, before, n = whole[_INDEX, k], reals[_BEFORE, k], whole[_COUNT, k]
        after = g[i, j]
        a, b = (n, 0) if whole[_SIDE, k] == 0 else (0, n)
        up += a
        down += b
        most_up, most_down = max(most_up, a), max(most_down, b)
        mean_up += a * 0.5 * (before + after)
        mean_down += b * 0.5 * (before + after)
        start_up += a * before
        start_down += b * before
        change += after - before
        column_pulses[0, j] += a
        column_pulses[1, j] += b
        column_change[j] += after - before
    if cycles.size > 0:
        for k in range(front):
            cycles[i, whole[_INDEX, k]] += whole[_COUNT, k]
    slots[0, i], slots[1, i] = most_up, most_down
    sums[i, 0], sums[i, 1], sums[i, 2], sums[i, 3] = up, down, mean_up, mean_down
    sums[i, 4], sums[i, 5], sums[i, 6] = start_up, start_down, change


@njit(cache=True, nogil=True)
def program_rows(  # type: ignore[no-untyped-def]
    first,
    last,
    sign,
    counts,
    hidden,
    g,
    cells,
    shapes,
    responds,
    cycles,
    code,
    law,
    tables,
    noise,
    levels,
    keys,
    slots,
    sums,
    column_pulses,
    column_change,
):
    """Apply signed pulse counts to the rows `first` to `last` - 1 of an array, in place.

    Parameters
    ----------
    first, last : int
        Rows; a call may have any part of them.
    sign : int
        Factor +-1 on the counts.
    counts : int32 ndarray (rows, columns)
        Signed numbers of pulses.
    hidden : ndarray (rows, columns) [window]
        State that pulses move; changed in place.
    g : ndarray (rows, columns) [S]
        Conductance that the cell shows (levels, write noise); changed in place.
    cells : ndarray (rows, columns, 4) or (1, 1, 4) [1], [1], [S], [S]
        Each cell, or all of them: factors on the steps up and down, and the window.
    shapes : ndarray (rows, columns, 4) or (0, 0, 0)
        Parameters of each cell's own law (`Law.cell`), two up and two down; empty where `law` serves all.
    responds : bool ndarray (rows, columns) or (0, 0)
        False where a cell is stuck: it takes pulses and joules, and does not move. Empty where none is.
    cycles : int32 ndarray (rows, columns) or (0, 0)
        Pulses that each cell has had; added to, unless empty.
    code : int
        Law, as in `device.laws.base`.
    law : ndarray (2, 4)
        Up and down: two parameters of the law (`Law.cell`), additive noise of a pulse, and its part that goes with the
        factor on the step [window].
    tables : tuple of two ndarrays
        `Law.table` up and down.
    noise : ndarray (3,)
        Noise of a pulse relative to its step [1], its share of the state [1], write noise [window].
    levels : int
        Number of shown states; 0 for analog.
    keys : uint32 ndarray (4,)
        Lower and upper half of the pulses' key, and of the write's.
    slots, sums : int64 ndarray (2, rows), ndarray (rows, 7)
        Filled for each row: largest count up and down; pulses up and down [1], sum over pulses of the mean of the
        conductances before and after, up and down [S], of the conductance before, up and down [S], and the change of
        the row's conductance [S].
    column_pulses, column_change : int64 ndarray (2, columns), ndarray (columns,) [S]
        Added to: pulses of each column, up and down, and the change of its conductance.
    """
    columns = counts.shape[1]
    reals, whole = np.empty((7, columns + 8)), np.empty((4, columns + 24), np.int64)
    own, z0, z1 = np.empty(columns, np.uint32), np.empty(columns, np.float32), np.empty(columns, np.float32)
    multiplicative, slope, write_noise = noise[0], noise[1], noise[2]
    additive = law[0, 2] + law[0, 3] + law[1, 2] + law[1, 3] > 0.0
    for i in range(first, last):
        moving, front = _gather(
            i, sign, counts, hidden, g, cells, shapes, law, code, responds, keys[0], reals, whole, own
        )
        for k in range(front):
            whole[_COUNT, k] = whole[_N, k]
        if code != _AFFINE:
            _one_by_one(moving, reals, whole, own, keys[1], code, tables, multiplicative, slope)
        elif multiplicative == 0.0 and slope == 0.0 and not additive:
            _quiet(moving, reals, whole)
        else:
            if multiplicative == 0.0 and slope == 0.0:
                _bursts(moving, reals, whole, own, keys[1])
            _noisy(moving, reals, whole, own, keys[1], multiplicative, slope, z0, z1)
        _show(i, moving, hidden, g, write_noise, levels, keys[2], keys[3], reals, whole)
        _book(i, front, g, cycles, reals, whole, slots, sums, column_pulses, column_change)


@njit(cache=True, nogil=True)
def weigh_rows(first, last, counts, plus, minus, scale, weights):  # type: ignore[no-untyped-def]
    """weights = (plus - minus) scale where `counts` are not zero, in the rows `first` to `last` - 1, in place."""
    index = np.empty(counts.shape[1] + 16, np.int64)
    for i in range(first, last):
        for k in range(pulsed(i, counts, index)):
            j = index[k]
            weights[i, j] = (plus[i, j] - minus[i, j]) * scale
