"""How far readings drift apart with the pulses between them: the structure function of the residuals, and the card's.

    D(k) = mean over ramps and pulses of (e_{j+k} - e_j)^2,

e the residuals of the levels over the measured range, with four ramps or more less their mean over ramps: what all
ramps have in common is what the law misses (`misfit`), and no noise.

What the card expects is the mean of the same over simulated ramps, the fitted path with the fitted noise, to which
the curve is fitted again: a fit takes a part of the slow scatter with it, of the data as of the simulation. White
scatter is flat, scatter that stays rises with k, scatter that comes back levels off; ramps whose steps are larger or
smaller as a whole drift apart with the square of k.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analogep.fit.bias import simulated
from analogep.fit.levels import Minimum, Readings, descend
from analogep.fit.shapes import Shapes

Floats = NDArray[np.float64]

_SETS: Final = 8
_LAGS: Final = 14
_RAMPS: Final = 4
"""Ramps from which their mean is taken out, as `noise` does."""
_FACTOR: Final = 2.0
"""Ratio of D at long lags, of data and card, that is worth a remark."""
_RESIDUAL: Final = (0.7, 1.5)
"""Bounds of the residual over what noise would leave."""


@dataclass(frozen=True)
class Structure:
    """D of one direction.

    Parameters
    ----------
    lags : ndarray (lags,) [pulses]
    data : ndarray (lags,) [1, of the squared range]
    sets : ndarray (sets, lags) [1, of the squared range]
        Of each simulated measurement.
    """

    lags: Floats
    data: Floats
    sets: Floats

    @property
    def card(self) -> Floats:
        """Mean of the simulated measurements (lags,) [1, of the squared range]."""
        return np.asarray(self.sets.mean(axis=0))


def structures(
    minimum: Minimum, data: tuple[Readings, ...], noise: list[Shapes], rng: np.random.Generator
) -> tuple[list[Structure], tuple[float, Floats]]:
    """D of each direction, and the sums of squared residuals of the data and of every simulation (sets,) [1].

    Parameters
    ----------
    minimum : Minimum
    data : tuple of Readings
    noise : list of Shapes
        Variances along the ramps of each direction, scaled.
    rng : Generator
    """
    paths = minimum.paths(data)
    lags = [_lags(part) for part in data]
    own = [_structure(part.xi - path, part.here, lag) for part, path, lag in zip(data, paths, lags, strict=True)]
    sets: list[list[Floats]] = [[] for _ in data]
    squares = []
    for _ in range(_SETS):
        again = tuple(
            Readings(path + simulated(part, shape, rng), part.here, part.pulses)
            for path, part, shape in zip(paths, data, noise, strict=True)
        )
        fitted = descend(minimum.curve, minimum.theta, again, 12)
        squares.append(fitted.squares)
        for k, (part, path) in enumerate(zip(again, fitted.paths(again), strict=True)):
            sets[k].append(_structure(part.xi - path, part.here, lags[k]))
    found = [Structure(lag, one, np.array(many)) for lag, one, many in zip(lags, own, sets, strict=True)]
    return found, (minimum.squares, np.array(squares))


def _lags(part: Readings) -> Floats:
    most = max(2, int(0.6 * part.xi.shape[1]))
    return np.unique(np.round(np.geomspace(1, most, _LAGS))).astype(np.float64)


def _structure(residual: Floats, here: NDArray[np.bool_], lags: Floats) -> Floats:
    if here.shape[0] >= _RAMPS:
        mean = np.where(here, residual, 0.0).sum(axis=0) / np.maximum(here.sum(axis=0), 1)
        # As many deviations from a mean of R have (R - 1)/R of the variance of the ramps.
        residual = (residual - mean) * np.sqrt(here.shape[0] / (here.shape[0] - 1.0))
    out = np.empty(lags.size)
    for i, lag in enumerate(lags.astype(int)):
        both = here[:, lag:] & here[:, :-lag]
        change = np.where(both, residual[:, lag:] - residual[:, :-lag], 0.0)
        out[i] = float(np.sum(change**2)) / max(int(both.sum()), 1)
    return out


def remarks(found: list[Structure], squares: tuple[float, Floats]) -> list[str]:
    """What the noise of the card does not say of the data: only what no simulation has.

    Parameters
    ----------
    found : list of Structure
    squares : tuple
        Sum of squared residuals of the data, and of each simulation (sets,) [1].
    """
    said = []
    ratio = float(np.sqrt(squares[0] / max(float(squares[1].mean()), 1e-300)))
    beyond = squares[0] > squares[1].max() or squares[0] < squares[1].min()
    if beyond and not _RESIDUAL[0] <= ratio <= _RESIDUAL[1]:
        said.append(
            f"residuals are {ratio:.2g} times what the fitted noise would leave (0.7 to 1.5 are expected): the noise "
            "or the law is not the device's"
        )
    for one, way in zip(found, ("up", "down"), strict=False):
        far = one.lags >= 0.3 * one.lags[-1]
        seen, many = float(one.data[far].mean()), one.sets[:, far].mean(axis=1)
        factor = seen / max(float(many.mean()), 1e-300)
        if (seen > many.max() or seen < many.min()) and not 1.0 / _FACTOR <= factor <= _FACTOR:
            said.append(
                f"readings {one.lags[far][0]:.0f} to {one.lags[-1]:.0f} pulses {way} apart differ by {factor:.2g} "
                "times the mean square that the card's noise gives: slow drift that it lacks, or has too much of"
            )
    return said
