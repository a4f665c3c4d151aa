"""The minimum of a sampled curve over a logarithmic axis."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def lowest(beta: Floats, values: Floats) -> float:
    """Beta at which the parabola through the smallest value and its neighbours is lowest, log value over log beta.

    Parameters
    ----------
    beta : ndarray (points,) [1]
        Increasing.
    values : ndarray (points,)
        In one unit, whichever; not a number where there is none.

    Returns
    -------
    float
        The end of the axis if the smallest value stands there; not a number without any value.
    """
    there = np.isfinite(values)
    beta, values = beta[there], values[there]
    if beta.size == 0:
        return float("nan")
    k = int(np.argmin(values))
    if k in (0, beta.size - 1) or values[k] <= 0.0:
        return float(beta[k])
    x, y = np.log(beta[k - 1 : k + 2]), np.log(values[k - 1 : k + 2])
    left, right = (y[1] - y[0]) / (x[1] - x[0]), (y[2] - y[1]) / (x[2] - x[1])
    curvature = (right - left) / (x[2] - x[0])
    if curvature <= 0.0:
        return float(beta[k])
    middle = 0.5 * (x[0] + x[1]) - left / (2.0 * curvature)
    return float(np.exp(np.clip(middle, x[0], x[2])))
