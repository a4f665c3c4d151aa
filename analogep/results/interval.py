"""How far a share of samples says what other samples would give."""

from __future__ import annotations

import math
from typing import Final

_Z: Final = 1.959963984540054
"""Quantile 0.975 of the normal distribution: 95 % lie within so many standard deviations of both sides."""


def binomial_interval(share: float, samples: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share, for other samples like these:

    [p + z^2/2n +- z sqrt(p (1 - p)/n + z^2/4n^2)]/(1 + z^2/n)

    Parameters
    ----------
    share : float
        p, right ones among the samples [1].
    samples : int
        n.

    Returns
    -------
    (float, float) [1]

    Notes
    -----
    Wilson 1927, J. Am. Stat. Assoc. 22, 209. It says how well this many samples know the accuracy of this one trained
    chip. Other chips and other seeds differ besides: that is the interval of a mean over seeds, by Student's t.
    """
    middle, scale = share + _Z * _Z / (2 * samples), 1.0 + _Z * _Z / samples
    half = _Z * math.sqrt(share * (1.0 - share) / samples + (_Z / (2 * samples)) ** 2)
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def with_half(mean: float, half: float, *, signed: bool = False) -> str:
    """A share, or a difference of shares, and half of its interval, in percent or points: `98.40 +- 0.12`.

    Parameters
    ----------
    mean, half : float
        [1]; a half that is NaN is left out, as one seed has none.
    signed : bool
        Whether a plus stands before what is positive.
    """
    return f"{100.0 * mean:{'+' if signed else ''}.2f}" + ("" if math.isnan(half) else f" +- {100.0 * half:.2f}")


def said(share: float, samples: int) -> str:
    """A share with its interval, in percent: `96.10 % [93.6, 97.7]`.

    Parameters
    ----------
    share : float
        Of the samples [1].
    samples : int
    """
    low, high = (100.0 * end for end in binomial_interval(share, samples))
    return f"{100.0 * share:.2f} % [{low:.1f}, {high:.1f}]"
