"""The resistive network as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.kinds.resistive import adjoint, content, thermal
from analogep.kinds.resistive.equations import ResistiveEquations
from analogep.network.base import Kicks, Phases
from analogep.network.drive import Drive

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Resistive(ResistiveEquations):
    """Nodes joined by conductances (`ResistiveEquations`)."""

    def gradient(self, phases: Phases, x: Floats) -> list[Floats]:
        """By its learning rule (`content`)."""
        return content.estimate(self, phases, x)

    def exact_gradient(self, v: Floats, x: Floats, target: Floats) -> list[Floats]:
        """By the adjoint."""
        return adjoint.exact_gradient(self, v, x, target)

    @cached_property
    def between(self) -> list[thermal.Source]:
        """The arrays between layers of nodes, as sources of thermal noise."""
        return thermal.between(self)

    def agitation(self, v: Floats, drive: Drive) -> Floats:
        """Of every cell, leak and diode (`thermal`)."""
        return thermal.agitation(self, self.between, v, drive.stirred)

    def kicks(self, v: Floats, drive: Drive) -> Kicks:
        """What a cell between two nodes takes from one it gives to the other."""
        return thermal.kicks(self, self.between, v, drive.stirred)

    def netlist(self, scene: Any, netlist: Any) -> Any:
        """Every cell lies between two nodes."""
        from analogep.kinds.resistive.netlist import add

        return add(self, scene, netlist)
