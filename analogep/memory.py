"""The digital memory that an update needs: how many bits it holds, and what their accesses take.

A batch is measured, sample by sample and phase by phase, before its products are summed: its rates and inputs are held,
each written once and read once, which is the least. What a rule remembers is held for every weight (`circuit.memory`).
"""

from __future__ import annotations

from functools import cached_property

from analogep.circuit import CircuitCard
from analogep.circuit.converters import Converter
from analogep.device import DeviceCard
from analogep.rules import Rule
from analogep.units import format_si


class DigitalMemory:
    """Bits and joules of a chip's memory; all zero where the circuit card has none.

    Parameters
    ----------
    device, circuit : cards

    Attributes
    ----------
    rate_bits, input_bits, word_bits : float [bits]
        Of a measured rate, of an input, and of what a rule wants of a weight or keeps of it.
    weights : int [1]
        In one copy of every array.
    """

    def __init__(self, device: DeviceCard, circuit: CircuitCard) -> None:
        self.circuit = circuit
        self.rule: Rule = circuit.update.active(device.recommended)
        self.mirrored = circuit.feedback is not None and circuit.feedback.kind == "mirrored"
        self.shapes = circuit.shapes
        wide = 0 if circuit.memory is None else circuit.memory.bits
        self.word_bits = float(wide)
        self.rate_bits, self.input_bits = self._bits(circuit.adc, wide), self._bits(circuit.dac, wide)

    @staticmethod
    def _bits(converter: Converter, wide: int) -> float:
        """Of a number that a converter makes or takes; of a word where it has no bits of its own."""
        return float(converter.bits or converter.booked or wide)

    @property
    def weights(self) -> int:
        """Weights in one copy of every array."""
        return sum(rows * columns for rows, columns in self.shapes)

    @property
    def seen(self) -> int:
        """Weights whose last read is kept by a rule that verifies: those of mirrors besides."""
        behind = sum(rows * columns for rows, columns in self.shapes[1:]) if self.mirrored else 0
        return self.weights + behind

    @property
    def rule_bits(self) -> float:
        """All that the update rule remembers [bits]."""
        if self.rule.verifies:
            return self.weights * self.word_bits + self.seen * self.rate_bits
        return self.weights * self.word_bits if self.rule.accumulates else 0.0

    @property
    def batch_bits(self) -> float:
        """Inputs and measured rates of a batch, or what synapses have gathered in it [bits]."""
        circuit = self.circuit
        if not circuit.network.measured:
            return self.weights * self.word_bits if circuit.network.gathered else 0.0
        phases = len(circuit.nudging.contour(1.0))
        rates = sum(circuit.sizes[1:]) * phases * self.rate_bits
        return circuit.learning.batch * (circuit.sizes[0] * self.input_bits + rates)

    @property
    def bits(self) -> float:
        """All that the memory holds [bits]; 0 where the circuit has none."""
        return 0.0 if self.circuit.memory is None else self.rule_bits + self.batch_bits

    @cached_property
    def joules_per_bit(self) -> float:
        """Energy of reading or writing a bit [J]."""
        memory, technology = self.circuit.memory, self.circuit.technology
        if memory is None or technology is None:
            return 0.0
        return memory.joules_per_bit(self.bits, technology.scale)

    def rates(self, numbers: float) -> float:
        """Joules of holding so many measured rates until they are multiplied [J]."""
        return 2.0 * numbers * self.rate_bits * self.joules_per_bit

    def inputs(self, numbers: float) -> float:
        """Joules of holding so many inputs until they are multiplied [J]; none where synapses gather by themselves."""
        if not self.circuit.network.measured:
            return 0.0
        return 2.0 * numbers * self.input_bits * self.joules_per_bit

    def sums(self, numbers: float) -> float:
        """Joules of so many additions to words that are kept for the end of a batch, each read and written [J]."""
        return 2.0 * numbers * self.word_bits * self.joules_per_bit

    def update(self, weights: float, mirrored: bool = False, read: float = 0.0) -> float:
        """Joules of the rule's memory in one update [J].

        Parameters
        ----------
        weights : float
            Of the array that is updated.
        mirrored : bool
            Whether there is a mirror, whose cells are seen by themselves.
        read : float
            Weights of both that a rule that verifies reads back.
        """
        if self.rule.verifies:
            found = 2.0 * weights * self.word_bits + ((1 + mirrored) * weights + read) * self.rate_bits
        else:
            found = 2.0 * weights * self.word_bits if self.rule.accumulates else 0.0
        return found * self.joules_per_bit

    @property
    def said(self) -> str:
        """What memory there is, for people."""
        technology = self.circuit.technology
        if self.circuit.memory is None or technology is None:
            return "not booked, nor are clock and control (no node in the circuit card)"
        per_bit = format_si(self.joules_per_bit, "J")
        return f"{self.bits / 8192:.3g} KB at {technology.name}, {per_bit} a bit; clock and control as they follow"

    @property
    def filling(self) -> float:
        """Joules of writing all that the rule remembers once [J]."""
        return self.rule_bits * self.joules_per_bit

    def booked(self, *, digital: float = 0.0, memory: float = 0.0) -> dict[str, float]:
        """Joules of multiply-accumulates and memory with their clock and control, by component of the ledger [J]."""
        block = self.circuit.memory
        if block is None:
            return {"digital": digital}
        return {"digital": digital, "memory": memory, "control": block.control * (digital + memory)}
