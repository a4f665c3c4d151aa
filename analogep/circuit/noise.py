"""Noise that physics gives to every circuit, whatever the devices."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from analogep.cards import Block
from analogep.units import Kelvin, format_si

BOLTZMANN: Final = 1.380649e-23
"""k [J/K]."""


class CircuitNoise(Block):
    """Thermal noise of every conductance at a node, 4kT G [A^2/Hz], derived from the circuit (`network.thermal`).

    Nothing of it is a free number: it follows from capacitances, leaks, the conductances of the moment and the
    temperature. `off` is a limit, not a circuit.
    """

    thermal: Literal["on", "off"] = "on"
    temperature: Annotated[Kelvin, Field(gt=0, le=1000)] = 300.0
    """Of the circuit, for nodes, columns and samples."""

    @property
    def said(self) -> str:
        """Whether there is any, in a sentence."""
        if self.thermal == "on":
            return f"noise of all conductances at {format_si(self.temperature, 'K')}"
        return "off, a limit and no circuit: conductances make no noise"

    @property
    def kt(self) -> float:
        """kT of the nodes' thermal noise [J]; 0 where it is off."""
        return BOLTZMANN * self.temperature if self.thermal == "on" else 0.0
