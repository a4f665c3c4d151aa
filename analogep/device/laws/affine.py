"""The affine family: constant, linear, soft bounds, soft bounds with a symmetry point; `exponential` has one more.

One pulse moves the state by

    x' = x + offset + slope x          (offset >= 0 and slope as the direction's `Affine` says)

so that n pulses give, exactly and without noise,

    x_n = x_inf - (x_inf - x_0) (1 - b)^n,   b = -slope,   x_inf = offset/b;   slope = 0:  x_n = x_0 + n offset.

Every law moves monotonically in its direction, so clipping once after n noise-free pulses is the same as clipping
after each of them, unless a single step is longer than the way to x_inf (slope < -1): such a pulse ends at the bound.
With additive noise the unclipped state after n pulses is normal with the variance of `Affine.additive_variance`; with
multiplicative noise mean and variance are exact and the distribution is not normal. The engine applies noisy pulses one
by one, with a clip after each (`crossbar.row`).
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from analogep.device.laws.base import Branch, Direction, Floats, Law, Path, StepBranch, given
from analogep.parts import clip
from analogep.units import Fraction


@dataclass(frozen=True)
class Affine:
    """One pulse of a direction: x' = x + offset + slope x, in units of the window."""

    offset: float
    slope: float

    def after(self, x: NDArray[np.float64] | float, n: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """State (...) [window] after `n` noise-free pulses from `x`, not clipped: x_inf - (x_inf - x)(1 + slope)^n.

        Parameters
        ----------
        x : ndarray (...) [window]
            State.
        n : ndarray (...) [1]
            Number of pulses.
        """
        if self.slope == 0.0:
            return np.asarray(x + np.asarray(n) * self.offset, dtype=np.float64)
        limit = -self.offset / self.slope
        return np.asarray(limit - (limit - x) * (1.0 + self.slope) ** np.asarray(n), dtype=np.float64)

    def dosed(self, dose: float) -> Affine:
        """The pulse that is worth `dose` of this one: 1 + slope' = (1 + slope)^dose, with the same limit."""
        if dose == 1.0:
            return self
        if self.slope == 0.0:
            return Affine(self.offset * dose, 0.0)
        slope = math.expm1(dose * math.log1p(self.slope)) if self.slope > -1.0 else -1.0
        return Affine(self.offset * (slope / self.slope), slope)

    def additive_variance(self, sigma: float, n: int) -> float:
        """Variance of the state after `n` pulses, each with additive noise `sigma`.

        Var = sigma^2 (1 - r^{2n})/(1 - r^2) with r = 1 + slope: what a pulse adds is forgotten at the rate at which
        the law saturates, so the usual sigma^2 n overestimates.
        """
        r2 = (1.0 + self.slope) ** 2
        return sigma**2 * (n if r2 == 1.0 else (1.0 - r2**n) / (1.0 - r2))

    def multiplicative_variance(self, sigma: float, n: int, x: float) -> float:
        """Variance of the state after `n` pulses from `x`, each step scaled by 1 + sigma xi.

        Var = m_0^2 [(r^2 + sigma^2 b^2)^n - r^{2n}], m_0 = x_inf - x, b = -slope, r = 1 - b; for a constant step
        n (sigma offset)^2.
        """
        if self.slope == 0.0:
            return n * (sigma * self.offset) ** 2
        b, r = -self.slope, 1.0 + self.slope
        return float((self.offset / b - x) ** 2 * ((r**2 + (sigma * b) ** 2) ** n - r ** (2 * n)))


class SlopedBranch(StepBranch):
    """Direction of the linear law."""

    slope: Annotated[float, Field(ge=-1, le=1)]
    """gamma: relative loss of step from the middle of the window to the far bound."""


class ConstantStep(NamedTuple):
    """x' = x + p: signed steps up and down [window]."""

    up: float
    down: float

    def cell(law, up, scale):  # type: ignore[no-untyped-def]  # noqa: N805
        """Step of the cell."""
        p = (law.up if up else law.down) * scale
        return p, p - p

    def step(law, x, second, up, p, q, bits):  # type: ignore[no-untyped-def]  # noqa: N805
        """The step, everywhere."""
        return p, second

    def several(law, x, n, up, p, q):  # type: ignore[no-untyped-def]  # noqa: N805
        """x + n p."""
        return clip(x + n * p)


class AffineStep(NamedTuple):
    """x' = x + p + q x: offset and slope up and down [window]."""

    up_offset: float
    up_slope: float
    down_offset: float
    down_slope: float

    def cell(law, up, scale):  # type: ignore[no-untyped-def]  # noqa: N805
        """Offset and slope of the cell."""
        return (law.up_offset if up else law.down_offset) * scale, (law.up_slope if up else law.down_slope) * scale

    def step(law, x, second, up, p, q, bits):  # type: ignore[no-untyped-def]  # noqa: N805
        """p + q x."""
        return p + q * x, second

    def several(law, x, n, up, p, q):  # type: ignore[no-untyped-def]  # noqa: N805
        """The closed form, clipped once.

        A step beyond the limit of its law ends at the bound, as it does with a clip after each pulse; a state at the
        limit stays there, whatever the power overflows to.
        """
        if n <= 1 or q == 0:
            return clip(x + n * (p + q * x))
        limit = -p / q
        return clip(limit - (limit - x) * max(1 + q, 0) ** n) if x != limit else x


class AffineLaw(Law):
    """Base of the laws whose pulse is x' = x + offset + slope x."""

    saturates: ClassVar[bool] = True
    exact: ClassVar[str] = "n pulses in closed form; mean and variance of n noisy pulses in closed form off the bounds"

    @abstractmethod
    def nominal(self, direction: Direction) -> Affine:
        """One reference pulse of a nominal cell in `direction`."""

    def affine(self, direction: Direction) -> Affine:
        """One pulse of a nominal cell in `direction`, its dose included."""
        return self.nominal(direction).dosed(self.dose(direction))

    def numbers(self) -> ConstantStep | AffineStep:
        """Offset and slope of both directions, or the step alone where the slope is 0."""
        up = self.affine("up")
        down = Affine(0.0, 0.0) if self.unidirectional else self.affine("down")
        if up.slope == down.slope == 0.0:
            return ConstantStep(up.offset, down.offset)
        return AffineStep(up.offset, up.slope, down.offset, down.slope)

    def step(self, direction: Direction, x: Floats) -> Floats:
        """Mean change by one pulse at `x`: offset + slope x [window]."""
        one = self.affine(direction)
        return np.asarray(one.offset + one.slope * np.asarray(x), dtype=np.float64)

    def after(self, direction: Direction, x: Floats | float, n: int) -> Floats:
        """State after `n` noise-free pulses, in closed form, clipped [window]."""
        one = self.affine(direction)
        if one.slope < -1.0:
            # The first pulse reaches the bound, and the ones after it push against it.
            one = Affine(-one.offset / one.slope, -1.0)
        if one.slope > 0.0:
            # An accelerating law has long arrived; its power must not overflow.
            n = min(n, math.ceil(60.0 / math.log1p(one.slope)))
        return np.clip(one.after(x, n), 0.0, 1.0)


class Constant(AffineLaw):
    """dx = +-step: the same change everywhere, n pulses give x_0 +- n step."""

    model: Literal["constant"]
    example: ClassVar[str] = (
        "{model: constant, up: {step: 1 %, amplitude: 1 V, width: 50 ns}, "
        "down: {step: 2 %, amplitude: -1 V, width: 50 ns}}"
    )
    up: StepBranch
    down: StepBranch | None = None

    def nominal(self, direction: Direction) -> Affine:
        """One reference pulse in `direction`."""
        return Affine(self.up.step, 0.0) if direction == "up" else Affine(-given(self.down).step, 0.0)


class SoftBounds(AffineLaw):
    """dx = +step (1 - x) up, -step x down: each pulse covers a fixed share of the way that is left.

    `step` is the change at the far end of the window, where the whole way is left.
    """

    model: Literal["soft_bounds"]
    example: ClassVar[str] = (
        "{model: soft_bounds, up: {step: 2 %, amplitude: 1 V, width: 50 ns}, "
        "down: {step: 3 %, amplitude: -1 V, width: 50 ns}}"
    )
    up: StepBranch
    down: StepBranch | None = None

    def nominal(self, direction: Direction) -> Affine:
        """One reference pulse in `direction`."""
        if direction == "up":
            return Affine(self.up.step, -self.up.step)
        return Affine(0.0, -given(self.down).step)


class SpreadAffineLaw(AffineLaw):
    """Base of the affine laws with a shape parameter that may differ from cell to cell."""

    @abstractmethod
    def shaped(self, direction: Direction, shape: Floats) -> tuple[Floats, Floats]:
        """Offset and slope of a reference pulse by cell (rows, columns) [window], [1]; `shape` as in `Law.cell`."""

    def cell(self, direction: Direction, scale: Floats, shape: Floats) -> tuple[Floats, Floats]:
        """Offset and slope of each cell."""
        if not np.any(shape):
            return super().cell(direction, scale, shape)
        offset, slope = self._dosed(direction, *self.shaped(direction, shape))
        return scale * offset, scale * slope

    def _dosed(self, direction: Direction, offset: Floats, slope: Floats) -> tuple[Floats, Floats]:
        """Offset and slope of a pulse that is worth the direction's dose of reference pulses."""
        dose = self.dose(direction)
        if dose == 1.0:
            return offset, slope
        bent = np.where(slope == 0.0, 1.0, slope)
        dosed = np.expm1(dose * np.log1p(np.maximum(slope, -1.0 + 1e-15)))
        return np.where(slope == 0.0, offset * dose, offset * dosed / bent), np.where(slope == 0.0, 0.0, dosed)


class Linear(SpreadAffineLaw):
    """dw = step (1 - gamma w) up, -step (1 + gamma w) down: the step falls linearly.

    w is 0 at `zero` and +-1 at the far bound of the direction: w = (x - zero)/(1 - zero) up, (x - zero)/zero down.
    `step` is the change at `zero`; gamma = 1 is the soft-bounds law, 0 the constant step (LinearStep of aihwkit,
    whose weight 0 lies at `zero`). `device_to_device.shape` is the standard deviation of gamma.
    """

    model: Literal["linear"]
    example: ClassVar[str] = (
        "{model: linear, up: {step: 1 %, slope: 0.4, amplitude: 1 V, width: 50 ns}, "
        "down: {step: 1 %, slope: 0.7, amplitude: -1 V, width: 50 ns}}"
    )
    up: SlopedBranch
    down: SlopedBranch | None = None
    zero: Annotated[Fraction, Field(ge=0.001, le=0.999)] = 0.5
    """State at which the steps hold."""
    shape_name: ClassVar[str] = "slope"

    def shaped(self, direction: Direction, shape: Floats) -> tuple[Floats, Floats]:
        """Offset and slope; the cell's gamma stays between `_least` and 1, where no step changes its sign."""
        branch = self.up if direction == "up" else given(self.down)
        gamma = np.clip(branch.slope + np.asarray(shape), self._least(direction), 1.0)
        sign, room = (1.0 if direction == "up" else -1.0), self._room(direction)
        slope = -gamma * branch.step / room
        return np.asarray(sign * branch.step - slope * self.zero), np.asarray(slope)

    def referred(
        self, direction: Direction, scale: Floats, shape: Floats, origin: Floats, width: Floats
    ) -> tuple[Floats, Floats]:
        """The nominal law at X = origin + width x: offset + slope origin, slope width (aihwkit's mean bounds)."""
        offset, slope = self.cell(direction, scale, shape)
        return offset + slope * origin, slope * width

    def _room(self, direction: Direction) -> float:
        """Way from `zero` to the far bound of the direction [window]."""
        return 1.0 - self.zero if direction == "up" else self.zero

    def _least(self, direction: Direction) -> float:
        """Smallest gamma: a step that grows towards the far bound must not have changed its sign at the near one."""
        room = self._room(direction)
        return -min(1.0, room / (1.0 - room))

    def mirrored(self) -> Branch | None:
        """|d_down(x)| = o + s (1 - x) with d_up(x) = o + s x, in the law's terms step (1 + gamma (x - zero)/zero)."""
        if self.down is None:
            return None
        one = self.nominal("up")
        step = one.offset + one.slope * (1.0 - self.zero)
        return self.down.model_copy(update={"step": step, "slope": -one.slope * self.zero / step})

    def rules(self) -> Iterator[tuple[Path, str]]:
        yield from super().rules()
        for direction in self.directions:
            branch = self.up if direction == "up" else self.down
            if branch is not None and branch.slope < self._least(direction):
                yield (
                    (direction, "slope"),
                    f"must be at least {self._least(direction):.4g}, got {branch.slope:g}: with 'zero' at "
                    f"{100 * self.zero:g} % a pulse {direction} would move the other way at the near bound",
                )

    def nominal(self, direction: Direction) -> Affine:
        """One reference pulse in `direction`."""
        offset, slope = self.shaped(direction, np.zeros(()))
        return Affine(float(offset), float(slope) + 0.0)


class SoftBoundsReference(SpreadAffineLaw):
    """dx = step (1 - x)/(1 - s) up, -step x/s down: soft bounds around the symmetry point s.

    At s a pulse up and a pulse down of equal `step` cancel, and a train of alternating pulses converges to it
    (SoftBoundsReference of aihwkit). `device_to_device.shape` is the standard deviation of s, in windows.
    """

    model: Literal["soft_bounds_reference"]
    example: ClassVar[str] = (
        "{model: soft_bounds_reference, up: {step: 2 %, amplitude: 1 V, width: 50 ns}, "
        "down: {step: 2 %, amplitude: -1 V, width: 50 ns}, symmetry_point: 40 %}"
    )
    up: StepBranch
    down: StepBranch | None = None
    symmetry_point: Annotated[Fraction, Field(ge=0.01, le=0.99)]
    """State at which the steps hold."""
    shape_name: ClassVar[str] = "symmetry_point"

    def shaped(self, direction: Direction, shape: Floats) -> tuple[Floats, Floats]:
        """Offset and slope; a cell's symmetry point stays within 1 % and 99 % of its window."""
        return self._around(direction, np.clip(self.symmetry_point + np.asarray(shape), 0.01, 0.99))

    def referred(
        self, direction: Direction, scale: Floats, shape: Floats, origin: Floats, width: Floats
    ) -> tuple[Floats, Floats]:
        """Soft bounds at the ends of the cell's own window around the point of the nominal one: (s - origin)/width."""
        point = np.clip((self.symmetry_point + np.asarray(shape) - origin) / width, 0.01, 0.99)
        offset, slope = self._dosed(direction, *self._around(direction, point))
        return scale * offset, scale * slope

    def _around(self, direction: Direction, point: Floats) -> tuple[Floats, Floats]:
        """Offset and slope of cells with these symmetry points."""
        if direction == "up":
            share = self.up.step / (1.0 - point)
            return share, -share
        return np.zeros_like(point), -given(self.down).step / point

    def mirrored(self) -> Branch | None:
        """step s/(1 - s): the point at which the step holds lies at 1 - s for the mirror image."""
        if self.down is None:
            return None
        share = self.symmetry_point / (1.0 - self.symmetry_point)
        return self.down.model_copy(update={"step": self.up.step * share})

    def nominal(self, direction: Direction) -> Affine:
        """One reference pulse in `direction`."""
        offset, slope = self.shaped(direction, np.zeros(()))
        return Affine(float(offset), float(slope))
