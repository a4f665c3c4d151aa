"""A stage with a smaller slope beyond a knee."""

from typing import Literal, NamedTuple

import numpy as np

from analogep import register
from analogep.circuit.activation import Activation


class KneeNumbers(NamedTuple):
    low: float
    high: float
    knee: float
    half: float

    @staticmethod
    def rate(curve, v):
        r = v if v < curve.knee else curve.knee + curve.half * (v - curve.knee)
        return min(max(r, curve.low), curve.high)


@register
class Knee(Activation):
    kind: Literal["knee"]
    high: float
    knee: float

    def rate(self, v):
        return np.clip(np.where(v < self.knee, v, self.knee + 0.5 * (v - self.knee)), 0.0, self.high)

    def slope(self, v):
        r = self.rate(v)
        return np.where((r > 0.0) & (r < self.high), np.where(v < self.knee, 1.0, 0.5), 0.0)

    def primitive(self, r):
        return 0.5 * np.square(r) + 0.5 * np.square(np.maximum(r - self.knee, 0.0))

    @property
    def rails(self):
        return 0.0, self.high

    def numbers(self, kind):
        return KneeNumbers(kind(0.0), kind(self.high), kind(self.knee), kind(0.5))

    def expression(self, v):
        return f"min(max(min({v},{self.knee:.17g}+0.5*({v}-{self.knee:.17g})),0),{self.high:.17g})"
