"""Update rules: how many pulses a wanted weight change becomes.

A rule sees the wanted change in units of one step of a pair, z = dw/step, and answers with signed whole numbers of
pulses. Stochastic and fixed pulses forget what they did not write; the accumulating rules keep it in digital memory.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from analogep.cards import Block
from analogep.parts import fraction

Floats = NDArray[np.float64]
Counts = NDArray[np.int32]

MOST_PULSES = 1_000_000
"""Most pulses that any rule asks of a cell at once."""


class Rounding(NamedTuple):
    """n = floor(z + u), at most `most` in size."""

    most: float

    def decided(rule, z, kept, seen, bits):  # type: ignore[no-untyped-def]  # noqa: N805
        """Nothing is kept."""
        return min(max(np.floor(z + fraction(bits, z)), -rule.most), rule.most), kept


class Sign(NamedTuple):
    """n = sign(z) where |z| >= dead."""

    dead: float

    def decided(rule, z, kept, seen, bits):  # type: ignore[no-untyped-def]  # noqa: N805
        """Nothing is kept."""
        return np.sign(z) if abs(z) >= rule.dead else z - z, kept


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


def _whole(z: Floats) -> Counts:
    return np.clip(z, -MOST_PULSES, MOST_PULSES).astype(np.int32)


class Stochastic(Block):
    """n = floor(z + u), u uniform in [0, 1): the mean of n is z."""

    rule: Literal["stochastic"]
    draws: ClassVar[bool] = True
    """Whether the rule needs random bits."""
    accumulates: ClassVar[bool] = False
    verifies: ClassVar[bool] = False

    def counts(self, z: Floats, key: int) -> Counts:
        """Signed pulses for the wanted change `z` [steps]; u of each cell from the 64-bit `key`."""
        from analogep.draws import rounded

        return rounded(z, key, MOST_PULSES)

    def numbers(self, step: float, ends: tuple[float, float]) -> Rounding:
        """The rule for the programming engine.

        Parameters
        ----------
        step : float [1]
            Nominal step of a weight.
        ends : tuple of float [1]
            Weights at the ends of the window.

        Returns
        -------
        NamedTuple
            Its method `decided(rule, z, kept, seen, bits)` gives the signed pulses of one cell for the wanted change z
            [steps], and the digital memory after them, from the memory, the last read [1] and 32 random bits.
        """
        return Rounding(float(MOST_PULSES))


class FixedPulse(Block):
    """n = sign(z) where |z| reaches the dead zone (Manhattan rule): one pulse, whatever the size of the gradient."""

    rule: Literal["fixed_pulse"]
    dead_zone: Annotated[float, Field(ge=0, le=10**6)] = 0.5
    """Smallest |z| that gets a pulse, in steps."""
    draws: ClassVar[bool] = False
    accumulates: ClassVar[bool] = False
    verifies: ClassVar[bool] = False

    def counts(self, z: Floats, key: int) -> Counts:
        """Signed pulses for the wanted change `z` [steps]."""
        return _whole(np.where(np.abs(z) >= self.dead_zone, np.sign(z), 0.0))

    def numbers(self, step: float, ends: tuple[float, float]) -> Sign:
        """The rule for the programming engine; see `Stochastic.numbers`."""
        return Sign(float(self.dead_zone))


class Accumulating(Block):
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
    draws: ClassVar[bool] = False
    accumulates: ClassVar[bool] = True

    @property
    def most(self) -> float:
        """Most pulses in one write."""
        return float(MOST_PULSES if self.max_pulses is None else self.max_pulses)

    def counts(self, z: Floats, key: int) -> Counts:
        """Signed pulses for the accumulated change `z` [steps]."""
        size = np.clip(np.trunc(np.abs(z)), 1.0, self.most)
        return _whole(np.where(np.abs(z) >= self.threshold, np.copysign(size, z), 0.0))


class MixedPrecision(Accumulating):
    """chi += z; n from chi; chi -= n (Nandakumar et al. 2020, doi 10.3389/fnins.2020.00406).

    The digital accumulator chi makes rare, larger writes of many small gradients, so that fewer pulses bring less
    noise. What a write really did is not known to it.
    """

    rule: Literal["mixed_precision"]
    verifies: ClassVar[bool] = False

    def numbers(self, step: float, ends: tuple[float, float]) -> Residual:
        """The rule for the programming engine; see `Stochastic.numbers`."""
        return Residual(float(self.threshold), self.most, 1.0)


class ClosedLoop(Accumulating):
    """Mixed precision whose residual is corrected by reading back each pair that was written.

    Digital memory holds the wanted weight; chi = (wanted - last read)/step. The read goes through the ADC and carries
    the device's read noise, whose errors do not add up because each read replaces the one before.
    """

    rule: Literal["closed_loop"]
    verifies: ClassVar[bool] = True

    def numbers(self, step: float, ends: tuple[float, float]) -> Target:
        """The rule for the programming engine; see `Stochastic.numbers`."""
        return Target(step, *ends, float(self.threshold), self.most, 1.0)


class DeviceRule(Block):
    """The rule that the device card recommends."""

    rule: Literal["device"]


ActiveRule = Stochastic | FixedPulse | MixedPrecision | ClosedLoop
UpdateRule = Annotated[DeviceRule | Stochastic | FixedPulse | MixedPrecision | ClosedLoop, Field(discriminator="rule")]


def rule_named(rule: str, threshold: float, max_pulses: int | None) -> ActiveRule:
    """Rule of a device card's recommendation."""
    if rule == "closed_loop":
        return ClosedLoop(rule="closed_loop", threshold=threshold, max_pulses=max_pulses)
    if rule == "mixed_precision":
        return MixedPrecision(rule="mixed_precision", threshold=threshold, max_pulses=max_pulses)
    if rule == "fixed_pulse":
        return FixedPulse(rule="fixed_pulse")
    return Stochastic(rule="stochastic")
