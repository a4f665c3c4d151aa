"""What every update rule is: from the wanted change of a weight to signed whole numbers of pulses.

A rule sees the wanted change in units of one step of a pair, z = dw/step. Some forget what they did not write, others
keep it in digital memory.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from analogep.cards import Block, Family

Schedule = Literal["row", "rank_one", "cell"]
Floats = NDArray[np.float64]
Counts = NDArray[np.int32]

MOST_PULSES: Final = 1_000_000
"""Most pulses that any rule asks of a cell at once."""
RULES: Final = Family(
    "update rule",
    tag="rule",
    home="analogep.rules",
    members={
        "device": "recommended.DeviceRule",
        "stochastic": "stochastic.Stochastic",
        "fixed_pulse": "fixed_pulse.FixedPulse",
        "mixed_precision": "mixed_precision.MixedPrecision",
        "closed_loop": "closed_loop.ClosedLoop",
    },
)
"""Every update rule, by the `rule` of a circuit card's `update`."""


class Recommendation(Protocol):
    """What a device card recommends."""

    @property
    def rule(self) -> str:
        """Name of the rule."""

    @property
    def threshold(self) -> float:
        """Residual that triggers pulses [steps], of rules that have one."""

    @property
    def max_pulses(self) -> int | None:
        """Most pulses in one write, of rules that have a limit."""


class Chosen(Block):
    """What a circuit card may say about the rule: one of the rules, or that the device card decides."""

    family: ClassVar[Family] = RULES
    rule: str
    schedule: Schedule = "row"
    """In which order cells are pulsed. `row`: one row after the other, all of its columns at once, in a slot of pulses
    up and a slot of pulses down, each as long as the most pulses that a cell of the row gets. `rank_one`: all cells of
    an array at once, where the pulses of a line and of a column coincide, for each outer product of the gradient.
    `cell`: one cell after the other. Arrays of different layers follow one another; both halves of a pair, mirrors and
    copies are written side by side."""

    def active(self, recommended: Recommendation) -> Rule:
        """The rule that is followed on a device with this recommendation."""
        raise NotImplementedError


class Rule(Chosen, ABC):
    """An update rule: the card's block, its equation in NumPy, and the same for the programming engine.

    Attributes
    ----------
    draws : bool
        Whether the rule needs random bits.
    accumulates : bool
        Whether it keeps what it did not write.
    verifies : bool
        Whether each pair that was written is read back.
    coincides : bool
        Whether its pulses are, in the mean, those that coincide on the lines and columns of outer products: it is
        linear in each of them, so that nothing need know their sum.
    """

    draws: ClassVar[bool] = False
    accumulates: ClassVar[bool] = False
    verifies: ClassVar[bool] = False
    coincides: ClassVar[bool] = False

    def active(self, recommended: Recommendation) -> Rule:
        """The rule itself, whatever the device card recommends."""
        return self

    @abstractmethod
    def counts(self, z: Floats, key: int) -> Counts:
        """Signed pulses, counts of (rows, columns), for wanted or accumulated changes.

        Parameters
        ----------
        z : ndarray (rows, columns) [steps]
        key : int
            64 bits from which the random numbers of every cell follow.
        """

    @abstractmethod
    def numbers(self, step: float, ends: tuple[float, float]) -> Any:
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


def whole(z: Floats) -> Counts:
    """Signed pulses as integers (rows, columns) from `z` (rows, columns) [steps], at most `MOST_PULSES`."""
    return np.clip(z, -MOST_PULSES, MOST_PULSES).astype(np.int32)


def rule_named(rule: str, threshold: float, max_pulses: int | None) -> Rule:
    """A rule by its name, with those of the two numbers that it has.

    Parameters
    ----------
    rule : str
    threshold : float [steps]
    max_pulses : int or None
    """
    made = RULES.find(rule)
    known = {"threshold": threshold, "max_pulses": max_pulses}
    found = made(rule=rule, **{key: value for key, value in known.items() if key in made.model_fields})
    assert isinstance(found, Rule)
    return found
