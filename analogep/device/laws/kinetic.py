"""The kinetic law: dx/dt = r(V) h(x), integrated over the pulse."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field, PrivateAttr

from analogep.cards import Block
from analogep.device.laws.affine import Affine
from analogep.device.laws.base import Branch, Direction, Floats, Law, Path, given
from analogep.device.laws.rates import AnyRate
from analogep.device.laws.tables import TableStep

_NODES = 513
_LEAST = 1e-12
"""Smallest dose of a pulse: below it rounding eats the steps."""


class NoWindow(Block):
    """h = 1: the state moves at the rate everywhere, and the pulse is affine in closed form."""

    kind: Literal["none"]


class LinearWindow(Block):
    """h = 1 - x up, x down: the way that is left; affine in closed form."""

    kind: Literal["linear"]


class Joglekar(Block):
    """h = 1 - (2x - 1)^{2p} in both directions (Joglekar and Wolf 2009, doi 10.1088/0143-0807/30/4/001).

    It vanishes at both ends, so that a cell comes to them ever more slowly and leaves them so. No closed form for
    p > 1: the pulse is integrated with SciPy on a table of states.
    """

    kind: Literal["joglekar"]
    p: Annotated[int, Field(ge=1, le=20)]
    """Exponent: the higher, the closer to a constant step off the ends."""


Window = Annotated[NoWindow | LinearWindow | Joglekar, Field(discriminator="kind")]


class Kinetic(Law):
    """dx/dt = r(V) h(x) for the width of the pulse: rates as VTEAM, Yakopcic, sinh or threshold, times a window h.

    With D = r(V) t: x + D for h = 1; 1 - (1 - x) e^{-D} up and x e^{-|D|} down for the linear window; for Joglekar's,
    x' of dx/ds = h(x) over the dose D, by SciPy's DOP853 at 1e-10 on 513 states, interpolated between them. `scale` of
    a cell multiplies its change by one pulse.
    """

    model: Literal["kinetic"]
    example: ClassVar[str] = (
        "{model: kinetic, rate: {kind: sinh, k: 10 kHz, v_s: 0.2 V}, window: {kind: joglekar, p: 2}, "
        "up: {amplitude: 0.8 V, width: 50 ns}, down: {amplitude: -0.8 V, width: 50 ns}}"
    )
    up: Branch
    down: Branch | None = None
    rate: AnyRate
    window: Window
    _tables: dict[str, Floats] = PrivateAttr(default_factory=dict)
    exact: ClassVar[str] = "one pulse integrated (closed form without a window or with a linear one); pulse by pulse"

    def turn(self, direction: Direction) -> float:
        """Dose r(V) t of one pulse, signed [1]."""
        branch = self.up if direction == "up" else given(self.down)
        return self.rate.rate(branch.amplitude) * branch.width

    def affine(self, direction: Direction) -> Affine:
        """One pulse without a window or with a linear one."""
        dose = self.turn(direction)
        if self.window.kind == "none":
            return Affine(dose, 0.0)
        share = -math.expm1(-abs(dose))
        return Affine(share if dose > 0.0 else 0.0, -share)

    def step(self, direction: Direction, x: Floats) -> Floats:
        """Mean change by one pulse at `x` [window]."""
        if self.window.kind != "joglekar":
            one = self.affine(direction)
            return np.asarray(one.offset + one.slope * np.asarray(x), dtype=np.float64)
        nodes, steps = self.table(direction)
        return np.asarray(np.interp(x, nodes, steps))

    def mirrored(self) -> None:
        """None: the directions differ in their rates."""

    def finer(self, parts: float) -> None:
        """None: the step of a pulse is its rate."""

    def numbers(self) -> TableStep:
        """States and steps of both directions."""
        up = self.table("up")
        return TableStep(up, up if self.down is None else self.table("down"))

    def table(self, direction: Direction) -> Floats:
        """States and the change by one pulse from each of them, (2, nodes) [window]."""
        if direction not in self._tables:
            x = np.linspace(0.0, 1.0, _NODES)
            if self.window.kind == "joglekar":
                steps = _integrated(x, self.turn(direction), self.window.p) - x
            else:
                steps = self.step(direction, x)
            self._tables[direction] = np.array([x, steps])
        return self._tables[direction]

    def rules(self) -> Iterator[tuple[Path, str]]:
        yield from super().rules()
        if self.kinetics is not None:
            yield ("kinetics",), "the kinetic law has its own 'rate'; remove it"
        for direction, sign in (("up", 1.0), ("down", -1.0)):
            if getattr(self, direction) is None:
                continue
            dose = self.turn("up" if direction == "up" else "down")
            if not _LEAST <= sign * dose <= 1e3:
                volts = getattr(self, direction).amplitude
                yield (
                    (direction, "amplitude"),
                    f"a pulse {direction} must move the state {direction} (rate x width from 1e-12 to 1000); "
                    f"at {volts:g} V it is {dose:.3g}",
                )


def _integrated(x: Floats, dose: float, p: int) -> Floats:
    """States after dx/ds = 1 - (2x - 1)^{2p} over the signed `dose`."""
    from scipy.integrate import solve_ivp

    sign = math.copysign(1.0, dose)

    def velocity(_: float, state: Any) -> Any:
        return sign * (1.0 - (2.0 * np.clip(state, 0.0, 1.0) - 1.0) ** (2 * p))

    # Beyond a dose of 60 every state but the two fixed ends has arrived.
    end = solve_ivp(velocity, (0.0, min(abs(dose), 60.0)), x, method="DOP853", rtol=1e-10, atol=1e-12)
    return np.asarray(np.clip(end.y[:, -1], 0.0, 1.0))
