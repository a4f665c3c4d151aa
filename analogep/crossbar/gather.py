"""Buffers of the cells of one row: from memory, to whole vectors, and back.

Short loops over few arrays, which the compiler turns into vector instructions; a long one it does not.
"""

from __future__ import annotations

from analogep.jit import lean


@lean()
def take(dense, row, index, m, out):  # type: ignore[no-untyped-def]
    """Numbers of a row at `m` columns, or the first `m` as they lie, into `out`."""
    if dense:
        for k in range(m):
            out[k] = row[k]
    else:
        for k in range(m):
            out[k] = row[index[k]]


@lean()
def put(dense, values, index, m, row):  # type: ignore[no-untyped-def]
    """The way back of `take`."""
    if dense:
        for k in range(m):
            row[k] = values[k]
    else:
        for k in range(m):
            row[index[k]] = values[k]


@lean(forceinline=True)
def own(dense, cells, start, index, m, n, scale, low, high):  # type: ignore[no-untyped-def]
    """Factors on the steps and windows of `m` cells of a row whose first cell is number `start`."""
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
    """The same where all cells are alike."""
    up, down = cells[0], cells[1]
    for k in range(m):
        scale[k] = up if n[k] > 0 else down
    for k in range(m):
        low[k], high[k] = cells[2], cells[3]


@lean(forceinline=True)
def padded(m):  # type: ignore[no-untyped-def]
    """`m` in whole vectors of sixteen: what is left over is done one by one, and takes as long."""
    return (m + 15) // 16 * 16


@lean(forceinline=True)
def pad(m, c):  # type: ignore[no-untyped-def]
    """Cells without pulses up to the end of the last vector."""
    for k in range(m, padded(m)):
        c.x[k], c.n[k], c.scale[k], c.low[k], c.high[k], c.second[k], c.index[k] = 0, 0, 0, 0, 1, 0, 0
