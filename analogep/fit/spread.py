"""Device-to-device spread: scatter of the fitted devices less that of their measurement, as the card defines it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analogep.fit.describe import Value


@dataclass(frozen=True)
class Spread:
    """`device_to_device` of a card, relative standard deviations and their standard errors.

    Parameters
    ----------
    devices : int
    values : dict
        `max`, `min`, `step`, `asymmetry` -> (sigma, standard error); empty for one device, which shows no spread.
    """

    devices: int
    values: dict[str, tuple[float, float]]


def device_to_device(numbers: Sequence[Mapping[str, Value]]) -> Spread:
    """Spread over devices.

    With u and v the step of a device in the middle of its own window, up and down, over the mean device's: the common
    factor is (u + v)/2 and the asymmetry (u - v)/(u + v). From the variance over devices the mean squared standard
    error of measurement is subtracted; the standard error of sigma is s_total^2/(sigma sqrt(2 (n - 1))).

    Parameters
    ----------
    numbers : sequence of dict
        Numbers of each device, with value and standard error.
    """
    count = len(numbers)
    if count < 2:
        return Spread(count, {})

    def column(name: str) -> tuple[np.ndarray, np.ndarray]:
        entries = [one[name] for one in numbers]
        values = np.array([entry.value for entry in entries])
        errors = np.array([entry.se for entry in entries])
        return values / values.mean(), np.nan_to_num(errors) / values.mean()

    def sigma(values: np.ndarray, errors: np.ndarray) -> tuple[float, float]:
        total = float(values.var(ddof=1))
        own = math.sqrt(max(total - float(np.mean(errors**2)), 0.0))
        return own, total / (max(own, math.sqrt(total) * 0.1, 1e-300) * math.sqrt(2.0 * (count - 1)))

    out = {"max": sigma(*column("conductance.max")), "min": sigma(*column("conductance.min"))}
    up, up_error = column("middle.up")
    if "middle.down" not in numbers[0]:
        return Spread(count, out | {"step": sigma(up, up_error), "asymmetry": (0.0, 0.0)})
    down, down_error = column("middle.down")
    error = 0.5 * np.hypot(up_error, down_error)
    out["step"] = sigma(0.5 * (up + down), error)
    out["asymmetry"] = sigma((up - down) / (up + down), error)
    return Spread(count, out)
