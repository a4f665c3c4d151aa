"""Closed loop: what a write has done is read back."""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple

import numpy as np

from analogep.rules.accumulating import Accumulating


class Target(NamedTuple):
    """kept = clip(kept + z step, window),   chi = (kept - seen)/step,   n = trunc(chi) as in `Residual`."""

    step: float
    low: float
    high: float
    threshold: float
    most: float
    one: float

    def decided(rule, z, kept, seen, bits):  # type: ignore[no-untyped-def]  # noqa: N805
        """What the window cannot hold is not remembered."""
        target = min(max(kept + z * rule.step, rule.low), rule.high)
        chi = (target - seen) / rule.step
        size = min(max(np.floor(abs(chi)), rule.one), rule.most)
        return (size if chi > 0 else -size) if abs(chi) >= rule.threshold else chi - chi, target


class ClosedLoop(Accumulating):
    """Mixed precision whose residual is corrected by reading back each pair that was written.

    Digital memory holds the wanted weight; chi = (wanted - last read)/step. The read goes through the ADC and carries
    the device's read noise, whose errors do not add up because each read replaces the one before.
    """

    rule: Literal["closed_loop"]
    example: ClassVar[str] = "{rule: closed_loop, threshold: 1, max_pulses: 2}"
    verifies: ClassVar[bool] = True

    def numbers(self, step: float, ends: tuple[float, float]) -> Target:
        """The rule for the programming engine."""
        return Target(step, *ends, float(self.threshold), self.most, 1.0)
