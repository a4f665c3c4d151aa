"""The same network in digital arithmetic, with the memory model, the technology and the batch of the analog circuit.

    inference    macs e(8, 8) + (w n/B + 2 a 8) E_bit          for each sample of a batch B
    training     macs e(8, 8) + macs' e(8, b) + ((3 w 8 + 2 w b)/B + 2 (a + d) 8) E_bit

with w weights of n = 8 bits that are kept in b bits (the circuit's `memory.bits`), a activations of all layers and d
deltas of all but the inputs, each written once and read once as in the analog circuit; forward products in 8 bits,
those of deltas and of weight gradients, macs', of 8 by b bits. A batch fetches each weight once forwards and once
backwards, and updates it once. Clock and control are the same share of both.

    area at least     bits held x cell/share of a memory + one multiply-accumulate unit
"""

from __future__ import annotations

from analogep.circuit import CircuitCard
from analogep.circuit.memory import Memory
from analogep.energy import MAC_JOULES, inference_macs, training_macs
from analogep.scaling import mac_joules

BITS = 8.0
"""Of weights and activations."""


class DigitalNetwork:
    """A circuit card's network in integer arithmetic at the card's node.

    Parameters
    ----------
    circuit : CircuitCard
        With a node and a memory.
    batch : int
        Samples that share a fetch of the weights.
    """

    def __init__(self, circuit: CircuitCard, batch: int) -> None:
        memory, technology = circuit.memory, circuit.technology
        assert memory is not None
        assert technology is not None
        self.circuit, self.batch, self.memory, self.technology = circuit, batch, memory, technology
        self.scale = technology.scale
        self.weights = sum(rows * columns for rows, columns in circuit.shapes)
        self.activations, self.deltas = sum(circuit.sizes), sum(circuit.sizes[1:])

    def _joules(self, arithmetic: float, accesses: float, held: float) -> float:
        """Joules of a sample: products, so many bits written or read of all that are held, clock and control [J]."""
        memory: Memory = self.memory
        moved = accesses * memory.joules_per_bit(held, self.scale)
        return (1.0 + memory.control) * (self.scale * arithmetic + moved)

    @property
    def inference_bits(self) -> float:
        """What is held to infer: weights, and the activations of a batch [bits]."""
        return BITS * (self.weights + self.batch * self.activations)

    @property
    def training_bits(self) -> float:
        """What is held to learn: weights twice, wide ones and those of 8 bits; activations and deltas [bits]."""
        numbers = self.activations + self.deltas
        return self.weights * (BITS + self.memory.bits) + self.batch * BITS * numbers

    @property
    def inference(self) -> float:
        """Joules of a sample [J]."""
        products = inference_macs(self.circuit.products) * mac_joules(BITS, BITS, 2.0 * BITS)
        moved = BITS * (self.weights / self.batch + 2.0 * self.activations)
        return self._joules(products, moved, self.inference_bits)

    @property
    def training(self) -> float:
        """Joules of a sample by backpropagation [J]."""
        wide, layers = float(self.memory.bits), self.circuit.products
        forward = inference_macs(layers)
        products = forward * mac_joules(BITS, BITS, 2.0 * BITS)
        products += (training_macs(layers) - forward) * mac_joules(BITS, wide, BITS + wide)
        numbers = self.activations + self.deltas
        accesses = self.weights * (3.0 * BITS + 2.0 * wide) / self.batch + 2.0 * BITS * numbers
        return self._joules(products, accesses, self.training_bits)

    @property
    def least_area(self) -> float:
        """Of a circuit that learns: its memory, and a single unit of 8 bits, which takes its time [m^2]."""
        cell = self.technology.sram_cell / self.technology.sram_share
        return 1e-12 * (self.training_bits * cell + self.technology.mac_area)


def yardsticks(circuit: CircuitCard) -> dict[str, tuple[float, float]]:
    """Joules of a training sample and of an inference in digital arithmetic, by what does it [J].

    Published units alone, without memory; and where the circuit has a node, integers at this node with memory, at its
    batch and one sample at a time.
    """
    macs = training_macs(circuit.products), inference_macs(circuit.products)
    found = {name: (joules * macs[0], joules * macs[1]) for name, joules in MAC_JOULES.items()}
    if circuit.memory is not None and circuit.technology is not None:
        for batch in dict.fromkeys((circuit.learning.batch, 1)):
            one = DigitalNetwork(circuit, batch)
            found[f"int8 with memory at {circuit.technology.name}, batch {batch}"] = one.training, one.inference
    return found
