"""Rows whose cells take one or two noisy affine pulses, as closed loops and slow rates write: in a few short loops.

What `trains.noisy` and the parts of `rows` do to cells with trains of any length is here one gather of each array, one
pass over what was gathered and one scatter; states and conductances come out the same to the last bit. Each gather is a
loop of its own: the processor then has many accesses under way at once.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from analogep.crossbar.trains import clip
from analogep.draws import normals, seed, turned, u32

X, BEFORE, SCALE, LOW, HIGH, N, AFTER = range(7)


@njit(nogil=True)
def _counted(m, sign, counts, index, n):  # type: ignore[no-untyped-def]
    """Signed pulses of the cells `index` of a row into `n`; returns the most that one cell gets."""
    most = 0
    for k in range(m):
        c = sign * counts[index[k]]
        n[k] = c
        most = max(most, abs(c))
    return most


@njit(nogil=True)
def _gathered(i, m, index, hidden, g, cells, reals):  # type: ignore[no-untyped-def]
    """What memory holds of the cells."""
    x, before, n, scale, low, high = reals[X], reals[BEFORE], reals[N], reals[SCALE], reals[LOW], reals[HIGH]
    for k in range(m):
        x[k] = hidden[i, index[k]]
    for k in range(m):
        before[k] = g[i, index[k]]
    if cells.shape[0] * cells.shape[1] > 1:
        for k in range(m):
            j = index[k]
            scale[k] = cells[i, j, 0 if n[k] > 0.0 else 1]
            low[k], high[k] = cells[i, j, 2], cells[i, j, 3]
    else:
        for k in range(m):
            scale[k] = cells[0, 0, 0 if n[k] > 0.0 else 1]
            low[k], high[k] = cells[0, 0, 2], cells[0, 0, 3]


@njit(nogil=True)
def _pulse(m, pulse, law, multiplicative, slope, z, reals):  # type: ignore[no-untyped-def]
    """One pulse of all cells that have more than `pulse` of them: x' = x + d + sd xi, clipped."""
    x, n, scale, low, high = reals[X], reals[N], reals[SCALE], reals[LOW], reals[HIGH]
    for k in range(m):
        up = n[k] > 0.0
        p0 = (law[0, 0] if up else law[1, 0]) * scale[k]
        p1 = (law[0, 1] if up else law[1, 1]) * scale[k]
        d = p0 + p1 * x[k]
        s = ((law[0, 2] if up else law[1, 2]) + (law[0, 3] if up else law[1, 3]) * scale[k]) + multiplicative * abs(d)
        if slope > 0.0:
            s += slope * (x[k] + low[k] / (high[k] - low[k]))
        y = clip(x[k] + d + s * z[k])
        x[k] = y if abs(n[k]) > pulse else x[k]


@njit(nogil=True)
def _shown(m, levels, g, reals):  # type: ignore[no-untyped-def]
    """Conductances that the states show, in the precision of `g`: lines' sums must not drift away from them."""
    x, low, high, after = reals[X], reals[LOW], reals[HIGH], reals[AFTER]
    steps = np.float64(levels - 1)
    for k in range(m):
        y = np.rint(x[k] * steps) / steps if levels > 0 else x[k]
        # At x = 1 the sum may round to just above the window.
        after[k] = g.dtype.type(min(low[k] + (high[k] - low[k]) * y, high[k]))


@njit(forceinline=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _sums(m, reals):  # type: ignore[no-untyped-def]
    """Most pulses of a cell up and down, and the seven sums of `kernels.program_rows`."""
    n, before, after = reals[N], reals[BEFORE], reals[AFTER]
    most_up, most_down, up, down = 0.0, 0.0, 0.0, 0.0
    mean_up, mean_down, start_up, start_down, change = 0.0, 0.0, 0.0, 0.0, 0.0
    for k in range(m):
        a = max(n[k], 0.0)
        b = a - n[k]
        most_up, most_down = max(most_up, a), max(most_down, b)
        up += a
        down += b
        mean = 0.5 * (before[k] + after[k])
        mean_up += a * mean
        mean_down += b * mean
        start_up += a * before[k]
        start_down += b * before[k]
        change += after[k] - before[k]
    return most_up, most_down, (up, down, mean_up, mean_down, start_up, start_down, change)


@njit(nogil=True)
def _scattered(i, m, index, hidden, g, cycles, reals, column_pulses, column_change):  # type: ignore[no-untyped-def]
    """Put states and conductances back, and enter the pulses of each column and cell."""
    x, before, after, n = reals[X], reals[BEFORE], reals[AFTER], reals[N]
    for k in range(m):
        hidden[i, index[k]] = x[k]
    for k in range(m):
        g[i, index[k]] = after[k]
    for k in range(m):
        column_pulses[0 if n[k] > 0.0 else 1, index[k]] += np.int64(abs(n[k]))
    for k in range(m):
        column_change[index[k]] += after[k] - before[k]
    if cycles.size > 0:
        for k in range(m):
            cycles[i, index[k]] += np.int32(abs(n[k]))


@njit(nogil=True)
def few(  # type: ignore[no-untyped-def]
    i, m, sign, counts, hidden, g, cells, cycles, law, noise, levels, keys, slots, sums, column_pulses, column_change,
    reals, index, own, z0, z1,
):  # fmt: skip
    """Pulse the `m` cells `index` of row `i`; False, and nothing is done, where one gets more than two pulses.

    Parameters as those of `kernels.program_rows`, but for the `counts` of this row (columns,), and its buffers.
    """
    most = _counted(m, sign, counts, index, reals[N])
    if most > 2:
        return False
    columns = counts.size
    for k in range(m):
        own[k] = seed(keys[0], u32(i * columns + index[k]))
    for k in range(m):
        z0[k], z1[k] = normals(turned(keys[1], own[k], u32(0)))
    _gathered(i, m, index, hidden, g, cells, reals)
    _pulse(m, 0.0, law, noise[0], noise[1], z0, reals)
    if most > 1:
        _pulse(m, 1.0, law, noise[0], noise[1], z1, reals)
    _shown(m, levels, g, reals)
    most_up, most_down, booked = _sums(m, reals)
    slots[0, i], slots[1, i] = most_up, most_down
    for k in range(7):
        sums[i, k] = booked[k]
    _scattered(i, m, index, hidden, g, cycles, reals, column_pulses, column_change)
    return True
