"""Scatter of single pulses, as papers quote it: write and read noise together, without a law."""

from __future__ import annotations

import math

import numpy as np

from analogep.fit.estimate import Fit


def scatter(fit: Fit, direction: int) -> float:
    """Median over pulses of the standard deviation between ramps over the mean step [1]; mean over devices.

    What is quoted as cycle-to-cycle variation: it holds twice the variance of a read beside that of the pulse. NaN
    with fewer than four ramps a device.
    """
    found = []
    for device in fit.devices:
        part = device.data[direction]
        if part.xi.shape[0] < 4:
            return math.nan
        everywhere = part.here.all(axis=0)
        steps = np.diff(part.xi[:, everywhere], axis=1)
        found.append(float(np.median(steps.std(axis=0, ddof=1) / np.abs(steps.mean(axis=0)))))
    return float(np.mean(found))
