"""Compiled pulse programming, with random numbers that depend on the cell and the pulse, not on threads or order.

The generator is counter-based: a 64-bit finaliser (Stafford's variant 13 of the MurmurHash3 mix, as in SplitMix64)
of key and counter, whose halves give one normal deviate by Box and Muller. The counter is (cell, pulse), so that the
same pulse on the same cell in the same call draws the same number wherever it is computed.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S32 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_PULSE = np.uint64(0xD1342543DE82EF95)
_2PI = 2.0 * math.pi
_SCALE = 2.0**-32


@njit(cache=True, inline="always")
def _mix(z):  # type: ignore[no-untyped-def]
    z = (z ^ (z >> _S30)) * _M1
    z = (z ^ (z >> _S27)) * _M2
    return z ^ (z >> _S31)


@njit(cache=True)
def normal(key, cell, pulse):  # type: ignore[no-untyped-def]
    """Normal deviate of (key, cell, pulse)."""
    h = _mix(key + (np.uint64(cell) + np.uint64(1)) * _GOLDEN)
    h = _mix(h + (np.uint64(pulse) + np.uint64(1)) * _PULSE)
    u1 = (np.float64(h >> _S32) + 1.0) * _SCALE
    u2 = np.float64(h & _LOW) * _SCALE
    return math.sqrt(-2.0 * math.log(u1)) * math.cos(_2PI * u2)


@njit(cache=True)
def _after(x, n, scale, offset, slope, additive, multiplicative, key, cell):  # type: ignore[no-untyped-def]
    """State after n pulses of one direction, whose step this cell scales by `scale`."""
    if additive == 0.0 and multiplicative == 0.0:
        if slope == 0.0:
            x = x + n * scale * offset
        else:
            # A step beyond the limit of its law ends at the bound, as it does with a clip after each pulse; a state at
            # the limit stays there, whatever the power overflows to.
            limit = -offset / slope
            if x != limit:
                x = limit - (limit - x) * max(1.0 + scale * slope, 0.0) ** n
        return min(max(x, 0.0), 1.0)
    for pulse in range(n):
        xi = normal(key, cell, pulse)
        x = x + scale * (offset + slope * x) * (1.0 + multiplicative * xi) + additive * xi
        x = min(max(x, 0.0), 1.0)
    return x


@njit(cache=True)
def program_cells(  # type: ignore[no-untyped-def]
    hidden,
    g,
    counts,
    g_min,
    g_max,
    up,
    down,
    responds,
    law,
    noise,
    levels,
    key,
    write_key,
    row_slots,
    column_pulses,
):
    """Apply signed pulse counts to an array of cells, in place.

    Parameters
    ----------
    hidden : ndarray (rows, columns) [window]
        State that pulses move; changed in place.
    g : ndarray (rows, columns) [S]
        Conductance that the cell shows (levels, write noise); changed in place.
    counts : int32 ndarray (rows, columns)
        Signed numbers of pulses.
    g_min, g_max : ndarray (rows, columns) [S]
        Window of each cell.
    up, down : ndarray (rows, columns) [1]
        Factor on the step of each direction of each cell.
    responds : bool ndarray (rows, columns)
        False where a cell is stuck: it takes pulses and joules, and does not move.
    law : ndarray (4,) [window]
        offset and slope up, offset and slope down.
    noise : ndarray (3,)
        Additive and multiplicative noise of a pulse, write noise [window].
    levels : int
        Number of shown states; 0 for analog.
    key, write_key : uint64
        Keys of the pulses' and the write's noise.
    row_slots : int64 ndarray (2, rows)
        Filled with the largest count of each row, up and down.
    column_pulses : int64 ndarray (2, columns)
        Filled with the pulses of each column, up and down.

    Returns
    -------
    pulses : ndarray (2,)
        Number of pulses up and down.
    conductance : ndarray (2,) [S]
        Sum over the pulses of the mean of the conductances before and after, up and down.
    start : ndarray (2,) [S]
        Sum over the pulses of the conductance before, up and down.
    """
    rows, columns = counts.shape
    pulses = np.zeros(2)
    conductance = np.zeros(2)
    start = np.zeros(2)
    row_slots[:] = 0
    column_pulses[:] = 0
    for i in range(rows):
        for j in range(columns):
            n = counts[i, j]
            if n == 0:
                continue
            side = 0 if n > 0 else 1
            m = abs(n)
            before = g[i, j]
            if responds[i, j]:
                cell = i * columns + j
                scale = up[i, j] if side == 0 else down[i, j]
                x = _after(hidden[i, j], m, scale, law[2 * side], law[2 * side + 1], noise[0], noise[1], key, cell)
                hidden[i, j] = x
                if noise[2] > 0.0:
                    x = min(max(x + noise[2] * normal(write_key, cell, 0), 0.0), 1.0)
                if levels > 0:
                    x = np.rint(x * (levels - 1)) / (levels - 1)
                # At x = 1 the sum may round to just above the window.
                g[i, j] = min(g_min[i, j] + (g_max[i, j] - g_min[i, j]) * x, g_max[i, j])
            pulses[side] += m
            conductance[side] += m * 0.5 * (before + g[i, j])
            start[side] += m * before
            row_slots[side, i] = max(row_slots[side, i], m)
            column_pulses[side, j] += m
    return pulses, conductance, start
