"""The spiking network as a whole: its arrays and neurons, its clock, and what teaches it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.phases import Phase, Solver
from analogep.crossbar.outer import Gradient, dense
from analogep.errors import UsageError
from analogep.kinds.spiking import gathered
from analogep.kinds.spiking.equations import SpikingDrive, SpikingEquations
from analogep.kinds.spiking.phase import fire
from analogep.network.base import Phases
from analogep.network.drive import Drive
from analogep.network.relaxed import Relaxed

Floats = NDArray[np.float64]

_LONG = 60.0
"""Time constants that the analog network is given to come to rest."""
_CALM = Solver(method="euler", relative_tolerance=1e-3, absolute_tolerance=1e-4)


@dataclass(frozen=True)
class SpikingNetwork(SpikingEquations):
    """Neurons that talk in spikes between arrays that end at virtual ground (`SpikingEquations`)."""

    @property
    def gathers(self) -> bool:
        """Where spikes teach."""
        return self.card.gradient.kind == "eqspike"

    def gradient(self, phases: Phases, x: Floats) -> list[Floats]:
        """By the product rule of the rates, or from what spikes have gathered."""
        return [dense(part) for part in self.factored(phases, x)]

    def factored(self, phases: Phases, x: Floats) -> Sequence[Gradient]:
        """The same, not multiplied out."""
        return gathered.gathered(self, phases, x) if self.gathers else self.analog.factored(phases, x)

    def exact_gradient(self, v: Floats, x: Floats, target: Floats) -> list[Floats]:
        """That of the analog network to which the rates converge, at its own equilibrium."""
        from analogep.relaxation import relax

        analog, phase = self.analog, Phase(duration=_LONG * float(self.analog.tau.max()))
        end = relax(analog, analog.drive(x), v[:, : self.neurons], phase, _CALM, 1.0)
        return analog.exact_gradient(end.v, x, target)

    def loop_gain(self, v: Floats, drive: Drive) -> Floats:
        """That of the analog network at the synapses' voltages."""
        return self.analog.loop_gain(v[:, : self.neurons], drive)

    def loop_gain_bound(self) -> float:
        """That of the analog network; the curve of a leaky neuron has no largest slope, as it rises from its threshold
        like 1/logarithm."""
        return self.analog.loop_gain_bound() if all(neuron.linear for neuron in self.lif) else np.inf

    def netlist(self, scene: Any, netlist: Any) -> Any:
        """Refused.

        Raises
        ------
        UsageError
            Always: spikes are events of this emulator's clock.
        """
        raise UsageError(
            f"circuit '{scene.hardware.circuit.name}' talks in spikes, which are events of this emulator's clock; a "
            "netlist of its neurons is not written. Take a circuit of kind 'rc', 'passive' or 'resistive'"
        )

    @property
    def clock(self) -> float:
        """The card's step."""
        return self.card.step

    def fire(self, drive: Drive, v0: Floats, phase: Phase, solver: Solver, *, record: bool = False) -> Relaxed:
        """Spike by spike."""
        assert isinstance(drive, SpikingDrive)
        return fire(self, drive, v0, phase, solver, record=record)

    def sums_of_gathering(self, end: Relaxed) -> float:
        """One beside each device of a line that spikes; inputs change nothing, so that spikes of the first layer gather
        nothing before it."""
        if getattr(self.card.gradient, "pulses", "") != "at_end" or end.spikes is None:
            return 0.0
        sizes = np.array([layer.size for layer in self.analog.layers])
        partners = np.append(sizes, 0) + np.concatenate([[0, 0], sizes[:-1]])
        return float((end.spikes @ partners).sum())

    def figures(self, free: Relaxed, nudged: Relaxed, shown: Sequence[int]) -> dict[str, object]:
        """Spikes and membranes."""
        from analogep.kinds.spiking.figures import fired

        return fired(self, free, nudged, shown)

    def looks(self, hardware: Any, data: Any, seeds: Any) -> dict[str, object]:
        """The first test samples, looked at for shorter and longer times."""
        from analogep.kinds.spiking.looks import looks

        return looks(self, hardware, data, seeds)
