"""Reading a cell: at what voltage, for how long, and with what noise."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Annotated, Any, ClassVar, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from analogep.cards import Block, Family
from analogep.device.iv import IV
from analogep.parts import uniform
from analogep.units import Fraction, Seconds, Siemens, Volts

Floats = NDArray[np.float64]


READ_NOISES: Final = Family(
    "read noise",
    tag="kind",
    home="analogep.device",
    members={
        "none": "read.NoReadNoise",
        "relative": "read.RelativeReadNoise",
        "absolute": "read.AbsoluteReadNoise",
        "saturating": "read.SaturatingReadNoise",
        "pcm_1f": "read.PcmReadNoise",
        "rtn": "read.TelegraphNoise",
    },
)
"""Every read noise, by the `kind` of a card's `read.noise`."""


class ReadNoise(Block, ABC):
    """What a read of a cell adds to its conductance, drawn anew in each phase and each verify read.

    In a phase the sum over the cells of a line counts, which is taken as normal with the sum of the variances.
    """

    family: ClassVar[Family] = READ_NOISES
    kind: str
    slow: ClassVar[bool] = False
    """Whether the noise stands still over the phases of one sample."""

    @abstractmethod
    def variance(self, g: Floats, g_max: float, elapsed: float | None = None) -> Floats:
        """Variance of the conductance in one read, in the shape of `g` [S^2].

        Parameters
        ----------
        g : ndarray (any shape) [S]
        g_max : float
            Upper end of the card's window [S].
        elapsed : float or None
            Time since the cells were written [s]; None for what the card assumes in training.
        """

    @abstractmethod
    def numbers(self, g_max: float, elapsed: float | None = None) -> Any:
        """The noise for the programming engine: a NamedTuple whose methods are the equations of one cell.

        `read_variance(noise, g)` gives the variance of a read [S^2], `read(noise, g, bits, xi)` the conductance that
        one read sees [S], by 32 random bits or a normal deviate. Parameters as in `variance`.
        """

    def sample(self, g: Floats, g_max: float, rng: np.random.Generator) -> Floats:
        """Conductances `g` (any shape) [S] as one verify read sees them, in the same shape [S]."""
        from analogep.draws import standard_normals

        return np.asarray(g + np.sqrt(self.variance(g, g_max)) * standard_normals(g.shape, rng))


class Spread(NamedTuple):
    """sd = sqrt((share G)^2 + floor^2): one type for exact reads and the two simplest noises, hence one kernel."""

    share: float
    floor: float

    def read_variance(noise, g):  # type: ignore[no-untyped-def]  # noqa: N805
        """(share G)^2 + floor^2."""
        return (noise.share * g) * (noise.share * g) + noise.floor * noise.floor

    def read(noise, g, bits, xi):  # type: ignore[no-untyped-def]  # noqa: N805
        """G + sd xi."""
        return g + np.sqrt((noise.share * g) * (noise.share * g) + noise.floor * noise.floor) * xi


class SaturatingSpread(NamedTuple):
    """sd = sigma (1 - e^(-G/scale))."""

    sigma: float
    scale: float

    def read_variance(noise, g):  # type: ignore[no-untyped-def]  # noqa: N805
        """The square of sd."""
        sd = noise.sigma * np.expm1(-g / noise.scale)
        return sd * sd

    def read(noise, g, bits, xi):  # type: ignore[no-untyped-def]  # noqa: N805
        """G + sd xi."""
        return g - noise.sigma * np.expm1(-g / noise.scale) * xi


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


class TwoLevels(NamedTuple):
    """G (1 - a p), or with probability p G (1 + a (1 - p))."""

    amplitude: float
    probability: float

    def read_variance(noise, g):  # type: ignore[no-untyped-def]  # noqa: N805
        """(a G)^2 p (1 - p)."""
        return (noise.amplitude * g) * (noise.amplitude * g) * (noise.probability * (1.0 - noise.probability))

    def read(noise, g, bits, xi):  # type: ignore[no-untyped-def]  # noqa: N805
        """One of the two levels."""
        upper = 1.0 if uniform(bits) < noise.probability else 0.0
        return g * (1.0 + noise.amplitude * (upper - noise.probability))


class NoReadNoise(ReadNoise):
    """Reads return the conductance itself."""

    kind: Literal["none"]
    example: ClassVar[str] = "{kind: none}"

    def variance(self, g: Floats, g_max: float, elapsed: float | None = None) -> Floats:
        """Zero [S^2]."""
        return np.zeros_like(g)

    def numbers(self, g_max: float, elapsed: float | None = None) -> Spread:
        """No spread."""
        return Spread(0.0, 0.0)


class RelativeReadNoise(ReadNoise):
    """Standard deviation sigma G in one read."""

    kind: Literal["relative"]
    example: ClassVar[str] = "{kind: relative, sigma: 2 %}"
    sigma: Annotated[Fraction, Field(ge=0, le=10)]
    """Relative standard deviation."""

    def variance(self, g: Floats, g_max: float, elapsed: float | None = None) -> Floats:
        """(sigma G)^2 [S^2]."""
        return np.square(self.sigma * g)

    def numbers(self, g_max: float, elapsed: float | None = None) -> Spread:
        """The share alone."""
        return Spread(float(self.sigma), 0.0)


class AbsoluteReadNoise(ReadNoise):
    """Standard deviation sigma in one read, whatever the conductance."""

    kind: Literal["absolute"]
    example: ClassVar[str] = "{kind: absolute, sigma: 0.1 uS}"
    sigma: Annotated[Siemens, Field(ge=0)]
    """Standard deviation."""

    def variance(self, g: Floats, g_max: float, elapsed: float | None = None) -> Floats:
        """sigma^2 [S^2]."""
        return np.full_like(g, self.sigma**2)

    def numbers(self, g_max: float, elapsed: float | None = None) -> Spread:
        """The floor alone."""
        return Spread(0.0, float(self.sigma))


class SaturatingReadNoise(ReadNoise):
    """Standard deviation sigma (1 - e^{-G/G_s}): proportional to small conductances, constant for large ones.

    The form that Agrawal et al. 2022 found for SONOS cells.
    """

    kind: Literal["saturating"]
    example: ClassVar[str] = "{kind: saturating, sigma: 0.2 uS, scale: 2 uS}"
    sigma: Annotated[Siemens, Field(ge=0)]
    """Standard deviation far above the scale."""
    scale: Annotated[Siemens, Field(gt=0)]
    """G_s."""

    def variance(self, g: Floats, g_max: float, elapsed: float | None = None) -> Floats:
        """[sigma (1 - e^{-G/G_s})]^2 [S^2]."""
        return np.square(self.sigma * np.expm1(-g / self.scale))

    def numbers(self, g_max: float, elapsed: float | None = None) -> SaturatingSpread:
        """Standard deviation and scale."""
        return SaturatingSpread(float(self.sigma), float(self.scale))


class PcmReadNoise(ReadNoise):
    """1/f noise of PCM: sigma/G = min(q0/x^e, q_max) sqrt(ln((t + t_read)/(2 t_read))), x = G/G_max.

    t is the time since the cell was written: the longer ago, the lower the frequencies that have had time to act.
    Nandakumar et al. 2019, doi 10.1109/ICECS46596.2019.8964852.
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
        x = np.maximum(g / g_max, 1e-12)
        return np.square(np.minimum(self.q0 / x**self.exponent, self.q_max) * g) * self._growth(elapsed)

    def _growth(self, elapsed: float | None) -> float:
        """Factor on the variance by the time since the write."""
        t = self.elapsed + (elapsed or 0.0)
        # Before t_read nothing slower than the read itself has happened.
        return max(math.log((t + self.t_read) / (2.0 * self.t_read)), 0.0)

    def numbers(self, g_max: float, elapsed: float | None = None) -> PcmSpread:
        """Its parameters, and the factor of the time since the write."""
        root = math.sqrt(self._growth(elapsed))
        return PcmSpread(self.q0 * root, float(self.exponent), self.q_max * root, float(g_max))


class TelegraphNoise(ReadNoise):
    """Random telegraph noise: a cell stands at G (1 - a p) or, with probability p, at G (1 + a (1 - p)).

    a is the amplitude; the mean is G and the variance (a G)^2 p (1 - p). The cell keeps its state for about `dwell`: if
    that is a microsecond or more, all phases of a sample see the same state, so that their differences do not. A verify
    read sees one of the two levels; the sum over a line of many cells is taken as normal.
    """

    kind: Literal["rtn"]
    example: ClassVar[str] = "{kind: rtn, amplitude: 5 %, probability: 30 %, dwell: 1 us}"
    amplitude: Annotated[Fraction, Field(ge=0, le=1)]
    """Distance of the two levels, relative to G."""
    probability: Annotated[Fraction, Field(ge=0, le=1)]
    """Share of the time in the upper level."""
    dwell: Annotated[Seconds, Field(gt=0)]
    """Mean time between two switches."""

    @property
    def slow(self) -> bool:  # type: ignore[override]
        """Whether the noise stands still over the phases of one sample."""
        return self.dwell >= 1e-6

    def variance(self, g: Floats, g_max: float, elapsed: float | None = None) -> Floats:
        """(amplitude G)^2 p (1 - p) [S^2]."""
        return np.square(self.amplitude * g) * (self.probability * (1.0 - self.probability))

    def numbers(self, g_max: float, elapsed: float | None = None) -> TwoLevels:
        """Amplitude and probability."""
        return TwoLevels(float(self.amplitude), float(self.probability))

    def sample(self, g: Floats, g_max: float, rng: np.random.Generator) -> Floats:
        """Conductances as one verify read sees them: one of two levels each [S]."""
        upper = rng.random(g.shape) < self.probability
        return np.asarray(g * (1.0 + self.amplitude * (upper - self.probability)))


AnyReadNoise = Annotated[ReadNoise, READ_NOISES]
"""Any read noise; `kind` names it."""


class Read(Block):
    """How the device's numbers were read, its I-V curve and the noise of a read."""

    voltage: Annotated[Volts, Field(gt=0)]
    """Voltage at which verify reads are made and the card's conductances hold."""
    width: Annotated[Seconds, Field(gt=0)]
    """Duration of a verify read."""
    noise: AnyReadNoise
    iv: IV
