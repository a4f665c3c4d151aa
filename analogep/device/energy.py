"""Joules of one programming pulse, as the device's technology counts them."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from analogep.cards import Block
from analogep.device.programming import Branch, Direction
from analogep.units import Farads, Fraction, Joules

Floats = NDArray[np.float64]


class OhmicEnergy(Block):
    """V^2 G t per pulse at the mean of the conductances before and after it; half-selected cells pay their share.

    In an array without selectors the cells on the line of a pulsed cell see a share of its voltage (`half_select`,
    1/2 in the V/2 scheme) and burn (share V)^2 G t each; without the key the array has selectors and they see nothing.
    """

    write: Literal["ohmic"]
    half_select: Annotated[Fraction | None, Field(gt=0, lt=1)] = None
    """Share of the write voltage on half-selected cells; null with a selector."""

    def joules(self, branch: Branch, direction: Direction, pulses: float, conductance: float) -> float:
        """Energy of pulses in one direction.

        Parameters
        ----------
        branch : Branch
            The pulse of that direction.
        direction : {'up', 'down'}
        pulses : float
            Number of pulses.
        conductance : float
            Sum over these pulses of the mean conductance during each [S].
        """
        return branch.amplitude * branch.amplitude * branch.width * conductance


class TableEnergy(Block):
    """A measured or published energy per pulse."""

    write: Literal["table"]
    up: Annotated[Joules, Field(ge=0)]
    down: Annotated[Joules, Field(ge=0)]

    half_select: None = None

    def joules(self, branch: Branch, direction: Direction, pulses: float, conductance: float) -> float:
        """Energy of pulses in one direction: their number times the table's entry."""
        return pulses * (self.up if direction == "up" else self.down)


class CapacitiveEnergy(Block):
    """C V^2 per pulse: a gate is charged and discharged."""

    write: Literal["capacitive"]
    gate_capacitance: Annotated[Farads, Field(gt=0)]

    half_select: None = None

    def joules(self, branch: Branch, direction: Direction, pulses: float, conductance: float) -> float:
        """Energy of pulses in one direction: their number times C V^2."""
        return pulses * self.gate_capacitance * branch.amplitude * branch.amplitude


WriteEnergy = Annotated[OhmicEnergy | TableEnergy | CapacitiveEnergy, Field(discriminator="write")]
