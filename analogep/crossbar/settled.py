"""The schedule of cells that are all alike and whose pulses are exact and equal: one loop over each half of a row.

    x' = clip(x + n step),    w = (G(x+) - G(x-)) scale,    G = G_min + (G_max - G_min) x

It does what `row.write_row` does, and needs none of the buffers whose traffic takes most of the time there. Sums are
taken of x, and turned into conductances at the end. It serves rows whose law is a constant step without noise (decided
by type) and whose arrays hold nothing for single cells (decided by their sizes).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from analogep.device.laws.affine import ConstantStep
from analogep.inlined import compiled
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
    """Whether cells have nothing of their own and show what their states say."""
    own = half.second.size + half.g.size + half.shapes.size + half.responds.size + half.cycles.size
    return own == 0 and half.cells.size == 4 and half.write == 0 and half.levels == 0


@lean(forceinline=True)
def _sum(x, low, span, number):  # type: ignore[no-untyped-def]
    """Sum of conductances from that of the states [S]."""
    return low * number + span * np.float64(x)


def settles(halves: Any, shown: Any, verify: Any) -> bool:
    """Whether `settle` serves these arrays."""
    return False


def settle(i: Any, n: Any, halves: Any, shown: Any, sums: Any, shifted: Any) -> None:
    """Pulse row i by the counts `n` (columns,) of the pair, and set its weights and its sums."""


def _constant(halves: Any) -> bool:
    """Whether the types of the arrays are those of constant steps without noise."""
    half = halves[0]
    law, noise = (half.types[half.fields.index(name)] for name in ("law", "noise"))
    return isinstance(noise, types.NoneType) and law.instance_class is ConstantStep


@compiled(settles)
def _settles(halves, shown, verify):  # type: ignore[no-untyped-def]
    if not _constant(halves):
        return settles

    def asked(halves, shown, verify):  # type: ignore[no-untyped-def]
        alike = True
        for h in range(len(halves)):
            alike = alike and _alike(halves[h])
        return alike and not verify and shown.variances.size == 0

    return asked


@compiled(settle)
def _settle(i, n, halves, shown, sums, shifted):  # type: ignore[no-untyped-def]
    if not _constant(halves):
        return settle

    def settled(i, n, halves, shown, sums, shifted):  # type: ignore[no-untyped-def]
        for h in range(len(halves)):
            half = halves[h]
            if half.sign == 0:
                continue
            cell = half.cells
            up, down = cell[0] * half.law.up, cell[1] * half.law.down
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

    return settled
