"""What is read of a row of pairs: weights, the variance of a read of each, and verify reads.

w = (G+ - G-) scale,    seen = [q(G+ + s(G+) xi) - q(G- + s(G-) xi')] scale     q the converter, s read noise
"""

from __future__ import annotations

import numpy as np

from analogep.draws import normals, word
from analogep.jit import brought, kernel, lean

read_variance, read = (brought(name, error_model="numpy") for name in ("read_variance", "read"))
"""Of a read noise (`GaussianNoise.numbers`)."""


@lean(forceinline=True)
def _variance(noise, plus, minus, scale):  # type: ignore[no-untyped-def]
    """Variance of a read of a pair as a weight [1]."""
    return (read_variance(noise, plus) + read_variance(noise, minus)) * (scale * scale)


@kernel(error_model="numpy")
def spread(noise, plus, minus, scale, out):  # type: ignore[no-untyped-def]
    """Fill `out` with the variances of pairs of conductances [S], all (pairs,), as `weigh` computes them."""
    for k in range(out.size):
        out[k] = _variance(noise, plus[k], minus[k], scale)


@lean(forceinline=True)
def weigh(m, index, dense, after, halves, shown, reads, i):  # type: ignore[no-untyped-def]
    """Weights and the variances of their reads, where they are kept."""
    plus, minus, scale, noise = after[0], after[1], shown.scale, reads.noise
    if len(halves) == 1:
        return
    if dense:
        weights = shown.weights[i]
        for k in range(m):
            weights[k] = (plus[k] - minus[k]) * scale
    else:
        for k in range(m):
            shown.weights[i, index[k]] = (plus[k] - minus[k]) * scale
    if shown.variances.size > 0:
        for k in range(m):
            shown.variances[i, index[k]] = _variance(noise, plus[k], minus[k], scale)


@lean(forceinline=True)
def converted(g, quantum):  # type: ignore[no-untyped-def]
    """Nearest multiple of the converter's step."""
    return np.rint(g / quantum) * quantum if quantum > 0 else g


@lean(forceinline=True)
def verify(m, index, n, after, halves, shown, reads, start, seen):  # type: ignore[no-untyped-def]
    """Reads of the cells of a row that had pulses; returns how many, and the sum of their conductances [S]."""
    number, total = 0, 0.0
    for k in range(m):
        if n[k] == 0:
            continue
        cell = start + index[k]
        xi, other = normals(word(reads.key, cell, 0))
        g = after[0, k]
        value = converted(read(reads.noise, g, word(reads.key, cell, 1), xi), reads.quantum)
        total += np.float64(g)
        if len(halves) == 2:
            g = after[1, k]
            total += np.float64(g)
            value -= converted(read(reads.noise, g, word(reads.key, cell, 2), other), reads.quantum)
        seen[index[k]] = (value - shown.origin) * shown.scale
        number += 1
    return number, total
