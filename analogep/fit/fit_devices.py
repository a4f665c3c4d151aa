"""Tables of devices and of steps: the spread of one reading a device, and the change by one pulse against the state."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from analogep.fit.finding import Finding, Number, Panel
from analogep.fit.ramps import FitError
from analogep.fit.records import Devices, Steps

_UNITS: Final = {"conductance": "S", "current": "A", "unknown": ""}

_WIDEST: Final = math.log(10.0)
"""Largest standard deviation of ln G among devices in one state."""


def fit_devices(record: Devices) -> Finding:
    """Median and log-normal spread: s^2 = Var ln G less the mean square of the readings' own relative errors.

    Raises
    ------
    FitError
        If they scatter by more than a factor of 10.
    """
    y = np.log(record.values)
    count = y.size
    total = float(y.var(ddof=1))
    if total > _WIDEST**2:
        raise FitError(
            f"{record.source.name}: devices scatter by a factor of {math.exp(min(math.sqrt(total), 600.0)):.2g} (one "
            "standard deviation): these are no readings of one state; is this the right column?"
        )
    own = math.sqrt(max(total - float(np.mean(record.error**2)), 0.0))
    median = math.exp(float(y.mean()))
    error = total / (max(own, 0.1 * math.sqrt(total), 1e-300) * math.sqrt(2.0 * (count - 1)))
    numbers = {
        "median": Number(median, median * math.sqrt(total / count), _UNITS[record.quantity]),
        "spread": Number(math.sqrt(math.expm1(min(own**2, 100.0))), error, "%"),
    }
    ordered = np.sort(record.values)
    ranks = (np.arange(count) + 0.5) / count
    from scipy.special import ndtri

    curve = np.exp(y.mean() + math.sqrt(total) * ndtri(ranks))
    unit = _UNITS[record.quantity] or "1"
    panel = Panel(ranks, ordered, curve, ("share of the devices", f"reading [{unit}]"), (False, True))
    return Finding(record.kind, record.source, record.layout, "log-normal", numbers, (panel,), record.remarks)


def fit_steps(record: Steps) -> Finding:
    """Step up at the lower end and step down at the upper end, and how they fall or rise over the window, as lines.

    Raises
    ------
    FitError
        If no step moves the state.
    """
    x = np.linspace(0.0, 1.0, record.up.size)
    numbers: dict[str, Number] = {}
    panels = []
    for way, steps in (("up", record.up), ("down", record.down)):
        if not steps.any():
            raise FitError(f"{record.source.name}: no step {way} is above zero")
        (slope, start), covariance = np.polyfit(x, steps, 1, cov=True)
        errors = np.sqrt(np.diag(covariance))
        numbers[f"{way}.at lower end"] = Number(float(start), float(errors[1]), "%")
        numbers[f"{way}.slope"] = Number(float(slope), float(errors[0]), "%")
        panels.append(Panel(x, steps, start + slope * x, ("state [window]", f"step {way} [window]")))
    return Finding(record.kind, record.source, record.layout, "piecewise", numbers, tuple(panels), record.remarks)
