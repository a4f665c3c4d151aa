"""Pulses of plain cells, compiled: constant steps, one window for all cells, no noise, no levels, no faults.

    x <- clip(x + n step),   G = G_min + (G_max - G_min) x

What `kernels.program_rows` does to them cell by cell is here a few loops over whole rows, which the compiler turns
into vector instructions; conductances before a pulse are computed, not read.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from analogep.crossbar.rows import any_pulses


@njit(nogil=True)
def _shown(x, low, high, g):  # type: ignore[no-untyped-def]
    """Conductance of the state `x`; at x = 1 the sum may round to just above the window."""
    span = high - low
    for j in range(x.size):
        g[j] = min(low + span * x[j], high)


@njit(nogil=True)
def _move(sign, n, x, up, down):  # type: ignore[no-untyped-def]
    """n steps of each cell, clipped once."""
    for j in range(x.size):
        m = sign * n[j]
        y = x[j] + m * (up if m > 0 else down)
        y = y if y > 0.0 else 0.0
        x[j] = y if y < 1.0 else 1.0


@njit(nogil=True)
def _count(sign, n, column_pulses):  # type: ignore[no-untyped-def]
    """Pulses up and down of a row, and its largest counts."""
    up, down, most_up, most_down = 0, 0, 0, 0
    ups, downs = column_pulses[0], column_pulses[1]
    for j in range(n.size):
        m = sign * n[j]
        a = m if m > 0 else 0
        up += a
        down += a - m
        most_up, most_down = max(most_up, a), max(most_down, a - m)
    for j in range(n.size):
        m = sign * n[j]
        ups[j] += m if m > 0 else 0
    for j in range(n.size):
        m = sign * n[j]
        downs[j] += 0 if m > 0 else -m
    return up, down, most_up, most_down


@njit(nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _book(sign, n, before, after, column_change):  # type: ignore[no-untyped-def]
    """Sums over pulses of the mean conductance up and down, of the one before, and the change of the row's [S]."""
    mean_up, mean_down, start_up, start_down, change = 0.0, 0.0, 0.0, 0.0, 0.0
    for j in range(n.size):
        m = np.float64(sign * n[j])
        a = max(m, 0.0)
        b = a - m
        mean = 0.5 * (before[j] + after[j])
        mean_up += a * mean
        mean_down += b * mean
        start_up += a * before[j]
        start_down += b * before[j]
        change += after[j] - before[j]
    for j in range(n.size):
        column_change[j] += after[j] - before[j]
    return mean_up, mean_down, start_up, start_down, change


@njit(cache=True, nogil=True)
def program_plain(  # type: ignore[no-untyped-def]
    first, last, sign, counts, hidden, g, steps, window, slots, sums, column_pulses, column_change
):
    """Apply signed pulse counts to the rows `first` to `last` - 1 of an array of plain cells, in place.

    Parameters
    ----------
    first, last, sign, counts, hidden, g, slots, sums, column_pulses, column_change
        As in `kernels.program_rows`.
    steps : tuple of float [window]
        Change by a pulse up, positive, and the size of one down.
    window : tuple of float [S]
    """
    columns = counts.shape[1]
    before = np.empty(columns)
    for i in range(first, last):
        if not any_pulses(i, counts):
            continue
        n, x = counts[i], hidden[i]
        _shown(x, window[0], window[1], before)
        _move(sign, n, x, steps[0], steps[1])
        _shown(x, window[0], window[1], g[i])
        sums[i, 0], sums[i, 1], slots[0, i], slots[1, i] = _count(sign, n, column_pulses)
        booked = _book(sign, n, before, g[i], column_change)
        for k in range(5):
            sums[i, 2 + k] = booked[k]
