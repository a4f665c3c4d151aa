"""Steps of spiking networks with thermal noise, compiled (`thermal`).

Deviates are those of a key, a step and a neuron, whatever spikes: any number of threads draws the same.
"""

from __future__ import annotations

import numpy as np

from analogep.draws import normals, pairs, word
from analogep.jit import inner, lean

_FAST = {"contract", "nsz", "nnan"}


@inner(fastmath=_FAST | {"reassoc"}, error_model="numpy", forceinline=False)
def _squares(x):  # type: ignore[no-untyped-def]
    """Sum of x^2."""
    square = x.dtype.type(0)
    for i in range(x.size):
        square += x[i] * x[i]
    return square


@inner(fastmath=_FAST, error_model="numpy")
def drifted(x, u, drive, numbers, charges, one, other, shaken, b, turn):  # type: ignore[no-untyped-def]
    """Synapses and membranes of a layer, neurons `one` to `other` - 1, after a step; leak times x^2 before it [V^2 S].

    `shaken` is as in `steps`, `b` the sample, `turn` the number of the step; the rest is as in `steps`.
    """
    noise, key = shaken[0], shaken[1][b]
    a, mean, decay, floor, top = numbers[0], numbers[1], numbers[2], numbers[5], u.dtype.type(2)
    many = other - one
    # Loops over few arrays each: the compiler takes no vectors where too many of them might overlap.
    kick, seen = np.empty(many, x.dtype), np.empty(many, x.dtype)
    if decay < 1:
        pairs(key, turn, x.size + one, kick, seen)
        for i in range(many):
            u[one + i] += noise[3, one + i] * kick[i]
    pairs(key, turn, one, kick, seen)
    for i in range(many):
        kick[i] *= noise[0, one + i]
    for i in range(many):
        seen[i] = noise[1, one + i] * kick[i] + noise[2, one + i] * seen[i]
    x, u, drive, charges = x[one:other], u[one:other], drive[one:other], charges[one:other]
    for i in range(many):
        seen[i] += drive[i] + (x[i] - drive[i]) * mean
    for i in range(many):
        u[i] = min(max(u[i] * decay + seen[i] * charges[i], floor), top)
    square = _squares(x)
    for i in range(many):
        x[i] = drive[i] + (x[i] - drive[i]) * a + kick[i]
    return square * numbers[9]


@lean()
def reset(u, until, step, one, other, fired, subtracts, shaken, row, b, turn):  # type: ignore[no-untyped-def]
    """What resets leave on the membranes `u` of the neurons `one` to `other` - 1 at the end of a step.

    At every spike in `fired` where it `subtracts`, else when the refractory time ends. `row` is that of the noise.
    """
    noise, key = shaken[0], shaken[1][b]
    if subtracts:
        for node in fired:
            xi, _ = normals(word(key, 2 * u.size + node, turn))
            u[node] += noise[row, node] * xi
    else:
        for i in range(one, other):
            if step == until[i]:
                xi, _ = normals(word(key, 2 * u.size + i, turn))
                u[i] += noise[row, i] * xi


@inner(fastmath=_FAST, error_model="numpy")
def decoded(x, arrived, drive, share, one, other, shaken, b, turn):  # type: ignore[no-untyped-def]
    """Decoders `one` to `other` - 1 after a step, in place, with what has arrived, which is used up; returns the sum of
    x^2 before it.

    `share` is the decoder's, the rest as in `drifted`.
    """
    noise, key = shaken[0], shaken[1][b]
    leak, many = np.sqrt(share * (x.dtype.type(2) - share)), other - one
    kick, mean = np.empty(many, x.dtype), np.empty(many, x.dtype)
    pairs(key, turn, one, kick, mean)
    for i in range(many):
        kick[i] *= leak * noise[0, one + i]
    for i in range(many):
        mean[i] *= noise[1, one + i]
    x, arrived, drive = x[one:other], arrived[one:other], drive[one:other]
    square = _squares(x)
    for i in range(many):
        x[i] += share * (drive[i] + arrived[i] + mean[i] - x[i]) + kick[i]
        arrived[i] = 0
    return square
