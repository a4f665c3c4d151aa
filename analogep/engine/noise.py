"""Read noise in a step: sum_j dw_j q_j has the standard deviation sqrt(sum_j var(w_j) q_j^2)."""

from __future__ import annotations

from typing import Any, NamedTuple

from analogep.engine.products import FAST
from analogep.jit import inner


class Noise(NamedTuple):
    """Reads whose deviates stand still in a phase; one type with noise and without, so that one march serves both.

    Parameters
    ----------
    passes : int
        2 with noise, 1 without, where the rest is not looked at.
    arrays : tuple of tuples of ndarray
        Variances of forward and reverse weights, laid out as they are [1].
    constants : ndarray (places,) [V^2]
        Variance of each bias line's bracket.
    forward, reverse : ndarray (phases, samples, places)
        Deviates of what comes into each node from the array in front of it, and from the one behind it.
    """

    passes: Any
    arrays: Any
    constants: Any
    forward: Any
    reverse: Any


@inner(fastmath=FAST, error_model="numpy")
def squared(noise, k, spans, x, y, spread):  # type: ignore[no-untyped-def]
    """Square what drives the lines of array k where it lies, and set the variances that it is to be added to."""
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
