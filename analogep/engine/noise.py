"""Read noise in a step: sum_j dw_j q_j has the standard deviation sqrt(sum_j var(w_j) q_j^2)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from analogep.engine.products import FAST
from analogep.jit import inner


class Noise(NamedTuple):
    """Read noise whose deviates stay the same during a phase; one type with noise and without serves one march.

    Parameters
    ----------
    passes : int
        2 with noise; 1 without, and then the other fields are not used.
    arrays : tuple of tuples of ndarray (lines, columns) [1]
        Variances of forward and reverse weights, laid out like these.
    constants : ndarray (places,) [V^2]
        Variance of each bias line's bracket.
    forward, reverse : ndarray (phases, samples, places) [1]
        Normal deviates of what comes into each node from the array in front of it, and from the one behind it.
    """

    passes: Any
    arrays: Any
    constants: Any
    forward: Any
    reverse: Any


@inner(fastmath=FAST, error_model="numpy")
def squared(noise, k, spans, x, y, spread):  # type: ignore[no-untyped-def]
    """Square in place what drives the lines of array k, and set `spread` to the variances that reads are added to."""
    # Views of the nodes: an index that may be negative is looked at one by one.
    before, here = slice(spans[k - 1, 0], spans[k - 1, 1]), slice(spans[k, 0], spans[k, 1])
    constants, none = noise.constants[here], x.dtype.type(0)
    for b in range(x.shape[0]):
        one, row = x[b, before], spread[b, before]
        for j in range(one.size):
            one[j] *= one[j]
            row[j] = none
        other, row = y[b, here], spread[b, here]
        for j in range(other.size):
            other[j] *= other[j]
            row[j] = constants[j]


@inner(fastmath=FAST, error_model="numpy")
def disturbed(noise, k, phase, first, spans, spread, out, back):  # type: ignore[no-untyped-def]
    """out and back += xi sqrt(variance), of array k forward and in reverse, for the samples from `first` on."""
    before, here = slice(spans[k - 1, 0], spans[k - 1, 1]), slice(spans[k, 0], spans[k, 1])
    for b in range(min(out.shape[0], noise.forward.shape[1] - first)):
        row, variance, xi = back[b, before], spread[b, before], noise.reverse[phase, first + b, before]
        for j in range(row.size):
            row[j] += xi[j] * np.sqrt(variance[j])
        row, variance, xi = out[b, here], spread[b, here], noise.forward[phase, first + b, here]
        for j in range(row.size):
            row[j] += xi[j] * np.sqrt(variance[j])
