"""Which keys of a circuit card are settings that a search may choose, and how far from the card's value.

What a device is, which devices a circuit has and what physics takes from it are no settings: no search makes a chip
better by having less noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Scale = Literal["log", "linear", "integer", "choice"]
Value = float | int | str | None


@dataclass(frozen=True)
class Tunable:
    """A key of the circuit card, or each entry of it where it is a list with a number for every layer.

    Parameters
    ----------
    key : str
    scale : str
        How numbers between the bounds are spread; `choice` for one of `choices`.
    low, high : float
        Bounds, in multiples of the card's value, or the values themselves where `absolute`. The card's own value is
        always within.
    absolute : bool
    choices : tuple
        Texts, numbers, or None for a key that is left out; the card's own value is always among them.
    along : tuple of (str, float)
        Keys that change with this one, in proportion to a power of it, so that the circuit stays the one that was
        designed: rails with the full scale, the bandwidth of an amplifier with the node that it drives.
    """

    key: str
    scale: Scale
    low: float = 0.0
    high: float = 0.0
    absolute: bool = False
    choices: tuple[Value, ...] = ()
    along: tuple[tuple[str, float], ...] = ()


FULL_SCALE: Final = (
    "neurons.hidden.activation.low",
    "neurons.hidden.activation.high",
    "neurons.output.activation.low",
    "neurons.output.activation.high",
    "adc.low",
    "adc.high",
    "solver.absolute_tolerance",
)
"""What is designed in units of the read voltage."""

RANGE: Final = "mapping.weight_range"
COMMON_MODE: Final = "mapping.common_mode"
BANDWIDTHS: Final = ("neurons.hidden.amplifier.bandwidth", "neurons.output.amplifier.bandwidth")
"""Gain-bandwidth products of neurons' amplifiers, which follow weight ranges where lines have none of their own."""

RULE: Final = "update.rule"
THRESHOLD: Final = "update.threshold"
MOST: Final = "update.max_pulses"
"""Keys of the update rule, which a card may leave to the device card (`rule: device`)."""

TUNABLE: Final = (
    Tunable("learning.rate", "log", 0.2, 5.0),
    Tunable(RANGE, "log", 0.4, 2.5),
    Tunable("nudging.beta", "log", 0.2, 1.9),
    Tunable("nudging.estimator", "choice", choices=("positive", "random_sign", "centered")),
    Tunable("timing.free.duration", "log", 0.2, 2.0),
    Tunable("timing.nudged.duration", "log", 0.2, 2.0),
    Tunable("mapping.read_voltage", "log", 0.5, 2.0, along=tuple((key, 1.0) for key in FULL_SCALE)),
    Tunable("neurons.hidden.capacitance", "log", 0.2, 2.0, along=((BANDWIDTHS[0], -1.0),)),
    Tunable("neurons.output.capacitance", "log", 0.2, 2.0, along=((BANDWIDTHS[1], -1.0),)),
    Tunable("feedback.gain", "log", 0.4, 2.5),
    Tunable("feedback.turns.forward", "log", 0.5, 2.0),
    Tunable("feedback.turns.reverse", "log", 0.5, 2.0),
    Tunable("column.ratio", "log", 0.5, 3.0),
    Tunable("column.load", "log", 0.3, 3.0),
    Tunable("column.tile", "choice", choices=(None, 32, 64, 128, 256)),
    Tunable("adc.bits", "integer", 4, 12, absolute=True),
    Tunable(RULE, "choice", choices=("stochastic", "mixed_precision", "closed_loop")),
    Tunable(THRESHOLD, "log", 0.25, 4.0),
    Tunable(MOST, "choice", choices=(None, 1, 2, 5, 10)),
)
"""Every setting that a search knows, by its key. A card has those whose keys it has."""
