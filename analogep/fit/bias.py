"""Bias of fitted parameters, which every ramp's free start keeps from vanishing with the number of ramps.

A curved law turns noise into bias of second order. The fit is repeated on simulated ramps, the fitted path plus and
minus the same simulated noise: in the mean of both, all that is linear in the noise cancels, and what is left over the
truth is the bias. A few pairs tell it. It is subtracted from the parameters.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analogep.fit.covariance import Uncertainty
from analogep.fit.levels import Minimum, Readings, descend
from analogep.fit.shapes import Shapes

Floats = NDArray[np.float64]

_PAIRS: Final = (4, 40)
"""Fewest and most pairs of simulated measurements."""

_RAMPS: Final = 8000
"""Ramps that are simulated in all pairs together, beyond the fewest pairs."""

_KNOWN: Final = 0.15
"""Standard error of the bias, in standard errors of the parameters, at which no further pairs are simulated."""


def unbiased(
    minimum: Minimum, data: tuple[Readings, ...], noise: list[Shapes], known: Uncertainty, rng: np.random.Generator
) -> Uncertainty:
    """`known` with its values less their bias; as it is where the bias would exceed the standard error of one ramp.

    (Then the second order is not small, and neither is the third.)

    Parameters
    ----------
    minimum : Minimum
    data : tuple of Readings
    noise : list of Shapes
        Variances along the ramps of each direction, scaled.
    known : Uncertainty
    rng : Generator
    """
    errors = np.sqrt(np.maximum(np.diag(known.covariance), 0.0))
    found: list[Floats] = []
    most = min(_PAIRS[1], max(_PAIRS[0], _RAMPS // sum(part.xi.shape[0] for part in data)))
    while len(found) < most:
        found.append(_pair(minimum, data, noise, rng))
        if len(found) >= _PAIRS[0]:
            spread = np.std(found, axis=0, ddof=1) / np.sqrt(len(found))
            if not np.any(spread > _KNOWN * errors):
                break
    bias = np.mean(found, axis=0)
    ramps = min(part.xi.shape[0] for part in data)
    if not np.all(np.isfinite(bias)) or np.any(np.abs(bias) > errors * np.sqrt(ramps)):
        return known
    return Uncertainty(known.values - bias, known.covariance, known.squares, known.penalty, known.expected)


def _pair(minimum: Minimum, data: tuple[Readings, ...], noise: list[Shapes], rng: np.random.Generator) -> Floats:
    """Mean of the fits to the path plus and minus noise, less the truth (parameters + directions,)."""
    noises = [simulated(part, shape, rng) for part, shape in zip(data, noise, strict=True)]
    paths = minimum.paths(data)
    total = np.zeros(minimum.theta.size + len(data))
    for sign in (1.0, -1.0):
        trial = tuple(
            Readings(path + sign * one, part.here, part.pulses)
            for path, one, part in zip(paths, noises, data, strict=True)
        )
        again = descend(minimum.curve, minimum.theta, trial, 12)
        total += np.concatenate([again.theta, [float(start.mean()) for start in again.starts]])
    return np.asarray(0.5 * total - np.concatenate([minimum.theta, [float(start.mean()) for start in minimum.starts]]))


def simulated(part: Readings, shape: Shapes, rng: np.random.Generator) -> Floats:
    """Noise of one direction, of all kinds that it has (ramps, readings) [1].

    Parameters
    ----------
    part : Readings
    shape : Shapes
        Variances along its ramps, scaled.
    rng : Generator
    """
    out = rng.standard_normal(part.xi.shape) * np.sqrt(shape.read)
    steps = rng.standard_normal(shape.write.shape) * np.sqrt(shape.write)
    wandered = np.zeros(part.xi.shape[0])
    for k in range(steps.shape[1]):
        wandered = shape.carry[:, k] * wandered + steps[:, k]
        out[:, k + 1] += wandered
    if shape.slow > 0.0:
        z = math.sqrt(shape.slow) * rng.standard_normal(part.xi.shape)
        for k in range(part.xi.shape[1]):
            if k:
                z[:, k] = shape.memory * z[:, k - 1] + math.sqrt(1.0 - shape.memory**2) * z[:, k]
        out += z
    if shape.between > 0.0:
        out += shape.between * rng.standard_normal((part.xi.shape[0], 1)) * shape.reach
    return out
