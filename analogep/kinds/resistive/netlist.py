"""Netlist of a deep resistive network.

Exponentials are behavioural sources. SPICE's own D element has another thermal voltage (its k and q are rounded, at 27
degrees Celsius), adds gmin across the junction and limits its steps, so that it is another diode in the sixth digit.

Nodes: `in_5` and `in_5_inv` input lines at +x and -x (from 1), `bias1_1`, `bias1_2` bias sources of array 1; `h1_12`
hidden nodes (from 1), `h1_12_amp` what their amplifiers drive; `out_3` outputs by class (from 0), with `out_3_inv` the
other one of a doubled output. Arrays `xa1`, `xa2`, ... of the subcircuits `cells_1`, ... end at the nodes behind
ammeters (`h1_12_port`).

A node with an ideal diode is a voltage source at its held voltage max(v, 0) or min(v, 0), whose current, and that of
the conducting diode, charge the capacitor of the state v at `h1_12_state`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

from analogep.errors import UsageError
from analogep.kinds.resistive.diodes import AntiparallelDiodes, IdealDiodes, NoDiodes, ShockleyDiodes
from analogep.kinds.resistive.equations import ResistiveEquations, Stage
from analogep.spice.board import Board, neuron_nodes
from analogep.spice.netlist import GROUND, Netlist, number
from analogep.spice.scene import Probes, Scene


@singledispatch
def diode(clamp: object, node: str, sign: float) -> str:
    """Current from `node` to ground through its diodes, as an expression; `sign` +1 keeps it above ground."""
    raise NotImplementedError(f"no SPICE expression for diodes of the kind {type(clamp).__name__}")


def _exponential(x: str) -> str:
    """exp(x), from x = 80 on its tangent, as in our equations: ngspice's first guesses must not overflow."""
    return f"exp(min({x},80))*(1+max({x}-80,0))"


@diode.register
def _(clamp: ShockleyDiodes, node: str, sign: float) -> str:
    exponent = f"({number(-sign / clamp.scale)}*v({node}))"
    return f"{number(-sign * clamp.saturation)}*({_exponential(exponent)}-1)"


@diode.register
def _(clamp: AntiparallelDiodes, node: str, sign: float) -> str:
    up, down = (f"({number(slope / clamp.scale)}*v({node}))" for slope in (1.0, -1.0))
    return f"{number(clamp.saturation)}*({_exponential(up)}-{_exponential(down)})"


@dataclass(frozen=True)
class _Writer:
    network: ResistiveEquations
    board: Board
    nodes: list[list[str]]

    def states(self, k: int) -> list[str]:
        """Nodes of layer k with capacitor, leak and diodes; returns the nodes of their states."""
        stage, netlist, states = self.network.stages[k], self.board.netlist, []
        for name, sign in zip(self.nodes[k], stage.sign, strict=True):
            if isinstance(stage.diodes, IdealDiodes):
                states.append(self._held(name, stage, stage.diodes, float(sign)))
                continue
            self.board.node(name, stage.capacitance, stage.leak)
            states.append(name)
            if not isinstance(stage.diodes, NoDiodes):
                current = diode(stage.diodes, name, float(sign))
                netlist.behavioural_current(f"diode_{name}", name, GROUND, current, conducts=True)
                self.board.meters["diode"].add(f"v({name})*({current})")
        return states

    def _held(self, name: str, stage: Stage, ideal: IdealDiodes, sign: float) -> str:
        """A node that an ideal diode holds."""
        netlist, state = self.board.netlist, f"{name}_state"
        bound = "max" if sign > 0.0 else "min"
        held = netlist.behavioural_voltage(name, name, GROUND, f"{bound}(v({state}),0)")
        netlist.resistor(f"leak_{name}", name, GROUND, stage.leak)
        self.board.meters["leak"].add(f"v({name})*v({name})*{number(stage.leak)}")
        netlist.capacitor(state, state, GROUND, stage.capacitance)
        netlist.conveyor(state, state, held, 1.0)
        letting_go = f"{number(ideal.conductance)}*(v({state})-v({name}))"
        netlist.behavioural_current(f"diode_{name}", state, GROUND, letting_go, conducts=True)
        return state

    def rows(self, k: int, ports: list[str]) -> list[str]:
        """What layer k drives: its own nodes, or its amplifiers, which draw `back` times their current from them."""
        stage, netlist = self.network.stages[k], self.board.netlist
        if stage.gain == stage.back == 1.0:
            return ports
        driven = []
        for name in self.nodes[k]:
            amplifier = f"{name}_amp"
            self.board.follower(amplifier, name, stage.gain)
            netlist.conveyor(f"{name}_back", name, f"e{amplifier}", stage.back)
            driven.append(amplifier)
        return driven

    def nudging(self) -> None:
        """Sources at the targets, between the two nodes of doubled outputs."""
        network, outputs, scene = self.network, self.nodes[-1], self.board.scene
        classes = scene.target.shape[1]
        pairs = [(one, outputs[classes + i] if network.doubled else GROUND) for i, one in enumerate(outputs[:classes])]
        scores = [f"v({plus},{minus})" if network.doubled else f"v({plus})" for plus, minus in pairs]
        self.board.nudge(pairs, scores, scene.beta * network.nudging)


def add(network: ResistiveEquations, scene: Scene, netlist: Netlist) -> Probes:
    """Add the network to a netlist; parameters as in `Network.netlist`.

    Raises
    ------
    UsageError
        If its amplifiers differ from each other.
    """
    if not all(stage.own.alike for stage in network.stages):
        raise UsageError(
            "no netlist is written of bidirectional amplifiers that differ; remove the card's block 'mismatch', or "
            "take a network of kind 'rc' or 'passive'"
        )
    board = Board(network, scene, netlist)
    nodes = neuron_nodes([stage.size for stage in network.stages])
    if network.doubled:
        single = nodes[-1][: len(nodes[-1]) // 2]
        nodes[-1] = [*single, *(f"{name}_inv" for name in single)]
    writer = _Writer(network, board, nodes)
    lines = [board.supply(f"in_{i}", float(x)) for i, x in enumerate(scene.lines[0], 1)]
    rows = [*lines, *(board.supply(f"in_{i}_inv", -float(x)) for i, x in enumerate(scene.lines[0], 1))]
    states = []
    for k, stage in enumerate(network.stages):
        states += writer.states(k)
        ports = [board.port(name) for name in nodes[k]]
        rows = [*rows, *(board.supply(f"bias{k + 1}_{n}", float(volts)) for n, volts in enumerate(stage.bias, 1))]
        board.array(k, "", f"a{k + 1}", rows, ports, back=False)
        rows = writer.rows(k, ports) if k + 1 < len(nodes) else []
    writer.nudging()
    return board.probes(states)
