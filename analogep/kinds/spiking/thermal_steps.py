"""Steps of spiking networks with thermal noise, compiled (`thermal`).

Deviates are those of a key, a step and a neuron, whatever spikes: any number of threads draws the same.
"""

from __future__ import annotations

import numpy as np

from analogep.draws import normals, word
from analogep.jit import inner, lean

_FAST = {"contract", "nsz", "nnan"}


@inner(fastmath=_FAST, error_model="numpy")
def drifted(x, u, drive, numbers, charges, one, other, shaken, b, turn):  # type: ignore[no-untyped-def]
    """Synapses and membranes of a layer, neurons `one` to `other` - 1, after a step; leak times x^2 before it [V^2 S].

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
    square, leak = 0.0, np.sqrt(share * (x.dtype.type(2) - share))
    for i in range(one, other):
        xi, eta = normals(word(key, i, turn))
        square += x[i] * x[i]
        x[i] += share * (drive[i] + arrived[i] + noise[1, i] * eta - x[i]) + leak * noise[0, i] * xi
        arrived[i] = 0
    return square
