"""What a write adds to the state that a cell shows, with a memory of the cell's last pulses and without."""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
from pydantic import Field

from analogep.cards import Block
from analogep.device.laws.base import Floats
from analogep.units import Fraction


class MeanReverting(Block):
    """A scatter with a memory of its cell's last pulses: an Ornstein-Uhlenbeck process, sampled at pulses.

        m' = e^(-1/length) m + sigma sqrt(1 - e^(-2/length)) xi

    in each pulse. Two reads k pulses apart differ by a variance of 2 sigma^2 (1 - e^(-k/length)): for k far below the
    length as those of a random walk, far above it not at all. New cells, and cells that are put to a state without
    pulses, begin at m = 0.
    """

    sigma: Annotated[Fraction, Field(gt=0, le=100)]
    """Standard deviation after many pulses, as a fraction of the window."""
    length: Annotated[float, Field(ge=0.01, le=1e9)]
    """Pulses after which the correlation has fallen to 1/e."""

    def after(self, memory: Floats, pulses: Floats, xi: Floats) -> Floats:
        """What n pulses in a row leave of it, in closed form: e^(-n/l) m + sigma sqrt(1 - e^(-2 n/l)) xi.

        Parameters
        ----------
        memory : ndarray (any shape) [window]
            m before the pulses.
        pulses : ndarray of the same shape [1]
            Their number n, whichever way they point.
        xi : ndarray of the same shape [1]
            A normal deviate of each cell.

        Returns
        -------
        ndarray of the same shape [window]
            m after them.
        """
        way = np.asarray(pulses) / self.length
        return np.asarray(np.exp(-way) * memory + self.sigma * np.sqrt(-np.expm1(-2.0 * way)) * xi)


class BetweenRamps(Block):
    """All steps of a ramp times 1 + sigma xi, xi drawn anew for the next ramp: seen where ramps were measured again.

    A record of what a measurement saw. The pulses of a run come in no ramps, and how such a factor changes from pulse
    to pulse of a cell is not known from that, so that nothing simulates it.
    """

    up: Annotated[Fraction, Field(ge=0, le=10)]
    """Standard deviation of the factor of ramps up, relative to the step."""
    down: Annotated[Fraction, Field(ge=0, le=10)] = 0.0
    """Of ramps down."""


class WriteNoise(Block):
    """Apparent state = hidden state + sigma xi + m: drawn anew at each write, and a part m with a memory.

    Neither accumulates: pulses go on from the hidden state. Of a cell that gets k pulses of exact steps, what shows
    less what the law says scatters by D(k) = 2 sigma^2 + 2 sigma_m^2 (1 - e^(-k/length)) between two looks.
    """

    sigma: Annotated[Fraction, Field(ge=0, le=100)]
    """Standard deviation of the part without a memory, as a fraction of the window."""
    mean_reverting: MeanReverting | None = None
    """The part with a memory; null for none."""

    @property
    def deviation(self) -> float:
        """Standard deviation of both parts together after many pulses [window]."""
        return math.hypot(self.sigma, 0.0 if self.mean_reverting is None else self.mean_reverting.sigma)
