"""The closed loop on an array of pairs in one pass: outer products -> wanted weights -> pulses -> verify reads.

    z_ij = sum_b lines_ib change_bj,    wanted = clip(wanted + z step, window),    n = rule((wanted - seen)/step)
    n pulses up on plus, down on minus;    w = (G+ - G-) scale
    seen = [q(G+ + s(G+) xi) - q(G- + s(G-) xi')] scale        of the cells with pulses: q the converter, s read noise

What `memory.closed_rows`, `kernels.program_rows` on both halves, `kernels.weigh_rows` and `Store.read` do one
after the other is done here row by row: what one part has written is in the cache of the core when the next one needs
it, and cells without pulses are looked at once. Deviates of the verify reads are of a key and the cell, as those of the
pulses are.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from analogep.crossbar.descent import multiplied
from analogep.crossbar.kernels import buffers, program_row, read_variance
from analogep.crossbar.rows import pulsed
from analogep.crossbar.trains import INDEX
from analogep.draws import normals, seed, turned, u32
from analogep.jit import kernel


@njit(nogil=True, error_model="numpy")
def _wanted(z, loop, wanted, seen, counts):  # type: ignore[no-untyped-def]
    """Wanted weights of a row, changed in place, and the pulses that bring the last reads to them."""
    step, low, high, threshold, most = loop
    for j in range(z.size):
        target = min(max(wanted[j] + z[j] * step, low), high)
        wanted[j] = target
        chi = (target - seen[j]) / step
        size = abs(chi)
        whole = min(max(np.floor(size), 1.0), most)
        whole = whole if size >= threshold else 0.0
        counts[j] = np.int32(whole if chi > 0.0 else -whole)


@njit(nogil=True)
def _converted(g, spread, floor, xi, quantum):  # type: ignore[no-untyped-def]
    """A conductance as one verify read sees it [S]."""
    seen = g
    if spread > 0.0 or floor > 0.0:
        part = spread * g
        seen += np.sqrt(part * part + floor * floor) * xi
    return np.rint(seen / quantum) * quantum if quantum > 0.0 else seen


@njit(nogil=True)
def _read(i, m, index, plus, minus, scale, reading, keys, own, z0, z1, seen):  # type: ignore[no-untyped-def]
    """Verify reads of `m` cells of row `i`; returns the sum of their conductances [S]."""
    spread, floor, quantum = reading
    columns, total = plus.shape[1], 0.0
    for k in range(m):
        own[k] = seed(keys[0], u32(i * columns + index[k]))
    for k in range(m):
        z0[k], z1[k] = normals(turned(keys[1], own[k], u32(0)))
    for k in range(m):
        a, b = np.float64(plus[i, index[k]]), np.float64(minus[i, index[k]])
        total += a + b
        first, second = _converted(a, spread, floor, z0[k], quantum), _converted(b, spread, floor, z1[k], quantum)
        seen[i, index[k]] = (first - second) * scale
    return total


@njit(nogil=True)
def _weighed(i, m, index, plus, minus, scale, reading, weights, variances):  # type: ignore[no-untyped-def]
    """Weights of `m` cells of row `i`, and the variance of a read of each where there is any."""
    share, floor = reading[0], reading[1] ** 2
    for k in range(m):
        j = index[k]
        weights[i, j] = (plus[i, j] - minus[i, j]) * scale
    if variances.size > 0:
        for k in range(m):
            j = index[k]
            variances[i, j] = read_variance(plus[i, j], minus[i, j], share, floor, scale)


@kernel()
def close_rows(  # type: ignore[no-untyped-def]
    first, last, lines, change, loop, wanted, seen, again, plus, minus, scale, weights, variances, reading, keys, reads
):
    """One update of the rows `first` to `last` - 1 by the closed loop, in place.

    Parameters
    ----------
    first, last : int
    lines : ndarray (rows, terms) or (0, 0)
    change : ndarray (terms, columns) or (rows, columns)
        Factors of the wanted change [steps], or the change itself, as in `descent.descend_rows`.
    loop : tuple of float
        Nominal step and ends of the window [1], threshold [steps] and most pulses of the rule, as in
        `learning.memory.closed_rows`.
    wanted, seen : ndarray (rows, columns) [1]
        Wanted weights and last reads; changed in place.
    again : bool ndarray (rows,)
        Rows that are looked at although nothing is wanted of them; filled with those that have had pulses.
    plus, minus : tuple
        `hidden` to `column_change` of `kernels.program_rows` for either half.
    scale : float [1/S]
    weights : ndarray (rows, columns) [1]
    variances : ndarray (rows, columns) or (0, 0) [1]
    reading : tuple of float
        Share [1] and floor [S] of the standard deviation of one conductance, and the converter's quantum [S], 0 for
        an ideal one.
    keys : uint32 ndarray (2,)
        Halves of the key of the verify reads.
    reads : ndarray (2, rows)
        Filled: pairs that were read, and the sum of their conductances [S].
    """
    columns = weights.shape[1]
    scratch = buffers(columns)
    whole, own, z0, z1 = scratch[1], scratch[2], scratch[3], scratch[4]
    z, counts = np.empty(columns, change.dtype), np.empty((1, columns), np.int32)
    index, halves = np.empty(columns + 16, np.int64), (plus, minus)
    lit = np.empty(lines.shape[1] + 1, np.int64)
    for i in range(first, last):
        if lines.size == 0:
            for j in range(columns):
                z[j] = change[i, j]
        elif not multiplied(lines[i], change, lit, z):
            if not again[i]:
                continue
            for j in range(columns):
                z[j] = 0
        _wanted(z, loop, wanted[i], seen[i], counts[0])
        m = pulsed(0, counts, index)
        again[i] = m > 0
        if m == 0:
            continue
        for half in range(2):
            for k in range(m):
                whole[INDEX, k] = index[k]
            program_row(i, m, 1 - 2 * half, counts[0], *halves[half], *scratch)
        _weighed(i, m, index, plus[1], minus[1], scale, reading, weights, variances)
        reads[0, i] = m
        reads[1, i] = _read(i, m, index, plus[1], minus[1], scale, reading, keys, own, z0, z1, seen)
