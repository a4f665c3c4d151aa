"""Netlist of a network with passive summing nodes.

Nodes are named as in a network at virtual ground, with the inverted lines beside them: `in_5_inv`, `bias_inv`,
`h1_12_line_inv`, `out_3_back_inv`. Every array ends at the nodes themselves, behind an ammeter (`h1_12_port`): its
devices load them, and its power is what its lines deliver less what flows on into the nodes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analogep.kinds.passive.equations import PassiveEquations
from analogep.network.mismatch import one_of
from analogep.spice.board import Board, neuron_nodes
from analogep.spice.netlist import GROUND, Netlist
from analogep.spice.scene import Probes, Scene

_INVERTED = {"plus": "", "minus": "_inv"}


@dataclass(frozen=True)
class _Writer:
    network: PassiveEquations
    board: Board
    nodes: list[list[str]]
    ports: list[list[str]]

    def neurons(self, k: int) -> list[str]:
        """Nodes of layer k and the lines that they drive forward, upright and inverted; returns the upright lines."""
        layer, board, lines = self.network.layers[k], self.board, []
        farads = np.broadcast_to(layer.farads, layer.size)
        for i, name in enumerate(self.nodes[k]):
            board.node(name, float(farads[i]), layer.leak)
            lines.append(board.neuron_line(name, one_of(layer.activation, i), layer.gain))
            if k + 1 < len(self.nodes):
                board.meters["array"].driver(f"b{lines[-1]}", lines[-1])
                board.follower(f"{lines[-1]}_inv", lines[-1], -1.0)
        return lines

    def forward(self, k: int, lines: list[str]) -> None:
        """Arrays in front of layer k between the lines before it and its nodes."""
        rows = [*lines, "bias"] if self.network.bias else lines
        for half, suffix in _INVERTED.items():
            driven = [f"{row}{suffix}" for row in rows]
            self.board.array(k, half, f"a{k + 1}_{half}", driven, self.ports[k], back=False)

    def reverse(self, k: int) -> None:
        """Arrays in front of layer k between its lines in reverse and the nodes before it; the bias line at ground."""
        rows = [*self.ports[k - 1], GROUND] if self.network.bias else self.ports[k - 1]
        gains = np.broadcast_to(self.network.feedback * self.network.layers[k].back, len(self.nodes[k])).tolist()
        named = list(zip(self.nodes[k], gains, strict=True))
        for half, suffix in _INVERTED.items():
            sign = -1.0 if suffix else 1.0
            back = [self.board.follower(f"{one}_back{suffix}", f"{one}_line", sign * gain) for one, gain in named]
            self.board.array(k, half, f"b{k + 1}_{half}", rows, back, back=True)


def add(network: PassiveEquations, scene: Scene, netlist: Netlist) -> Probes:
    """Add the network to a netlist; parameters as in `Network.netlist`."""
    board = Board(network, scene, netlist)
    nodes = neuron_nodes([layer.size for layer in network.layers])
    ports = [[board.port(name) for name in layer] for layer in nodes]
    writer = _Writer(network, board, nodes, ports)
    volts = {f"in_{i}": float(x) for i, x in enumerate(scene.lines[0], 1)}
    for name, x in (volts | ({"bias": network.read_voltage} if network.bias else {})).items():
        board.supply(name, x)
        board.supply(f"{name}_inv", -x)
    lines = list(volts)
    for k in range(len(network.layers)):
        ahead = writer.neurons(k)
        writer.forward(k, lines)
        if k > 0:
            writer.reverse(k)
        lines = ahead
    strength = scene.beta * network.layers[-1].leak
    outputs = nodes[-1]
    board.nudge([(node, GROUND) for node in outputs], [f"v({node}_line)" for node in outputs], strength)
    return board.probes([name for layer in nodes for name in layer])
