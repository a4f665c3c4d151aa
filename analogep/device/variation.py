"""What makes cells differ (fabrication) and pulses differ (operation)."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Final, Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from analogep.cards import Block, Family
from analogep.device.laws.base import DIRECTIONS, Direction, Floats, Law
from analogep.device.pulse_noise import (
    AdditiveNoise,
    DirectedNoise,
    DirectedShare,
    NominalNoise,
    PolynomialNoise,
    ProportionalNoise,
)
from analogep.device.write_noise import BetweenRamps, WriteNoise
from analogep.units import Fraction, Knowable, Siemens

Path = tuple[str | int, ...]
Sigma = Annotated[Fraction, Field(ge=0, le=100)]
KnownSigma = Annotated[Fraction, Field(ge=0, le=100), Knowable()]
"""A spread, or `unknown`: it counts as none, and is said."""


class Window(Protocol):
    """A window of conductances."""

    @property
    def min(self) -> float:
        """Lower end [S]."""

    @property
    def span(self) -> float:
        """Width [S]."""


PULSE_NOISES: Final = Family(
    "pulse noise",
    tag="kind",
    home="analogep.device",
    members={
        "none": "variation.NoPulseNoise",
        "unknown": "variation.UnknownPulseNoise",
        "range": "variation.RangeNoise",
        "step": "variation.StepNoise",
        "nominal_step": "variation.NominalStepNoise",
        "state_polynomial": "variation.StateNoise",
    },
)
"""Every cycle-to-cycle noise, by the `kind` of a card's `variation.cycle_to_cycle`."""


class PulseNoise(Block, ABC):
    """What a pulse adds to the step of its law: sd xi, xi normal, anew in each pulse."""

    family: ClassVar[Family] = PULSE_NOISES
    kind: str

    @abstractmethod
    def deviation(self, law: Law, direction: Direction, x: Floats, window: Window) -> Floats:
        """Standard deviation sd of one pulse of a nominal cell, in the shape of `x` [window].

        Parameters
        ----------
        law : Law
        direction : {'up', 'down'}
        x : ndarray (any shape) [window]
            States before the pulse.
        window : Window
            The nominal one.
        """

    @abstractmethod
    def numbers(self, law: Law, window: Window) -> Any:
        """The noise for the programming engine: a NamedTuple, or None where pulses are exact.

        Its method `disturbed(noise, change, x, up, scale, off, xi)` gives the disturbed step of one cell [window] from
        the law's step, the state, the factor on the cell's steps, G_min over its window, and a normal deviate.
        """

    def finer(self, parts: float) -> Self | None:
        """The noise of one of `parts` parts of a pulse, whose variance is that of the pulse divided by their number.

        None where nobody knows: such a noise is not divided.
        """
        return None


class NoPulseNoise(PulseNoise):
    """Every pulse moves the state exactly as the law says."""

    kind: Literal["none"]
    example: ClassVar[str] = "{kind: none}"

    def deviation(self, law: Law, direction: Direction, x: Floats, window: Window) -> Floats:
        """Zero [window]."""
        return np.zeros_like(x)

    def numbers(self, law: Law, window: Window) -> None:
        """None: pulses are exact."""

    def finer(self, parts: float) -> Self:
        """Itself."""
        return self


class UnknownPulseNoise(NoPulseNoise):
    """No source says how pulses scatter: they are exact in a simulation, which says so."""

    kind: Literal["unknown"]  # type: ignore[assignment]
    example: ClassVar[str] = "{kind: unknown}"


class RangeNoise(PulseNoise):
    """x' = x + dx(x) + sigma xi: each pulse adds noise in units of the cell's window (NeuroSim's convention).

    It may exceed the step; single pulses then move the wrong way, and n of them add up as in
    `Affine.additive_variance`.
    """

    kind: Literal["range"]
    example: ClassVar[str] = "{kind: range, sigma: 1 %}"
    sigma: Sigma
    """Standard deviation per pulse, as a fraction of the window."""
    down: Sigma | None = None
    """Of pulses down, where it is another; null for the same."""

    def deviation(self, law: Law, direction: Direction, x: Floats, window: Window) -> Floats:
        """sigma [window]."""
        return np.full_like(x, _of(self, direction))

    def numbers(self, law: Law, window: Window) -> AdditiveNoise | DirectedNoise | None:
        """For the programming engine; None without noise."""
        if self.down is not None:
            return DirectedNoise(float(self.sigma), float(self.down))
        return AdditiveNoise(self.sigma) if self.sigma else None

    def finer(self, parts: float) -> Self:
        """sigma/sqrt(parts)."""
        return self.model_copy(update=_scaled(self, 1.0 / math.sqrt(parts)))


class StepNoise(PulseNoise):
    """x' = x + dx(x) (1 + sigma xi): each pulse's noise is proportional to its step (aihwkit's convention)."""

    kind: Literal["step"]
    example: ClassVar[str] = "{kind: step, sigma: 30 %}"
    sigma: Sigma
    """Standard deviation per pulse, relative to the step."""
    down: Sigma | None = None
    """Of pulses down, where it is another; null for the same."""

    def deviation(self, law: Law, direction: Direction, x: Floats, window: Window) -> Floats:
        """sigma |dx(x)| [window]."""
        return _of(self, direction) * np.abs(law.step(direction, x))

    def numbers(self, law: Law, window: Window) -> ProportionalNoise | DirectedShare | None:
        """For the programming engine; None without noise."""
        if self.down is not None:
            return DirectedShare(float(self.sigma), float(self.down))
        return ProportionalNoise(self.sigma) if self.sigma else None

    def finer(self, parts: float) -> Self:
        """sigma sqrt(parts), relative to the smaller step."""
        return self.model_copy(update=_scaled(self, math.sqrt(parts)))


def _of(noise: RangeNoise | StepNoise, direction: Direction) -> float:
    """sigma of a direction."""
    return noise.sigma if direction == "up" or noise.down is None else noise.down


def _scaled(noise: RangeNoise | StepNoise, factor: float) -> dict[str, float | None]:
    """Its standard deviations times a factor."""
    return {"sigma": noise.sigma * factor, "down": None if noise.down is None else noise.down * factor}


class NominalStepNoise(PulseNoise):
    """x' = x + dx(x) + sigma step xi: in units of the cell's own `step`, whatever the step is at x.

    For a law without `step` it is the step in the middle of the window. The noise of aihwkit's
    SoftBoundsReferenceDevice.
    """

    kind: Literal["nominal_step"]
    example: ClassVar[str] = "{kind: nominal_step, sigma: 50 %}"
    sigma: Sigma
    """Standard deviation per pulse, relative to the law's `step`."""

    def deviation(self, law: Law, direction: Direction, x: Floats, window: Window) -> Floats:
        """sigma step [window]."""
        return np.full_like(x, self.sigma * law.nominal_step(direction))

    def numbers(self, law: Law, window: Window) -> NominalNoise | None:
        """For the programming engine; None without noise."""
        up, down = (self.sigma * law.nominal_step(way) if way in law.directions else 0.0 for way in DIRECTIONS)
        return NominalNoise(up, down) if self.sigma else None

    def finer(self, parts: float) -> Self:
        """sigma sqrt(parts), relative to the smaller step."""
        return self.model_copy(update={"sigma": self.sigma * math.sqrt(parts)})


class StateNoise(PulseNoise):
    """sigma = step |dG| + floor + slope G per pulse (PCM; Nandakumar et al. 2020, doi 10.3389/fnins.2020.00406)."""

    kind: Literal["state_polynomial"]
    example: ClassVar[str] = "{kind: state_polynomial, step: 60 %, floor: 0.1 uS, slope: 1 %}"
    step: Sigma
    """Share of the step."""
    floor: Annotated[Siemens, Field(ge=0)]
    """Part that is always there."""
    slope: Sigma
    """Share of the conductance."""

    def deviation(self, law: Law, direction: Direction, x: Floats, window: Window) -> Floats:
        """step |dx(x)| + floor/span + slope (x + G_min/span) [window]."""
        change = np.abs(law.step(direction, x))
        return self.floor / window.span + self.step * change + self.slope * (x + window.min / window.span)

    def numbers(self, law: Law, window: Window) -> PolynomialNoise | None:
        """For the programming engine; None without noise."""
        if self.floor == self.step == self.slope == 0.0:
            return None
        return PolynomialNoise(self.floor / window.span, self.step, self.slope)

    def finer(self, parts: float) -> Self:
        """A share of the smaller step times sqrt(parts), the others over it."""
        root = math.sqrt(parts)
        new = {"step": self.step * root, "floor": self.floor / root, "slope": self.slope / root}
        return self.model_copy(update=new)


CycleToCycle = Annotated[PulseNoise, PULSE_NOISES]
"""Any pulse noise; `kind` names it."""


@lru_cache(maxsize=256)
def _untruncated(sigma: float, kind: str, cut: float) -> float:
    """`DeviceToDevice.whole` of spreads that are stated after truncation."""
    from scipy.optimize import brentq
    from scipy.special import ndtr

    inside = float(2.0 * ndtr(cut) - 1.0)
    if kind == "normal":
        density = math.exp(-0.5 * cut * cut) / math.sqrt(2.0 * math.pi)
        return sigma / math.sqrt(1.0 - 2.0 * cut * density / inside)

    def left(s: float) -> float:
        one, two = (math.exp(0.5 * k * k * s * s) * float(ndtr(cut - k * s) - ndtr(-cut - k * s)) for k in (1, 2))
        return two * inside / one**2 - 1.0 - sigma * sigma

    most = min(20.0, 0.5 * cut + 2.0)
    if left(most) < 0.0:
        return math.inf
    s = float(brentq(left, 1e-9, most, xtol=1e-14))
    return math.sqrt(math.expm1(s * s))


class DeviceToDevice(Block):
    """Each cell's own window and step sizes, drawn once from the fabrication seed.

    G_max and G_min are multiplied by a factor of mean 1 and relative standard deviation `max`, `min`; both steps by a
    common factor (`step`) and against each other by `asymmetry`: up f (1 + a), down f (1 - a). `shape` spreads the
    law's shape parameter (which, and whether it is relative, says the law), for each direction by itself. With
    `distribution: normal` a factor is 1 + sigma xi, with `lognormal` exp(s xi - s^2/2), s^2 = ln(1 + sigma^2), xi
    normal truncated at +-`truncate` (which moves a lognormal mean by less than 1 % at 3 sigma). Nothing is drawn again:
    a card whose windows could cross or whose factors could reach zero is refused.
    """

    distribution: Literal["normal", "lognormal"]
    truncate: Annotated[float, Field(gt=0, le=8)]
    """Largest deviation, in standard deviations."""
    max: KnownSigma
    """Relative spread of the upper end of the window."""
    min: KnownSigma
    """Relative spread of the lower end of the window."""
    step: KnownSigma
    """Relative spread of the steps, common to both directions."""
    asymmetry: KnownSigma
    """Relative spread of up against down."""
    shape: Annotated[float, Field(ge=0, le=100)] = 0.0
    """Standard deviation of the law's shape parameter: label, slope, exponent, symmetry point..."""
    steps: Literal["relative", "absolute"] = "relative"
    """Whether steps scale with the cell's own window, or are the same in siemens whatever its window."""
    reference: Literal["own", "nominal"] = "own"
    """Whether the law's reference state (the symmetry point of soft bounds, the zero of a linear law) moves with the
    cell's own window, or stands in siemens where the nominal window has it. The bounds are the cell's own either way;
    so is the slope of soft bounds, while a linear law keeps its slope in siemens."""
    distributions: dict[Literal["max", "min", "step", "asymmetry"], Literal["normal", "lognormal"]] = Field(
        default_factory=dict
    )
    """Distribution of single quantities, where it is another than `distribution`."""
    truncations: dict[Literal["max", "min", "step", "asymmetry", "shape"], Annotated[float, Field(gt=0, le=8)]] = Field(
        default_factory=dict
    )
    """Largest deviation of single quantities, where it is another than `truncate`."""

    stated: Literal["before", "after"] = "before"
    """Whether spreads are those of a distribution before it is truncated, or those that cells have after it: 1.4 % less
    at three standard deviations of a normal one, 12 % less at two."""

    def of(self, quantity: str) -> Literal["normal", "lognormal"]:
        """Distribution of `max`, `min`, `step` or `asymmetry`."""
        return next((kind for name, kind in self.distributions.items() if name == quantity), self.distribution)

    def cut(self, quantity: str) -> float:
        """Largest deviation of a quantity [standard deviations]."""
        return next((cut for name, cut in self.truncations.items() if name == quantity), self.truncate)

    def factor(self, sigma: float, xi: NDArray[np.float64] | float, quantity: str = "") -> NDArray[np.float64]:
        """Factor (...) [1] of mean 1 for the normal deviate `xi` (...) [1], as a quantity is distributed."""
        sigma = self.whole(sigma, self.of(quantity), quantity)
        if self.of(quantity) == "normal":
            return np.asarray(1.0 + sigma * np.asarray(xi))
        s = math.sqrt(math.log1p(sigma**2))
        return np.exp(s * np.asarray(xi) - 0.5 * s * s)

    def draw(
        self, sigma: float, shape: tuple[int, ...], rng: np.random.Generator, quantity: str = ""
    ) -> NDArray[np.float64]:
        """Factors in the shape asked for [1]: one uniform number a cell, through the truncated normal's inverse."""
        return self.factor(sigma, self._deviates(shape, rng, quantity), quantity)

    def deviates(self, sigma: float, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        """`sigma` times deviates of the law's shape in the shape asked for [1], one uniform number a cell."""
        return np.asarray(self.whole(sigma, "normal", "shape") * self._deviates(shape, rng, "shape"))

    def whole(self, sigma: float, kind: str, quantity: str = "") -> float:
        """Spread [1] of a distribution before it is truncated; infinite where none leaves as much as is stated.

        Truncated at c, a normal one keeps 1 - 2 c phi(c)/[2 Phi(c) - 1] of its variance. A lognormal one has the
        relative variance M_2/M_1^2 - 1 then, M_k = e^(k^2 s^2/2) [Phi(c - k s) - Phi(-c - k s)]/[2 Phi(c) - 1].
        """
        exact = self.stated == "before" or not sigma
        return float(sigma) if exact else _untruncated(float(sigma), kind, self.cut(quantity))

    def _deviates(self, shape: tuple[int, ...], rng: np.random.Generator, quantity: str) -> NDArray[np.float64]:
        from scipy.special import ndtr, ndtri

        low, high = ndtr(-self.cut(quantity)), ndtr(self.cut(quantity))
        return np.asarray(ndtri(low + (high - low) * rng.random(shape)))

    def rules(self) -> Iterator[tuple[Path, str]]:
        for key in ("max", "min", "step", "asymmetry"):
            sigma, cut = getattr(self, key), self.cut(key)
            if sigma and not math.isfinite(self.whole(sigma, self.of(key), key)):
                yield (
                    (key,),
                    f"no spread leaves {100 * sigma:.4g} % once it is truncated at {cut:g} sigma; use a "
                    "larger 'truncate' or 'stated: before'",
                )
            elif self.of(key) == "normal" and cut * self.whole(sigma, "normal", key) >= 1.0:
                yield (
                    (key,),
                    f"a normal spread of {100 * sigma:.4g} % truncated at {cut:g} sigma reaches zero; "
                    "use a smaller 'truncate' or 'distribution: lognormal'",
                )


class Variation(Block):
    """All spread of the device: between cells, between pulses, between writes."""

    cycle_to_cycle: CycleToCycle
    device_to_device: DeviceToDevice
    write_noise: WriteNoise = WriteNoise(sigma=0.0)
    between_ramps: BetweenRamps | None = None
    """How ramps differ as a whole; null where nothing was seen, or looked for. Not simulated: `check` says so."""
