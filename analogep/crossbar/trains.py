"""Trains of pulses on the gathered cells of a row, side by side; the buffers that all parts of the kernel share.

`reals` and `whole` hold one gathered cell a column: state, parameters of its law in its direction, noise, window,
conductance before, factors on its steps; index in the row, side (0 up, 1 down), pulses left, pulses in all. `own` is
the cell's seed (`draws.seed`).

Noise-free affine pulses take the closed form of n pulses; affine pulses with additive noise alone, at least `BURST` of
them and six standard deviations from both bounds all the way, one deviate with the closed form's variance; all others
go pulse by pulse with a clip after each.
"""

from __future__ import annotations

import math

from numba import njit

from analogep.crossbar.laws import one_pulse
from analogep.device.laws.base import INVERSE_CDF
from analogep.draws import f32, normals, turned, u32

BURST = 8
"""Smallest number of pulses for which one deviate replaces them where that is exact."""

X, P0, P1, SD, LOW, HIGH, BEFORE, UP, DOWN, SCALE = range(10)
INDEX, SIDE, N, COUNT = range(4)


@njit(inline="always")
def clip(x):  # type: ignore[no-untyped-def]
    """`x` within 0..1."""
    x = x if x > 0.0 else 0.0
    return x if x < 1.0 else 1.0


@njit(nogil=True)
def swap(reals, whole, own, a, b):  # type: ignore[no-untyped-def]
    """Exchange two gathered cells."""
    for row in range(reals.shape[0]):
        reals[row, a], reals[row, b] = reals[row, b], reals[row, a]
    for row in range(whole.shape[0]):
        whole[row, a], whole[row, b] = whole[row, b], whole[row, a]
    own[a], own[b] = own[b], own[a]


@njit(nogil=True)
def _live(reals, whole, own, live, done):  # type: ignore[no-untyped-def]
    """Bring the cells that still have pulses after `done` to the front; returns how many they are."""
    front = 0
    for k in range(live):
        if whole[N, k] > done:
            if k != front:
                swap(reals, whole, own, k, front)
            front += 1
    return front


@njit(nogil=True)
def quiet(m, reals, whole):  # type: ignore[no-untyped-def]
    """Noise-free affine pulses: the closed form, clipped once."""
    x, p0, p1, n = reals[X], reals[P0], reals[P1], whole[N]
    bent = 0
    for k in range(m):
        single = n[k] <= 1 or p1[k] == 0.0
        x[k] = clip(x[k] + n[k] * (p0[k] + p1[k] * x[k])) if single else x[k]
        bent += not single
    if bent == 0:
        return
    for k in range(m):
        if n[k] > 1 and p1[k] != 0.0:
            # A step beyond the limit of its law ends at the bound, as it does with a clip after each pulse; a state at
            # the limit stays there, whatever the power overflows to.
            limit = -p0[k] / p1[k]
            if x[k] != limit:
                x[k] = clip(limit - (limit - x[k]) * max(1.0 + p1[k], 0.0) ** n[k])


@njit(nogil=True)
def bursts(m, reals, whole, own, high):  # type: ignore[no-untyped-def]
    """Additive noise off the bounds: n pulses by one deviate; what is done so has no pulses left."""
    x, p0, p1, sd, n = reals[X], reals[P0], reals[P1], reals[SD], whole[N]
    most = 0
    for k in range(m):
        most = max(most, n[k])
    if most < BURST:
        return
    for k in range(m):
        if n[k] < BURST:
            continue
        r = 1.0 + p1[k]
        if r <= 0.0:
            continue
        if p1[k] == 0.0:
            end, variance = x[k] + n[k] * p0[k], n[k] * sd[k] ** 2
        else:
            limit, power = -p0[k] / p1[k], r ** n[k]
            end = limit - (limit - x[k]) * power
            variance = sd[k] ** 2 * (1.0 - power * power) / (1.0 - r * r)
        room = 6.0 * math.sqrt(variance)
        # The mean path is monotone and the variance along it never exceeds that of the end for a decelerating law.
        if p1[k] <= 0.0 and min(x[k], end) > room and max(x[k], end) < 1.0 - room:
            z, _ = normals(turned(high, own[k], u32(0)))
            x[k] = end + math.sqrt(variance) * z
            n[k] = 0


@njit(nogil=True)
def noisy(m, reals, whole, own, high, multiplicative, slope, z0, z1):  # type: ignore[no-untyped-def]
    """Noisy affine pulses: x' = x + d + sd xi, clipped after each pulse. Returns whether the cells changed places."""
    x, p0, p1, sd, n = reals[X], reals[P0], reals[P1], reals[SD], whole[N]
    low, top = reals[LOW], reals[HIGH]
    live, turn, moved = m, 0, False
    while True:
        left = 0
        for k in range(live):
            left += n[k] > 2 * turn
        if left == 0:
            return moved
        # Cells that are done make room once they are most, so that one long train does not keep a whole row.
        if 4 * left < live:
            live, moved = _live(reals, whole, own, live, 2 * turn), True
        for k in range(live):
            z0[k], z1[k] = normals(turned(high, own[k], u32(turn)))
        more = 0
        for k in range(live):
            more += n[k] > 2 * turn + 1
        for half in range(2 if more > 0 else 1):
            z = z0 if half == 0 else z1
            pulse = 2 * turn + half
            for k in range(live):
                d = p0[k] + p1[k] * x[k]
                s = sd[k] + multiplicative * abs(d)
                if slope > 0.0:
                    s += slope * (x[k] + low[k] / (top[k] - low[k]))
                y = clip(x[k] + d + s * z[k])
                x[k] = y if n[k] > pulse else x[k]
        turn += 1


@njit(nogil=True)
def one_by_one(m, reals, whole, own, high, code, tables, multiplicative, slope):  # type: ignore[no-untyped-def]
    """Pulses of the laws without a vector form."""
    for k in range(m):
        x, side, p0, p1 = reals[X, k], whole[SIDE, k], reals[P0, k], reals[P1, k]
        sd, off = reals[SD, k], reals[LOW, k] / (reals[HIGH, k] - reals[LOW, k]) if slope > 0.0 else 0.0
        noisy = sd > 0.0 or multiplicative > 0.0 or slope > 0.0
        xi, later = f32(0.0), f32(0.0)
        for pulse in range(whole[N, k]):
            h = u32(0)
            if code == INVERSE_CDF or (noisy and pulse % 2 == 0):
                h = turned(high, own[k], u32(pulse if code == INVERSE_CDF else pulse // 2))
            if noisy:
                if pulse % 2 == 0:
                    xi, later = normals(h)
                else:
                    xi = later
            d = one_pulse(code, side, x, p0, p1, tables, h)
            x = clip(x + d + (sd + multiplicative * abs(d) + slope * (x + off)) * xi)
        reals[X, k] = x
