"""Copies between the arrays in memory and the buffers of one row of cells, filled up to whole vectors.

Loops are short and touch few arrays each: the compiler turns those into vector instructions, and longer ones not.
"""

from __future__ import annotations

from analogep.jit import lean


@lean()
def take(dense, row, index, m, out):  # type: ignore[no-untyped-def]
    """Copy a row's numbers at `m` columns to `out`: the first `m` if `dense`, else those that `index` lists."""
    if dense:
        for k in range(m):
            out[k] = row[k]
    else:
        for k in range(m):
            out[k] = row[index[k]]


@lean()
def put(dense, values, index, m, row):  # type: ignore[no-untyped-def]
    """Copy `values` back to where `take` had them from."""
    if dense:
        for k in range(m):
            row[k] = values[k]
    else:
        for k in range(m):
            row[index[k]] = values[k]


@lean(forceinline=True)
def own(dense, cells, start, index, m, n, scale, low, high):  # type: ignore[no-untyped-def]
    """Copy factors on the steps and windows of `m` cells of a row, the first cell of which is number `start` of all."""
    if dense:
        for k in range(m):
            at = 4 * (start + k)
            scale[k] = cells[at] if n[k] > 0 else cells[at + 1]
        for k in range(m):
            at = 4 * (start + k)
            low[k], high[k] = cells[at + 2], cells[at + 3]
    else:
        for k in range(m):
            at = 4 * (start + index[k])
            scale[k] = cells[at] if n[k] > 0 else cells[at + 1]
            low[k], high[k] = cells[at + 2], cells[at + 3]


@lean(forceinline=True)
def alike(cells, m, n, scale, low, high):  # type: ignore[no-untyped-def]
    """As `own`, where one cell stands for all."""
    up, down = cells[0], cells[1]
    for k in range(m):
        scale[k] = up if n[k] > 0 else down
    for k in range(m):
        low[k], high[k] = cells[2], cells[3]


@lean(forceinline=True)
def padded(m):  # type: ignore[no-untyped-def]
    """`m` rounded up to whole vectors of sixteen: a remainder, done one by one, takes as long as a vector."""
    return (m + 15) // 16 * 16


@lean(forceinline=True)
def pad(m, c):  # type: ignore[no-untyped-def]
    """Fill the last vector up with cells without pulses."""
    for k in range(m, padded(m)):
        c.x[k], c.n[k], c.scale[k], c.low[k], c.high[k], c.second[k], c.index[k] = 0, 0, 0, 0, 1, 0, 0
