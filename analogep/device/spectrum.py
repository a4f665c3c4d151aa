"""Fluctuations of a conductance as reads see them: what one read scatters by, and what two reads a lag apart share.

A read that averages for T is taken as a low-pass of one pole, H(f), which lets as much white noise through as the mean
over T does:

    |H(f)|^2 = 1/(1 + (f/f_c)^2),   f_c = 1/(pi T),   that is the time constant T/2.

A node of the time constant tau, sampled at the end of its phase, averages for 2 tau. With the one-sided spectrum S(f) a
read has the variance V, and half of the mean squared difference of two reads that end a lag t apart is D/2:

    V = int S |H|^2 df,     D/2 = int S |H|^2 (1 - cos 2 pi f t) df,     rho(t) = 1 - D/(2 V).

Of the spectrum 1/f^gamma between two frequencies both are integrals of smooth functions of ln f below five periods of
the cosine. Above, the path of exp(2 pi i f t) is turned into the complex plane, where it decays and the rule of Gauss
and Laguerre is exact to rounding, however many periods there are.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_PERIODS: Final = 5.0
"""Of the cosine, from which on it is integrated along the imaginary axis."""
_FOLDS: Final = 0.5
"""Width of a panel of the rule of Gauss and Legendre, in ln f."""
_FAR: Final = 1e6
"""Factor between a time and the band that stands for an unlimited one."""


@cache
def _legendre() -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(16)
    return np.asarray(nodes), np.asarray(weights)


@cache
def _laguerre() -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.laguerre.laggauss(48)
    return np.asarray(nodes), np.asarray(weights)


def over_logarithm(integrand: Callable[[Floats], Floats], low: float, high: float) -> float:
    """Integral of `integrand` over ln x between `low` and `high`, of the unit of x; it takes and gives (points,)."""
    if not high > low:
        return 0.0
    nodes, weights = _legendre()
    edges = np.linspace(math.log(low), math.log(high), max(math.ceil(math.log(high / low) / _FOLDS), 1) + 1)
    half = 0.5 * np.diff(edges)[:, None]
    x = np.exp(0.5 * (edges[:-1] + edges[1:])[:, None] + half * nodes)
    return float((half * weights * integrand(x.ravel()).reshape(x.shape)).sum())


def _passed(f: Any, exponent: float, averaging: float) -> Any:
    """S |H|^2 at the frequencies `f` [Hz], real or complex, for S = 1/f^exponent."""
    return f**-exponent / (1.0 + (math.pi * averaging * f) ** 2)


@lru_cache(4096)
def flicker_variance(exponent: float, low: float, high: float, averaging: float) -> float:
    """V of the spectrum 1/f^exponent between two frequencies [Hz^(1 - exponent)].

    Parameters
    ----------
    exponent : float [1]
    low, high : float [Hz]
    averaging : float [s]
        T; 0 for a read of an instant.
    """
    return over_logarithm(lambda f: np.asarray(f * _passed(f, exponent, averaging)), low, high)


@lru_cache(4096)
def flicker_change(exponent: float, low: float, high: float, averaging: float, lag: float) -> float:
    """D/2 of the spectrum 1/f^exponent between two frequencies [Hz^(1 - exponent)]; parameters as in
    `flicker_variance`, and the `lag` [s]."""
    if lag <= 0.0:
        return 0.0
    split = min(max(low, _PERIODS / lag), high)

    def slow(f: Floats) -> Floats:
        # 1 - cos = 2 sin^2 keeps its digits where the cosine is nearly 1.
        return np.asarray(2.0 * f * _passed(f, exponent, averaging) * np.sin(math.pi * f * lag) ** 2)

    total = over_logarithm(slow, low, split)
    if high > split:
        total += flicker_variance(exponent, split, high, averaging)
        total -= _turned(exponent, split, averaging, lag) - _turned(exponent, high, averaging, lag)
    return total


def _turned(exponent: float, start: float, averaging: float, lag: float) -> float:
    """Integral of S |H|^2 cos(2 pi f lag) from `start` [Hz] to infinity, along f = start + i y/(2 pi lag)."""
    y, weights = _laguerre()
    width = 2.0 * math.pi * lag
    values = _passed(start + 1j * y / width, exponent, averaging)
    # Of whole periods nothing is left but their rest, which the cosine of a large number would lose.
    turn = np.exp(2j * math.pi * math.fmod(start * lag, 1.0))
    return float((1j * turn * (weights @ values) / width).real)


def unlimited_change(exponent: float, averaging: float, lag: float) -> float:
    """D/2 of the spectrum 1/f^exponent at all frequencies [Hz^(1 - exponent)], which an exponent below 3 makes finite;
    parameters as in `flicker_change`."""
    low, high = 1.0 / (_FAR * lag), _FAR / min(averaging, lag)
    return flicker_change(exponent, low, high, averaging, lag)


def relaxing_variance(time: Any, averaging: float) -> Any:
    """V of a process whose covariance falls as exp(-t/time), over its own variance [1]: time/(time + T/2).

    Its spectrum is Lorentzian, 4 time/(1 + (2 pi f time)^2). `time` [s] may be an array of any shape, which V then has;
    `averaging` [s] is T.
    """
    return time / (time + 0.5 * averaging)


def relaxing_change(time: Any, averaging: float, lag: float) -> Any:
    """D/2 of such a process, over its own variance [1]; arguments as in `relaxing_variance`, and the `lag` [s].

    With a = 1/time and b = 2/T the filtered process has

        rho(t) = (b e^(-a t) - a e^(-b t))/(b - a) = e^(-a t) + a t e^(-m t) (1 - e^(-|b - a| t))/(|b - a| t),

    m the smaller of a and b.
    """
    a, b = 1.0 / np.asarray(time, dtype=np.float64), 2.0 / averaging if averaging > 0.0 else math.inf
    fallen = -np.expm1(-a * lag)
    if math.isfinite(b):
        apart = np.abs(b - a) * lag
        mean = np.where(apart > 1e-12, -np.expm1(-apart) / np.maximum(apart, 1e-12), 1.0)
        fallen = fallen - a * lag * np.exp(-np.minimum(a, b) * lag) * mean
    return relaxing_variance(time, averaging) * fallen
