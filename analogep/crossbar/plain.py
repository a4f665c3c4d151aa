"""Pulses of plain cells, compiled: constant steps, one window for all cells, no noise, no levels, no faults.

    x <- clip(x + n step),   G = G_min + (G_max - G_min) x

What `kernels.program_rows` does to them cell by cell is here one loop over a whole row, which the compiler turns into
vector instructions. Conductances are computed where they are booked, and neither read nor written: memory is what this
waits for.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from analogep.crossbar.rows import any_pulses
from analogep.jit import kernel


@njit(forceinline=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def _row(sign, n, x, steps, window, ups, downs, column_change):  # type: ignore[no-untyped-def]
    """Pulse one row, and add up what `kernels.program_rows` books of it.

    One loop of floating-point numbers, so that it becomes vector instructions: counts are exact in them.
    """
    low, high, span = window[0], window[1], window[1] - window[0]
    up, down, most_up, most_down = 0.0, 0.0, 0.0, 0.0
    mean_up, mean_down, start_up, start_down, change = 0.0, 0.0, 0.0, 0.0, 0.0
    for j in range(n.size):
        m = np.float64(sign * n[j])
        a = max(m, 0.0)
        b = a - m
        start = x[j]
        end = min(max(start + (a * steps[0] - b * steps[1]), 0.0), 1.0)
        # At x = 1 the sum may round to just above the window.
        before, after = min(low + span * start, high), min(low + span * end, high)
        x[j] = end
        ups[j] += a
        downs[j] += b
        column_change[j] += after - before
        up += a
        down += b
        most_up, most_down = max(most_up, a), max(most_down, b)
        mean = 0.5 * (before + after)
        mean_up += a * mean
        mean_down += b * mean
        start_up += a * before
        start_down += b * before
        change += after - before
    return most_up, most_down, (up, down, mean_up, mean_down, start_up, start_down, change)


@kernel()
def program_plain(  # type: ignore[no-untyped-def]
    first, last, sign, counts, hidden, steps, window, slots, sums, column_pulses, column_change
):
    """Apply signed pulse counts to the rows `first` to `last` - 1 of an array of plain cells, in place.

    Parameters
    ----------
    first, last, sign, counts, hidden, slots, sums, column_pulses, column_change
        As in `kernels.program_rows`.
    steps : tuple of float [window]
        Change by a pulse up, positive, and the size of one down.
    window : tuple of float [S]
    """
    columns = counts.shape[1]
    ups, downs = np.zeros(columns), np.zeros(columns)
    for i in range(first, last):
        if not any_pulses(i, counts):
            continue
        slots[0, i], slots[1, i], booked = _row(sign, counts[i], hidden[i], steps, window, ups, downs, column_change)
        for k in range(7):
            sums[i, k] = booked[k]
    for j in range(columns):
        column_pulses[0, j] += np.int64(ups[j])
        column_pulses[1, j] += np.int64(downs[j])


@njit(nogil=True)
def weigh_row(plus, minus, window, scale, weights):  # type: ignore[no-untyped-def]
    """weights = (G(plus) - G(minus)) scale of one row, rounded as NumPy does: a resumed run has the same ones."""
    low, high, span = window[0], window[1], window[1] - window[0]
    for j in range(plus.size):
        weights[j] = (min(low + span * plus[j], high) - min(low + span * minus[j], high)) * scale


@kernel()
def weigh_plain(first, last, counts, plus, minus, window, scale, weights):  # type: ignore[no-untyped-def]
    """weights = (G(plus) - G(minus)) scale of the states of both halves, in the rows that have pulses, in place."""
    for i in range(first, last):
        if any_pulses(i, counts):
            weigh_row(plus[i], minus[i], window, scale, weights[i])
