"""Standard error of a mean over chips and seeds: points with the same chip, or the same seed, are correlated."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from analogep.errors import UsageError


def standard_error(values: ArrayLike) -> float:
    """Standard error of the mean of a full crossing of chips and seeds.

    With a_ij = m + c_i + s_j + e_ij (chip, seed, their interaction) the variance of the mean over C chips and S seeds
    is var(c)/C + var(s)/S + var(e)/(C S): many chips do not average out the deviation of a seed. Without bias it is
    estimated by

        (MS_chip + MS_seed - MS_rest)/(C S)

    from the mean squares of the two-way analysis of variance, E MS_chip = var(e) + S var(c), E MS_seed = var(e) +
    C var(s), E MS_rest = var(e). It is never taken below either of the first two alone, which is where a negative
    variance counts as none. One chip or one seed leaves the ordinary s/sqrt(n), for that chip or seed.

    Parameters
    ----------
    values : array_like (chips, seeds)
        Chips or seeds with a missing value (NaN) are left out: seeds first, if they are not all of them.

    Returns
    -------
    float
        NaN if fewer than two values are left.

    Raises
    ------
    UsageError
        If the values have other dimensions.

    Notes
    -----
    Searle, Casella, McCulloch, Variance Components (1992), section 4.3.
    """
    given = np.asarray(values, dtype=np.float64)
    if given.ndim != 2:
        raise UsageError(f"values have the shape {given.shape}; give (chips, seeds), one combination of a study")
    whole = given[:, ~np.isnan(given).any(axis=0)]
    if whole.size == 0:
        whole = given[~np.isnan(given).any(axis=1)]
    chips, seeds = whole.shape
    if whole.size < 2:
        return math.nan
    if min(chips, seeds) == 1:
        return float(whole.std(ddof=1) / math.sqrt(whole.size))
    rows, columns = whole.mean(axis=1), whole.mean(axis=0)
    rest = whole - rows[:, None] - columns[None, :] + whole.mean()
    of_chip, of_seed = seeds * rows.var(ddof=1), chips * columns.var(ddof=1)
    of_rest = float((rest**2).sum()) / ((chips - 1) * (seeds - 1))
    variance = max(of_chip + of_seed - of_rest, of_chip, of_seed) / whole.size
    return float(math.sqrt(variance))
