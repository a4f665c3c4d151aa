"""Steps of spiking networks with thermal noise, compiled (`thermal`).

Deviates are those of a key, a step and a neuron, whatever spikes: any number of threads draws the same.
"""

from __future__ import annotations

import numpy as np

from analogep.draws import normals, word
from analogep.jit import inner

_FAST = {"contract", "nsz", "nnan"}


@inner(fastmath=_FAST, error_model="numpy")
def drifted(x, u, drive, numbers, charges, one, other, shaken, b, turn):  # type: ignore[no-untyped-def]
    """Synapses and membranes of one layer, neurons `one` to `other` - 1, after a step; the sum of x^2 before it.

    `shaken` is as in `steps`, `b` the sample, `turn` the number of the step; the rest is as in `steps`.
    """
    noise, key = shaken[0], shaken[1][b]
    a, mean, decay, floor, top = numbers[0], numbers[1], numbers[2], numbers[5], u.dtype.type(2)
    square, leaks = x.dtype.type(0), decay < 1
    for i in range(one, other):
        xi, eta = normals(word(key, i, turn))
        away = x[i] - drive[i]
        square += x[i] * x[i]
        kick = noise[0, i] * xi
        x[i] = drive[i] + away * a + kick
        if leaks:
            leaked, _ = normals(word(key, x.size + i, turn))
            u[i] += noise[3, i] * leaked
        seen = drive[i] + away * mean + noise[1, i] * kick + noise[2, i] * eta
        u[i] = min(max(u[i] * decay + seen * charges[i], floor), top)
    return square


@inner(error_model="numpy", forceinline=False)
def reset(u, fired, shaken, row, b, turn):  # type: ignore[no-untyped-def]
    """What is left by spikes that took their threshold off the membranes `u`, in the `row` of the noise."""
    for node in fired:
        xi, _ = normals(word(shaken[1][b], 2 * u.size + node, turn))
        u[node] += shaken[0][row, node] * xi


@inner(error_model="numpy", forceinline=False)
def opened(u, until, step, one, other, shaken, b, turn):  # type: ignore[no-untyped-def]
    """What switches leave that put membranes `u` to a level, where the refractory time ends with this step."""
    for i in range(one, other):
        if step == until[i]:
            xi, _ = normals(word(shaken[1][b], 2 * u.size + i, turn))
            u[i] += shaken[0][4, i] * xi


@inner(fastmath=_FAST, error_model="numpy")
def decoded(x, arrived, drive, share, one, other, shaken, b, turn):  # type: ignore[no-untyped-def]
    """Decoders `one` to `other` - 1 after a step, in place, with what has arrived, which is used up; returns the sum of
    x^2 before it.

    `share` is the decoder's, the rest as in `drifted`.
    """
    noise, key = shaken[0], shaken[1][b]
    square, leak = 0.0, np.sqrt(share * (x.dtype.type(2) - share))
    for i in range(one, other):
        xi, eta = normals(word(key, i, turn))
        square += x[i] * x[i]
        x[i] += share * (drive[i] + arrived[i] + noise[1, i] * eta - x[i]) + leak * noise[0, i] * xi
        arrived[i] = 0
    return square
