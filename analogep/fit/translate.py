"""From a fitted curve to the numbers of a card: the window, and each law's parameters on it.

The same curve gives different parameters on another window, and both directions of a card share one. For laws without
bounds of their own it is [mean start up and end down, mean end up and start down] of the fitted ramps; soft bounds and
power laws bring their own bounds, where steps vanish.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from analogep.device.laws import label_of
from analogep.fit.curves import AffineCurve, ConstantCurve, Curve, ExpStepCurve, LogisticCurve, PowerCurve, TableCurve

Floats = NDArray[np.float64]
_STRAIGHT = 1e-3
_OFF = 0.02
"""How far the centre of a logistic law may be from the middle of the ramps before its window grows."""


@dataclass(frozen=True)
class Frame:
    """Where the own coordinates lie: G = low + span xi up, low + span (1 - xi) down, or the same for ln G.

    Parameters
    ----------
    low, span : float
        [S]; of ln G in a logarithmic frame [1].
    pulses : tuple of float
        Mean number of pulses of a ramp, by direction.
    logarithmic : bool
        Whether the coordinates are those of ln G.
    """

    low: float
    span: float
    pulses: tuple[float, ...]
    logarithmic: bool = False

    def siemens(self, direction: int, xi: Floats) -> Floats:
        """Conductances [S] at the states `xi` [1] of the own coordinate, in their shape."""
        with np.errstate(over="ignore"):
            level = self.low + self.span * (xi if direction == 0 else 1.0 - xi)
            return np.asarray(np.exp(level) if self.logarithmic else level)

    def own(self, direction: int, siemens: Floats) -> Floats:
        """States in the own coordinate [1] of the conductances `siemens` [S], in their shape."""
        level = (np.log(siemens) if self.logarithmic else siemens) - self.low
        return np.asarray(level / self.span if direction == 0 else 1.0 - level / self.span)

    def ranges(self, low: float, high: float) -> float:
        """Width of a window [S] in spans."""
        return (math.log(high / low) if self.logarithmic else high - low) / self.span

    def read(self, g: Floats) -> dict[str, Floats]:
        """Deviation of the own coordinate for unit read noise of each kind at conductances `g` [S], in their shape [1].

        Unit noise is the span (`absolute`; in a logarithmic frame the span times the middle conductance) or G itself
        (`relative`).
        """
        if self.logarithmic:
            middle = math.exp(self.low + 0.5 * self.span)
            return {"absolute": middle / g, "relative": np.full_like(g, 1.0 / self.span)}
        return {"absolute": np.ones_like(g), "relative": g / self.span}

    @property
    def unit(self) -> float:
        """Conductance of unit absolute read noise [S]."""
        return self.span * math.exp(self.low + 0.5 * self.span) if self.logarithmic else self.span


@dataclass(frozen=True)
class Side:
    """One direction on a window.

    Attributes
    ----------
    curve : Curve
    theta : ndarray (parameters,) [1]
        Parameters of the curve.
    pulses : float
        n, the mean number of pulses of a ramp.
    near, far : float
        Ends of the window in the own coordinate, where pulses set out and where they lead.
    """

    curve: Curve
    theta: Floats
    pulses: float
    near: float
    far: float

    @property
    def width(self) -> float:
        """Window in the own coordinate."""
        return self.far - self.near

    def step(self, xi: float) -> float:
        """Change by one pulse, in the own coordinate."""
        return float(self.curve.rate(self.theta[None], np.array([[xi]]))[0, 0]) / self.pulses


class Form(ABC):
    """How a law of the card writes a curve."""

    law: ClassVar[str]
    alike: ClassVar[str] = ""
    """Law that fits as well and is preferred by `--model auto` (the same curve)."""

    def curve(self) -> Curve:
        """The curve that is fitted."""
        return AffineCurve()

    def bound(self, theta: Floats) -> float | None:
        """Own coordinate where steps vanish, if the law's window ends there; `theta` (parameters,) [1] of a side."""
        return None

    def window(self, thetas: Sequence[Floats], low: float, high: float) -> tuple[float, float]:
        """Ends of the window in the up coordinate [1], from the mean ends `low` and `high` of the ramps.

        `thetas` (parameters,) [1] are the curves' parameters of each direction.
        """
        if (top := self.bound(thetas[0])) is not None:
            high = top
        if len(thetas) > 1 and (bottom := self.bound(thetas[1])) is not None:
            low = 1.0 - bottom
        return low, high

    @abstractmethod
    def branch(self, side: Side, direction: int) -> dict[str, float]:
        """Keys of the direction."""

    def branches(self, sides: Sequence[Side]) -> list[dict[str, float]]:
        """Keys of every direction."""
        return [self.branch(side, k) for k, side in enumerate(sides)]

    def top(self, sides: Sequence[Side]) -> dict[str, float]:
        """Keys beside the directions."""
        return {}

    def problem(self, sides: Sequence[Side], branches: Sequence[dict[str, float]]) -> str:
        """Why the law cannot describe these sides, or an empty string."""
        for side, word in zip(sides, ("up", "down"), strict=False):
            if min(side.step(side.near), side.step(side.far)) <= 0.0:
                return f"its step {word} vanishes within the window"
        return ""


class ConstantForm(Form):
    """dx = step."""

    law = "constant"

    def curve(self) -> Curve:
        """A constant."""
        return ConstantCurve()

    def branch(self, side: Side, direction: int) -> dict[str, float]:
        """step."""
        return {"step": side.step(0.5) / side.width}


class SoftBoundsForm(Form):
    """dx = step (1 - x)."""

    law = "soft_bounds"

    def bound(self, theta: Floats) -> float | None:
        """Where the straight line of the steps ends."""
        return 0.5 + float(theta[0] / theta[1]) if theta[1] > 1e-6 else 1e6

    def branch(self, side: Side, direction: int) -> dict[str, float]:
        """step: the share of the way that a pulse covers."""
        return {"step": float(side.theta[1]) / side.pulses}

    def problem(self, sides: Sequence[Side], branches: Sequence[dict[str, float]]) -> str:
        """Steps must fall towards bounds within reach."""
        for side, word in zip(sides, ("up", "down"), strict=False):
            if side.theta[1] <= 1e-6 or side.far > 100.0:
                return f"its steps {word} do not fall"
        return ""


class ReferenceForm(SoftBoundsForm):
    """Soft bounds around the symmetry point where a pulse up and one down cancel."""

    law = "soft_bounds_reference"
    alike = "soft_bounds"

    def top(self, sides: Sequence[Side]) -> dict[str, float]:
        """symmetry_point: where both steps are equal, b_up (1 - s) = b_down s; the middle for one direction."""
        shares = [float(side.theta[1]) / side.pulses for side in sides]
        return {"symmetry_point": shares[0] / sum(shares) if len(shares) > 1 else 0.5}

    def branches(self, sides: Sequence[Side]) -> list[dict[str, float]]:
        """step at the symmetry point."""
        point = self.top(sides)["symmetry_point"]
        found = super().branches(sides)
        return [{"step": one["step"] * way} for one, way in zip(found, (1.0 - point, point), strict=False)]


class LinearForm(Form):
    """dx = step (1 - gamma w), w = 2x - 1."""

    law = "linear"
    alike = "exponential"

    def branch(self, side: Side, direction: int) -> dict[str, float]:
        """step in the middle of the window, slope gamma."""
        middle = side.step(0.5 * (side.near + side.far))
        gamma = float(side.theta[1]) / side.pulses * 0.5 * side.width / middle if middle else math.inf
        return {"step": middle / side.width, "slope": gamma}

    def problem(self, sides: Sequence[Side], branches: Sequence[dict[str, float]]) -> str:
        """|gamma| <= 1."""
        for branch, word in zip(branches, ("up", "down"), strict=False):
            if not (0.0 < branch["step"] <= 1.0 and abs(branch["slope"]) <= 1.0):
                return f"its step {word} vanishes within the window (slope {branch['slope']:.3g}, at most 1)"
        return ""


def nonlinearity(bend: float) -> float:
    """NeuroSim's label of P_max/A = `bend`; bend/(8 x 0.07 sqrt 2) for straight curves, where the formula cancels."""
    if abs(bend) < _STRAIGHT:
        return bend / (0.56 * math.sqrt(2.0))
    return math.copysign(label_of(1.0 / min(abs(bend), 900.0)), bend)


def counted(side: Side) -> tuple[float, float]:
    """(pulses from end to end, label) of an affine curve: P = ln(d_far/d_near)/ln r, P/A = ln(d_near/d_far)."""
    near, far = side.step(side.near), side.step(side.far)
    if min(near, far) <= 0.0 or float(side.theta[1]) >= side.pulses:
        return math.nan, math.nan
    bend, decay = math.log(near / far), math.log1p(-float(side.theta[1]) / side.pulses)
    straight = abs(bend) < 1e-7
    return (2.0 * side.width / (near + far) if straight else -bend / decay), nonlinearity(bend)


class ExponentialForm(Form):
    """NeuroSim's curve by pulses and label."""

    law = "exponential"

    def branch(self, side: Side, direction: int) -> dict[str, float]:
        """pulses (real here, whole on the card), nonlinearity."""
        pulses, label = counted(side)
        return {"pulses": pulses, "nonlinearity": label}

    def problem(self, sides: Sequence[Side], branches: Sequence[dict[str, float]]) -> str:
        """|label| < 9.9."""
        if broken := super().problem(sides, branches):
            return broken
        worst = max(abs(branch["nonlinearity"]) for branch in branches)
        return f"its label would be {worst:.3g}" if worst >= 9.9 else ""


class PowerForm(Form):
    """dx = step (1 - x)^exponent."""

    law = "power"

    def curve(self) -> Curve:
        """A power of the way to the bound."""
        return PowerCurve()

    def bound(self, theta: Floats) -> float | None:
        """u."""
        return float(theta[1])

    def branch(self, side: Side, direction: int) -> dict[str, float]:
        """step at the near bound, exponent."""
        return {"step": side.step(side.near) / side.width, "exponent": float(side.theta[2])}

    def problem(self, sides: Sequence[Side], branches: Sequence[dict[str, float]]) -> str:
        """step <= 1."""
        worst = max(branch["step"] for branch in branches)
        return f"its step at the near bound would be {100 * worst:.3g} % of the window" if worst > 1.0 else ""


class ExpStepForm(Form):
    """dx = step (1 - A e^{gamma z}), z = x (or -x where steps bend the other way)."""

    law = "exp_step"

    def curve(self) -> Curve:
        """An exponential."""
        return ExpStepCurve()

    def branch(self, side: Side, direction: int) -> dict[str, float]:
        """step, A, gamma on the window; down is mirrored, which multiplies A by e^gamma."""
        first, change, steepness = (float(value) for value in side.theta)
        weight = change / math.expm1(steepness)
        step = (first - weight) / side.pulses / side.width
        gamma = steepness * side.width
        bend = -weight * math.exp(steepness * side.near) / side.pulses / side.width / step if step else math.inf
        return {"step": step, "A": bend * (math.exp(gamma) if direction else 1.0), "gamma": abs(gamma)}

    def top(self, sides: Sequence[Side]) -> dict[str, float]:
        """a = +-1/2 gives z = +-x."""
        return {"a": math.copysign(0.5, float(sides[0].theta[2])), "b": 0.0, "zero": 0.0}

    def problem(self, sides: Sequence[Side], branches: Sequence[dict[str, float]]) -> str:
        """One sign of bending for both directions, a positive step."""
        if len({math.copysign(1.0, float(side.theta[2])) for side in sides}) > 1:
            return "the exponentials of up and down would need opposite signs"
        for branch in branches:
            if not (0.0 < branch["step"] <= 1.0 and abs(branch["A"]) <= 1e6 and branch["gamma"] <= 100.0):
                return (
                    f"step {branch['step']:.3g}, A {branch['A']:.3g}, gamma {branch['gamma']:.3g} are beyond its range"
                )
        return super().problem(sides, branches)


class LogisticForm(Form):
    """S-curve by pulses and curvature."""

    law = "logistic"

    def curve(self) -> Curve:
        """A logistic curve."""
        return LogisticCurve()

    def window(self, thetas: Sequence[Floats], low: float, high: float) -> tuple[float, float]:
        """Around the centre that both directions share, as wide as the ramps, or wider where they lie off it."""
        middle = 0.5 + float(thetas[0][1])
        half = max(0.5 * (high - low), max(high - middle, middle - low) - _OFF)
        return middle - half, middle + half

    def branch(self, side: Side, direction: int) -> dict[str, float]:
        """a = 2 artanh(window k), P = 2 a n/(4 s k)."""
        reach = float(side.theta[2]) * side.width
        a = 2.0 * math.atanh(reach) if 0.0 < reach < 1.0 else math.inf
        return {"pulses": a * side.pulses / (2.0 * float(side.theta[0] * side.theta[2])), "curvature": a}

    def problem(self, sides: Sequence[Side], branches: Sequence[dict[str, float]]) -> str:
        """0 < a <= 50, and ramps that have a turning point to tell the centre by."""
        worst = max(branch["curvature"] for branch in branches)
        if worst > 50.0:
            return "its asymptotes would lie within the window"
        middle = 0.5 * (sides[0].near + sides[0].far)
        return "its centre would lie outside the measured range" if not -0.2 < middle < 1.2 else ""


class PiecewiseForm(Form):
    """dx by a table."""

    law = "piecewise"

    def __init__(self, nodes: int = 9) -> None:
        self.nodes = nodes

    def curve(self) -> Curve:
        """Linear between nodes over the measured range."""
        return TableCurve(self.nodes, 0.0, 1.0)

    def branch(self, side: Side, direction: int) -> dict[str, float]:
        """Steps at the nodes, from the lower to the upper end of the window, negative on the way down."""
        at = np.linspace(side.near, side.far, self.nodes)
        steps = [side.step(float(xi)) / side.width for xi in at]
        ordered = steps if direction == 0 else [-value for value in reversed(steps)]
        return {f"steps.{k}": value for k, value in enumerate(ordered)}

    def problem(self, sides: Sequence[Side], branches: Sequence[dict[str, float]]) -> str:
        """Never: a table follows every curve."""
        return ""


FORMS: dict[str, Form] = {
    form.law: form
    for form in (
        ConstantForm(), SoftBoundsForm(), ReferenceForm(), ExponentialForm(), LinearForm(), PowerForm(), LogisticForm(),
        ExpStepForm(), PiecewiseForm(),
    )
}  # fmt: skip
"""Law of the card -> how it writes its curve, simple ones first."""


def spread_keys(values: dict[str, float]) -> dict[str, Any]:
    """Keys of a branch with `steps.0`, `steps.1`... as a list."""
    steps = [value for key, value in values.items() if key.startswith("steps.")]
    rest: dict[str, Any] = {key: value for key, value in values.items() if not key.startswith("steps.")}
    return rest | ({"nodes": list(np.linspace(0.0, 1.0, len(steps))), "steps": steps} if steps else {})
