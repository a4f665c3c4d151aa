"""Products of inputs that are mostly zero, such as images, with an array: what is zero costs nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analogep.crossbar import threads
from analogep.jit import kernel

Floats = NDArray[np.float64]

_COLUMNS = 256
"""Columns of one job, a fixed number: their sums for a batch stay near the core."""
_FULL = 0.4
"""Share of inputs that are not zero from which BLAS is faster."""
_LEAST = 1 << 16
"""Cells below which nothing is gained."""


@kernel()
def _columns(lines, weights, first, last, out):  # type: ignore[no-untyped-def]
    """out[:, first:last] = x weights[:, first:last], line by line of the inputs; `lines` is x transposed."""
    count, samples = lines.shape
    sums, lit = np.zeros((samples, last - first), weights.dtype), np.empty(samples, np.int64)
    for i in range(count):
        found = 0
        for b in range(samples):
            lit[found] = b
            found += lines[i, b] != 0.0
        row = weights[i, first:last]
        for k in range(found):
            share, part = lines[i, lit[k]], sums[lit[k]]
            for j in range(part.size):
                part[j] += share * row[j]
    out[:, first:last] = sums


def product(x: Floats, weights: Floats) -> Floats:
    """x weights (samples, columns), by BLAS unless most of `x` (samples, lines) is zero, as precise as the weights.

    The choice and the order of the sums depend on the numbers alone, not on threads.
    """
    if weights.size < _LEAST or np.count_nonzero(x) > _FULL * x.size:
        return np.asarray(x.astype(weights.dtype, copy=False) @ weights)
    out, columns = np.empty((x.shape[0], weights.shape[1]), weights.dtype), weights.shape[1]
    lines = np.ascontiguousarray(x.T, dtype=weights.dtype)

    def job(k: int) -> None:
        _columns(lines, weights, k * _COLUMNS, min((k + 1) * _COLUMNS, columns), out)

    threads.share(job, -(-columns // _COLUMNS), threads.worth(weights.size))
    return out
