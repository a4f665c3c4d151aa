"""Endurance: both states cycle by cycle, their trends and distributions, and the voltages at which they switch.

A state v_n is log-normal about a trend, ln v_n = ln m(n) + s xi_n, with m(n) = m_0 e^(b n) or m_0 (1 + b n): the
smaller scatter wins. b is the relative change a cycle at the first cycle. Where both columns of a row were read after
one switch, they are one reading, not two.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analogep.fit.finding import Finding, Least, Number, Panel, least_squares
from analogep.fit.ramps import FitError
from analogep.fit.records import Endurance

Floats = NDArray[np.float64]
_UNITS: Final = {"conductance": "S", "current": "A", "unknown": ""}


def fit_endurance(record: Endurance) -> Finding:
    """Median at the start, spread and trend of each state, mean and spread of the switching voltages.

    Raises
    ------
    FitError
        If a state is not positive.
    """
    unit = _UNITS[record.quantity]
    numbers: dict[str, Number] = {}
    panels = []
    for name, values in (("lrs", record.low), ("hrs", record.high)):
        there = np.isfinite(values)
        n, v = record.cycle[there], values[there]
        if v.size < 10 or v.min() <= 0.0:
            raise FitError(f"{record.source.name}: the {name.upper()} needs at least 10 positive readings")
        least, curve = _trend(n, np.log(v))
        median = math.exp(least.values[0])
        numbers[name] = Number(median, median * least.se(0), unit)
        numbers[f"{name}.sigma"] = Number(least.sigma, least.sigma / math.sqrt(2.0 * v.size), "%")
        numbers[f"{name}.trend"] = Number(float(least.values[1]), least.se(1), "")
        panels.append(Panel(n, v, np.exp(curve), ("cycle", f"{name.upper()} [{unit or '1'}]"), (False, True)))
    for name, values in (("v_set", record.v_set), ("v_reset", record.v_reset)):
        v = values[np.isfinite(values)]
        if v.size >= 10:
            sd = float(v.std(ddof=1))
            numbers[name] = Number(float(v.mean()), sd / math.sqrt(v.size), "V")
            numbers[f"{name}.sigma"] = Number(sd, sd / math.sqrt(2.0 * v.size), "V")
    return Finding(record.kind, record.source, record.layout, "trend", numbers, tuple(panels), record.remarks)


def _trend(n: Floats, y: Floats) -> tuple[Least, Floats]:
    """(fit, fitted ln m) of the better of both trends."""
    slope = float(np.polyfit(n, y, 1)[0]) if np.ptp(n) > 0.0 else 0.0
    start = float(y.mean() - slope * n.mean())
    found = []
    for curve in (_exponential, _linear):
        least = least_squares(partial(_off, curve, n, y), [[start, slope]], correlated=True)
        if least is not None:
            found.append((least, curve(least.values, n)))
    return min(found, key=lambda one: one[0].sigma)


def _exponential(p: Floats, n: Floats) -> Floats:
    return np.asarray(p[0] + p[1] * n)


def _linear(p: Floats, n: Floats) -> Floats:
    return np.asarray(p[0] + np.log(np.maximum(1.0 + p[1] * n, 1e-6)))


def _off(curve: Callable[[Floats, Floats], Floats], n: Floats, y: Floats, p: Floats) -> Floats:
    return curve(p, n) - y
