"""Mixed precision: rare writes of what a digital accumulator has gathered."""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple

import numpy as np

from analogep.rules.accumulating import Accumulating


class Residual(NamedTuple):
    """chi = kept + z,   n = trunc(chi), 1 to `most`, where |chi| >= threshold,   kept = chi - n."""

    threshold: float
    most: float
    one: float

    def decided(rule, z, kept, seen, bits):  # type: ignore[no-untyped-def]  # noqa: N805
        """What is not written is kept."""
        chi = kept + z
        size = min(max(np.floor(abs(chi)), rule.one), rule.most)
        n = (size if chi > 0 else -size) if abs(chi) >= rule.threshold else chi - chi
        return n, chi - n


class MixedPrecision(Accumulating):
    """chi += z; n from chi; chi -= n (Nandakumar et al. 2020, doi 10.3389/fnins.2020.00406).

    The digital accumulator chi makes rare, larger writes of many small gradients, so that fewer pulses bring less
    noise. What a write really did is not known to it.
    """

    rule: Literal["mixed_precision"]
    example: ClassVar[str] = "{rule: mixed_precision, threshold: 2, max_pulses: 5}"

    def numbers(self, step: float, ends: tuple[float, float]) -> Residual:
        """The rule for the programming engine."""
        return Residual(float(self.threshold), self.most, 1.0)
