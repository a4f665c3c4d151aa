"""Retention: how a cell that is left alone changes, as one of the laws that a card has.

    power law       ln G = ln G_0 - nu ln(1 + t/t_0)
    logarithmic     ln G = ln G_0 + ln[1 - rate log10(1 + t/t_0)]
    relaxation      ln G = ln[rest + (G_0 - rest) e^(-t/tau)]
    none            ln G = ln G_0

Residuals are of ln G, because reads scatter in proportion to it; the lowest BIC wins. Where no reading tells t_0 (its
logarithm is known to no better than a factor e^2) it is the first time after the write, and G_0 what it was then.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analogep.fit.correlate import correlations
from analogep.fit.finding import Finding, Least, Number, Panel, least_squares
from analogep.fit.ramps import FitError
from analogep.fit.records import Retention

Floats = NDArray[np.float64]
_UNITS: Final = {"conductance": "S", "current": "A", "unknown": ""}
_LN10: Final = math.log(10.0)
Curve = Callable[[Floats, Floats], Floats]


def _power(p: Floats, t: Floats) -> Floats:
    return np.asarray(p[0] - p[1] * np.log1p(t * np.exp(-p[2])))


def _logarithmic(p: Floats, t: Floats) -> Floats:
    return np.asarray(p[0] + np.log(np.maximum(1.0 - p[1] * np.log1p(t * np.exp(-p[2])) / _LN10, 1e-9)))


def _leak(p: Floats, t: Floats) -> Floats:
    rest = np.exp(p[1])
    return np.asarray(np.log(np.maximum(rest + (np.exp(p[0]) - rest) * np.exp(-t * np.exp(-p[2])), 1e-300)))


def _constant(p: Floats, t: Floats) -> Floats:
    return np.full_like(t, p[0])


def fit_retention(record: Retention) -> Finding:
    """Fit every law and keep the best.

    Raises
    ------
    FitError
        If a reading is not positive.
    """
    t, values = record.time - record.time[0], record.values
    if values.min() <= 0.0 or not np.all(np.isfinite(values)):
        raise FitError(f"{record.source.name}: a reading of {values.min():g} is not positive; subtract the offset")
    if t[-1] <= 0.0:
        raise FitError(f"{record.source.name}: all readings are at one time; retention needs readings over time")
    y = np.log(values)
    first = float(t[t > 0.0][0])
    starts: dict[str, tuple[Curve, list[list[float]]]] = {
        "power_law": (_power, [[y[0], 0.02, math.log(s)] for s in (0.1 * first, first, 0.1 * float(t[-1]))]),
        "logarithmic": (_logarithmic, [[y[0], 0.05, math.log(s)] for s in (0.1 * first, first)]),
        "leak": (_leak, [[y[0], y[-1], math.log(s * float(t[-1]))] for s in (0.1, 0.3, 1.0)]),
        "none": (_constant, [[float(y.mean())]]),
    }
    found: dict[str, tuple[Curve, Least]] = {}
    for model, (curve, points) in starts.items():
        one = _fitted(curve, points, t, y, first if model in ("power_law", "logarithmic") else None)
        if one is not None:
            found[model] = (curve, one)
    model = min(found, key=lambda name: found[name][1].criterion)
    curve, least = found[model]
    unit = _UNITS[record.quantity]
    start = float(np.exp(least.values[0]))
    numbers = {"start": Number(start, start * least.se(0), unit), **_numbers(model, least, unit)}
    numbers["scatter"] = Number(least.sigma, least.sigma / math.sqrt(2.0 * (t.size - least.values.size)), "%")
    panel = Panel(
        t, values, np.exp(curve(_full(least.values, first), t)), ("time [s]", f"reading [{unit or '1'}]"), (False, True)
    )
    names = {
        "leak": ("start", "rest", "tau"),
        "power_law": ("start", "nu", "t0"),
        "logarithmic": ("start", "rate", "t0"),
    }
    related = correlations(least.covariance, names.get(model, ("start",))[: least.values.size])
    return Finding(record.kind, record.source, record.layout, model, numbers, (panel,), record.remarks, related=related)


def _full(p: Floats, first: float) -> Floats:
    return np.append(p, math.log(first)) if p.size == 2 else p


def _fitted(curve: Curve, points: list[list[float]], t: Floats, y: Floats, first: float | None) -> Least | None:
    least = least_squares(lambda p: curve(p, t) - y, points, correlated=True)
    if first is None or (least is not None and least.se(2) < 2.0 and abs(least.values[2]) < 60.0):
        return least
    # Nobody read early enough to tell t_0 from G_0.
    return least_squares(lambda p: curve(_full(p, first), t) - y, [point[:2] for point in points], correlated=True)


def _numbers(model: str, least: Least, unit: str) -> dict[str, Number]:
    out = {}
    if model in ("power_law", "logarithmic"):
        name = "nu" if model == "power_law" else "rate"
        out[name] = Number(float(least.values[1]), least.se(1), "" if name == "nu" else "%")
    if model == "leak":
        rest = float(np.exp(least.values[1]))
        out["rest"] = Number(rest, rest * least.se(1), unit)
    if least.values.size == 3:
        seconds = float(np.exp(least.values[2]))
        out["tau" if model == "leak" else "t0"] = Number(seconds, seconds * least.se(2), "s")
    return out
