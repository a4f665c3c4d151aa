"""Differences of two settings on the same chips and with the same seeds, and how far to trust their mean."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analogep.study.statistics import standard_error

Floats = NDArray[np.float64]

LEVEL: Final = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean and half the width of its 95 % confidence interval; NaN where there are too few values."""

    mean: float
    half: float


def estimate(values: Floats) -> Estimate:
    """m +- t(0.975, nu) s_m over a crossing of chips and seeds.

    s_m is `study.standard_error`, nu the degrees of freedom of the mean squares that it is made of. For one chip or
    one seed this is the ordinary paired t interval of n values, nu = n - 1; a difference of two settings on the same
    chips and seeds makes it a paired one, from which the deviations of chips and seeds that both share drop out.

    Parameters
    ----------
    values : ndarray (chips, seeds)
        NaN where a point has failed.

    Returns
    -------
    Estimate
        In the unit of the values.

    Notes
    -----
    Satterthwaite, Biometrics Bulletin 2, 110 (1946): nu = s^4/sum(MS_i^2/nu_i) for a sum of mean squares.
    """
    from scipy.stats import t

    known = values[~np.isnan(values)]
    mean = float(known.mean()) if known.size else math.nan
    error = standard_error(values)
    if math.isnan(error):
        return Estimate(mean, math.nan)
    return Estimate(mean, float(t.ppf(0.5 + 0.5 * LEVEL, degrees(values)) * error))


def degrees(values: Floats) -> float:
    """Degrees of freedom nu of the standard error of `values` (chips, seeds) in any unit, not below 1 [1]."""
    whole = values[:, ~np.isnan(values).any(axis=0)]
    if whole.size == 0:
        whole = values[~np.isnan(values).any(axis=1)]
    chips, seeds = whole.shape
    if min(chips, seeds) == 1:
        return float(max(whole.size - 1, 1))
    rows, columns = whole.mean(axis=1), whole.mean(axis=0)
    rest = whole - rows[:, None] - columns[None, :] + whole.mean()
    squares = np.array([
        seeds * rows.var(ddof=1),
        chips * columns.var(ddof=1),
        float((rest**2).sum()) / ((chips - 1) * (seeds - 1)),
    ])  # fmt: skip
    free = np.array([chips - 1, seeds - 1, (chips - 1) * (seeds - 1)], dtype=np.float64)
    total = squares[0] + squares[1] - squares[2]
    if total < squares[:2].max():
        return float(max(free[int(squares[:2].argmax())], 1.0))
    spread = float((squares**2 / free).sum())
    return max(float(total**2 / spread), 1.0) if spread > 0.0 else float(free.sum())
