"""NeuroSim's exponential law with its nonlinearity labels, an affine law."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import Field

from analogep.device.laws.affine import Affine, SpreadAffineLaw
from analogep.device.laws.base import Branch, Direction, Floats, given, more_pulses
from analogep.device.laws.labels import LABEL_LIMIT, STEEPEST, STRAIGHT, inverse_shape, shape_of


class CountedBranch(Branch):
    """Direction of the exponential law: how many pulses span the window, and how nonlinearly."""

    pulses: Annotated[int, Field(ge=1, le=10**9)]
    """Number of pulses from one end of the nominal window to the other."""

    nonlinearity: Annotated[float, Field(gt=-LABEL_LIMIT, lt=LABEL_LIMIT)]
    """NeuroSim's label in the direction's own sense: positive decelerates towards the far bound, 0 is linear."""


class Exponential(SpreadAffineLaw):
    """G = B (1 - e^{-P/A}) + G_min up, B = (G_max - G_min)/(1 - e^{-P_max/A}): NeuroSim's law and labels.

    The label in the direction's own sense gives A/P_max in closed form (`shape_of`); in window units B =
    1/(1 - e^{-P_max/A}) and one pulse moves by (1 - e^{-1/A})(B - x), the same law mirrored on the way down. A < 0
    accelerates and obeys the same formula. `device_to_device.shape` is the standard deviation of the label.
    Source: MLP+NeuroSim V3.0 user manual.
    """

    model: Literal["exponential"]
    example: ClassVar[str] = (
        "{model: exponential, up: {pulses: 100, nonlinearity: 2.4, amplitude: 1 V, width: 50 ns}, "
        "down: {pulses: 120, nonlinearity: 4.9, amplitude: -1 V, width: 50 ns}}"
    )
    up: CountedBranch
    down: CountedBranch | None = None
    shape_name: ClassVar[str] = "nonlinearity"

    def shaped(self, direction: Direction, shape: Floats) -> tuple[Floats, Floats]:
        """Offset and slope; down is the own-direction law in 1 - x."""
        branch = self.up if direction == "up" else given(self.down)
        label = np.clip(branch.nonlinearity + np.asarray(shape), -STEEPEST, STEEPEST)
        b = -np.expm1(-inverse_shape(label) / branch.pulses)
        straight = np.abs(label) < STRAIGHT
        own = np.where(straight, 1.0 / branch.pulses, b / -np.expm1(-inverse_shape(label)))
        b = np.where(straight, 0.0, b)
        return (own, -b) if direction == "up" else (-(own - b), -b)

    def finer(self, parts: float) -> Self:
        """`pulses` times so many."""
        return self._divided(more_pulses({one: self.branch(one) for one in self.directions}, parts))

    def nominal(self, direction: Direction) -> Affine:
        """One reference pulse in `direction`."""
        branch = self.up if direction == "up" else given(self.down)
        if abs(branch.nonlinearity) < STRAIGHT:
            own = Affine(1.0 / branch.pulses, 0.0)
        else:
            a = math.copysign(shape_of(abs(branch.nonlinearity)), branch.nonlinearity)
            b = -math.expm1(-1.0 / (a * branch.pulses))
            own = Affine(b / -math.expm1(-1.0 / a), -b)
        return own if direction == "up" else Affine(-(own.offset + own.slope), own.slope)
