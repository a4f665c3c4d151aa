"""The network with passive nodes as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.kinds.passive import adjoint, product
from analogep.kinds.passive.equations import PassiveEquations
from analogep.network.base import Phases

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Passive(PassiveEquations):
    """Layers of neurons whose nodes the arrays load (`PassiveEquations`)."""

    def gradient(self, phases: Phases, x: Floats) -> list[Floats]:
        """By its learning rule (`product`)."""
        return product.estimate(self, phases, x)

    def exact_gradient(self, v: Floats, x: Floats, target: Floats) -> list[Floats]:
        """By the adjoint."""
        return adjoint.exact_gradient(self, v, x, target)

    def netlist(self, scene: Any, netlist: Any) -> Any:
        """Every array ends at the nodes themselves."""
        from analogep.kinds.passive.netlist import add

        return add(self, scene, netlist)
