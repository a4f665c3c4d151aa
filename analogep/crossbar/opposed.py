"""A gradient whose two signs are kept apart, because every part of it becomes pulses of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Opposed:
    """G = falls - rises, both of them not negative.

    Attributes
    ----------
    rises, falls : ndarray (rows, columns) [1]
        What is to raise and what is to lower the weights.
    """

    rises: Floats
    falls: Floats

    def __mul__(self, factor: float) -> Opposed:
        """The gradient times a factor of either sign."""
        both = (self.rises, self.falls) if factor >= 0.0 else (self.falls, self.rises)
        return Opposed(*(abs(factor) * part for part in both))

    def __add__(self, other: Opposed) -> Opposed:
        return Opposed(self.rises + other.rises, self.falls + other.falls)

    def dense(self) -> Floats:
        """G (rows, columns) [1]."""
        return self.falls - self.rises

    def pulses(self, rng: np.random.Generator) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Counts of pulses up and down (rows, columns), where both parts are sums of the small chances of many spikes.

        Their number is then a Poisson variable: it is off by at most the sum of the squares of the chances (Le Cam's
        theorem, in total variation).
        """
        up, down = (rng.poisson(part).astype(np.int32) for part in (self.rises, self.falls))
        return up, down
