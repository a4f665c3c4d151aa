"""Netlist of a layered RC network at virtual ground.

Nodes: `in_5` input lines (from 1), `bias`; `h1_12` neuron 12 of hidden layer 1 (from 1), `out_3` output of class 3
(from 0); with `_line` the line that a neuron drives forward, at rho(v), with `_back` the one that it drives in reverse,
at s rho(v). The array in front of layer k is `xa1_plus`, `xa1_minus`, `xa2_plus`, ..., read in reverse `xb2_plus`, ...,
of the subcircuits `cells_1_plus`, ...; its sensed lines are `a1_plus_3` and `a1_minus_3`. Each ends in an ammeter to
ground: the virtual ground of a current conveyor, whose copy of the difference, times k = g_leak range/(G_max - G_min),
is the current into the neuron's node; beside it stands that of the neuron's offset, g_leak times the offset.

In hardware the two directions of a shared array take turns; here both are always on, as in our equations. With wires
our equations take curved devices at the voltage of their lines' ends, and ngspice does not: there the two differ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analogep.kinds.rc.equations import RCEquations
from analogep.network.mismatch import one_of
from analogep.spice.board import Board, neuron_nodes
from analogep.spice.netlist import GROUND, Netlist, number
from analogep.spice.scene import Probes, Scene

_HALVES = (("plus", 1.0), ("minus", -1.0))


@dataclass(frozen=True)
class _Writer:
    network: RCEquations
    board: Board
    nodes: list[list[str]]

    def neurons(self, k: int) -> list[str]:
        """Nodes of layer k, and the lines that they drive forward; returns the lines."""
        layer, board, lines = self.network.layers[k], self.board, []
        offset, farads = layer.own.offset, layer.tau * layer.leak
        for i, name in enumerate(self.nodes[k]):
            board.node(name, float(farads[i]), layer.leak)
            if offset is not None:
                current = number(layer.leak * float(offset[i]))
                board.netlist.behavioural_current(f"offset_{name}", GROUND, name, current)
            lines.append(board.neuron_line(name, one_of(layer.activation, i)))
            if k + 1 < len(self.nodes):
                board.meters["array"].driver(f"b{lines[-1]}", lines[-1])
        return lines

    def forward(self, k: int, lines: list[str]) -> None:
        """Array in front of layer k, sensed at its bit lines."""
        rows = [*lines, "bias"] if self.network.bias else lines
        for half, sign in _HALVES:
            columns = self.sensed(f"a{k + 1}_{half}", k, k, sign)
            self.board.array(k, half, f"a{k + 1}_{half}", rows, columns, back=False)

    def reverse(self, k: int) -> None:
        """Array in front of layer k, driven at its bit lines and sensed at its word lines; nobody senses the bias."""
        gains = np.broadcast_to(self.network.gains[k], len(self.nodes[k])).tolist()
        named = zip(self.nodes[k], gains, strict=True)
        back = [self.board.follower(f"{name}_back", f"{name}_line", gain) for name, gain in named]
        for half, sign in _HALVES:
            rows = self.sensed(f"b{k + 1}_{half}", k - 1, k, sign)
            rows += [GROUND] if self.network.bias else []
            self.board.array(k, half, f"b{k + 1}_{half}", rows, back, back=True)

    def sensed(self, name: str, into: int, k: int, sign: float) -> list[str]:
        """Virtual grounds whose currents, through conveyors, drive the nodes of layer `into`; weights of store k."""
        netlist, lines = self.board.netlist, []
        gain = sign * self.network.layers[into].leak * self.board.scene.hardware.pairs[k].scale
        for at, node in enumerate(self.nodes[into], 1):
            line = f"{name}_{at}"
            netlist.conveyor(line, node, netlist.ammeter(line, line, GROUND), gain)
            lines.append(line)
        return lines


def add(network: RCEquations, scene: Scene, netlist: Netlist) -> Probes:
    """Add the network to a netlist; parameters as in `Network.netlist`."""
    board = Board(network, scene, netlist)
    writer = _Writer(network, board, neuron_nodes([layer.size for layer in network.layers]))
    lines = [board.supply(f"in_{i}", float(volts)) for i, volts in enumerate(scene.lines[0], 1)]
    if network.bias:
        board.supply("bias", network.read_voltage)
    for k in range(len(network.layers)):
        ahead = writer.neurons(k)
        writer.forward(k, lines)
        if k > 0:
            writer.reverse(k)
        lines = ahead
    strength = scene.beta * network.layers[-1].leak
    outputs = writer.nodes[-1]
    board.nudge([(node, GROUND) for node in outputs], [f"v({node}_line)" for node in outputs], strength)
    return board.probes([name for layer in writer.nodes for name in layer])
