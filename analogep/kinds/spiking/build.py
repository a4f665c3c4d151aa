"""Spiking networks from stores and cards: the arrays of an RC network between other neurons."""

from __future__ import annotations

from analogep.kinds.rc.build import Cell, RCBuilder
from analogep.kinds.spiking.card import LIF, Spiking
from analogep.kinds.spiking.equations import FiringRate
from analogep.kinds.spiking.network import SpikingNetwork
from analogep.network.base import Network


class SpikingBuilder(RCBuilder):
    """Virtual ground, synapses, integrate-and-fire neurons."""

    @property
    def _card(self) -> Spiking:
        assert isinstance(self.circuit.network, Spiking)
        return self.circuit.network

    def _lif(self, k: int) -> LIF:
        return self._card.output if k == self.circuit.depth - 1 else self._card.hidden

    def _cell(self, k: int) -> Cell:
        neuron, own = self._lif(k), self.hardware.neurons[k].threshold
        curve = FiringRate(neuron, self.circuit.mapping.read_voltage, 1.0 if own is None else own)
        return Cell(curve, neuron.capacitance, neuron.leak)

    def averaging(self, k: int) -> float:
        """Width of the pulses that read an array; analog inputs are read all along, behind synapses of C/g [s]."""
        analog = k == 0 and self._card.inputs.kind == "current"
        return super().averaging(k) if analog else self._card.width

    def time_constant(self, k: int) -> float:
        """C/g of the synapses [s]."""
        return self._lif(k).capacitance / self._lif(k).leak

    def _leak(self, k: int) -> float:
        """Of the synapses [S]."""
        return self._lif(k).leak

    def followed(self, k: int) -> float:
        """Width of the pulses that a column passes on [s]."""
        return self._card.width

    @property
    def amplifier_power(self) -> float:
        """Bias power of all synapses, neurons and columns [W]."""
        sizes = self.circuit.sizes[1:]
        return sum(self._lif(k).amplifier.power * size for k, size in enumerate(sizes)) + self.column_power

    def network(self) -> Network:
        """The arrays with the conductances of now, and the neurons."""
        supplied = None if self.circuit.column.limiting else self.supplied
        return SpikingNetwork(self.layered(), self._card, self.circuit.lines.capacitance_per_cell, supplied)
