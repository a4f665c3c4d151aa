"""Correlations of numbers by their names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def correlations(covariance: Floats, names: Sequence[str]) -> dict[tuple[str, str], float]:
    """Pair of names -> correlation; pairs without one, as of a number that is known exactly, are left out.

    Parameters
    ----------
    covariance : ndarray (names, names)
        In the units of the numbers.
    names : sequence of str
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        deviation = np.sqrt(np.diag(covariance))
        found = covariance / np.outer(deviation, deviation)
    return {
        (names[i], names[j]): float(np.clip(found[i, j], -1.0, 1.0))
        for i in range(len(names))
        for j in range(i)
        if np.isfinite(found[i, j])
    }
