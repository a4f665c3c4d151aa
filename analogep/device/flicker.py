"""Flicker noise of a conductance: within a band of frequencies, and as PCM has it since a cell was written."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from analogep.device.read import ReadNoise
from analogep.device.spectrum import flicker_change, flicker_variance, unlimited_change
from analogep.units import Hertz, Seconds, format_si

Floats = NDArray[np.float64]

_LEAST = 1e-12
"""Share of G_max below which a power of it goes no further: a dead cell has none."""


class PcmSpread(NamedTuple):
    """sd = min(q/x^e, most) G, x = G/G_max."""

    q: float
    exponent: float
    most: float
    g_max: float

    def read_variance(noise, g):  # type: ignore[no-untyped-def]  # noqa: N805
        """The square of sd."""
        sd = np.minimum(noise.q / np.maximum(g / noise.g_max, 1e-12) ** noise.exponent, noise.most) * g
        return sd * sd

    def read(noise, g, bits, xi):  # type: ignore[no-untyped-def]  # noqa: N805
        """G + sd xi."""
        return g + np.minimum(noise.q / np.maximum(g / noise.g_max, 1e-12) ** noise.exponent, noise.most) * g * xi


class PowerSpread(NamedTuple):
    """sd = share x^e G, x = G/G_max."""

    share: float
    exponent: float
    g_max: float

    def read_variance(noise, g):  # type: ignore[no-untyped-def]  # noqa: N805
        """The square of sd."""
        sd = noise.share * np.maximum(g / noise.g_max, 1e-12) ** noise.exponent * g
        return sd * sd

    def read(noise, g, bits, xi):  # type: ignore[no-untyped-def]  # noqa: N805
        """G + sd xi."""
        return g + noise.share * np.maximum(g / noise.g_max, 1e-12) ** noise.exponent * g * xi


class FlickerNoise(ReadNoise):
    """S_G/G^2 = k (G/G_max)^p/f^gamma between two frequencies, one-sided, and nothing outside of them.

    A read that averages for T has the variance V = G^2 k (G/G_max)^p int f^-gamma |H|^2 df, two reads a lag t apart
    differ by D/2 = G^2 k (G/G_max)^p int f^-gamma |H|^2 (1 - cos 2 pi f t) df, rho(t) = 1 - D/(2 V), with H of
    `analogep.device.spectrum`.
    """

    kind: Literal["flicker"]
    example: ClassVar[str] = "{kind: flicker, k: 1e-6, exponent: 1, low: 0.01 Hz, high: 1 GHz}"
    k: Annotated[float, Field(ge=0, le=1e6)]
    """S_G/G^2 at 1 Hz and G_max, times (1 Hz)^gamma; without a unit for gamma = 1, in Hz^(gamma - 1) else."""
    exponent: Annotated[float, Field(ge=0, le=3)] = 1.0
    """gamma."""
    low: Annotated[Hertz, Field(ge=1e-12, le=1e15)]
    """Lower end of the band: of the slowest fluctuation that is looked at."""
    high: Annotated[Hertz, Field(ge=1e-12, le=1e15)]
    """Upper end of the band."""
    power: Annotated[float, Field(ge=-4, le=4)] = 0.0
    """p: how k goes with the conductance; 0 where S_G/G^2 is the same for all."""

    def rules(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        if self.high <= self.low:
            low, high = format_si(self.low, "Hz"), format_si(self.high, "Hz")
            yield ("high",), f"must be above 'low' ({low}), got {high}: the band is upside down"

    @property
    def _band(self) -> tuple[float, float, float]:
        return self.exponent, self.low, self.high

    def variance(self, g: Floats, g_max: float, elapsed: float | None = None) -> Floats:
        """Of a read of an instant, which sees the whole band [S^2]."""
        x = np.maximum(g / g_max, _LEAST)
        return np.square(g) * x**self.power * (self.k * flicker_variance(*self._band, 0.0))

    def share(self, averaging: float, elapsed: float | None = None) -> float:
        """int f^-gamma |H|^2 df over int f^-gamma df [1]."""
        return flicker_variance(*self._band, averaging) / flicker_variance(*self._band, 0.0)

    def correlation(self, lag: float, averaging: float, elapsed: float | None = None) -> float:
        """1 - D/(2 V) [1]."""
        change = flicker_change(*self._band, averaging, lag)
        return 1.0 - change / flicker_variance(*self._band, averaging)

    def numbers(self, g_max: float, elapsed: float | None = None) -> PowerSpread:
        """Standard deviation at G_max, and how it goes with the conductance."""
        share = math.sqrt(self.k * flicker_variance(*self._band, 0.0))
        return PowerSpread(share, 0.5 * self.power, float(g_max))


class PcmReadNoise(ReadNoise):
    """1/f noise of PCM: sigma/G = min(q0/x^e, q_max) sqrt(ln((t + t_read)/(2 t_read))), x = G/G_max.

    t is the time since the cell was written: the longer ago, the lower the frequencies that have had time to act.
    Nandakumar et al. 2019, doi 10.1109/ICECS46596.2019.8964852. The logarithm is the integral of 1/f from 1/(t +
    t_read) to 1/(2 t_read): S_G/G^2 = q^2/f, with a lower end that moves and an upper end that the read sets. A read
    that averages for T in place of t_read has the variance

        V = q^2 [ln((t + t_read)/(2 t_read)) + ln(t_read/T)]        at least 0,

    and of two reads a lag apart the whole of the noise since programming is common but for D/2 = q^2 int 1/f |H|^2 (1 -
    cos 2 pi f lag) df, about q^2 (0.577 + ln(2 lag/T)): what is faster than the lag. rho = 1 - D/(2 V).
    """

    kind: Literal["pcm_1f"]
    example: ClassVar[str] = "{kind: pcm_1f, q0: 0.01, exponent: 0.65, q_max: 0.2, t_read: 250 ns, elapsed: 1 s}"
    q0: Annotated[float, Field(ge=0, le=10)]
    """Relative noise at G_max."""
    exponent: Annotated[float, Field(ge=0, le=10)]
    """How it grows towards small conductances."""
    q_max: Annotated[float, Field(ge=0, le=10)]
    """Largest factor."""
    t_read: Annotated[Seconds, Field(gt=0)]
    """Duration of a read."""
    elapsed: Annotated[Seconds, Field(gt=0)]
    """t of the reads of training."""

    def variance(self, g: Floats, g_max: float, elapsed: float | None = None) -> Floats:
        """Variance at the time `elapsed` since the write, on top of the card's own [S^2]."""
        x = np.maximum(g / g_max, _LEAST)
        return np.square(np.minimum(self.q0 / x**self.exponent, self.q_max) * g) * self._growth(elapsed)

    def _growth(self, elapsed: float | None) -> float:
        """Factor on the variance by the time since the write."""
        t = self.elapsed + (elapsed or 0.0)
        # Before t_read nothing slower than the read itself has happened.
        return max(math.log((t + self.t_read) / (2.0 * self.t_read)), 0.0)

    def _grown(self, averaging: float, elapsed: float | None) -> float:
        """The same factor for a read that averages for another time."""
        return max(self._growth(elapsed) + math.log(self.t_read / averaging), 0.0)

    def share(self, averaging: float, elapsed: float | None = None) -> float:
        """ln((t + t_read)/(2 T)) over ln((t + t_read)/(2 t_read)) [1]."""
        growth = self._growth(elapsed)
        return self._grown(averaging, elapsed) / growth if growth else 1.0

    def correlation(self, lag: float, averaging: float, elapsed: float | None = None) -> float:
        """1 - D/(2 V), at least 0 [1]."""
        growth = self._grown(averaging, elapsed)
        if lag <= 0.0 or growth == 0.0:
            return float(lag <= 0.0)
        return max(1.0 - unlimited_change(1.0, averaging, lag) / growth, 0.0)

    def numbers(self, g_max: float, elapsed: float | None = None) -> PcmSpread:
        """Its parameters, and the factor of the time since the write."""
        root = math.sqrt(self._growth(elapsed))
        return PcmSpread(self.q0 * root, float(self.exponent), self.q_max * root, float(g_max))
