"""Gradient descent on an array of plain pairs in one pass: outer products -> whole pulses -> states -> weights.

    z_ij = sum_b lines_ib change_bj,   n = clip(floor(z + u), most)
    x+ <- clip(x+ + n step),   x- <- clip(x- - n step),   w = (G(x+) - G(x-)) scale

which is the stochastic rule (`draws.rounded`: u uniform in (0, 1), of the key and the cell) and `program_plain` on both
halves. No array of counts goes through memory, and inputs that are zero in a sample cost nothing.

In single precision u has 24 bits instead of 32, and the sums that are booked have a relative error of about 1e-6 a row.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from analogep.crossbar.plain import weigh_row
from analogep.draws import seed, turned, u32
from analogep.jit import kernel

_FAST = {"reassoc", "contract", "nsz"}
_IN_ORDER = {"contract", "nsz"}
"""Wanted changes and their rounding are as written: no sum is rearranged."""

SUMS = 12
"""What is summed of a row: pulses up and down of the pair; of plus x before and after times pulses up, times pulses
down, x before times the same, change of x; and the same of minus."""


@njit(forceinline=True, nogil=True, fastmath=_IN_ORDER)
def multiplied(line, change, lit, z):  # type: ignore[no-untyped-def]
    """z = sum_b line_b change_b, four terms at a time; returns whether any line was not zero. `lit` is a buffer."""
    found, k = 0, 0
    for b in range(line.size):
        lit[found] = b
        found += line[b] != 0
    if found == 0:
        return False
    for j in range(z.size):
        z[j] = 0
    while k + 4 <= found:
        p, q, s, t = lit[k], lit[k + 1], lit[k + 2], lit[k + 3]
        a, b, c, d = line[p], line[q], line[s], line[t]
        first, second, third, fourth = change[p], change[q], change[s], change[t]
        for j in range(z.size):
            z[j] = z[j] + a * first[j] + b * second[j] + c * third[j] + d * fourth[j]
        k += 4
    while k < found:
        share, part = line[lit[k]], change[lit[k]]
        for j in range(z.size):
            z[j] += share * part[j]
        k += 1
    return True


@njit(forceinline=True, nogil=True, fastmath=_IN_ORDER)
def _rounded(z, start, key, most):  # type: ignore[no-untyped-def]
    """z = floor(z + u), at most `most` in size; u from 32 random bits of each cell, or the upper 24 of them."""
    low, high, half, scale = key[0], key[1], z.dtype.type(0.5), z.dtype.type(2.0**-24 if z.itemsize == 4 else 2.0**-32)
    if z.itemsize == 4:
        for j in range(z.size):
            # A signed integer becomes a floating-point number in one instruction.
            bits = np.int32(turned(high, seed(low, u32(start + j)), u32(0)) >> u32(8))
            z[j] = min(max(np.floor(z[j] + (z.dtype.type(bits) + half) * scale), -most), most)
        return
    for j in range(z.size):
        bits = turned(high, seed(low, u32(start + j)), u32(0))
        z[j] = min(max(np.floor(z[j] + (z.dtype.type(bits) + half) * scale), -most), most)


@njit(forceinline=True, nogil=True, fastmath=_FAST)
def _pulsed(n, x, sign, steps, change):  # type: ignore[no-untyped-def]
    """Pulse one row of one half; sums of x times pulses as in `SUMS`, and of the change."""
    zero, one = x.dtype.type(0), x.dtype.type(1)
    up, down, start_up, start_down, moved = zero, zero, zero, zero, zero
    for j in range(n.size):
        m = sign * n[j]
        a = max(m, zero)
        b = a - m
        before = x[j]
        after = min(max(before + (a * steps[0] - b * steps[1]), zero), one)
        x[j] = after
        change[j] += after - before
        both = before + after
        up += a * both
        down += b * both
        start_up += a * before
        start_down += b * before
        moved += after - before
    return up, down, start_up, start_down, moved


@njit(forceinline=True, nogil=True, fastmath=_FAST)
def _counted(n, ups, downs):  # type: ignore[no-untyped-def]
    """Pulses up and down of one row, added to each column's, and the most of one cell up and down."""
    zero = n.dtype.type(0)
    up, down = zero, zero
    # The largest of many floating-point numbers is no vector operation for the compiler, that of integers is.
    most, least = np.int32(0), np.int32(0)
    for j in range(n.size):
        a = max(n[j], zero)
        b = a - n[j]
        ups[j] += a
        downs[j] += b
        up += a
        down += b
        whole = np.int32(n[j])
        most, least = max(most, whole), min(least, whole)
    return up, down, most, -least


@kernel()
def descend_rows(  # type: ignore[no-untyped-def]
    first, last, lines, change, key, most, plus, minus, weights, steps, window, scale, slots, sums, pulses, moved
):
    """Descend in the rows `first` to `last` - 1, in place; all numbers but the last two are of the states' kind.

    Parameters
    ----------
    first, last : int
    lines : ndarray (rows, terms) or (0, 0)
    change : ndarray (terms, columns) or (rows, columns)
        Factors of the wanted change, `lines` times `change` [steps]; or, without lines, the change itself.
    key : uint32 ndarray (2,)
        Halves of the key of the random numbers.
    most : float
        Most pulses on one pair.
    plus, minus : ndarray (rows, columns) [window]
        States.
    weights : ndarray (rows, columns) [1]
    steps : tuple of float [window]
        Change by a pulse up, positive, and the size of one down.
    window : tuple of float [S]
    scale : float [1/S]
    slots, sums : int64 ndarray (2, rows), ndarray (rows, SUMS)
        Filled: most pulses up and down of one pair of the row, and the sums of `SUMS`.
    pulses, moved : ndarray (2, columns)
        Added to: pulses of each column up and down, and the change of its x of plus and of minus.
    """
    columns, one = plus.shape[1], plus.dtype.type(1)
    z, lit = np.empty(columns, plus.dtype), np.empty(lines.shape[1] + 1, np.int64)
    counted, shifted = np.zeros((2, columns), plus.dtype), np.zeros((2, columns), plus.dtype)
    for i in range(first, last):
        if lines.size == 0:
            z[:] = change[i]
        elif not multiplied(lines[i], change, lit, z):
            continue
        _rounded(z, i * columns, key, most)
        sums[i, 0], sums[i, 1], slots[0, i], slots[1, i] = _counted(z, counted[0], counted[1])
        first_half = _pulsed(z, plus[i], one, steps, shifted[0])
        second_half = _pulsed(z, minus[i], -one, steps, shifted[1])
        for k in range(5):
            sums[i, 2 + k], sums[i, 7 + k] = first_half[k], second_half[k]
        weigh_row(plus[i], minus[i], window, scale, weights[i])
    for half in range(2):
        for j in range(columns):
            pulses[half, j] += counted[half, j]
            moved[half, j] += shifted[half, j]
