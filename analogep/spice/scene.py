"""What a netlist shows: one sample on one chip, a free phase from discharged nodes and a nudged one after it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analogep.network import Hardware, Network

Floats = NDArray[np.float64]

CONTROL = "nudge"
"""Node at 0 V in the free and at 1 V in the nudged phase."""


@dataclass(frozen=True)
class Scene:
    """One sample's free and nudged phase.

    Attributes
    ----------
    hardware : Hardware
        The chip with its conductances of now; reads are without noise.
    lines : ndarray (1, inputs) [V]
        Voltages of the input lines.
    target : ndarray (1, outputs) [V]
        Where the nudging source pulls the outputs.
    beta : float
        Nudging strength, in units of the output neurons' leak.
    notes : tuple of str
        What the head of the netlist says about chip and sample, a line each.
    """

    hardware: Hardware
    lines: Floats
    target: Floats
    beta: float
    notes: tuple[str, ...] = ()

    @property
    def free(self) -> float:
        """Length of the free phase [s], the card's longest."""
        return self.hardware.circuit.timing.free.duration

    @property
    def nudged(self) -> float:
        """Length of the nudged phase [s], the card's longest."""
        return self.hardware.circuit.timing.nudged.duration

    def network(self) -> Network:
        """The circuit equations of the chip."""
        return self.hardware.network()


@dataclass(frozen=True)
class Probes:
    """Where to look in the netlist.

    Attributes
    ----------
    nodes : tuple of str
        Names of the nodes, in the order of the network's node voltages.
    meters : tuple of str
        Nodes whose voltages are the powers of the network's `powers_of`, in `WATTS_PER_VOLT`.
    fastest : float [s]
        Shortest time constant of the circuit; the time steps are measured by it.
    approximation : str
        What the netlist has and the network's equations do not, besides `Network.approximation`; empty for nothing.
    among : tuple of str
        Components whose joules are held against those of all: in time they are known less well than at rest.
    """

    nodes: tuple[str, ...]
    meters: tuple[str, ...]
    fastest: float
    approximation: str = ""
    among: tuple[str, ...] = ()
