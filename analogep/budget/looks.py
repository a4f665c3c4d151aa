"""When enough is known: intervals that hold however often one looks at them, and how many more pairs it takes.

A pair is two trainings on one chip with one seed that differ in one limit; d_i is the difference of their accuracies.
Whoever adds pairs until an ordinary interval excludes zero finds an effect where there is none: with a look after each
pair, in more than a fifth of all cases within 30 pairs. Here one looks after `LOOKS` pairs only, with

    m +- t(1 - LEVEL/2, n - 1) s/sqrt(n)

and `LEVEL` such that for normal d all of these intervals together hold the true mean in 95 % of all sequences (a
constant level over repeated looks: Pocock, Biometrika 64, 191 (1977), here for t and few pairs, by simulation). So
the interval at which one stops holds at least as often, whatever made one stop. A clock that ends between two looks
adds one look, which costs at most 0.4 % of these 95.

An effect is resolved when its interval excludes zero, or when half of it is at most the resolution that is asked for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LOOKS: Final = (4, 6, 9, 13, 19, 28, 42, 63)
"""Numbers of pairs after which one looks."""
LEVEL: Final = 0.009
"""Two-sided error of the interval at a single look."""
MOST: Final = LOOKS[-1]
"""Pairs after which all looks are used up."""
_CERTAIN: Final = -math.log(0.05)


@dataclass(frozen=True)
class Effect:
    """A mean difference over pairs.

    Attributes
    ----------
    mean, half : float
        Mean and half of its interval, in one unit; NaN where there are too few pairs.
    spread : float
        Standard deviation over pairs, in the same unit.
    pairs : int
    """

    mean: float
    half: float
    spread: float
    pairs: int

    @property
    def apart(self) -> bool:
        """Whether the interval excludes zero."""
        return abs(self.mean) > self.half

    def resolved(self, resolution: float) -> bool:
        """Whether it excludes zero, or is known to the `resolution` in the unit of the mean."""
        return self.apart or self.half <= resolution


def effect(differences: Floats, samples: int) -> Effect:
    """Mean difference with its interval.

    Accuracies are counts over `samples`: where all n pairs agree, the share of samples that one end of a pair has right
    and the other has wrong is below the p with (1 - p)^(n samples) = 5 %. So half an interval is at least -ln(0.05)/(n
    samples).

    Parameters
    ----------
    differences : ndarray (pairs,) [1]
        Of accuracies; NaN where an end is missing.
    samples : int
        Samples of each accuracy.

    Returns
    -------
    Effect
        In the unit of the differences.
    """
    known = differences[~np.isnan(differences)]
    if known.size < 2:
        return Effect(float(known.mean()) if known.size else math.nan, math.nan, math.nan, known.size)
    spread = float(known.std(ddof=1))
    half = max(quantile(known.size) * spread / math.sqrt(known.size), _CERTAIN / (known.size * samples))
    return Effect(float(known.mean()), half, spread, known.size)


@lru_cache
def quantile(pairs: int) -> float:
    """t(1 - LEVEL/2, pairs - 1) [1]."""
    from scipy.stats import t

    return float(t.isf(0.5 * LEVEL, pairs - 1))


def wanting(found: Effect, resolution: float) -> int:
    """Pairs that are missing until an effect is likely to be resolved: up to the first look at which it would be.

    The look n with t(1 - LEVEL/2, n - 1) s/sqrt(n) <= max(resolution, |mean|), mean and s as they are known now; beyond
    the last look any number.

    Parameters
    ----------
    found : Effect
    resolution : float
        In the unit of the effect.

    Returns
    -------
    int
        0 if it is resolved; those up to the first look if nothing is known of its spread.
    """
    if found.resolved(resolution):
        return 0
    if math.isnan(found.spread):
        return max(LOOKS[0] - found.pairs, 1)
    wanted = max(resolution, abs(found.mean))
    for look in LOOKS:
        if look > found.pairs and quantile(look) * found.spread / math.sqrt(look) <= wanted:
            return look - found.pairs
    needed = math.ceil((quantile(MOST) * found.spread / wanted) ** 2)
    return max(needed, MOST + 1, found.pairs + 1) - found.pairs
