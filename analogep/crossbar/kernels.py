"""Compiled pulse programming: one row of cells at a time, pulsed side by side.

Random numbers depend on the cell and the pulse (`draws`), not on threads or order, and rows are independent, so that
a split of the rows over threads changes nothing. The parts: `few` (rows of cells with one or two noisy pulses), `rows`
(which cells, memory to buffers and back), `trains` (what pulses do to them), `laws` (one pulse of the curved laws and
tables).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from analogep.crossbar.few import few
from analogep.crossbar.rows import (
    DENSE,
    any_pulses,
    book,
    fetch,
    fetch_all,
    parameters,
    pulsed,
    responding,
    store,
    store_all,
    written,
)
from analogep.crossbar.trains import BURST, INDEX, bursts, noisy, one_by_one, quiet
from analogep.device.laws.base import AFFINE
from analogep.jit import kernel

__all__ = ["BURST", "cells_with_pulses", "program_rows", "pulsed", "read_variance", "rows_with_pulses", "weigh_rows"]


@njit(nogil=True)
def buffers(columns):  # type: ignore[no-untyped-def]
    """What `program_row` needs for one row: `reals`, `whole`, `own`, `z0` and `z1` of `trains`."""
    # Lengths that are no power of two: rows of the buffers must not fall on the same lines of the cache.
    reals, whole = np.empty((10, columns + 8)), np.empty((4, columns + 24), np.int64)
    return reals, whole, np.empty(columns, np.uint32), np.empty(columns, np.float32), np.empty(columns, np.float32)


@njit(nogil=True)
def program_row(  # type: ignore[no-untyped-def]
    i, m, sign, counts, hidden, g, cells, shapes, responds, cycles, code, law, tables, noise, levels, keys, slots, sums,
    column_pulses, column_change, reals, whole, own, z0, z1,
):  # fmt: skip
    """Pulse the `m` cells of row `i` whose columns the row INDEX of `whole` holds.

    Parameters as those of `program_rows`, but for the `counts` of this row (columns,), and the `buffers`, which it may
    put into another order.
    """
    columns = counts.size
    multiplicative, slope, write_noise = noise[0], noise[1], noise[2]
    disturbed = multiplicative + slope + law[0, 2] + law[0, 3] + law[1, 2] + law[1, 3] > 0.0
    simple = code == AFFINE and responds.size == 0 and shapes.size == 0 and disturbed and write_noise == 0.0
    if simple and few(
        i, m, sign, counts, hidden, g, cells, cycles, law, noise, levels, keys, slots, sums, column_pulses,
        column_change, reals, whole[INDEX], own, z0, z1,
    ):  # fmt: skip
        return
    lies = code == AFFINE and responds.size == 0 and DENSE * m >= columns
    if lies:
        m = columns
        fetch_all(i, sign, counts, hidden, g, cells, reals, whole)
    else:
        fetch(i, m, sign, counts, hidden, g, cells, reals, whole)
    parameters(i, m, columns, law, code, shapes, keys[0], reals, whole, own)
    moving = m if responds.size == 0 else responding(i, m, responds, reals, whole, own)
    if code != AFFINE:
        one_by_one(moving, reals, whole, own, keys[1], code, tables, multiplicative, slope)
    elif not disturbed:
        quiet(moving, reals, whole)
    else:
        if multiplicative == 0.0 and slope == 0.0:
            bursts(moving, reals, whole, own, keys[1])
        lies = not noisy(moving, reals, whole, own, keys[1], multiplicative, slope, z0, z1) and lies
    written(i, moving, columns, write_noise, levels, keys[2], keys[3], g, reals, whole, own, z0)
    if lies:
        store_all(i, m, hidden, g, reals, whole)
    else:
        store(i, moving, hidden, g, reals, whole)
    book(i, m, moving, cycles, reals, whole, slots, sums, column_pulses, column_change)


@kernel()
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
    arguments = (
        hidden, g, cells, shapes, responds, cycles, code, law, tables, noise, levels, keys, slots, sums, column_pulses,
        column_change,
    )  # fmt: skip
    scratch = buffers(counts.shape[1])
    for i in range(first, last):
        m = pulsed(i, counts, scratch[1][INDEX])
        if m > 0:
            program_row(i, m, sign, counts[i], *arguments, *scratch)


@kernel()
def rows_with_pulses(first, last, counts, found):  # type: ignore[no-untyped-def]
    """found[i] = whether row i has pulses, for the rows `first` to `last` - 1."""
    for i in range(first, last):
        found[i] = any_pulses(i, counts)


@kernel()
def cells_with_pulses(first, last, counts):  # type: ignore[no-untyped-def]
    """Positions in the flattened array of the cells with pulses in the rows `first` to `last` - 1, ascending."""
    columns, many = counts.shape[1], 0
    index = np.empty(columns + 16, np.int64)
    for i in range(first, last):
        many += pulsed(i, counts, index)
    found, at = np.empty(many, np.int64), 0
    for i in range(first, last):
        for k in range(pulsed(i, counts, index)):
            found[at] = i * columns + index[k]
            at += 1
    return found


@njit(inline="always")
def read_variance(plus, minus, share, floor, scale):  # type: ignore[no-untyped-def]
    """Variance of a read of the pair of conductances `plus` and `minus` [S] as a weight [1]; `floor` [S^2]."""
    a, b = share * plus, share * minus
    return ((a * a + floor) + (b * b + floor)) * scale**2


@kernel()
def weigh_rows(first, last, counts, plus, minus, scale, weights, square, variances):  # type: ignore[no-untyped-def]
    """weights = (plus - minus) scale in the rows `first` to `last` - 1 that have pulses, in place.

    Whole rows: a difference of neighbouring numbers costs less than finding out where it is needed.

    Parameters
    ----------
    first, last : int
    counts : int32 ndarray (rows, columns)
        Numbers of pulses.
    plus, minus : ndarray (rows, columns) [S]
    scale : float [1/S]
    weights : ndarray (rows, columns) [1]
    square : tuple of float [1], [S]
        Share and floor of the standard deviation of one conductance (`GaussianNoise.square`).
    variances : ndarray (rows, columns) or (0, 0) [1]
        Filled in the same rows with the variance of a read of each weight, unless empty.
    """
    share, floor, noisy = square[0], square[1] ** 2, variances.size > 0
    for i in range(first, last):
        if not any_pulses(i, counts):
            continue
        for j in range(counts.shape[1]):
            weights[i, j] = (plus[i, j] - minus[i, j]) * scale
        if noisy:
            for j in range(counts.shape[1]):
                variances[i, j] = read_variance(plus[i, j], minus[i, j], share, floor, scale)
