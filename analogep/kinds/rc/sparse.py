"""Products of inputs that are mostly zero, such as images, with an array: what is zero costs nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analogep.crossbar import threads
from analogep.jit import kernel

Floats = NDArray[np.float64]

_COLUMNS = 512
"""Columns of one job, a fixed number: their sums for a batch stay near the core."""
_LINES = 32
"""Lines whose weights all samples use before the next ones are fetched."""
_FULL = 0.4
"""Share of inputs that are not zero from which BLAS is faster."""
_LEAST = 1 << 16
"""Cells below which nothing is gained."""


@kernel()
def _columns(lines, weights, first, last, out):  # type: ignore[no-untyped-def]
    """out[:, first:last] = x weights[:, first:last], each sum in the order of the lines; `lines` is x transposed."""
    count, samples = lines.shape
    sums, lit = np.zeros((samples, last - first), weights.dtype), np.empty(_LINES + 1, np.int64)
    for start in range(0, count, _LINES):
        for b in range(samples):
            found, k, part = 0, 0, sums[b]
            for i in range(start, min(start + _LINES, count)):
                lit[found] = i
                found += lines[i, b] != 0.0
            while k + 4 <= found:
                p, q, s, t = lit[k], lit[k + 1], lit[k + 2], lit[k + 3]
                one, two = weights[p, first:last], weights[q, first:last]
                three, four = weights[s, first:last], weights[t, first:last]
                x, y, z, u = lines[p, b], lines[q, b], lines[s, b], lines[t, b]
                for j in range(part.size):
                    part[j] = part[j] + x * one[j] + y * two[j] + z * three[j] + u * four[j]
                k += 4
            while k < found:
                share, row = lines[lit[k], b], weights[lit[k], first:last]
                for j in range(part.size):
                    part[j] += share * row[j]
                k += 1
    for b in range(samples):
        for j in range(last - first):
            out[b, first + j] = sums[b, j]


@kernel()
def _turned(x, out):  # type: ignore[no-untyped-def]
    """Fill `out` with x transposed, a few lines at a time; returns how many numbers of x are not zero."""
    found, (samples, count) = 0, x.shape
    for start in range(0, count, _LINES):
        for b in range(samples):
            for i in range(start, min(start + _LINES, count)):
                out[i, b] = x[b, i]
                found += x[b, i] != 0.0
    return found


def product(x: Floats, weights: Floats) -> Floats:
    """x weights (samples, columns) [V] of `x` (samples, lines) [V] and `weights` (lines, columns) [1], in the precision
    of the latter.

    BLAS multiplies unless most of x is zero. The choice and the order of the sums depend on the numbers alone, not on
    threads.
    """
    if weights.size < _LEAST or _turned(x, lines := np.empty(x.shape[::-1], weights.dtype)) > _FULL * x.size:
        return np.asarray(x.astype(weights.dtype, copy=False) @ weights)
    out, columns = np.empty((x.shape[0], weights.shape[1]), weights.dtype), weights.shape[1]

    def job(k: int) -> None:
        _columns(lines, weights, k * _COLUMNS, min((k + 1) * _COLUMNS, columns), out)

    threads.share(job, -(-columns // _COLUMNS), threads.worth(weights.size))
    return out
