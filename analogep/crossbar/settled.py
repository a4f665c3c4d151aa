"""The schedule of cells that are all alike and whose pulses are exact and equal: one loop over each half of a row.

    x' = clip(x + n step),    w = (G(x+) - G(x-)) scale,    G = G_min + (G_max - G_min) x

It does what `row.write_row` does, where that waits for a dozen buffers; sums are of x, and turned into conductances at
the end.
"""

from __future__ import annotations

import numpy as np

from analogep.jit import lean

_SUMS = {"reassoc", "nsz"}
"""Sums may be taken in any order; states are as `row` has them, to the last bit."""


@lean(forceinline=True, fastmath=_SUMS)
def _half(n, x, sign, least, up, down, span, moved):  # type: ignore[no-untyped-def]
    """Pulse one row of one half; x before and after times pulses up, times pulses down, x before times the same, and
    the change of x. Change of conductance is added to `moved` [S]."""
    zero, one = x.dtype.type(0), x.dtype.type(1)
    mean_up, mean_down, start_up, start_down, change = zero, zero, zero, zero, zero
    for j in range(n.size):
        m = max(sign * n[j], least)
        a = max(m, zero)
        b = a - m
        before = x[j]
        after = min(max(before + (a * up + b * down), zero), one)
        x[j] = after
        moved[j] += span * (after - before)
        both = before + after
        mean_up += a * both
        mean_down += b * both
        start_up += a * before
        start_down += b * before
        change += after - before
    return mean_up, mean_down, start_up, start_down, change


@lean(forceinline=True)
def _weigh(plus, minus, low, high, scale, weights):  # type: ignore[no-untyped-def]
    """weights = (G(plus) - G(minus)) scale of one row, rounded as NumPy does: a resumed run has the same ones."""
    span = high - low
    for j in range(plus.size):
        weights[j] = (min(low + span * plus[j], high) - min(low + span * minus[j], high)) * scale


@lean(forceinline=True)
def _alike(half):  # type: ignore[no-untyped-def]
    """Whether all steps are the same, and cells have nothing of their own and show what their states say."""
    own = half.second.size + half.g.size + half.shapes.size + half.responds.size + half.cycles.size
    own += half.memory.size
    return half.steps.size > 0 and own == 0 and half.cells.size == 4 and half.write == 0 and half.levels == 0


@lean(forceinline=True)
def _sum(x, low, span, number):  # type: ignore[no-untyped-def]
    """Sum of conductances from that of the states [S]."""
    return low * number + span * np.float64(x)


@lean(forceinline=True)
def settles(halves, shown, verify):  # type: ignore[no-untyped-def]
    """Whether `settle` serves these arrays."""
    alike = not verify and shown.variances.size == 0
    for h in range(len(halves)):
        alike = alike and _alike(halves[h])
    return alike


@lean(forceinline=True)
def settle(i, n, halves, shown, sums, shifted):  # type: ignore[no-untyped-def]
    """Pulse row i by the counts `n` (columns,) of the pair, weigh it, and enter its sums."""
    for h in range(len(halves)):
        half = halves[h]
        if half.sign == 0:
            continue
        cell = half.cells
        up, down = cell[0] * half.steps[0], cell[1] * half.steps[1]
        low, span = cell[2], cell[3] - cell[2]
        found = _half(n, half.hidden[i], half.sign, half.least, up, down, span, shifted[h])
        ups, downs = sums.pulses[0, i], sums.pulses[1, i]
        if half.sign < 0:
            ups, downs = downs, ups
        if half.least == 0:
            downs = 0.0
        sums.rows[h, i, 0] = _sum(0.5 * found[0], low, span, ups)
        sums.rows[h, i, 1] = _sum(0.5 * found[1], low, span, downs)
        sums.rows[h, i, 2], sums.rows[h, i, 3] = _sum(found[2], low, span, ups), _sum(found[3], low, span, downs)
        sums.rows[h, i, 4] = span * np.float64(found[4])
    if len(halves) == 2:
        cell = halves[0].cells
        _weigh(halves[0].hidden[i], halves[1].hidden[i], cell[2], cell[3], shown.scale, shown.weights[i])
