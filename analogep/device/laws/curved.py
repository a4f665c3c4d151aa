"""Laws with a curved step: power, exp step, logistic.

The recursion is the law; the continuous formulas of the docstrings treat the number of pulses as a real one and are
off by the order of a step (power, gamma 2, s 0.01, 200 pulses from 0: 1 - x = 0.3333 against 0.3321).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, NamedTuple, Self

import numpy as np
from pydantic import Field

from analogep.device.laws.base import (
    DIRECTIONS,
    Branch,
    Direction,
    Floats,
    Law,
    Path,
    StepBranch,
    given,
    more_pulses,
)
from analogep.units import Fraction


class PowerBranch(StepBranch):
    """Direction of the power law."""

    exponent: Annotated[float, Field(ge=0, le=50)]
    """gamma: how fast the step falls towards the far bound; 0 is the constant step, 1 soft bounds."""


class PowerStep(NamedTuple):
    """dx = p (1 - x)^q up, -p x^q down: steps and exponents [window], [1]."""

    up_step: float
    up_exponent: float
    down_step: float
    down_exponent: float

    def cell(law, up, scale):  # type: ignore[no-untyped-def]  # noqa: N805
        """Step and exponent of the cell."""
        return (law.up_step if up else law.down_step) * scale, law.up_exponent if up else law.down_exponent

    def step(law, x, second, up, p, q, bits):  # type: ignore[no-untyped-def]  # noqa: N805
        """Power of the way that is left."""
        return (p * (1 - x) ** q if up else -p * x**q), second


class Power(Law):
    """dx = step (1 - x)^gamma up, -step x^gamma down: `step` is the change at the near bound (PowStep of aihwkit).

    Continuous: with u = 1 - x (up) or x (down), u_n = [u_0^{1-gamma} - (1 - gamma) step n]^{1/(1-gamma)}, and
    u_0 e^{-step n} for gamma = 1. `device_to_device.shape` is the relative standard deviation of gamma.
    """

    model: Literal["power"]
    example: ClassVar[str] = (
        "{model: power, up: {step: 2 %, exponent: 2, amplitude: 1 V, width: 50 ns}, "
        "down: {step: 2 %, exponent: 1.5, amplitude: -1 V, width: 50 ns}}"
    )
    up: PowerBranch
    down: PowerBranch | None = None
    exact: ClassVar[str] = "pulse by pulse; the continuous formula is off by the order of a step"
    shape_name: ClassVar[str] = "exponent"

    def step(self, direction: Direction, x: Floats) -> Floats:
        """Mean change by one pulse at `x` [window]."""
        size = self.dose(direction)
        x = np.asarray(x, dtype=np.float64)
        if direction == "up":
            return size * self.up.step * np.maximum(1.0 - x, 0.0) ** self.up.exponent
        down = given(self.down)
        return -size * down.step * np.maximum(x, 0.0) ** down.exponent

    def numbers(self) -> PowerStep:
        """Steps and exponents of both directions."""
        out = [0.0] * 4
        for at, branch, direction in ((0, self.up, DIRECTIONS[0]), (2, self.down, DIRECTIONS[1])):
            if branch is not None:
                out[at : at + 2] = branch.step * self.dose(direction), float(branch.exponent)
        return PowerStep(*out)

    def cell(self, direction: Direction, scale: Floats, shape: Floats) -> tuple[Floats, Floats]:
        """Step and exponent of each cell."""
        branch = self.up if direction == "up" else given(self.down)
        return scale * (branch.step * self.dose(direction)), np.maximum(branch.exponent * (1.0 + shape), 0.0)

    def continuous(self, direction: Direction, x: float, n: float) -> float:
        """State after `n` pulses by the continuous formula."""
        branch = self.up if direction == "up" else given(self.down)
        u, g, total = (1.0 - x if direction == "up" else x), branch.exponent, branch.step * self.dose(direction) * n
        if g == 1.0:
            u *= math.exp(-total)
        else:
            # A step that does not vanish at the bound (gamma < 1) arrives there after a finite number of pulses.
            inside = u ** (1.0 - g) - (1.0 - g) * total if u > 0.0 else 0.0
            u = inside ** (1.0 / (1.0 - g)) if inside > 0.0 else 0.0
        return 1.0 - u if direction == "up" else u


class ExpStepBranch(StepBranch):
    """Direction of the exp-step law."""

    A: Annotated[float, Field(ge=-1e6, le=1e6)]
    """Weight of the exponential; positive bends the step down towards the far bound, negative adds to it."""
    gamma: Annotated[float, Field(ge=0, le=100)]
    """Steepness of the exponential."""


class ExponentialStep(NamedTuple):
    """dx = +-p max(1 - q e^(k x + m), 0): step, weight, and the exponent's slope and offset, of both directions."""

    up_step: float
    up_weight: float
    up_slope: float
    up_offset: float
    down_step: float
    down_weight: float
    down_slope: float
    down_offset: float

    def cell(law, up, scale):  # type: ignore[no-untyped-def]  # noqa: N805
        """Step and weight of the cell."""
        return (law.up_step if up else law.down_step) * scale, law.up_weight if up else law.down_weight

    def step(law, x, second, up, p, q, bits):  # type: ignore[no-untyped-def]  # noqa: N805
        """Step that the exponential bends."""
        z = law.up_slope * x + law.up_offset if up else law.down_slope * x + law.down_offset
        size = p * max(1.0 - q * math.exp(min(z, 700.0)), 0.0)
        return (size if up else -size), second


class ExpStep(Law):
    """dx = +-step max(1 - A e^{+-gamma z}, 0), z = 2 a (x - zero) + b (ExpStep of aihwkit, weight 0 at `zero`).

    Continuous, while the maximum does not bite, with u = e^{-+gamma z}: u_n = A + (u_0 - A) e^{-c n}, c = 2 a gamma
    step. `device_to_device.shape` is the relative standard deviation of A.
    """

    model: Literal["exp_step"]
    example: ClassVar[str] = (
        "{model: exp_step, a: 1, b: 0, up: {step: 1 %, A: 0.2, gamma: 1, amplitude: 1 V, width: 50 ns}, "
        "down: {step: 1 %, A: 0.3, gamma: 1, amplitude: -1 V, width: 50 ns}}"
    )
    up: ExpStepBranch
    down: ExpStepBranch | None = None
    a: Annotated[float, Field(ge=-100, le=100)]
    """Slope of z."""
    b: Annotated[float, Field(ge=-100, le=100)]
    """z at `zero`."""
    zero: Annotated[Fraction, Field(ge=0, le=1)] = 0.5
    """State at which z = b."""
    exact: ClassVar[str] = "pulse by pulse; the continuous formula is off by the order of a step"
    shape_name: ClassVar[str] = "A"

    def step(self, direction: Direction, x: Floats) -> Floats:
        """Mean change by one pulse at `x` [window]."""
        branch, sign = (self.up, 1.0) if direction == "up" else (given(self.down), -1.0)
        z = 2.0 * self.a * (np.asarray(x, dtype=np.float64) - self.zero) + self.b
        with np.errstate(over="ignore"):
            bend = branch.A * np.exp(np.minimum(sign * branch.gamma * z, 700.0)) if branch.A else 0.0
        return sign * self.dose(direction) * branch.step * np.maximum(1.0 - bend, 0.0)

    def cell(self, direction: Direction, scale: Floats, shape: Floats) -> tuple[Floats, Floats]:
        """Step and A of each cell."""
        branch = self.up if direction == "up" else given(self.down)
        return scale * (branch.step * self.dose(direction)), branch.A * (1.0 + shape)

    def referred(
        self, direction: Direction, scale: Floats, shape: Floats, origin: Floats, width: Floats
    ) -> tuple[Floats, Floats]:
        """z = 2 a (x - z0) + b around z0 = (zero - origin)/width of the cell: the shift goes into A."""
        branch, sign = (self.up, 1.0) if direction == "up" else (given(self.down), -1.0)
        size, weight = self.cell(direction, scale, shape)
        moved = (self.zero - origin) / width - self.zero
        return size, weight * np.exp(np.clip(-sign * branch.gamma * 2.0 * self.a * moved, -700.0, 700.0))

    def numbers(self) -> ExponentialStep:
        """Step, weight and the coefficients of gamma z = k x + m of both directions."""
        out = [0.0] * 8
        for at, sign, direction in ((0, 1.0, "up"), (4, -1.0, "down")):
            branch = getattr(self, direction)
            if branch is not None:
                k, size = sign * branch.gamma, branch.step * self.dose("up" if sign > 0.0 else "down")
                out[at : at + 4] = size, branch.A, k * 2.0 * self.a, k * (self.b - 2.0 * self.a * self.zero)
        return ExponentialStep(*out)

    def mirrored(self) -> Branch | None:
        """gamma z(1 - x) = -gamma z(x) + gamma (2 a (1 - 2 zero) + 2 b): the constant goes into A."""
        if self.down is None:
            return None
        factor = math.exp(self.up.gamma * (2.0 * self.a * (1.0 - 2.0 * self.zero) + 2.0 * self.b))
        new = {"step": self.up.step, "A": self.up.A * factor, "gamma": self.up.gamma}
        return self.down.model_copy(update=new)

    def rules(self) -> Iterator[tuple[Path, str]]:
        yield from super().rules()
        for direction in self.directions:
            if direction == "down" and self.down is None:
                continue
            if not np.any(self.step(direction, np.linspace(0.0, 1.0, 65))):
                yield (direction,), "no pulse moves the state anywhere; lower A or gamma"


class LogisticBranch(Branch):
    """Direction of the logistic law."""

    pulses: Annotated[int, Field(ge=1, le=10**9)]
    """Number of pulses from one end of the window to the other."""
    curvature: Annotated[float, Field(ge=1e-3, le=50)]
    """a: how much smaller the steps at both ends are than in the middle, by cosh^2(a/2)."""


class LogisticStep(NamedTuple):
    """y' = 1/(1 + (1/y - 1) e^-p), x = (y (1 + e^-q) - e^-q)/(1 - e^-q): exponents p, curvatures q."""

    up_rate: float
    up_curvature: float
    down_rate: float
    down_curvature: float

    def cell(law, up, scale):  # type: ignore[no-untyped-def]  # noqa: N805
        """Exponent of one pulse, signed, and a of the cell."""
        return (law.up_rate if up else law.down_rate) * scale, law.up_curvature if up else law.down_curvature

    def step(law, x, second, up, p, q, bits):  # type: ignore[no-untyped-def]  # noqa: N805
        """Along the S-curve."""
        e = math.exp(-q)
        y = (x * (1.0 - e) + e) / (1.0 + e)
        odds = (1.0 - y) / y * math.exp(-p)
        return ((1.0 + e) / (1.0 + odds) - e) / (1.0 - e) - x, second


class Logistic(Law):
    """S-shaped curve: x = B + A y, y' = 1/(1 + (1/y - 1) e^{-2 alpha}), the same law backwards on the way down.

    A = (e^a + 1)/(e^a - 1), B = -1/(e^a - 1), and alpha = a/P_max lets P_max pulses span the window; n pulses are
    exactly y_n = 1/(1 + (1/y_0 - 1) e^{-2 alpha n}). `device_to_device.shape` is the relative standard deviation of a.
    """

    model: Literal["logistic"]
    example: ClassVar[str] = (
        "{model: logistic, up: {pulses: 80, curvature: 3, amplitude: 1 V, width: 50 ns}, "
        "down: {pulses: 100, curvature: 2, amplitude: -1 V, width: 50 ns}}"
    )
    up: LogisticBranch
    down: LogisticBranch | None = None
    exact: ClassVar[str] = "n pulses in closed form; noisy pulses one by one"
    shape_name: ClassVar[str] = "curvature"

    def _own(self, direction: Direction) -> tuple[float, float]:
        """(2 alpha dose, a) of the direction."""
        branch = self.up if direction == "up" else given(self.down)
        return 2.0 * branch.curvature / branch.pulses * self.dose(direction), branch.curvature

    def numbers(self) -> LogisticStep:
        """Exponent of one pulse and a of both directions."""
        up = self._own("up")
        rate, curvature = (0.0, 1.0) if self.down is None else self._own("down")
        return LogisticStep(up[0], float(up[1]), -rate, float(curvature))

    def finer(self, parts: float) -> Self:
        """`pulses` times so many."""
        return self._divided(more_pulses({one: self.branch(one) for one in self.directions}, parts))

    def after(self, direction: Direction, x: Floats | float, n: int) -> Floats:
        """State after `n` noise-free pulses, in closed form [window]."""
        rate, a = self._own(direction)
        signed = rate * n * (1.0 if direction == "up" else -1.0)
        return np.clip(logistic_after(np.asarray(x, dtype=np.float64), signed, a), 0.0, 1.0)

    def step(self, direction: Direction, x: Floats) -> Floats:
        """Mean change by one pulse at `x` [window]."""
        rate, a = self._own(direction)
        x = np.asarray(x, dtype=np.float64)
        return logistic_after(x, rate if direction == "up" else -rate, a) - x

    def cell(self, direction: Direction, scale: Floats, shape: Floats) -> tuple[Floats, Floats]:
        """Exponent of one pulse, signed, and a of each cell."""
        branch = self.up if direction == "up" else given(self.down)
        a = np.maximum(branch.curvature * (1.0 + shape), 1e-3)
        rate = scale * (2.0 * self.dose(direction) / branch.pulses) * a
        return (rate if direction == "up" else -rate), a


def logistic_after(x: Floats, rate: float, a: float) -> Floats:
    """State (...) after the exponent `rate` from `x` (...) on the S-curve with curvature `a`, not clipped [window].

    y = (x - B)/A = (x (e^a - 1) + 1)/(e^a + 1); written with e^{-a} so that steep curves do not overflow.
    """
    e = math.exp(-a)
    y = (x * (1.0 - e) + e) / (1.0 + e)
    odds = (1.0 - y) / y * math.exp(-rate)
    return np.asarray((((1.0 + e) / (1.0 + odds)) - e) / (1.0 - e))
