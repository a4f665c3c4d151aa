"""Reading a cell: at what voltage, for how long, and with what noise."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Discriminator, Field, Tag

from analogep.cards import Block, Family
from analogep.device.components import Components
from analogep.device.iv import IV
from analogep.device.spectrum import unlimited_change
from analogep.units import Fraction, Seconds, Siemens, Volts

Floats = NDArray[np.float64]


READ_NOISES: Final = Family(
    "read noise",
    tag="kind",
    home="analogep.device",
    members={
        "none": "read.NoReadNoise",
        "unknown": "read.UnknownReadNoise",
        "relative": "read.RelativeReadNoise",
        "absolute": "read.AbsoluteReadNoise",
        "saturating": "read.SaturatingReadNoise",
        "flicker": "flicker.FlickerNoise",
        "pcm_1f": "flicker.PcmReadNoise",
        "rtn": "telegraph.TelegraphNoise",
        "telegraph": "telegraph.TrapNoise",
    },
)
"""Every read noise, by the `kind` of a card's `read.noise`, or of one of its components."""


class ReadNoise(Block, ABC):
    """What a read of a cell adds to its conductance.

    In a phase the sum over the cells of a line counts, which is taken as normal with the sum of the variances.
    """

    family: ClassVar[Family] = READ_NOISES
    kind: str

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

    def share(self, averaging: float, elapsed: float | None = None) -> float:
        """Variance of a read that averages for a time [s], over `variance`, which holds for the source's reads [1]."""
        return 1.0

    def correlation(self, lag: float, averaging: float, elapsed: float | None = None) -> float | None:
        """Correlation of two reads [1]: 1 at lag 0, and falling; None where nothing is known of the time between reads.

        Parameters
        ----------
        lag : float
            Time between the ends of the reads [s].
        averaging : float
            For which each of them averages [s].
        elapsed : float or None
            As in `variance`.
        """
        return None

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


class UnknownReadNoise(NoReadNoise):
    """No source says how reads scatter: they are exact in a simulation, which says so."""

    kind: Literal["unknown"]  # type: ignore[assignment]
    example: ClassVar[str] = "{kind: unknown}"


class Measured(ReadNoise, ABC):
    """Scatter of reads that somebody made, sigma, at a spacing that the source states or does not.

    Reads scatter by what changes from one to the next: sigma^2 = D(spacing)/2, with the spectrum 1/f^exponent and
    reads that average for as long as those that are asked about; what is slower is not in sigma. Two reads a lag apart
    differ by D(lag)/2 = sigma^2 d(lag)/d(spacing), d for the spectrum 1/f^exponent (`spectrum.unlimited_change`), and
    never by more than sigma^2:

        rho(lag) = max(1 - d(lag)/d(spacing), 0).

    Where the source's meter averaged longer than the reads here, it has seen less of the fast part, and more changes
    than this says.
    """

    spacing: Annotated[Seconds, Field(ge=1e-12)] | None = None
    """Time between the reads of the source; null where it does not say."""
    exponent: Annotated[float, Field(gt=0, le=2)] | None = None
    """gamma of the spectrum 1/f^gamma that carries sigma to other lags; 1 is flicker noise."""

    def rules(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        if (self.spacing is None) != (self.exponent is None):
            lacking, given = ("exponent", "spacing") if self.exponent is None else ("spacing", "exponent")
            yield (lacking,), f"is missing: '{given}' says nothing without it; give both, or neither"

    def correlation(self, lag: float, averaging: float, elapsed: float | None = None) -> float | None:
        """1 - d(lag)/d(spacing), at least 0 [1]; None without a spacing."""
        if self.spacing is None or self.exponent is None:
            return None
        if lag <= 0.0:
            return 1.0
        whole = unlimited_change(self.exponent, averaging, self.spacing)
        return max(1.0 - unlimited_change(self.exponent, averaging, lag) / whole, 0.0)


class RelativeReadNoise(Measured):
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


class AbsoluteReadNoise(Measured):
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


class SaturatingReadNoise(Measured):
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


def _form(value: Any) -> str:
    """Which form a value of `read.noise` has: a list, or one block."""
    return "tuple" if isinstance(value, list | tuple) else "tagged-union[block]"


AnyReadNoise = Annotated[ReadNoise, READ_NOISES]
"""Any read noise; `kind` names it."""
ReadNoises = Annotated[
    Annotated[AnyReadNoise, Tag("tagged-union[block]")]
    | Annotated[tuple[AnyReadNoise, ...], Field(min_length=1), Tag("tuple")],
    Discriminator(_form),
]
"""One read noise, or a list of components that are independent of one another."""


class Read(Block):
    """How the device's numbers were read, its I-V curve and the noise of a read."""

    voltage: Annotated[Volts, Field(gt=0)]
    """Voltage at which verify reads are made and the card's conductances hold."""
    width: Annotated[Seconds, Field(gt=0)]
    """Duration of a verify read."""
    noise: ReadNoises
    """One block, or a list of components, whose variances add up."""
    between_phases: Literal["fresh", "common"] = "fresh"
    """What is assumed of noise whose source does not state the spacing of its reads: drawn anew in each phase of a
    sample, or common to all of them. Nothing else heeds it."""
    between_samples: Literal["fresh", "wander"] = "fresh"
    """What is slower than a batch of training: drawn anew in each sample, which keeps its variance and forgets at once,
    or carried along by every cell, so that training and test meet what has wandered in between."""
    iv: IV
    saturation: Annotated[Volts, Field(gt=0)] | None = None
    """V_s of a cell that is a transistor in weak inversion, about kT/q; null for cells that are none. Its current is
    `current`, and not what `iv` says: networks here, which read analog voltages both ways, are a limit for it."""

    def rules(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        noise = self.components
        if self.between_samples == "wander" and noise and not noise.timed:
            yield (
                ("between_samples",),
                f"cells cannot wander by read noise of kind {noise.kind} without the time between its reads: give "
                "'noise' a spacing and an exponent, or take flicker or telegraph; or use fresh",
            )

    def current(self, g: Floats, voltage: Floats) -> Floats:
        """Current of a cell that is read from its drain.

            i = G V_r (1 - e^(-V/V_s))/(1 - e^(-V_r/V_s)),   V_r the voltage of reading: i = G V_r there

        with a saturation, G q(V) of the I-V curve without one. Beyond some V_s the current no longer follows the drain,
        and below 0 V source and drain change places: what flows then depends on the gate and is not a number here.

        Parameters
        ----------
        g : ndarray (any shape) [S]
            Conductances at the voltage of reading.
        voltage : ndarray (any shape) [V]
            Of a shape that goes with that of the conductances.

        Returns
        -------
        ndarray (any shape) [A]
            In the shape of both together; not a number below 0 V where there is a saturation.
        """
        if self.saturation is None:
            return np.asarray(g * self.iv.drive(voltage))
        share = np.expm1(-np.maximum(voltage, 0.0) / self.saturation) / np.expm1(-self.voltage / self.saturation)
        return np.where(voltage < 0.0, np.nan, g * self.voltage * share)

    @property
    def components(self) -> Components:
        """The noise of a read, made of one component or several."""
        found = self.noise if isinstance(self.noise, tuple) else (self.noise,)
        return Components(
            tuple(one for one in found if not isinstance(one, NoReadNoise)), self.width, self.between_phases
        )
