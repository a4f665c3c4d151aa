"""Shot noise: a variance in proportion to the conductance."""

from typing import Annotated, Literal, NamedTuple

import numpy as np
from pydantic import Field

from analogep import register
from analogep.device.read import ReadNoise
from analogep.units import Siemens


class ShotNumbers(NamedTuple):
    scale: float

    def read_variance(noise, g):
        return noise.scale * g

    def read(noise, g, bits, xi):
        return g + np.sqrt(noise.scale * g) * xi


@register
class ShotNoise(ReadNoise):
    kind: Literal["shot"]
    scale: Annotated[Siemens, Field(gt=0)]

    def variance(self, g, g_max, elapsed=None):
        return self.scale * g

    def numbers(self, g_max, elapsed=None):
        return ShotNumbers(self.scale)
