"""Where the analog circuit meets the digital side: DAC, ADC, sample and hold, multiply-accumulate."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from analogep.cards import Block
from analogep.circuit.noise import BOLTZMANN
from analogep.units import Farads, Joules, Volts, format_si

Floats = NDArray[np.float64]
Path = tuple[str | int, ...]


class Dac(Block):
    """Inputs in [0, 1] become one of 2^bits voltages from 0 to the read voltage."""

    bits: Annotated[int | None, Field(ge=1, le=32)]
    """Resolution; null for an ideal converter."""
    energy: Annotated[Joules, Field(ge=0)]
    """Energy per conversion."""

    def quantise(self, x: Floats) -> Floats:
        """Nearest of the 2^bits inputs (...) [1], 0 and 1 among them, to `x` (...) [1]."""
        if self.bits is None:
            return x
        top = 2.0**self.bits - 1.0
        return np.rint(x * top) / top


class Adc(Block):
    """Voltages become the nearest of 2^bits codes from `low` to `high`; what lies beyond is clipped."""

    bits: Annotated[int | None, Field(ge=1, le=32)]
    """Resolution; null for an ideal converter, which does not clip either."""
    low: Volts
    high: Volts
    energy: Annotated[Joules, Field(ge=0)]
    """Energy per conversion, FoM x 2^ENOB."""

    @property
    def lsb(self) -> float:
        """Distance of two codes [V]; 0 for an ideal converter."""
        return 0.0 if self.bits is None else (self.high - self.low) / (2.0**self.bits - 1.0)

    def quantise(self, v: Floats) -> Floats:
        """Voltage (...) [V] of the code nearest to `v` (...) [V]."""
        if self.bits is None:
            return v
        clipped = np.minimum(np.maximum(v, self.low), self.high)
        return self.low + np.rint((clipped - self.low) / self.lsb) * self.lsb

    def rules(self) -> Iterator[tuple[Path, str]]:
        if self.low >= self.high:
            yield (
                ("high",),
                f"must be above 'low' ({format_si(self.low, 'V')}), got {format_si(self.high, 'V')}",
            )


class SampleHold(Block):
    """The sampled line voltage carries noise, kT/C at least; each sample costs C V^2."""

    capacitance: Annotated[Farads, Field(gt=0)]
    noise: Annotated[Volts | None, Field(ge=0)] = None
    """Standard deviation of one sample; kT/C of the capacitor where it is left out."""

    def thermal_noise(self, temperature: float = 300.0) -> float:
        """Standard deviation sqrt(kT/C) [V] at `temperature` [K]."""
        return math.sqrt(BOLTZMANN * temperature / self.capacitance)


class Digital(Block):
    """The digital side of an update: one multiply-accumulate per weight and measured phase."""

    mac: Annotated[Joules, Field(ge=0)]
    """Energy per multiply-accumulate."""
