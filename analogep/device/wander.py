"""The slow part of read noise, which a cell carries from one sample to the next, as a sum of relaxing processes.

With the correlation rho(t) of two reads a lag t apart, weights a_i >= 0 and relaxation times tau_i are sought with

    1 - rho(t) = a_0 + sum_i a_i (1 - e^(-t/tau_i))        for lags from a step of the clock up.

a_0 is what is forgotten within a step: it is drawn anew in each sample. Each a_i belongs to a process that forgets by
e^(-t/tau_i) (Ornstein and Uhlenbeck), and what is left of 1 stands still. The spectrum of a relaxing process is a
Lorentzian, of which a spectrum 1/f^gamma with gamma between 0 and 2 is a sum. Times are taken one to an octave, and
least squares with weights that are not negative leave some of them. Errors are relative ones of 1 - rho, which is half
of the mean squared difference of two reads over their variance.

A band that ends sharply, or a source that says nothing of what is slower than its reads, has a 1 - rho that no sum of
relaxing processes follows to its end. The weights then sum up to more than 1: differences are those of the spectrum at
all lags up to that end, and beyond it they are larger, as if the spectrum went on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from analogep.device.read import ReadNoise

Floats = NDArray[np.float64]

_OCTAVES: Final = 24
"""Of lags, from one step up: ten million steps."""
_LAGS: Final = 3
"""Lags of the fit to an octave."""
_LEAST: Final = 1e-5
"""Weight below which a process is left out."""


@dataclass(frozen=True)
class Slow:
    """How one component of read noise is shared out, in shares of its own variance.

    Attributes
    ----------
    fresh, kept : float [1]
        a_0, and 1 - a_0 that other reads of a sample have in common with it, times the variance of a read.
    weights : tuple of float [1]
        a_i times the same.
    times : tuple of float [s]
        tau_i; infinite where it stands still.
    """

    fresh: float
    kept: float = 0.0
    weights: tuple[float, ...] = ()
    times: tuple[float, ...] = ()

    def change(self, lag: float) -> float:
        """Half of the mean squared difference of two reads a `lag` [s] apart, of a step or more [1]."""
        return self.fresh + sum(-a * math.expm1(-lag / tau) for a, tau in zip(self.weights, self.times, strict=True))


@lru_cache(256)
def slow_part(noise: ReadNoise, step: float, averaging: float) -> Slow:
    """What of a component's noise is carried from sample to sample; nothing where its source knows no time.

    Parameters
    ----------
    noise : ReadNoise
    step : float [s]
        Of the clock: what relaxes within it is not slow.
    averaging : float [s]
        For which a read averages.
    """
    from scipy.optimize import nnls

    share = noise.share(averaging)
    lags = step * 2.0 ** (np.arange(_LAGS * _OCTAVES + 1) / _LAGS)
    known = [noise.correlation(float(lag), averaging) for lag in lags]
    if None in known:
        return Slow(share)
    change = 1.0 - np.array(known, dtype=np.float64)
    if not change.any():
        return Slow(0.0, share, (share,), (math.inf,))
    # Beyond the slowest period of a sharp band reads swing back, which nothing that relaxes does.
    end = int(np.argmax(change)) + 1
    lags, change = lags[:end], np.maximum(change[:end], _LEAST)
    # From two steps, so that phases of one sample share what is kept, to the last lag: slower ones are but a slope.
    times = step * 2.0 ** np.arange(1, math.floor(math.log2(lags[-1] / step)) + 2)
    matrix = np.hstack([np.ones((end, 1)), -np.expm1(-lags[:, None] / times)]) / change[:, None]
    found, _ = nnls(matrix, np.ones(end))
    fresh, weights = min(float(found[0]), 1.0), found[1:]
    there = weights > _LEAST
    standing = 1.0 - fresh - float(weights.sum())
    left = [standing] if standing > _LEAST else []
    shares = tuple(share * weight for weight in (*weights[there].tolist(), *left))
    return Slow(share * fresh, share * (1.0 - fresh), shares, (*times[there].tolist(), *(math.inf for _ in left)))
