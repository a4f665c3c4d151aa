"""The logarithm of the hyperbolic cosine: quadratic near the target, linear far from it."""

from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np

from analogep import register
from analogep.costs import Cost


class LogCoshNumbers(NamedTuple):
    volts: Any

    @staticmethod
    def row(numbers, scores, target, pull):
        for k in range(scores.size):
            pull[k] = numbers.volts * np.tanh((target[k] - scores[k]) / numbers.volts)


@register
class LogCosh(Cost):
    """C = sum log cosh((s - d)/V), p = V tanh((d - s)/V)."""

    kind: Literal["log_cosh"]
    analytic: ClassVar[bool] = False

    def value(self, scores, target, volts):
        return np.log(np.cosh((scores - target) / volts)).sum(axis=-1)

    def pull(self, scores, target, volts):
        return volts * np.tanh((target - scores) / volts)

    def curvature(self, scores, target, volts):
        return np.eye(scores.shape[-1]) / np.cosh((scores - target) / volts)[..., None, :] ** 2

    @property
    def steepest(self):
        return 1.0

    def numbers(self, volts, kind):
        return LogCoshNumbers(kind(volts))

    def expression(self, k, target, scores, volts):
        return f"{volts:.17g}*tanh(({target[k]:.17g}-{scores[k]})/{volts:.17g})"
