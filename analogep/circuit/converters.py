"""Where the analog circuit meets the digital side: DAC, ADC, sample and hold, multiply-accumulate."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, StringConstraints

from analogep.cards import Block
from analogep.circuit.conversion import MOST_RATE, adc_area, adc_joules, dac_joules
from analogep.circuit.noise import BOLTZMANN
from analogep.units import Farads, Hertz, Joules, Metres, Volts, format_si

Floats = NDArray[np.float64]
Path = tuple[str | int, ...]


class Converter(Block, ABC):
    """What both converters have: so many bits, and joules that follow from them unless a source says otherwise."""

    follows: ClassVar[Mapping[str, str]]
    """Keys that the energy follows from besides the bits, each as somebody would write it."""

    bits: Annotated[int | None, Field(ge=1, le=32)]
    """Resolution; null for an ideal converter, which neither rounds nor clips."""
    booked: Annotated[float | None, Field(ge=1, le=32)] = None
    """Effective bits whose joules are booked while `bits` is null; without effect otherwise."""
    energy: Annotated[Joules | None, Field(ge=0)] = None
    """Energy per conversion, where a source says it; otherwise it follows from the bits (`circuit/conversion.py`)."""
    source: Annotated[str | None, StringConstraints(min_length=1, pattern=r"\S")] = None
    """Where `energy`, and the `area` of an ADC, come from."""
    shared: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    """Lines that take turns at one converter: it converts so many times where a converter on every line does once."""

    @property
    def joules(self) -> float:
        """Energy per conversion [J]."""
        return self._derived() if self.energy is None else self.energy

    @property
    def effective(self) -> float | None:
        """Effective bits whose joules are booked; None where only `energy` says them."""
        return self.booked if self.bits is None else self.bits

    @property
    def said(self) -> dict[str, str]:
        """Keys whose numbers a source says, and these as text."""
        return {} if self.energy is None else {"energy": format_si(self.energy, "J")}

    @abstractmethod
    def _derived(self) -> float:
        """Energy per conversion that follows from the bits [J]."""

    def derived(self) -> Mapping[str, str]:
        return {"takes": f"{format_si(self.joules, 'J')} a conversion"}

    def rules(self) -> Iterator[tuple[Path, str]]:
        if self.said and self.source is None:
            key = next(iter(self.said))
            yield (
                ("source",),
                f"is missing: say where '{key}' comes from, such as source: \"data sheet\", or remove '{key}', "
                f"which then follows from bits, {', '.join(self.follows)}",
            )
        if self.energy is not None:
            return
        if self.source is not None and not self.said:
            yield ("energy",), "is missing: 'source' says where it comes from; write energy: 3.8 pJ, or remove 'source'"
        for key, text in self.follows.items():
            if getattr(self, key) is None:
                yield (key,), f"is missing: the energy follows from it; write {text}, or 'energy' with its 'source'"
        if self.bits is None and self.booked is None:
            yield (
                ("booked",),
                "is missing: an ideal converter (bits: null) needs the bits whose joules are booked, such as "
                "booked: 12, or 'energy' with its 'source'",
            )


class Dac(Converter):
    """Inputs in [0, 1] become one of 2^bits voltages from 0 to the read voltage."""

    follows: ClassVar[Mapping[str, str]] = {"supply": "supply: 1.1 V"}

    supply: Annotated[Volts | None, Field(gt=0)] = None
    """Voltage that its capacitors are charged from."""
    rate: Annotated[Hertz | None, Field(gt=0, le=MOST_RATE)] = None
    """Conversions a second of one converter; null where a line is loaded within the phase that it drives."""

    def _derived(self) -> float:
        assert self.effective is not None
        assert self.supply is not None
        return dac_joules(self.effective, self.supply)

    def quantise(self, x: Floats) -> Floats:
        """Nearest of the 2^bits inputs (...) [1], 0 and 1 among them, to `x` (...) [1]."""
        if self.bits is None:
            return x
        top = 2.0**self.bits - 1.0
        return np.rint(x * top) / top


class Adc(Converter):
    """Voltages become the nearest of 2^bits codes from `low` to `high`; what lies beyond is clipped."""

    follows: ClassVar[Mapping[str, str]] = {"node": "node: 65 nm", "rate": "rate: 2.5 MHz"}

    low: Volts
    """Voltage of the lowest code."""
    high: Volts
    """Voltage of the highest code."""
    enob: Annotated[float | None, Field(ge=1, le=32)] = None
    """Effective number of bits, `bits` if left out: what is missing is noise at the input, and energy follows it."""
    node: Annotated[Metres | None, Field(gt=0, le=1e-5)] = None
    """Technology that the converter is made in."""
    rate: Annotated[Hertz | None, Field(gt=0, le=MOST_RATE)] = None
    """Conversions a second of one converter."""
    area: Annotated[float | None, Field(gt=0)] = None
    """Of one converter [um^2], where a source says it; otherwise it follows from bits, rate and node."""

    @property
    def said(self) -> dict[str, str]:
        return super().said | ({} if self.area is None else {"area": f"{self.area:g} um^2"})

    @property
    def room(self) -> float | None:
        """Area of one converter [m^2]; None where it neither is said nor follows."""
        if self.area is not None:
            return 1e-12 * self.area
        if self.effective is None or self.rate is None or self.node is None:
            return None
        return adc_area(self.effective, self.rate, self.node)

    @property
    def lsb(self) -> float:
        """Distance of two codes [V]; 0 for an ideal converter."""
        return 0.0 if self.bits is None else (self.high - self.low) / (2.0**self.bits - 1.0)

    @property
    def noise(self) -> float:
        """Standard deviation of the converter's own noise, as a voltage at its input [V].

        With the steps l of its bits and L of its effective bits, sqrt((L^2 - l^2)/12): noise and the error of rounding
        together are as large as rounding to `enob` bits alone.
        """
        if self.enob is None:
            return 0.0
        effective = (self.high - self.low) / (2.0**self.enob - 1.0)
        return math.sqrt(max(effective**2 - self.lsb**2, 0.0) / 12.0)

    @property
    def effective(self) -> float | None:
        """Effective bits whose joules are booked; None where only `energy` says them."""
        return super().effective if self.enob is None else self.enob

    def _derived(self) -> float:
        assert self.effective is not None
        assert self.rate is not None
        assert self.node is not None
        return adc_joules(self.effective, self.rate, self.node)

    def derived(self) -> Mapping[str, str]:
        if self.room is None or self.area is not None:
            return super().derived()
        return {**super().derived(), "covers": f"{1e12 * self.room:.0f} um^2 each"}

    def quantise(self, v: Floats) -> Floats:
        """Voltage (...) [V] of the code nearest to `v` (...) [V]."""
        if self.bits is None:
            return v
        clipped = np.minimum(np.maximum(v, self.low), self.high)
        return self.low + np.rint((clipped - self.low) / self.lsb) * self.lsb

    def rules(self) -> Iterator[tuple[Path, str]]:
        yield from super().rules()
        if self.low >= self.high:
            yield (
                ("high",),
                f"must be above 'low' ({format_si(self.low, 'V')}), got {format_si(self.high, 'V')}",
            )
        if self.enob is not None and self.bits is None:
            yield ("enob",), "an ideal converter (bits: null) has none; remove it, and say with 'booked' what it costs"
        elif self.enob is not None and self.bits is not None and self.enob > self.bits:
            yield ("enob",), f"must be at most the {self.bits} 'bits', got {self.enob:g}"


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

    from_node: ClassVar[tuple[str, ...]] = ("mac",)
    mac: Annotated[Joules, Field(ge=0)]
    """Energy per multiply-accumulate."""
