"""One pulse in the direction of the gradient, with the chance of its size."""

from typing import ClassVar, Literal, NamedTuple

import numpy as np

from analogep import register
from analogep.parts import fraction
from analogep.rules import Rule


class ChanceNumbers(NamedTuple):
    most: float

    def decided(rule, z, kept, seen, bits):
        return np.sign(z) if fraction(bits, z) < abs(z) else z - z, kept


@register
class Chance(Rule):
    rule: Literal["chance"]
    draws: ClassVar[bool] = True

    def counts(self, z, key):
        return (np.sign(z) * (np.random.default_rng(key).random(z.shape) < np.abs(z))).astype(np.int32)

    def numbers(self, step, ends):
        return ChanceNumbers(1.0)
