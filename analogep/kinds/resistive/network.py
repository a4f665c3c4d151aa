"""The resistive network as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.kinds.resistive import adjoint, content
from analogep.kinds.resistive.equations import ResistiveEquations
from analogep.network.base import Phases

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

    def netlist(self, scene: Any, netlist: Any) -> Any:
        """Every cell lies between two nodes."""
        from analogep.kinds.resistive.netlist import add

        return add(self, scene, netlist)
