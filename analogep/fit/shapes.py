"""How the noise of a fit varies along its ramps: variances per unit size, and the sizes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from analogep.fit.levels import Minimum, Readings

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Shapes:
    """How noise and its propagation vary along the ramps of one direction, for unit parameters.

    Parameters
    ----------
    write : ndarray (ramps, readings - 1) [1]
        q_k over sigma^2.
    read : ndarray (ramps, readings) [1]
        s_k^2 over sigma^2.
    carry : ndarray (ramps, readings - 1) [1]
        r_k.
    slow : float
        m, the variance of the mean-reverting part [1].
    memory : float
        Its correlation from pulse to pulse [1].
    reach : ndarray (ramps, readings) [1]
        How far a level moves when all steps of its ramp are larger by a unit factor.
    between : float
        Standard deviation of that factor from ramp to ramp [1].
    """

    write: Floats
    read: Floats
    carry: Floats
    slow: float = 0.0
    memory: float = 0.0
    reach: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    between: float = 0.0

    def scaled(self, noise: Noise, direction: int) -> Shapes:
        """Variances for the sizes of a noise in a direction."""
        memory = math.exp(-1.0 / noise.length) if noise.slow_sigma > 0.0 else 0.0
        down = direction == 1 and math.isfinite(noise.write_down)
        size = noise.write_down if down else noise.write_sigma
        write, read = self.write * size**2, self.read * noise.read_sigma**2
        between = noise.between[direction] if noise.between else 0.0
        return Shapes(write, read, self.carry, noise.slow_sigma**2, memory, self.reach, between)


@dataclass(frozen=True)
class Noise:
    """Fitted noise; sigmas are in the units of their kinds: 1, or the range that the own coordinate measures.

    Parameters
    ----------
    write, read : str
        Kind of each.
    write_sigma, write_se, read_sigma, read_se : float
        Estimates and standard errors; the latter are NaN where the estimate is zero.
    likelihood : float
        Restricted log-likelihood.
    lag_one : float
        Correlation of neighbouring u.
    slow_sigma, slow_se : float
        Of the mean-reverting part, zero and NaN without one.
    length, length_se : float
        Its correlation length [pulses].
    between, between_se : tuple of float
        Standard deviations of the factor on all steps of a ramp, by direction; empty where ramps are alike.
    write_down, write_down_se : float
        Write noise of pulses down where it differs from that of pulses up; else NaN.
    """

    write: str
    read: str
    write_sigma: float
    write_se: float
    read_sigma: float
    read_se: float
    likelihood: float
    lag_one: float
    slow_sigma: float = 0.0
    slow_se: float = math.nan
    length: float = math.nan
    length_se: float = math.nan
    between: tuple[float, ...] = ()
    between_se: tuple[float, ...] = ()
    write_down: float = math.nan
    write_down_se: float = math.nan

    def read_in(self, factor: float) -> Noise:
        """The same noise where the unit of absolute read noise is `factor` times as small."""
        if self.read != "absolute" or factor == 1.0:
            return self
        return replace(self, read_sigma=self.read_sigma * factor, read_se=self.read_se * factor)


def shapes(
    minimum: Minimum, data: tuple[Readings, ...], reads: list[dict[str, Floats]], write: str, read: str
) -> list[Shapes]:
    """Variances per unit parameter along the fitted paths.

    Parameters
    ----------
    minimum : Minimum
    data : tuple of Readings
    reads : list of dict
        Deviations by unit read noise of each kind along the fitted paths (ramps, readings) [1], of each direction.
    write, read : str
        Kinds.
    """
    out = []
    for k, (path, part, unit) in enumerate(zip(minimum.paths(data), data, reads, strict=True)):
        step, carry = steps_along(minimum, k, path[:, :-1], part.pulses)
        q = np.square(step) if write == "step" else np.ones_like(step)
        reach = np.zeros(path.shape)
        for j in range(step.shape[1]):
            reach[:, j + 1] = carry[:, j] * reach[:, j] + step[:, j]
        out.append(Shapes(q, np.square(unit[read]), carry, reach=reach))
    return out


def steps_along(minimum: Minimum, direction: int, xi: Floats, pulses: float) -> tuple[Floats, Floats]:
    """Steps and r = 1 + d' (ramps, readings) [1] at the states `xi` (ramps, readings) [1]."""
    theta, h = minimum.own(direction)[None], 1e-5
    here, above, below = (minimum.curve.rate(theta, xi.reshape(1, -1) + d)[0] for d in (0.0, h, -h))
    # Beside a bound that is reached in a finite number of pulses the slope has no limit.
    slope = (above - below) / (2.0 * h * pulses)
    return (here / pulses).reshape(xi.shape), np.clip(1.0 + slope, -1.0, 2.0).reshape(xi.shape)
