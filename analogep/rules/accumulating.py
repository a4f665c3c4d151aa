"""What the rules share that keep in digital memory what they did not write."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from analogep.rules.base import MOST_PULSES, Counts, Floats, Rule, whole


class Accumulating(Rule):
    """n = trunc(chi), at least one pulse and at most max_pulses, where |chi| >= threshold: rare writes of what digital
    memory has gathered.

    A threshold of 1/2 is the nearest state: for a binary cell, whose step is its window, it is the only one that a
    wanted weight within the window can reach.
    """

    threshold: Annotated[float, Field(ge=0.5, le=10**6)]
    """Accumulated change that triggers pulses, in steps."""
    max_pulses: Annotated[int | None, Field(ge=1, le=MOST_PULSES)] = None
    """Most pulses in one write; null for no limit. The noise of n pulses grows as sqrt(n): where it exceeds the step
    several times over, a write of many pulses lands further off than it started, and one pulse is best."""
    accumulates: ClassVar[bool] = True

    @property
    def most(self) -> float:
        """Most pulses in one write."""
        return float(MOST_PULSES if self.max_pulses is None else self.max_pulses)

    def counts(self, z: Floats, key: int) -> Counts:
        """Signed pulses for the accumulated change `z` [steps]."""
        size = np.clip(np.trunc(np.abs(z)), 1.0, self.most)
        return whole(np.where(np.abs(z) >= self.threshold, np.copysign(size, z), 0.0))
