"""Two gradients compared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_SHORTEST = 1e-150
"""Length below which a gradient is as good as zero."""


def compare(estimated: Floats, exact: Floats) -> tuple[float, float]:
    """Cosine of the two gradients, and gain <estimated, exact>/<exact, exact> (1 for an exact estimate).

    `estimated` and `exact` have the same shape and unit. Not numbers where one of them is zero, or so short that the
    square of its length is no number.
    """
    inner = float(np.vdot(estimated, exact))
    norm = float(np.linalg.norm(exact))
    other = float(np.linalg.norm(estimated))
    if norm < _SHORTEST or other < _SHORTEST:
        return float("nan"), float("nan")
    return float(inner / (norm * other)), float(inner / norm**2)
