"""What is read of a row of pairs: weights, the variance of a read of each, and verify reads.

w = (G+ - G-) scale,    seen = [q(G+ + s(G+) xi) - q(G- + s(G-) xi')] scale     q the converter, s read noise
"""

from __future__ import annotations

from typing import Any

import numpy as np

from analogep.draws import normals, word
from analogep.jit import brought, kernel, lean
from analogep.parts import in_precision
from analogep.routines import Made, Routine, loaded

read_variance, read = (brought(name, error_model="numpy") for name in ("read_variance", "read"))
"""Of a read noise (`ReadNoise.numbers`)."""


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
def weigh(m, index, dense, after, halves, shown, i):  # type: ignore[no-untyped-def]
    """Weights, where they are kept."""
    plus, minus, scale = after[0], after[1], shown.scale
    if len(halves) == 1:
        return
    if dense:
        weights = shown.weights[i]
        for k in range(m):
            weights[k] = (plus[k] - minus[k]) * scale
    else:
        for k in range(m):
            shown.weights[i, index[k]] = (plus[k] - minus[k]) * scale


@lean(forceinline=True)
def converted(g, quantum):  # type: ignore[no-untyped-def]
    """Nearest multiple of the converter's step."""
    return np.rint(g / quantum) * quantum if quantum > 0 else g


def _look(kind, parts, m, index, n, after, pair, row, key, start, units, variances, seen, reads):  # type: ignore[no-untyped-def]
    """What noise has to do with the cells of a row that had pulses: a routine.

    Variances of a read of each pair go to `variances`, where they are kept, and a read of each to `seen`, if it is
    wanted; `reads` (2, rows) is given the number of these and the sum of the conductances [S] of `row`. `units` are
    the weight of 1 S, the conductance of the weight 0 [S], and the converter's step [S].
    """
    (noise,) = loaded(kind, parts)
    scale, origin, quantum = units
    if variances.size > 0:
        for k in range(m):
            variances[index[k]] = _variance(noise, after[0, k], after[1, k], scale)
    if seen.size == 0:
        return
    number, total = 0, 0.0
    for k in range(m):
        if n[k] == 0:
            continue
        cell = start + index[k]
        xi, other = normals(word(key, cell, 0))
        g = after[0, k]
        value = converted(read(noise, g, word(key, cell, 1), xi), quantum)
        total += np.float64(g)
        if pair:
            g = after[1, k]
            total += np.float64(g)
            value -= converted(read(noise, g, word(key, cell, 2), other), quantum)
        seen[index[k]] = (value - origin) * scale
        number += 1
    reads[0, row], reads[1, row] = number, total


def _examples(real: Any) -> tuple[Any, ...]:
    row, both, none = np.zeros(1, real), np.zeros((2, 1), real), np.uint64(0)
    return 0, np.zeros(1, np.int32), row, both, True, 0, none, 0, (real(1.0),) * 3, row, row, np.zeros((2, 1))


_LOOKS = Routine(_look, _examples)
_look_row = _LOOKS.call


def looking(noise: Any, real: type[np.floating[Any]]) -> Made:
    """`program.Reads.looks` for the numbers of a read noise."""
    return _LOOKS.of(real, in_precision(noise, real))


@lean(forceinline=True)
def look(m, index, n, after, halves, shown, reads, i, seen, found):  # type: ignore[no-untyped-def]
    """Variances of row i, where they are kept, and verify reads, if they are wanted, into `seen` and `found`."""
    variances = shown.variances[i] if shown.variances.size > 0 else n[:0]
    row = seen[i] if reads.verify else n[:0]
    units, start = (shown.scale, shown.origin, reads.quantum), i * n.size
    _look_row(reads.looks, (m, index, n, after, len(halves) == 2, i, reads.key, start, units, variances, row, found))
