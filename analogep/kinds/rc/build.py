"""Networks at virtual ground from stores and cards."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from analogep.circuit.topology import Conv
from analogep.crossbar import Pair
from analogep.kinds.rc.layer import Layer, PairWires
from analogep.kinds.rc.network import LayeredRC
from analogep.network.base import Network
from analogep.network.build import Neuronal
from analogep.network.connection import DENSE, Connection
from analogep.network.convolution import Convolution
from analogep.network.curve import Curve
from analogep.network.mismatch import curve_of


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


class RCBuilder(Neuronal):
    """Virtual ground."""

    def _cell(self, k: int) -> Cell:
        """Node and transfer curve of a layer's neurons."""
        neuron, own = self._neuron(k), self.hardware.neurons[k]
        curve = curve_of(neuron.activation, own, self.circuit.sizes[k + 1])
        return Cell(curve, neuron.capacitance, neuron.leak)

    @cached_property
    def _connections(self) -> list[Connection]:
        """How the nodes of each layer and the next meet."""
        pairs = zip(self.circuit.layers[1:], self.circuit.grids, strict=False)
        return [Convolution(layer, grid) if isinstance(layer, Conv) and grid else DENSE for layer, grid in pairs]

    def network(self) -> Network:
        """Effective weights of every pair, forward and in reverse."""
        return self.layered()

    def layered(self) -> LayeredRC:
        """The network between its arrays."""
        circuit, layers = self.circuit, []
        assert circuit.feedback is not None
        for k, (pair, mirror) in enumerate(zip(self.hardware.stores, self.hardware.mirrors, strict=True)):
            back = mirror or pair
            assert isinstance(pair, Pair)
            assert isinstance(back, Pair)
            neuron, rows = self._cell(k), pair.shape[0] - int(circuit.bias)
            variance = pair.noise_variance()
            reverse_variance = variance if back is pair else back.noise_variance()
            forward, reverse = (self._wired(one) for one in (pair, back))
            weights, behind = (
                one.weights if lines is None else lines.weights(one.scale)
                for one, lines in ((pair, forward), (back, reverse))
            )
            layers.append(
                Layer(
                    weights=weights,
                    reverse=behind[:rows] if k > 0 else None,
                    variance=variance,
                    reverse_variance=None if reverse_variance is None else reverse_variance[:rows],
                    row_total=pair.row_total,
                    column_total=back.column_total,
                    activation=neuron.activation,
                    capacitance=neuron.capacitance,
                    leak=neuron.leak,
                    forward_wires=forward,
                    reverse_wires=reverse if k > 0 else None,
                    connection=self._connections[k],
                    ground=(pair.scale**2 * pair.column_total, back.scale**2 * back.row_total[:rows]),
                    own=self.hardware.neurons[k],
                )
            )
        read_voltage, gain = circuit.mapping.read_voltage, circuit.feedback.gain
        return LayeredRC(layers, self.device.read.iv, read_voltage, gain, circuit.bias, circuit.cost)

    def _wired(self, pair: Pair) -> PairWires | None:
        """Both halves with their wires, or None where lines are perfect."""
        wiring = self.hardware.wiring
        if not wiring.exact:
            return None
        return PairWires(wiring.linear(pair.plus), wiring.linear(pair.minus), pair.push_pull)
