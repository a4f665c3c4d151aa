"""Kinetics: how fast a state moves at a voltage, and how many reference pulses a pulse of another height is worth.

For separable dynamics dx/dt = r(V) h(x) only the dose r(V) t of a pulse matters, so that n pulses of height V and
width t do what

    n_eq = n (t/t_ref) r(V)/r(V_ref)

reference pulses do. r > 0 moves the conductance up.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from analogep.cards import Block
from analogep.units import Hertz, Seconds, Volts

Path = tuple[str | int, ...]

_LEAST = 1e-6
"""Smallest threshold [V]."""


def _product(factor: float, power: float) -> float:
    """factor x e^power, infinite instead of an OverflowError."""
    return factor * math.exp(power) if power < 700.0 else math.copysign(math.inf, factor) if factor else 0.0


class Rate(Block, ABC):
    """Speed of the state at a voltage."""

    @abstractmethod
    def rate(self, v: float) -> float:
        """dx/dt over the window function at the voltage `v` [V]: signed, up positive [1/s]."""


class Vteam(Rate):
    """r = k_on (V/v_on - 1)^a_on where V/v_on > 1, -k_off (V/v_off - 1)^a_off where V/v_off > 1, else 0.

    Kvatinsky et al. 2015, doi 10.1109/TCSII.2015.2433536; `on` raises the conductance. The thresholds have opposite
    signs, in either polarity.
    """

    kind: Literal["vteam"]
    k_on: Annotated[Hertz, Field(gt=0)]
    """Rate at twice the threshold, up."""
    v_on: Volts
    """Threshold of the way up."""
    a_on: Annotated[float, Field(gt=0, le=50)]
    """Exponent of the overdrive, up."""
    k_off: Annotated[Hertz, Field(gt=0)]
    """Rate at twice the threshold, down."""
    v_off: Volts
    """Threshold of the way down."""
    a_off: Annotated[float, Field(gt=0, le=50)]
    """Exponent of the overdrive, down."""

    def rate(self, v: float) -> float:
        """Signed rate [1/s] at the voltage `v` [V]."""
        for sign, k, threshold, power in (
            (1.0, self.k_on, self.v_on, self.a_on),
            (-1.0, self.k_off, self.v_off, self.a_off),
        ):
            if abs(threshold) >= _LEAST and v / threshold > 1.0:
                return sign * _product(k, power * math.log(v / threshold - 1.0))
        return 0.0

    def rules(self) -> Iterator[tuple[Path, str]]:
        for key in ("v_on", "v_off"):
            if abs(getattr(self, key)) < _LEAST:
                yield (key,), "must not be 0 V: a threshold divides the voltage"
        if self.v_on * self.v_off > 0.0:
            yield ("v_off",), "must have the other sign than v_on: one polarity moves up, the other down"


class Yakopcic(Rate):
    """r = A_p (e^V - e^Vp) above V_p, -A_n (e^-V - e^Vn) below -V_n, else 0, V in volts.

    Yakopcic et al. 2011, doi 10.1109/LED.2011.2163292.
    """

    kind: Literal["yakopcic"]
    a_p: Annotated[Hertz, Field(gt=0)]
    """Rate of the way up."""
    v_p: Annotated[Volts, Field(gt=0, le=500)]
    """Threshold of the way up."""
    a_n: Annotated[Hertz, Field(gt=0)]
    """Rate of the way down."""
    v_n: Annotated[Volts, Field(gt=0, le=500)]
    """Threshold of the way down, its magnitude."""

    def rate(self, v: float) -> float:
        """Signed rate [1/s] at the voltage `v` [V]."""
        if v > self.v_p:
            return _product(self.a_p, v) - _product(self.a_p, self.v_p)
        if v < -self.v_n:
            return _product(self.a_n, self.v_n) - _product(self.a_n, -v)
        return 0.0


class SinhRate(Rate):
    """r = k sinh(V/V_s): field-driven motion of ions, without a threshold."""

    kind: Literal["sinh"]
    k: Annotated[Hertz, Field(gt=0)]
    """Rate scale."""
    v_s: Annotated[Volts, Field(gt=0)]
    """Voltage scale."""

    def rate(self, v: float) -> float:
        """Signed rate [1/s] at the voltage `v` [V]."""
        size = abs(v / self.v_s)
        half = 0.5 * self.k
        return math.copysign(_product(half, size) - half * math.exp(-size), v)


class Threshold(Rate):
    """r = k (|V| - V_t)/V_t above the threshold |V| = V_t, else 0: the simplest law that spares half-selected cells."""

    kind: Literal["threshold"]
    k: Annotated[Hertz, Field(gt=0)]
    """Rate at twice the threshold."""
    v_t: Annotated[Volts, Field(gt=0)]
    """Threshold of both directions."""

    def rate(self, v: float) -> float:
        """Signed rate [1/s] at the voltage `v` [V]."""
        return math.copysign(self.k * max(abs(v) / self.v_t - 1.0, 0.0), v)


AnyRate = Annotated[Vteam | Yakopcic | SinhRate | Threshold, Field(discriminator="kind")]


class Pulse(Block):
    """Height and width that a law's numbers hold at."""

    amplitude: Volts
    width: Annotated[Seconds, Field(gt=0)]


class Kinetics(Block):
    """The rate of motion, and the reference pulses that the law's steps were measured with."""

    rate: AnyRate
    up: Pulse
    down: Pulse | None = None
    """Reference pulse down; null for a unidirectional device."""

    def dose(self, direction: str, amplitude: float, width: float) -> float:
        """Reference pulses that one pulse is worth: (t/t_ref) r(V)/r(V_ref), negative if it moves the other way [1]."""
        reference = self.up if direction == "up" or self.down is None else self.down
        speed = self.rate.rate(reference.amplitude)
        if speed == 0.0 or not math.isfinite(speed):
            return math.nan
        return width / reference.width * (self.rate.rate(amplitude) / speed)

    def rules(self) -> Iterator[tuple[Path, str]]:
        for key in ("up", "down"):
            reference = getattr(self, key)
            if reference is None:
                continue
            speed = self.rate.rate(reference.amplitude)
            if speed == 0.0 or not math.isfinite(speed):
                yield (
                    (key, "amplitude"),
                    f"the reference pulse of {reference.amplitude:g} V has the rate {speed:g}/s; it must move",
                )
