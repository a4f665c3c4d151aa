"""Noise that grows towards the ends of the window."""

from typing import Literal, NamedTuple

import numpy as np

from analogep import register
from analogep.device.variation import PulseNoise


class EndNumbers(NamedTuple):
    sigma: float

    def disturbed(noise, change, x, up, scale, off, xi):
        return change + noise.sigma * abs(2.0 * x - 1.0) * xi


@register
class EndNoise(PulseNoise):
    kind: Literal["ends"]
    sigma: float

    def deviation(self, law, direction, x, window):
        return self.sigma * np.abs(2.0 * x - 1.0)

    def numbers(self, law, window):
        return EndNumbers(self.sigma)
