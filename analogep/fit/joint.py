"""Which numbers of a card a measurement of ramps leaves open together: their covariance, by the card's keys.

The numbers of a device follow from phi, the parameters of its curve and its mean starts, with the covariance J C J' to
first order. A card is of the mean device; of n devices

    V = (1/n^2) sum_d J_d C_d J_d' + S/n,

S the scatter of their numbers, which holds what their measurements scatter as well. V is taken for its correlations
only, so that what stands twice in it does not matter much: errors are those that `estimate` gives. Of one device there
is no S, and the correlations are exact to first order. The noise is fitted to increments, whose mean the law is and
whose variance the noise is: under a normal likelihood its errors are independent of those of the law.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analogep.fit import decades
from analogep.fit.correlate import correlations
from analogep.fit.describe import Value, describe, propagated
from analogep.fit.estimate import DeviceFit, Fit

Floats = NDArray[np.float64]
_ENDS: Final = ("conductance.min", "conductance.max")


def related(fit: Fit) -> dict[tuple[str, str], float]:
    """Pair of keys -> correlation, of window and law."""
    names, covariance = _covariance(fit)
    return correlations(covariance, names)


def step_errors(fit: Fit) -> dict[str, Value]:
    """Steps of the table that a law in ln G becomes, by key, with standard errors."""
    names, covariance = _covariance(fit)
    means = np.mean([list(_numbers(fit, one, one.uncertainty.values).values()) for one in fit.devices], axis=0)
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    found = zip(names, means, errors, strict=True)
    return {name: Value(float(value), float(error)) for name, value, error in found if ".steps." in name}


def _covariance(fit: Fit) -> tuple[list[str], Floats]:
    parts, values = [], []
    for one in fit.devices:
        parts.append(propagated(partial(_numbers, fit, one), one.uncertainty))
        values.append(list(_numbers(fit, one, one.uncertainty.values).values()))
    count = len(fit.devices)
    total = np.sum(parts, axis=0) / count**2
    if count > 1:
        total = total + np.cov(np.array(values), rowvar=False) / count
    return list(_numbers(fit, fit.devices[0], fit.devices[0].uncertainty.values)), np.asarray(total)


def _numbers(fit: Fit, one: DeviceFit, phi: Floats) -> dict[str, float]:
    """Numbers of a device as they stand on its card, by key, for any parameters."""
    found, _ = describe(fit.form, one.minimum, one.frame, phi)
    if not decades.logarithmic(fit):
        return {name: value for name, value in found.items() if name in _ENDS or name.startswith("programming.")}
    window = (found[_ENDS[0]], found[_ENDS[1]])
    out = dict(zip(_ENDS, window, strict=True))
    for k, way in enumerate(fit.directions):
        nodes, _ = decades.table(fit, k)
        known = min(window) > 0.0 and math.isfinite(window[1]) and window[1] > window[0]
        steps = decades.steps_at(one, fit, k, nodes, phi, window) if known else np.full(nodes.size, np.nan)
        out |= {f"programming.{way}.steps.{j}": float(step) for j, step in enumerate(steps)}
    return out
