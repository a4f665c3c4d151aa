"""Wear: how steps shrink from ramp to ramp of one device, without a law.

K_n is the number of pulses in which ramp n crosses a fixed interval of G (of ln G over decades). Steps in proportion to
1/(1 + n/h) make it grow as K_0 (1 + n/h), steps that fall as 2^(-n/h) as K_0 2^(n/h): whichever leaves less of ln K_n
wins, and h is the cycle at which steps have halved. A trend counts where 1/h is above four standard errors and the
record ends with steps at least a fifth smaller; the law then is fitted to the first ramps alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analogep.device.laws import Direction
from analogep.fit.finding import Finding, Least, Number, Panel, least_squares
from analogep.fit.ramps import Measurement, Ramp
from analogep.fit.write import plus_minus

Floats = NDArray[np.float64]

WAYS: Final[tuple[Direction, ...]] = ("up", "down")
_RAMPS: Final = 20
"""Fewest ramps of a device that tell a trend."""
_INTERVAL: Final = (0.2, 0.7)
"""Part of the range that all ramps cover which is to be crossed."""
_FRESH: Final = 6
"""Fewest ramps that a law is fitted to."""


def worn(measurement: Measurement) -> tuple[Measurement, list[Finding], list[str]]:
    """(the ramps before wear, what was found of each device that wears, remarks); all ramps where steps stay."""
    found, remarks = [], []
    kept = list(measurement.ramps)
    for device in measurement.devices:
        ramps = [ramp for ramp in measurement.ramps if ramp.device == device]
        if len(ramps) < _RAMPS or not measurement.sources:
            continue
        fresh, numbers, panels = _device(measurement, device)
        if fresh is None:
            continue
        named = f"device '{device}': " if len(measurement.devices) > 1 else ""
        said = [
            f"{named}steps {way} have halved after {plus_minus(one, '')} cycles: the law is of the first ramps, before "
            "they change"
            for way in WAYS
            if (one := numbers.get(f"{way}.half")) is not None
        ]
        remarks += said
        # Ramps of several files have one source here: that of their first file.
        name = measurement.sources[0]
        found.append(Finding("wear", name, "ramps, one after the other", "halving", numbers, panels, tuple(said)))
        gone = {id(ramp) for ramp in ramps} - {id(ramp) for ramp in fresh}
        kept = [ramp for ramp in kept if id(ramp) not in gone]
    return measurement.select(kept), found, remarks


def _device(measurement: Measurement, device: str) -> tuple[list[Ramp] | None, dict[str, Number], tuple[Panel, ...]]:
    """(ramps before wear or None, numbers, panels) of a device."""
    numbers: dict[str, Number] = {}
    panels, shortest = [], math.inf
    for way in WAYS:
        ramps = measurement.of(device, way)
        trend = _trend(ramps) if len(ramps) >= _RAMPS else None
        if trend is None:
            continue
        least, at, counts, curve = trend
        rate, error = float(least.values[1]), least.se(1)
        numbers[f"{way}.wear"] = Number(rate, error, "")
        panels.append(Panel(at, counts, curve, ("cycle", f"pulses {way} across half of the range")))
        if rate > 4.0 * error and rate * len(ramps) > 0.25:
            half = 1.0 / rate
            numbers[f"{way}.half"] = Number(half, half * error / rate, "")
            shortest = min(shortest, half)
    if not math.isfinite(shortest):
        return None, {}, ()
    fresh = max(_FRESH, int(shortest / 10.0))
    kept = [ramp for way in WAYS for ramp in measurement.of(device, way)[:fresh]]
    mean = float(np.mean([ramp.pulses for ramp in kept]))
    numbers["pulses"] = Number(2.0 * mean * shortest, math.nan, "")
    return kept, numbers, tuple(panels)


def _trend(ramps: Sequence[Ramp]) -> tuple[Least, Floats, Floats, Floats] | None:
    """(ln K_0 and 1/h, cycles, K_n, fitted K_n), or None where too few ramps cross the interval."""
    levels = [ramp.conductance for ramp in ramps]
    low, high = min(float(one.min()) for one in levels), max(float(one.max()) for one in levels)
    if low > 0.0 and high > 20.0 * low:
        levels = [np.log(one) for one in levels]
    if levels[0][-1] < levels[0][0]:
        levels = [-one for one in levels]
    begin = float(np.percentile([one[0] for one in levels], 90))
    end = float(np.percentile([one[-1] for one in levels], 10))
    if end <= begin:
        return None
    marks = [begin + share * (end - begin) for share in _INTERVAL]
    counts = np.array([_crossing(one, marks[1]) - _crossing(one, marks[0]) for one in levels])
    at = np.flatnonzero(np.isfinite(counts) & (counts > 0.5))
    if at.size < _RAMPS:
        return None
    y, n = np.log(counts[at]), at.astype(np.float64)
    found = []
    for curve in (_hyperbola, _exponential):
        starts = [[float(y[0]), 0.01], [float(y.mean()), 0.0]]
        least = least_squares(partial(_off, curve, n, y), starts, correlated=True)
        if least is not None:
            found.append((least, curve(least.values, n)))
    if not found:
        return None
    least, curve_of = min(found, key=lambda one: one[0].sigma)
    return least, n, counts[at], np.exp(curve_of)


def _hyperbola(p: Floats, n: Floats) -> Floats:
    return np.asarray(p[0] + np.log(np.maximum(1.0 + p[1] * n, 1e-6)))


def _exponential(p: Floats, n: Floats) -> Floats:
    return np.asarray(p[0] + math.log(2.0) * p[1] * n)


def _off(curve: Callable[[Floats, Floats], Floats], n: Floats, y: Floats, p: Floats) -> Floats:
    return np.asarray(curve(p, n) - y)


def _crossing(levels: Floats, mark: float) -> float:
    """Pulses until the running level is past a mark, between two readings in proportion; NaN where it never is."""
    past = np.flatnonzero(levels >= mark)
    if not past.size or past[0] == 0:
        return math.nan
    k = int(past[0])
    before, after = float(levels[k - 1]), float(levels[k])
    return k - 1 + (mark - before) / max(after - before, 1e-300)
