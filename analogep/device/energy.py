"""Joules of one programming pulse, as the device's technology counts them."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from analogep.cards import Block
from analogep.device.laws import Branch, Direction
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
    """Joules of a pulse up."""
    down: Annotated[Joules | None, Field(ge=0)] = None
    """Joules of a pulse down; null for a unidirectional device."""
    reset: Annotated[Joules | None, Field(ge=0)] = None
    """Joules of the reset of a unidirectional device; null for others."""

    half_select: None = None

    def joules(self, branch: Branch, direction: Direction, pulses: float, conductance: float) -> float:
        """Energy of pulses in one direction: their number times the table's entry."""
        down = self.down if self.reset is None else self.reset
        return pulses * (self.up if direction == "up" else down or 0.0)


class CapacitiveEnergy(Block):
    """C V^2 per pulse: a gate and the wiring of its cell are charged and discharged."""

    write: Literal["capacitive"]
    gate_capacitance: Annotated[Farads, Field(gt=0)]
    """Capacitance of the gate itself."""
    wiring_capacitance: Annotated[Farads, Field(ge=0)] = 0.0
    """Capacitance of the wire that leads to it, within the cell."""

    half_select: None = None

    @property
    def capacitance(self) -> float:
        """All that a pulse charges [F]."""
        return self.gate_capacitance + self.wiring_capacitance

    def joules(self, branch: Branch, direction: Direction, pulses: float, conductance: float) -> float:
        """Energy of pulses in one direction: their number times C V^2."""
        return pulses * self.capacitance * branch.amplitude * branch.amplitude


class UnknownEnergy(Block):
    """No source says what a pulse takes, nor lets it be computed: pulses are free in a simulation, which says so."""

    write: Literal["unknown"]

    half_select: None = None

    def joules(self, branch: Branch, direction: Direction, pulses: float, conductance: float) -> float:
        """Zero [J]."""
        return 0.0


WriteEnergy = Annotated[OhmicEnergy | TableEnergy | CapacitiveEnergy | UnknownEnergy, Field(discriminator="write")]
