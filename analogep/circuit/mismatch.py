"""Mismatch of neurons: how far the circuits of one chip are from each other, and what takes their offsets away.

Every neuron is drawn once, from the fabrication seed. Shifts are normal; factors are log-normal, e^(sigma xi), so that
they stay positive: sigma is their relative standard deviation where it is small, and their median is 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from analogep.cards import Block
from analogep.units import Fraction, Joules, Seconds, Volts, format_si

Path = tuple[str | int, ...]


class Pelgrom(Block):
    """sigma = A_Vt / sqrt(W L): the spread of the offset of a pair of transistors, by their gate area.

    Source: M. J. M. Pelgrom, A. C. J. Duinmaijer, A. P. G. Welbers, IEEE J. Solid-State Circuits 24, 1433 (1989), doi
    10.1109/JSSC.1989.572629.
    """

    a_vt: Annotated[Volts, Field(gt=0)]
    """A_Vt as the standard deviation of a pair whose gates have 1 um^2: a matching constant of 3.5 mV um is 3.5 mV."""
    area: Annotated[float, Field(gt=0)]
    """W L of one transistor of the input pair [um^2]."""

    @property
    def offset(self) -> float:
        """Standard deviation of the offset [V]."""
        return self.a_vt / math.sqrt(self.area)


class AutoZero(Block):
    """Offsets are measured and stored again and again; a share of them is left.

    Every `period` of operation (phases as long as they last, reads of patches one after another included) takes `time`
    on top, in which the neurons are powered and compute nothing.
    """

    residual: Annotated[Fraction, Field(ge=0, le=1)]
    """Share of each offset that is left."""
    period: Annotated[Seconds, Field(gt=0)]
    """Operation between two auto-zeros."""
    time: Annotated[Seconds, Field(ge=0)]
    """Duration of one."""
    energy: Annotated[Joules | None, Field(ge=0)] = None
    """Of one, for each neuron; null for its bias power during `time`."""

    @property
    def stretch(self) -> float:
        """Time that passes on the chip for each second of a phase [1]."""
        return 1.0 + self.time / self.period

    def power(self, bias: float, neurons: int) -> float:
        """Mean power of auto-zeros in operation [W]: `bias` [W] of all `neurons` for `time`, or their `energy`, once a
        period."""
        return (bias * self.time if self.energy is None else self.energy * neurons) / self.period


class Mismatch(Block):
    """Standard deviations over the neurons of a chip; 0 for neurons that are alike."""

    offset: Annotated[Volts, Field(ge=0)] = 0.0
    """Input-referred offset: a voltage that is added to what drives the node, or, of an integrate-and-fire neuron, to
    what drives its synapse; of a passive node and of an amplifier between nodes at its input."""
    pelgrom: Pelgrom | None = None
    """The offset from the area of the input pair, in place of `offset`."""
    gain: Annotated[Fraction, Field(ge=0, le=1)] = 0.0
    """Of the line voltage, which both directions and the converters see."""
    reverse_gain: Annotated[Fraction, Field(ge=0, le=1)] = 0.0
    """Of what is driven in reverse, on top of `gain`: it makes the two directions of a weight unlike."""
    rails: Annotated[Volts, Field(ge=0)] = 0.0
    """Of the lower and of the upper rail, each by itself."""
    bandwidth: Annotated[Fraction, Field(ge=0, le=1)] = 0.0
    """Of the time constant C/g, by the capacitor C."""
    threshold: Annotated[Fraction, Field(ge=0, le=1)] = 0.0
    """Of the threshold at which an integrate-and-fire neuron spikes, and of what `subtract` takes off."""
    auto_zero: AutoZero | None = None

    @property
    def sigma(self) -> float:
        """Standard deviation of the offset before auto-zeroing [V]."""
        return self.offset if self.pelgrom is None else self.pelgrom.offset

    @property
    def left(self) -> float:
        """Standard deviation of the offset in operation [V]."""
        return self.sigma * (1.0 if self.auto_zero is None else self.auto_zero.residual)

    @property
    def spread(self) -> tuple[str, ...]:
        """What differs from neuron to neuron, by its key."""
        keys = ("gain", "reverse_gain", "rails", "bandwidth", "threshold")
        return (*(("offset",) if self.sigma else ()), *(key for key in keys if getattr(self, key)))

    def rules(self) -> Iterator[tuple[Path, str]]:
        if self.offset and self.pelgrom is not None:
            yield ("offset",), "is given by 'pelgrom' already; remove one of the two"
        zero = self.auto_zero
        if zero is None:
            return
        if not self.sigma:
            yield ("auto_zero",), "has no offset to take away; give an 'offset' or 'pelgrom', or remove it"
        if zero.time >= zero.period:
            yield (
                ("auto_zero", "time"),
                f"must be shorter than the period, {format_si(zero.period, 's')}, got {format_si(zero.time, 's')}",
            )
