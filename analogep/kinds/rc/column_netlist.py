"""Netlist of a layered RC network whose lines are held by column circuits.

Nodes are those of the network at virtual ground (`netlist`), but for its lines: both halves of a pair end on the same
summing line, `a1_3` of bit line 3 of the first array, `b2_5` of word line 5 of the second one read in reverse, and
inverted lines drive the minus halves, `in_5_inv`, `h1_12_line_inv`, `out_3_back_inv`. The column circuit on a line
writes itself (`Column.elements`); its output is `a1_3_out`, and an ideal adder makes the current g (a + b) into the
node. Offsets are at the inputs of columns: those of neurons of their forward ones, and those of word lines.

Meters of `column` count the signal currents themselves, which lead y by up to a time constant of the column where our
equations take them at y: at rest they are the same, in time the component is held against the joules of all.

Where arrays take turns, lines stand at ground and columns hold their outputs beside their turns (`turn_netlist`);
`h1_12_line` is no line then but what the neuron would drive, and `h1_12_ahead` the line that it drives forward. Else
both directions are always on, as in our equations. Columns that hold, and the capacitors that they hold on, are metered
as our equations book them: |y| as if lines went on to be read, and C_hold y^2 spread over the period.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from analogep.columns import Place
from analogep.device.iv import LinearIV
from analogep.errors import UsageError
from analogep.kinds.rc.build import RCBuilder
from analogep.kinds.rc.turn_netlist import Gates
from analogep.network.mismatch import one_of
from analogep.spice.board import Board, neuron_nodes
from analogep.spice.netlist import GROUND, Netlist, number
from analogep.spice.scene import Probes, Scene

if TYPE_CHECKING:
    from analogep.kinds.rc.columned import ColumnedRC


@dataclass(frozen=True)
class _Writer:
    network: ColumnedRC
    board: Board
    nodes: list[list[str]]
    gates: Gates | None
    outs: tuple[list[str], list[str]] = field(default_factory=lambda: ([], []))
    left_out: list[str] = field(default_factory=list)

    def driven(self, line: str, source: str) -> str:
        """Meters of a line that `source` drives, and the inverted one beside it; returns the line."""
        meters, watts = self.board.meters, number(self.network.columns.supplied.driver)
        inverted = f"{line}_inv"
        for name, end in ((source, line), (self.board.netlist.amplifier(inverted, inverted, line, -1.0), inverted)):
            meters["array"].driver(name, end)
            meters["driver"].add(f"{watts}*abs(i({name}))+v({end})*i({name})")
        return line

    def constant(self, line: str, volts: float) -> str:
        """A line at a constant voltage; returns its node."""
        netlist = self.board.netlist
        if self.gates is not None:
            return self.driven(line, self.gates.line(netlist, line, number(volts), back=False))
        return self.driven(line, netlist.source(line, line, GROUND, volts))

    def neurons(self, k: int) -> list[str]:
        """Nodes of layer k, and the lines that they drive forward; returns the lines."""
        layer, lines = self.network.between.layers[k], []
        farads = layer.tau * layer.leak
        for i, name in enumerate(self.nodes[k]):
            self.board.node(name, float(farads[i]), layer.leak)
            line, source = self.board.neuron_line(name, one_of(layer.activation, i)), f"b{name}_line"
            if k + 1 < len(self.nodes):
                if self.gates is not None:
                    value, line = f"v({line})", f"{name}_ahead"
                    source = self.gates.line(self.board.netlist, line, value, back=False)
                self.driven(line, source)
            lines.append(line)
        return lines

    def forward(self, k: int, lines: list[str]) -> None:
        """Array in front of layer k, held at its bit lines."""
        rows = [*lines, "bias"] if self.network.between.bias else lines
        columns = self.held(k, k, back=False)
        self.board.array(k, "plus", f"a{k + 1}_plus", rows, columns, back=False)
        self.board.array(k, "minus", f"a{k + 1}_minus", [f"{row}_inv" for row in rows], columns, back=False)

    def reverse(self, k: int) -> None:
        """Array in front of layer k, driven at its bit lines and held at its word lines; nobody holds the bias."""
        between, netlist = self.network.between, self.board.netlist
        gains = np.broadcast_to(between.gains[k], len(self.nodes[k])).tolist()
        back = []
        for name, gain in zip(self.nodes[k], gains, strict=True):
            line = f"{name}_back"
            if self.gates is None:
                source = netlist.amplifier(line, line, f"{name}_line", gain)
            else:
                source = self.gates.line(netlist, line, f"{number(gain)}*v({name}_line)", back=True)
            back.append(self.driven(line, source))
        rows = self.held(k - 1, k, back=True) + ([GROUND] if between.bias else [])
        self.board.array(k, "plus", f"b{k + 1}_plus", rows, back, back=True)
        self.board.array(k, "minus", f"b{k + 1}_minus", rows, [f"{line}_inv" for line in back], back=True)

    def held(self, into: int, k: int, *, back: bool) -> list[str]:
        """Column circuits on the lines of array k, which drive the nodes of layer `into`; returns the lines."""
        hardware, netlist = self.board.scene.hardware, self.board.netlist
        builder, column, held = RCBuilder(hardware), hardware.circuit.column, []
        summing = builder.summing(k, back=back)
        offsets = builder.word_offsets[k] if back else hardware.neurons[k].offset
        leak = number(self.network.between.layers[into].leak)
        for i, node in enumerate(self.nodes[into]):
            line = f"{'b' if back else 'a'}{k + 1}_{i + 1}"
            offset = 0.0 if offsets is None else float(offsets[i])
            written = column.elements(netlist, self.place(line, offset, back=back), summing)
            netlist.behavioural_current(f"{line}_adder", GROUND, node, f"{leak}*v({written.out})")
            for expression in written.watts:
                self.board.meters["column"].add(expression)
            if self.gates is not None:
                self.board.meters["sample_hold"].add(self.gates.capacitor(written.out))
            self.outs[back].append(written.out)
            self.left_out.append(written.left_out)
            held.append(line)
        return held

    def place(self, line: str, offset: float, *, back: bool) -> Place:
        """Of the column circuit on a `line`, whose input has the `offset` [V]."""
        if self.gates is None:
            return Place(line, offset)
        return Place(line, offset, self.gates.reverse if back else self.gates.forward, self.gates.taking.droop)

    def slowed(self) -> bool:
        """Whether our equations take some columns as slower than they are."""
        layers, (ahead, behind) = self.network.between.layers, self.network.columns.lags
        columns = [layer.columns for layer in layers if layer.columns is not None]
        bits, words = [bits.tau for bits, _ in columns], [words.tau for _, words in columns[1:]]
        return bool((np.concatenate(bits) < ahead).any() or (np.concatenate([*words, behind[:0]]) < behind).any())

    def approximations(self) -> str:
        """What the netlist has and our equations do not."""
        network, found = self.network, dict.fromkeys(self.left_out)
        if not isinstance(network.between.iv, LinearIV):
            found["curved cells are taken as if their summing lines stood at ground"] = None
        if any(layer.forward_wires is not None for layer in network.between.layers):
            found["columns and drivers are taken to see the cells of their lines without wires"] = None
        if any(own.offset is not None for own in self.board.scene.hardware.neurons):
            found["offsets of columns are taken to leave the currents of their lines as they are"] = None
        if self.slowed():
            found["columns more than 50 times as fast as their nodes are taken as 50 times as fast"] = None
        return "; ".join(filter(None, found))


def add(network: ColumnedRC, scene: Scene, netlist: Netlist) -> Probes:
    """Add the network to a netlist; parameters as in `Network.netlist`. Probes are all states of the network.

    Raises
    ------
    UsageError
        If arrays take turns and the column circuit does not say how it holds its output, or integrates for a turn.
    """
    column = scene.hardware.circuit.column
    if column.windowed:
        raise UsageError(
            f"no netlist is written of column circuits of the kind '{column.kind}': its gates neither reset nor sample "
            "an integrator; take column.kind=tia, conveyor or passive"
        )
    if network.taking is not None and not column.holds:
        raise UsageError(
            f"no netlist is written of column circuits of the kind '{column.kind}' in arrays that take turns: the "
            f"elements of the class {type(column).__name__} have no gate; set feedback.kind=shared and "
            "feedback.turns=null for the limit of short turns"
        )
    board, between = Board(network, scene, netlist), network.between
    gates = None if network.taking is None else Gates(network.taking)
    if gates is not None:
        gates.write(netlist, (scene.free, scene.nudged), float(network.tau.min()))
    writer = _Writer(network, board, neuron_nodes([layer.size for layer in between.layers]), gates)
    lines = [writer.constant(f"in_{i}", float(volts)) for i, volts in enumerate(scene.lines[0], 1)]
    if between.bias:
        writer.constant("bias", between.read_voltage)
    for k in range(len(between.layers)):
        ahead = writer.neurons(k)
        writer.forward(k, lines)
        if k > 0:
            writer.reverse(k)
        lines = ahead
    strength = scene.beta * between.layers[-1].leak
    outputs = writer.nodes[-1]
    board.nudge([(node, GROUND) for node in outputs], [f"v({node}_line)" for node in outputs], strength)
    states = [name for layer in writer.nodes for name in layer] + writer.outs[0] + writer.outs[1]
    return replace(board.probes(states), approximation=writer.approximations(), among=("column",))
