"""Read noise in a step: sum_j dw_j q_j has the standard deviation sqrt(sum_j var(w_j) q_j^2)."""

from __future__ import annotations

from typing import Any, NamedTuple

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
    for b in range(x.shape[0]):
        one, other, row = x[b], y[b], spread[b]
        for j in range(spans[k - 1, 0], spans[k - 1, 1]):
            one[j] *= one[j]
            row[j] = 0
        for j in range(spans[k, 0], spans[k, 1]):
            other[j] *= other[j]
            row[j] = noise.constants[j]


@inner(fastmath=FAST, error_model="numpy")
def disturbed(noise, k, phase, first, spans, spread, out):  # type: ignore[no-untyped-def]
    """out += xi sqrt(variance), of array k in both directions, for the samples from `first` on."""
    for b in range(min(out.shape[0], noise.forward.shape[1] - first)):
        row, variance = out[b], spread[b]
        ahead, behind = noise.forward[phase, first + b], noise.reverse[phase, first + b]
        for j in range(spans[k - 1, 0], spans[k - 1, 1]):
            row[j] += behind[j] * variance[j] ** 0.5
        for j in range(spans[k, 0], spans[k, 1]):
            row[j] += ahead[j] * variance[j] ** 0.5
