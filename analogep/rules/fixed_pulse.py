"""Fixed pulses: the sign of the gradient alone."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, NamedTuple

import numpy as np
from pydantic import Field

from analogep.rules.base import Counts, Floats, Rule, whole


class Sign(NamedTuple):
    """n = sign(z) where |z| >= dead."""

    dead: float

    def decided(rule, z, kept, seen, bits):  # type: ignore[no-untyped-def]  # noqa: N805
        """Nothing is kept."""
        return np.sign(z) if abs(z) >= rule.dead else z - z, kept


class FixedPulse(Rule):
    """n = sign(z) where |z| reaches the dead zone (Manhattan rule): one pulse, whatever the size of the gradient."""

    rule: Literal["fixed_pulse"]
    example: ClassVar[str] = "{rule: fixed_pulse, dead_zone: 0.3}"
    dead_zone: Annotated[float, Field(ge=0, le=10**6)] = 0.5
    """Smallest |z| that gets a pulse, in steps."""

    def counts(self, z: Floats, key: int) -> Counts:
        """Signed pulses for the wanted change `z` [steps]."""
        return whole(np.where(np.abs(z) >= self.dead_zone, np.sign(z), 0.0))

    def numbers(self, step: float, ends: tuple[float, float]) -> Sign:
        """The rule for the programming engine."""
        return Sign(float(self.dead_zone))
