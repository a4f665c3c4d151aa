"""Current against voltage: the curve below switching, or the thresholds of a sweep that switches.

Below switching I = G v, G v0 sinh(v/v0) or G v (1 + (v/v0)^2), by the residual over the current (points within 2 % of
the largest voltage have too little of it); the lowest BIC wins. A sweep switches where the conductance at one voltage
differs between its branches by more than a factor of two: then on the branch that sets and on the one that resets

    G(V) = G_before + slope max(|V| - V_t, 0),   at most G_after,

is fitted. The first point that has switched lies above the threshold and the one before it does not, at which the line
begins: V_t is the middle of this step of the sweep, +- its length over sqrt(12).
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
from analogep.fit.records import Sweep

Floats = NDArray[np.float64]
_NEAR: Final = 0.02
_CURVES: Final[dict[str, Callable[[Floats, Floats], Floats]]] = {
    "linear": lambda p, v: p[0] * v,
    "sinh": lambda p, v: p[0] * p[1] * np.sinh(v / p[1]),
    "cubic": lambda p, v: p[0] * v * (1.0 + (v / p[1]) ** 2),
}


def fit_sweep(record: Sweep) -> Finding:
    """Fit the curve, or the thresholds.

    Raises
    ------
    FitError
        If no current flows, or against the voltage.
    """
    top = float(np.abs(record.voltage).max())
    use = np.abs(record.voltage) > _NEAR * top
    v, i = record.voltage[use], record.current[use]
    g = i / v
    if v.size < 10 or np.median(g) <= 0.0:
        raise FitError(f"{record.source.name}: the current does not follow the voltage; are the columns right?")
    turns = np.flatnonzero(np.diff(np.sign(np.diff(np.abs(v)))) != 0)
    if turns.size and _hysteresis(v, g) > 2.0:
        return _switching(record, v, g)
    return _below(record, v, i)


def _hysteresis(v: Floats, g: Floats) -> float:
    """Largest over smallest conductance among points of nearly the same voltage, the median over voltages."""
    order = np.argsort(v)
    groups = np.array_split(order, max(v.size // 6, 1))
    ratios = [float(g[group].max() / max(g[group].min(), 1e-300)) for group in groups if g[group].min() > 0.0]
    return float(np.percentile(ratios, 80)) if ratios else 1.0


def _below(record: Sweep, v: Floats, i: Floats) -> Finding:
    start = float(np.median((i / v)[np.argsort(np.abs(v))[: max(5, v.size // 10)]]))
    top = float(np.abs(v).max())
    found: dict[str, Least] = {}
    for name, curve in _CURVES.items():
        points = [[start]] if name == "linear" else [[start, top * share] for share in (0.3, 1.0, 3.0)]
        one = least_squares(partial(_off, curve, v, i), points)
        # A voltage scale far beyond the sweep is a straight line.
        if one is not None and (name == "linear" or abs(one.values[1]) < 10.0 * top):
            found[name] = one
    if not found:
        raise FitError(f"{record.source.name}: no curve follows the current; are the columns right?")
    name = min(found, key=lambda key: found[key].criterion)
    least = found[name]
    numbers = {"conductance": Number(float(least.values[0]), least.se(0), "S")}
    if name != "linear":
        numbers["v0"] = Number(abs(float(least.values[1])), least.se(1), "V")
    panel = Panel(v, i, _CURVES[name](least.values, v), ("voltage [V]", "current [A]"))
    return Finding(record.kind, record.source, record.layout, name, numbers, (panel,), record.remarks)


def _off(curve: Callable[[Floats, Floats], Floats], v: Floats, i: Floats, p: Floats) -> Floats:
    return curve(p, v) / i - 1.0


def _switching(record: Sweep, v: Floats, g: Floats) -> Finding:
    """Window and thresholds: branches of growing |V| whose conductance rises, or falls, along them."""
    growing = np.diff(np.abs(record.voltage), prepend=0.0) > 0.0
    use = np.abs(record.voltage) > _NEAR * float(np.abs(record.voltage).max())
    numbers: dict[str, Number] = {}
    ends = []
    for sign in (1.0, -1.0):
        branch = use & growing & (np.sign(record.voltage) == sign)
        if branch.sum() < 8:
            continue
        u = np.abs(record.voltage[branch])
        y = record.current[branch] / record.voltage[branch]
        rises = float(np.median(y[-3:])) > float(np.median(y[:3]))
        name = "v_set" if rises else "v_reset"
        least = _hinge(u, y)
        if least is None or name in numbers:
            continue
        step = float(np.median(np.diff(u)))
        error = math.hypot(least.se(1), step / math.sqrt(12.0))
        numbers[name] = Number(sign * (float(least.values[1]) + 0.5 * step), error, "V")
        ends.append((rises, float(least.values[0]), least.se(0), float(least.values[3]), least.se(3)))
    if not numbers:
        raise FitError(f"{record.source.name}: the sweep switches, but no branch of growing voltage shows where")
    for key, pairs in (
        ("conductance.min", [(b, e) if rises else (a, f) for rises, b, e, a, f in ends]),
        ("conductance.max", [(a, f) if rises else (b, e) for rises, b, e, a, f in ends]),
    ):
        values = np.array([one for one, _ in pairs])
        error = math.sqrt(sum(one**2 for _, one in pairs)) / len(pairs)
        numbers[key] = Number(float(values.mean()), math.hypot(error, float(np.ptp(values)) / 2.0), "S")
    panel = Panel(v, np.abs(g), np.abs(g), ("voltage [V]", "conductance [S]"), (False, True))
    return Finding(record.kind, record.source, record.layout, "switching", numbers, (panel,), record.remarks)


def _hinge(u: Floats, y: Floats) -> Least | None:
    """G before, V_t, slope, G after, by least squares over all."""
    low, high = float(np.median(y[:3])), float(np.median(y[-3:]))
    sign = 1.0 if high > low else -1.0
    size = abs(high - low)

    def curve(p: Floats) -> Floats:
        moved = np.minimum(np.abs(p[2]) * np.maximum(u - p[1], 0.0), np.abs(p[3] - p[0]))
        return np.asarray(p[0] + sign * moved)

    begins = np.flatnonzero(np.abs(y - low) > 0.05 * size)
    at = float(u[begins[0]]) if begins.size else float(u.mean())
    points = [[low, at - d, size / w, high] for d in (0.0, 0.05 * at) for w in (0.1, 0.4, 1.0)]
    return least_squares(lambda p: (curve(p) - y) / size, points)
