"""Accuracy against the size of a limit: a falling curve, and where so much of it is lost, with a bootstrap interval.

Means over pairs scatter and the truth falls: the curve is the non-increasing one that is nearest to the means (least
squares, Barlow et al., Statistical Inference under Order Restrictions (1972)),

    A(f_i) = min_{a <= i} max_{b >= i} mean(A_a ... A_b)

linear between the factors. Lost is A(0) - A(f). Pairs are drawn again with replacement; percentiles of few pairs are
too narrow by the ratio of the normal and Student's quantile and by sqrt(1 - 1/n), so wider ones are taken:
Phi(-sqrt(n/(n - 1)) t(0.975, n - 1)) (Hesterberg, The American Statistician 69, 371 (2015), expanded percentiles).
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DRAWS: Final = 2000
_SEED: Final = 20150401
"""Of the draws: the same pairs have the same interval."""


class Crossing(NamedTuple):
    """Where so much accuracy is lost.

    Attributes
    ----------
    factor, low, high : float
        Size of the limit relative to the card's, and its 95 % interval; infinite where so much is not lost up to the
        largest factor; NaN for an interval of fewer than three pairs.
    """

    factor: float
    low: float
    high: float


def falling(means: Floats) -> Floats:
    """Nearest non-increasing curve (..., factors) to `means` (..., factors), in their unit."""
    count = means.shape[-1]
    sums = np.concatenate([np.zeros((*means.shape[:-1], 1)), np.cumsum(means, axis=-1)], axis=-1)
    out = np.empty_like(means)
    for i in range(count):
        best = np.full(means.shape[:-1], np.inf)
        for a in range(i + 1):
            highest = np.full(means.shape[:-1], -np.inf)
            for b in range(i, count):
                highest = np.maximum(highest, (sums[..., b + 1] - sums[..., a]) / (b + 1 - a))
            best = np.minimum(best, highest)
        out[..., i] = best
    return out


def reached(factors: Floats, curve: Floats, points: float) -> Floats:
    """Smallest factor (...) at which `points` are lost; infinite where they are not.

    Parameters
    ----------
    factors : ndarray (factors,) [1]
        Increasing, the first one 0.
    curve : ndarray (..., factors) [1]
        Non-increasing accuracies.
    points : float [1]
        Above 0.

    Returns
    -------
    ndarray (...) [1]
        Between the factors by a straight line.
    """
    lost = curve[..., :1] - curve
    beyond = lost >= points
    after = np.maximum(np.argmax(beyond, axis=-1), 1)
    before = after - 1
    low, high = (np.take_along_axis(lost, k[..., None], -1)[..., 0] for k in (before, after))
    # Where nothing is reached the quotient is of no meaning and may divide by zero.
    share = (points - low) / np.where(beyond.any(axis=-1), high - low, 1.0)
    found = factors[before] + share * (factors[after] - factors[before])
    return np.where(beyond.any(axis=-1), found, np.inf)


def crossing(factors: Floats, accuracy: Floats, points: float) -> Crossing:
    """Where `points` of accuracy are lost, with a bootstrap interval over pairs.

    Parameters
    ----------
    factors : ndarray (factors,) [1]
        Increasing, the first one 0.
    accuracy : ndarray (factors, pairs) [1]
        All known.
    points : float [1]
    """
    from scipy.stats import norm, t

    factor = float(reached(factors, falling(accuracy.mean(axis=-1)), points))
    pairs = accuracy.shape[1]
    if pairs < 3:
        return Crossing(factor, math.nan, math.nan)
    chosen = np.random.default_rng(_SEED).integers(0, pairs, (DRAWS, pairs))
    means = accuracy[:, chosen].mean(axis=-1).T
    found = np.sort(reached(factors, falling(means), points))
    tail = float(norm.cdf(-math.sqrt(pairs / (pairs - 1)) * t.ppf(0.975, pairs - 1)))
    # Order statistics and no interpolation: some are infinite.
    low = found[math.floor(tail * (DRAWS - 1))]
    high = found[math.ceil((1.0 - tail) * (DRAWS - 1))]
    return Crossing(factor, float(low), float(high))
