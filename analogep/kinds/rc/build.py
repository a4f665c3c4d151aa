"""Networks at virtual ground from stores and cards."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.topology import Conv
from analogep.circuit.wires import ExactWires
from analogep.columns import Response, SummingLines
from analogep.crossbar import Pair
from analogep.kinds.rc.columned import ColumnedRC
from analogep.kinds.rc.columns import Columns, Supplied
from analogep.kinds.rc.frame import FRAMES, Frames
from analogep.kinds.rc.layer import Layer, PairWires
from analogep.kinds.rc.network import LayeredRC
from analogep.kinds.rc.windowed import WindowedRC
from analogep.network.base import Network
from analogep.network.build import Neuronal
from analogep.network.connection import DENSE, Connection
from analogep.network.convolution import Convolution
from analogep.network.curve import Curve
from analogep.network.mismatch import Mismatched, curve_of

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Cell:
    """What a neuron is to the network at virtual ground.

    Attributes
    ----------
    activation
        Transfer curve.
    capacitance, leak : float [F], [S]
        Of the node.
    """

    activation: Curve
    capacitance: float
    leak: float


def _gained(weights: Floats, gain: Floats) -> Floats:
    """Weights behind columns, in the precision of the former: a chip in single precision stays in it."""
    return np.asarray(weights * gain.astype(weights.dtype, copy=False))


def _squared(variance: Floats | None, gain: Floats) -> Floats | None:
    return None if variance is None else _gained(variance, np.square(gain))


def _offset(own: Mismatched, held: Response, connection: Connection) -> Mismatched:
    """Neurons whose columns have the offsets: at the node they are times the noise gain."""
    return own if own.offset is None else replace(own, offset=own.offset * connection.spread(held.offset))


class RCBuilder(Neuronal):
    """Virtual ground."""

    def _cell(self, k: int) -> Cell:
        """Node and transfer curve of a layer's neurons."""
        neuron, own = self._neuron(k), self.hardware.neurons[k]
        curve = curve_of(neuron.activation, own, self.circuit.sizes[k + 1])
        return Cell(curve, self.capacitance(k), neuron.leak)

    @cached_property
    def _cells(self) -> list[Cell]:
        return [self._cell(k) for k in range(self.circuit.depth)]

    def capacitance(self, k: int) -> float:
        """C of the neurons of layer `k` [F]: the card's, or what follows from their columns."""
        neuron, column = self._neuron(k), self.circuit.column
        if neuron.capacitance is not None:
            return neuron.capacitance
        return column.wanted * self.slowest(k) * neuron.leak

    def slowest(self, k: int) -> float:
        """Time constant of the slowest column before or behind neurons like those of layer `k` [s], which is its own:
        all hidden neurons are alike."""
        last = self.circuit.depth - 1
        lines = [self._lines(k)] if k == last else []
        for one in range(last if k < last else 0):
            lines += [self._lines(one), self._lines(one + 1, back=True)]
        return max(self.circuit.column.time_constant(one) for one in lines)

    @cached_property
    def _connections(self) -> list[Connection]:
        """How the nodes of each layer and the next meet."""
        pairs = zip(self.circuit.layers[1:], self.circuit.grids, strict=False)
        return [Convolution(layer, grid) if isinstance(layer, Conv) and grid else DENSE for layer, grid in pairs]

    def network(self) -> Network:
        """Effective weights of every pair, forward and in reverse, behind what holds their lines."""
        layered, feedback = self.layered(), self.circuit.feedback
        assert feedback is not None
        if self.circuit.column.limiting:
            return layered
        made = WindowedRC if self.circuit.column.windowed else ColumnedRC
        return made(layered, Columns(layered, self.supplied), feedback.turns)

    def followed(self, k: int) -> float:
        """What the columns in front of layer `k` have to follow: the time constant C/g of its nodes [s]."""
        return self.time_constant(k)

    def _leak(self, k: int) -> float:
        """Of the nodes of layer `k` [S]."""
        return self._neuron(k).leak

    def summing(self, k: int, *, back: bool = False) -> SummingLines:
        """The summing lines of array `k`, or, read in `back`ward direction, its word lines."""
        return self._lines(k, back=back, tau=self.followed(k - back))

    def _lines(self, k: int, *, back: bool = False, tau: float = math.inf) -> SummingLines:
        """The same, before nodes of `tau` [s]."""
        (rows, columns), circuit = self.circuit.shapes[k], self.circuit
        to, window = k - back, self.device.conductance
        cells = columns if back else rows
        turns = None if circuit.feedback is None else circuit.feedback.turns
        tile = circuit.wires.tile[1 if back else 0] if isinstance(circuit.wires, ExactWires) else cells
        return SummingLines(
            # The halves of a pair move against each other, or one stays where it is.
            design=2.0 * cells * self.device.standing(circuit.mapping.common_mode),
            cells=cells,
            tile=min(tile, cells),
            feedback=self.ranges[k] / (window.max - window.min),
            tau=tau,
            leak=self._leak(to),
            capacitance=2 * cells * circuit.lines.capacitance_per_cell,
            window=0.0 if turns is None else turns.reverse if back else turns.forward,
        )

    def summing_lines(self) -> list[tuple[str, SummingLines]]:
        """Bit lines of all arrays, and word lines of all but the first."""
        depth = self.circuit.depth
        ahead = [(f"bit lines of layer {k + 1}", self.summing(k)) for k in range(depth)]
        return ahead + [(f"word lines of layer {k + 1}", self.summing(k, back=True)) for k in range(1, depth)]

    @cached_property
    def supplied(self) -> Supplied:
        """What the supply gives for currents of lines."""
        column, driver, depth = self.circuit.column, self.circuit.driver, self.circuit.depth
        half = 0.5 * column.rail
        ahead = tuple(half * column.drawn(self.summing(k)) for k in range(depth))
        behind = tuple(half * column.drawn(self.summing(k, back=True)) for k in range(1, depth))
        return Supplied(0.5 * (driver.supply or column.rail) / driver.efficiency, ahead, behind)

    def _held(self, k: int, pair: Pair, back: Pair, rows: int) -> tuple[Response, Response] | None:
        """What holds the lines of array `k`, with the conductances of now."""
        column = self.circuit.column
        if column.limiting:
            return None
        ahead = column.response(self.summing(k), pair.column_total)
        return ahead, column.response(self.summing(k, back=True), back.row_total[:rows]) if k > 0 else ahead

    @cached_property
    def word_offsets(self) -> list[Floats | None]:
        """Offsets of the columns on the word lines of each array as they are in operation (lines,) [V], from the
        fabrication seed; None without."""
        mismatch, bias = self.circuit.mismatch, int(self.circuit.bias)
        if mismatch is None or not mismatch.left or self.circuit.column.limiting:
            return [None] * self.circuit.depth
        found: list[Floats | None] = []
        for k, (rows, _) in enumerate(self.circuit.shapes, 1):
            rng = self.hardware.seeds.fabrication.rng(f"layer{k}/word_lines/offset")
            found.append(np.asarray(mismatch.left * rng.standard_normal(rows - bias)))
        return found

    @property
    def column_power(self) -> float:
        """Bias power of all columns [W]: of bit lines, and of the word lines of all arrays but the first."""
        total, column = 0.0, self.circuit.column
        for k, ((rows, columns), copies) in enumerate(zip(self.circuit.shapes, self.circuit.copies, strict=True)):
            total += copies * columns * column.bias(self.summing(k))
            if k > 0:
                total += copies * (rows - int(self.circuit.bias)) * column.bias(self.summing(k, back=True))
        return total

    @property
    def amplifier_power(self) -> float:
        """Bias power of all neurons and columns [W]."""
        return super().amplifier_power + self.column_power

    def layered(self) -> LayeredRC:
        """The network between its arrays."""
        circuit, layers = self.circuit, []
        assert circuit.feedback is not None
        for k, (pair, mirror) in enumerate(zip(self.hardware.stores, self.hardware.mirrors, strict=True)):
            back = mirror or pair
            assert isinstance(pair, Pair)
            assert isinstance(back, Pair)
            neuron, rows = self._cells[k], pair.shape[0] - int(circuit.bias)
            variance = pair.noise_variance()
            reverse_variance = variance if back is pair else back.noise_variance()
            forward, reverse = (self._wired(one) for one in (pair, back))
            weights, behind = (
                one.weights if lines is None else lines.weights(one.scale)
                for one, lines in ((pair, forward), (back, reverse))
            )
            reverse_variance = None if reverse_variance is None else reverse_variance[:rows]
            held, own, back_offset = self._held(k, pair, back, rows), self.hardware.neurons[k], None
            row_total, column_total = pair.row_total, pair.column_total
            totals = (row_total, column_total) if back is pair else (back.row_total, back.column_total)
            if held is not None:
                weights, variance = _gained(weights, held[0].gain), _squared(variance, held[0].gain)
                if k > 0:
                    left, offsets = held[1].gain[:, None], self.word_offsets[k]
                    if offsets is not None:
                        back_offset = self._connections[k].row_load(offsets * held[1].offset)
                    behind, reverse_variance = _gained(behind[:rows], left), _squared(reverse_variance, left)
                own = _offset(own, held[0], self._connections[k])
            layers.append(
                Layer(
                    weights=weights,
                    reverse=behind[:rows] if k > 0 else None,
                    variance=variance,
                    reverse_variance=reverse_variance,
                    row_total=row_total,
                    column_total=totals[1],
                    activation=neuron.activation,
                    capacitance=neuron.capacitance,
                    leak=neuron.leak,
                    forward_wires=forward,
                    reverse_wires=reverse if k > 0 else None,
                    connection=self._connections[k],
                    ground=(pair.scale**2 * column_total, back.scale**2 * totals[0][:rows]),
                    own=own,
                    columns=held,
                    back_offset=back_offset,
                )
            )
        read_voltage, gain = circuit.mapping.read_voltage, circuit.feedback.gain
        network = LayeredRC(layers, self.device.read.iv, read_voltage, gain, circuit.bias, circuit.cost)
        network.made[FRAMES] = self._frames
        return network

    @cached_property
    def _frames(self) -> Frames:
        """Of the march, shared by all networks of this hardware."""
        return Frames()

    def _wired(self, pair: Pair) -> PairWires | None:
        """Both halves with their wires, or None where lines are perfect."""
        wiring = self.hardware.wiring
        if not wiring.exact:
            return None
        return PairWires(wiring.linear(pair.plus), wiring.linear(pair.minus), pair.push_pull)
