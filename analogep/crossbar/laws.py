"""One pulse of the laws that are not affine, compiled; the equations are those of `device.laws`."""

from __future__ import annotations

import math

from numba import njit

from analogep.device.laws.base import EXP_STEP, LOGISTIC, POWER, TABLE
from analogep.draws import uniform


@njit(nogil=True)
def interval(nodes, x):  # type: ignore[no-untyped-def]
    """Index k with nodes[k] <= x <= nodes[k + 1], by bisection."""
    low, high = 0, nodes.size - 1
    while high - low > 1:
        middle = (low + high) // 2
        if nodes[middle] <= x:
            low = middle
        else:
            high = middle
    return low


@njit(nogil=True)
def _logistic(x, rate, a):  # type: ignore[no-untyped-def]
    e = math.exp(-a)
    y = (x * (1.0 - e) + e) / (1.0 + e)
    odds = (1.0 - y) / y * math.exp(-rate)
    return ((1.0 + e) / (1.0 + odds) - e) / (1.0 - e) - x


@njit(nogil=True)
def _quantile(table, x, u, mean_factor, noise_factor):  # type: ignore[no-untyped-def]
    """Step of the quantile u at x: mean scaled by one factor, the rest by the other."""
    nodes = table[0, 1:]
    k = interval(nodes, x)
    t = (x - nodes[k]) / (nodes[k + 1] - nodes[k])
    q = interval(table[2:, 0], u)
    s = (u - table[2 + q, 0]) / (table[3 + q, 0] - table[2 + q, 0])
    low = (1.0 - t) * table[2 + q, 1 + k] + t * table[2 + q, 2 + k]
    high = (1.0 - t) * table[3 + q, 1 + k] + t * table[3 + q, 2 + k]
    mean = (1.0 - t) * table[1, 1 + k] + t * table[1, 2 + k]
    return mean_factor * mean + noise_factor * ((1.0 - s) * low + s * high - mean)


@njit(nogil=True)
def one_pulse(code, side, x, p0, p1, tables, h):  # type: ignore[no-untyped-def]
    """Change by one pulse [window].

    Parameters
    ----------
    code : int
        Law.
    side : int
        0 up, 1 down.
    x : float [window]
    p0, p1 : float
        The cell's parameters (`Law.cell`).
    tables : tuple of two ndarrays
    h : uint32
        Random bits, for the inverse-CDF law.
    """
    sign = 1.0 if side == 0 else -1.0
    if code == POWER:
        return sign * p0 * (1.0 - x if side == 0 else x) ** p1
    table = tables[0] if side == 0 else tables[1]
    if code == EXP_STEP:
        return sign * p0 * max(1.0 - p1 * math.exp(min(table[0, 0] * x + table[0, 1], 700.0)), 0.0)
    if code == LOGISTIC:
        return _logistic(x, p0, p1)
    if code == TABLE:
        k = interval(table[0], x)
        t = (x - table[0, k]) / (table[0, k + 1] - table[0, k])
        return p0 * ((1.0 - t) * table[1, k] + t * table[1, k + 1])
    return _quantile(table, x, float(uniform(h)), p0, p1)
