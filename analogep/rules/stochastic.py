"""Stochastic pulses: right in the mean."""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple

import numpy as np

from analogep.parts import fraction
from analogep.rules.base import MOST_PULSES, Counts, Floats, Rule


class Rounding(NamedTuple):
    """n = floor(z + u), at most `most` in size."""

    most: float

    def decided(rule, z, kept, seen, bits):  # type: ignore[no-untyped-def]  # noqa: N805
        """Nothing is kept."""
        return min(max(np.floor(z + fraction(bits, z)), -rule.most), rule.most), kept


class Stochastic(Rule):
    """n = floor(z + u), u uniform in [0, 1): the mean of n is z."""

    rule: Literal["stochastic"]
    example: ClassVar[str] = "{rule: stochastic}"
    draws: ClassVar[bool] = True
    coincides: ClassVar[bool] = True

    def counts(self, z: Floats, key: int) -> Counts:
        """Signed pulses for the wanted change `z` [steps]; u of each cell from the 64-bit `key`."""
        from analogep.draws import rounded

        return rounded(z, key, MOST_PULSES)

    def numbers(self, step: float, ends: tuple[float, float]) -> Rounding:
        """The rule for the programming engine."""
        return Rounding(float(MOST_PULSES))
