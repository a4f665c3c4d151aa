"""What the writers of all networks share: supplies, arrays, neurons, meters, the nudging source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.wires import ExactWires
from analogep.network import Network
from analogep.network.curve import Curve
from analogep.spice.arrays import crossbar
from analogep.spice.netlist import GROUND, Netlist, number
from analogep.spice.parts import Meter
from analogep.spice.scene import CONTROL, Probes, Scene

Floats = NDArray[np.float64]

_HOLD_LAG = 1e-6
"""Time constant of the track-and-hold of constant nudging, in shortest time constants of the network: it holds the pull
of so much earlier, which differs where a free phase ends before it has settled."""
_HOLD_FARADS = 1e-12
_HOLD_SIEMENS = 1e-15
"""Its capacitor and leak: what it holds droops by 1e-9 in a microsecond."""


def neuron_nodes(sizes: Sequence[int]) -> list[list[str]]:
    """Names of each layer's nodes: `h1_1`, ... of hidden layer 1 from 1, ..., `out_0`, ... by class from 0."""
    hidden = [[f"h{k}_{i + 1}" for i in range(size)] for k, size in enumerate(sizes[:-1], 1)]
    return [*hidden, [f"out_{i}" for i in range(sizes[-1])]]


@dataclass(frozen=True)
class Board:
    """A netlist in the making, and the meters of its powers."""

    network: Network
    scene: Scene
    netlist: Netlist
    meters: dict[str, Meter] = field(init=False)

    def __post_init__(self) -> None:
        meters = {component: Meter(self.netlist, component) for component in self.network.powers_of}
        object.__setattr__(self, "meters", meters)

    def probes(self, nodes: Sequence[str]) -> Probes:
        """Where to look for the network's node voltages and powers."""
        meters = tuple(meter.node for meter in self.meters.values())
        return Probes(tuple(nodes), meters, float(self.network.tau.min()))

    def supply(self, name: str, volts: float) -> str:
        """A line of an array at a constant voltage; returns its node."""
        source = self.netlist.source(name, name, GROUND, volts)
        self.meters["array"].driver(source, name)
        return name

    def follower(self, name: str, node: str, gain: float) -> str:
        """A line of an array at `gain` times the voltage of `node`; returns its node."""
        source = self.netlist.amplifier(name, name, node, gain)
        self.meters["array"].driver(source, name)
        return name

    def port(self, node: str) -> str:
        """Where arrays end at `node`: an ammeter counts the power that flows on into the node."""
        port = f"{node}_port"
        ammeter = self.netlist.ammeter(port, port, node)
        self.meters["array"].add(f"-v({node})*i({ammeter})")
        return port

    def array(self, k: int, half: str, name: str, rows: Sequence[str], columns: Sequence[str], *, back: bool) -> None:
        """The array in front of layer `k`, or the one that is read in reverse with `back`.

        Parameters
        ----------
        k : int
            Layer of weights, from 0.
        half : str
            Which of the layer's arrays: a key of `Store.halves`.
        name : str
            Name of its instance; the subcircuit is `cells_` with layer and half, such as `cells_1_plus`, or `mirror_`.
        rows, columns : sequence of str
            Nodes of its ports.
        """
        hardware = self.scene.hardware
        for store, mirror in zip(hardware.stores, hardware.mirrors, strict=True):
            if store.layer == k and half in store.halves:
                mirrored = back and mirror is not None
                g = ((mirror if back else None) or store).halves[half].g
                wires = hardware.circuit.wires
                exact = wires if isinstance(wires, ExactWires) else None
                cells = "_".join(filter(None, ("mirror" if mirrored else "cells", f"{k + 1}", half)))
                crossbar(self.netlist, name, rows, columns, g, hardware.device.read.iv, exact, cells)

    def node(self, name: str, capacitance: float, leak: float) -> None:
        """A node with its capacitor and its leak."""
        self.netlist.capacitor(name, name, GROUND, capacitance)
        self.netlist.resistor(f"leak_{name}", name, GROUND, leak)
        self.meters["leak"].add(f"v({name})*v({name})*{number(leak)}")

    def neuron_line(self, node: str, activation: Curve, gain: float = 1.0) -> str:
        """The line that a neuron drives, at rho(gain v); returns its node."""
        line = f"{node}_line"
        self.netlist.behavioural_voltage(line, line, GROUND, activation.expression(f"{number(gain)}*v({node})"))
        return line

    def nudge(self, outputs: Sequence[tuple[str, str]], scores: Sequence[str], siemens: float) -> None:
        """Nudging sources of all classes, of `siemens` at a pull of 1 V."""
        target, volts = [float(d) for d in self.scene.target[0]], self.network.full_score
        for k, (plus, minus) in enumerate(outputs):
            self._pulled(plus, minus, target[k], siemens, self.network.cost.expression(k, target, scores, volts))

    def _pulled(self, plus: str, minus: str, target: float, siemens: float, pull: str) -> None:
        """Current `siemens` pull into `plus` and out of `minus`, in the nudged phase alone.

        With constant nudging the pull is held from the end of the free phase on. The source at the target, above
        `minus`, is what is metered: the magnitude of its current times what is left of its voltage at `plus`.

        Parameters
        ----------
        plus, minus : str
            Output node, and the other one of a doubled output or ground.
        target : float [V]
        siemens : float [S]
        pull : str
            Expression of it [V].
        """
        netlist, source = self.netlist, f"target_{plus}"
        sensed = netlist.source(source, source, minus, target)
        if self.scene.hardware.circuit.nudging.kind == "constant":
            pull = self._hold(f"hold_{plus}", pull)
        netlist.behavioural_current(f"nudge_{plus}", source, plus, f"v({CONTROL})*{number(siemens)}*{pull}")
        self.meters["nudging"].add(f"abs(i({sensed})*v({source},{plus}))")

    def _hold(self, name: str, expression: str) -> str:
        """A node that follows an expression in the free phase and holds it in the nudged one."""
        netlist = self.netlist
        siemens = _HOLD_FARADS / (_HOLD_LAG * float(self.network.tau.min()))
        netlist.capacitor(name, name, GROUND, _HOLD_FARADS)
        netlist.resistor(name, name, GROUND, _HOLD_SIEMENS)
        follow = f"{number(siemens)}*(1-v({CONTROL}))*({expression}-v({name}))"
        netlist.behavioural_current(name, GROUND, name, follow)
        return f"v({name})"
