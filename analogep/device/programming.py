"""Pulse laws: what one programming pulse does to a cell, and in closed form what n pulses do.

State x = (G - G_min)/(G_max - G_min) of a cell within its own conductance window, 0 <= x <= 1. All laws here belong to
the affine family: one pulse moves the state by

    x' = x + offset + slope x          (offset >= 0 and slope as the direction's `Affine` says)

so that n pulses give, exactly and without noise,

    x_n = x_inf - (x_inf - x_0) (1 - b)^n,   b = -slope,   x_inf = offset/b;   slope = 0:  x_n = x_0 + n offset.

Every law moves monotonically in its direction, so clipping once after n noise-free pulses is the same as clipping
after each of them, unless a single step is longer than the way to x_inf (slope < -1): such a pulse ends at the bound.
With noise that does not hold, and pulses are applied one by one (`crossbar.kernels`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from analogep.cards import Block
from analogep.units import Fraction, Seconds, Volts

Direction = Literal["up", "down"]
Path = tuple[str | int, ...]

LABEL_LIMIT = 9.99
"""Largest |label|. The formula ends at 10.10, NeuroSim's table at 9; beyond 9.99, e^{P_max/A} of an accelerating law is
no number."""


@dataclass(frozen=True)
class Affine:
    """One pulse of a direction: x' = x + offset + slope x, in units of the window."""

    offset: float
    slope: float

    def after(self, x: NDArray[np.float64] | float, n: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """State after `n` noise-free pulses from `x`, not clipped: x_inf - (x_inf - x)(1 + slope)^n.

        Parameters
        ----------
        x : ndarray [1]
            State within the window.
        n : ndarray [1]
            Number of pulses.
        """
        if self.slope == 0.0:
            return np.asarray(x + np.asarray(n) * self.offset, dtype=np.float64)
        limit = -self.offset / self.slope
        return np.asarray(limit - (limit - x) * (1.0 + self.slope) ** np.asarray(n), dtype=np.float64)

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


def label_of(a: float) -> float:
    """NeuroSim's nonlinearity label of the shape parameter a = A/P_max > 0.

    label = [B - a + a ln(a/B)]/(0.07 sqrt 2), B = 1/(1 - e^{-1/a}): the largest distance of the normalised curve
    from the straight line, in the unit of NeuroSim's table (all 900 entries of which it fits).
    """
    b = -1.0 / math.expm1(-1.0 / a)
    return (b - a + a * math.log(a / b)) / (0.07 * math.sqrt(2.0))


@cache
def shape_of(label: float) -> float:
    """Invert `label_of` by bisection: a = A/P_max of NeuroSim's label (0 < label < 9.99).

    The label falls monotonically with a; 2.40 gives 0.499181, 4.88 gives 0.200303, 1.00 gives 1.251653.
    """
    low, high = math.log(1e-3), math.log(1e9)
    for _ in range(200):
        mid = 0.5 * (low + high)
        low, high = (mid, high) if label_of(math.exp(mid)) > label else (low, mid)
    return math.exp(0.5 * (low + high))


class Branch(Block):
    """The pulse of one direction."""

    amplitude: Annotated[Volts, Field(ge=-1e4, le=1e4)]
    """Voltage of the pulse across the device; its sign is the device's polarity."""

    width: Annotated[Seconds, Field(gt=0)]
    """Duration of the pulse."""

    def rules(self) -> Iterator[tuple[Path, str]]:
        if self.amplitude == 0.0:
            yield ("amplitude",), "must not be 0 V: a pulse without voltage programs nothing"


class CountedBranch(Branch):
    """Direction of the exponential law: how many pulses span the window, and how nonlinearly."""

    pulses: Annotated[int, Field(ge=1, le=10**9)]
    """Number of pulses from one end of the nominal window to the other."""

    nonlinearity: Annotated[float, Field(gt=-LABEL_LIMIT, lt=LABEL_LIMIT)]
    """NeuroSim's label in the direction's own sense: positive decelerates towards the far bound, 0 is linear."""


class StepBranch(Branch):
    """Direction of a law given by its step."""

    step: Annotated[Fraction, Field(gt=0, le=1)]
    """Change by one pulse, as a fraction of the window (where in the window: see the law)."""


class SlopedBranch(StepBranch):
    """Direction of the linear law."""

    slope: Annotated[float, Field(ge=-1, le=1)]
    """gamma: relative loss of step from the middle of the window to the far bound."""


class Constant(Block):
    """dx = +-step: the same change everywhere, n pulses give x_0 +- n step."""

    model: Literal["constant"]
    up: StepBranch
    down: StepBranch

    def affine(self, direction: Direction) -> Affine:
        """One pulse in `direction`."""
        return Affine(self.up.step, 0.0) if direction == "up" else Affine(-self.down.step, 0.0)


class SoftBounds(Block):
    """dx = +step (1 - x) up, -step x down: each pulse covers a fixed share of the way that is left.

    `step` is the change at the far end of the window, where the whole way is left.
    """

    model: Literal["soft_bounds"]
    up: StepBranch
    down: StepBranch

    def affine(self, direction: Direction) -> Affine:
        """One pulse in `direction`."""
        if direction == "up":
            return Affine(self.up.step, -self.up.step)
        return Affine(0.0, -self.down.step)


class Linear(Block):
    """dw = step (1 - gamma w) up, -step (1 + gamma w) down, w = 2x - 1 in [-1, 1]: the step falls linearly.

    `step` is the change in the middle of the window; gamma = 1 is the soft-bounds law, 0 the constant step
    (LinearStep of aihwkit with symmetric bounds).
    """

    model: Literal["linear"]
    up: SlopedBranch
    down: SlopedBranch

    def affine(self, direction: Direction) -> Affine:
        """One pulse in `direction`: with w = 2x - 1, dx = step (1 + gamma) - 2 gamma step x up."""
        if direction == "up":
            return Affine(self.up.step * (1.0 + self.up.slope), -2.0 * self.up.slope * self.up.step)
        return Affine(-self.down.step * (1.0 - self.down.slope), -2.0 * self.down.slope * self.down.step)


class Exponential(Block):
    """G = B (1 - e^{-P/A}) + G_min up, B = (G_max - G_min)/(1 - e^{-P_max/A}): NeuroSim's law and labels.

    The label in the direction's own sense gives A/P_max in closed form (`shape_of`); in window units B =
    1/(1 - e^{-P_max/A}) and one pulse moves by (1 - e^{-1/A})(B - x), the same law mirrored on the way down. A < 0
    accelerates and obeys the same formula. Source: MLP+NeuroSim V3.0 user manual.
    """

    model: Literal["exponential"]
    up: CountedBranch
    down: CountedBranch

    @staticmethod
    def _own(branch: CountedBranch) -> Affine:
        if abs(branch.nonlinearity) < 1e-6:  # A beyond 1e5 P_max: a straight line to rounding
            return Affine(1.0 / branch.pulses, 0.0)
        a = math.copysign(shape_of(abs(branch.nonlinearity)), branch.nonlinearity)
        b = -math.expm1(-1.0 / (a * branch.pulses))
        return Affine(b / -math.expm1(-1.0 / a), -b)

    def affine(self, direction: Direction) -> Affine:
        """One pulse in `direction`; down is the own-direction law in 1 - x."""
        if direction == "up":
            return self._own(self.up)
        own = self._own(self.down)
        return Affine(-(own.offset + own.slope), own.slope)


Programming = Annotated[Constant | SoftBounds | Linear | Exponential, Field(discriminator="model")]
"""Every pulse law; `model` names it."""

LAWS: tuple[type[Constant | SoftBounds | Linear | Exponential], ...] = (
    Constant,
    SoftBounds,
    Linear,
    Exponential,
)
