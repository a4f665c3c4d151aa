"""The network at virtual ground as a whole: its equations, and all that follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.phases import Phase, Solver
from analogep.crossbar.outer import Gradient, dense
from analogep.device.iv import LinearIV
from analogep.kinds.rc import adjoint, circle, hopfield, plain, product, stability
from analogep.kinds.rc.drive import RCDrive
from analogep.kinds.rc.equations import RCEquations
from analogep.kinds.rc.layout import layout
from analogep.network.base import Answer, Phases
from analogep.network.drive import Drive
from analogep.network.march import March
from analogep.network.relaxed import Circled

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LayeredRC(RCEquations):
    """Layers of neurons between arrays that end at virtual ground (`RCEquations`)."""

    def gradient(self, phases: Phases, x: Floats) -> list[Floats]:
        """By the product rule (`product`)."""
        return [dense(part) for part in self.factored(phases, x)]

    def factored(self, phases: Phases, x: Floats) -> Sequence[Gradient]:
        """That of a dense first layer not multiplied out."""
        return product.estimate(self, phases, x)

    def exact_gradient(self, v: Floats, x: Floats, target: Floats) -> list[Floats]:
        """By the adjoint."""
        return adjoint.exact_gradient(self, v, x, target)

    def loop_gain(self, v: Floats, drive: Drive) -> Floats:
        """By power iteration; inputs do not change a slope."""
        return stability.loop_gain(self, v)

    def loop_gain_bound(self) -> float:
        """With every neuron at its steepest."""
        return stability.loop_gain_bound(self)

    def hopfield_energy(self, v: Floats, drive: Drive) -> Floats:
        """That of Hopfield and of Scellier and Bengio."""
        return hopfield.hopfield_energy(self, v, drive)

    @property
    def approximation(self) -> str:
        """Curved cells behind wires."""
        if isinstance(self.iv, LinearIV) or all(layer.forward_wires is None for layer in self.layers):
            return ""
        return (
            "curved cells behind wires are taken at the voltages of their lines' ends, ngspice takes each at its own "
            "(with --set 'read.iv={kind: linear}' both solve the same equations)"
        )

    def netlist(self, scene: Any, netlist: Any) -> Any:
        """Current conveyors behind every line."""
        from analogep.kinds.rc.netlist import add

        return add(self, scene, netlist)

    def equations(self, drive: Drive) -> tuple[Answer, Answer]:
        """Compiled where neurons are straight between their rails and lines are perfect."""
        known = plain.plain(self)
        if known is None:
            return super().equations(drive)
        assert isinstance(drive, RCDrive)
        return known.derivative(drive), known.powers(drive)

    def march(self, solver: Solver) -> March | None:
        """Laid out once for all phases of a batch."""
        return layout(self, solver)

    def circled(
        self, drive: Drive, v0: Floats, betas: Sequence[complex], phase: Phase, solver: Solver
    ) -> list[Circled]:
        """An ideal network with complex voltages."""
        return circle.relax_on_circle(self, drive, v0, betas, phase, solver)
