"""From stores and cards to the circuit of one instant: what every kind of network says in a builder of its own.

A builder says which stores the kind needs, what is written into them first, and which network they form.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from analogep.circuit import CircuitCard
from analogep.circuit.neuron import Neuron
from analogep.columns import SummingLines
from analogep.crossbar import Array, Pair, Store
from analogep.device import DeviceCard
from analogep.network.base import Network
from analogep.network.mismatch import Mismatched
from analogep.network.noise import Spread
from analogep.network.wiring import Wiring
from analogep.streams import Seeds

Floats = NDArray[np.float64]


class Chip(Protocol):
    """What a builder knows of the chip (`network.hardware.Hardware`).

    Attributes
    ----------
    device, circuit : cards
    seeds : Seeds
    wiring : Wiring
        The resistance of its lines.
    neurons : list of Mismatched
        What the neurons of each layer have of their own.
    stores, mirrors : list
        What `Builder.stores` gave.
    """

    device: DeviceCard
    circuit: CircuitCard
    seeds: Seeds
    wiring: Wiring
    neurons: list[Mismatched]
    stores: list[Store]
    mirrors: list[Store | None]


class Builder(ABC):
    """Makes one kind of network of a chip.

    Parameters
    ----------
    hardware : Hardware
    """

    def __init__(self, hardware: Chip) -> None:
        self.hardware, self.circuit, self.device = hardware, hardware.circuit, hardware.device
        self.ranges = self.circuit.per_layer(self.circuit.mapping.weight_range)

    @abstractmethod
    def stores(self) -> tuple[list[Store], list[Store | None]]:
        """Fabricated stores of all layers, and for each the mirrored one that is read in reverse, or None."""

    @abstractmethod
    def initial(self) -> list[Floats]:
        """Initial weights of each store (rows, columns) [1]."""

    @abstractmethod
    def network(self) -> Network:
        """The circuit with the conductances of now."""

    @property
    @abstractmethod
    def amplifier_power(self) -> float:
        """Bias power of all amplifiers while the network is powered [W]."""

    def summing_lines(self) -> list[tuple[str, SummingLines]]:
        """Every kind of summing line that a column circuit holds, with its name in words: none."""
        return []

    @property
    def amplifiers(self) -> int:
        """Number of neurons or amplifiers, each with an offset of its own."""
        return sum(self.circuit.sizes[1:])

    def averaging(self, k: int) -> float:
        """For which the nodes behind layer `k` of weights average read noise, at the end of a phase [s].

        A node of the time constant tau lets through as much white noise as the mean over 2 tau; no more than a phase.
        """
        timing = self.circuit.timing
        return min(2.0 * self.time_constant(k), timing.free.duration, timing.nudged.duration)

    def time_constant(self, k: int) -> float:
        """Time constant of the nodes behind layer `k` of weights [s], with every cell at the common mode where
        cells load nodes; infinite where a kind does not say, whose phases then average for as long as they last."""
        return math.inf

    def _spread(self, array: Array, store: Store) -> Spread | None:
        """Read noise of an array of a store, or None."""
        noise = store.noise
        if not noise:
            return None
        variance = noise.variance(array.g, self.device.conductance.max, store.elapsed, store.averaging)
        return Spread(variance, self.device.read.iv)


class Neuronal(Builder):
    """Networks of neurons that drive lines: conductance pairs, forward and in reverse."""

    @property
    def _mirrored(self) -> bool:
        assert self.circuit.feedback is not None
        return self.circuit.feedback.kind == "mirrored"

    def _neuron(self, k: int) -> Neuron:
        neurons = self.circuit.neurons
        assert neurons is not None
        return neurons.output if k == self.circuit.depth - 1 else neurons.hidden

    @property
    def amplifier_power(self) -> float:
        """Bias power of all neurons [W]."""
        sizes = self.circuit.sizes[1:]
        return sum(self._neuron(k).amplifier.power * size for k, size in enumerate(sizes))

    def capacitance(self, k: int) -> float:
        """C of the neurons of layer `k` [F]."""
        found = self._neuron(k).capacitance
        assert found is not None
        return found

    def time_constant(self, k: int) -> float:
        """C/g of the neurons [s]."""
        return self.capacitance(k) / self._neuron(k).leak

    def stores(self) -> tuple[list[Store], list[Store | None]]:
        """A pair for each layer, and a mirrored one behind the first where feedback is mirrored."""
        found: list[Store] = []
        mirrors: list[Store | None] = []
        mapping, single = self.circuit.mapping, self.circuit.solver.single
        push_pull = mapping.scheme == "push_pull"
        for k, shape in enumerate(self.circuit.shapes):
            args = (self.device, shape, self.ranges[k], push_pull, self.hardware.seeds.fabrication)
            made = partial(Pair, *args, single=single, averaging=self.averaging(k), common_mode=mapping.common_mode)
            found.append(made(f"layer{k + 1}", k))
            mirrors.append(made(f"mirror{k + 1}", k) if self._mirrored and k > 0 else None)
        return found, mirrors

    def initial(self) -> list[Floats]:
        """Uniform within gain sqrt(6/(inputs + outputs)), biases 0."""
        stores = self.hardware.stores
        return [self._uniform(store.layer, store.shape, min(map(abs, store.range))) for store in stores]

    def _uniform(self, k: int, shape: tuple[int, int], limit: float) -> Floats:
        assert self.circuit.learning.initial_gain is not None
        gain, rows = self.circuit.per_layer(self.circuit.learning.initial_gain)[k], shape[0] - int(self.circuit.bias)
        bound = gain * math.sqrt(6.0 / sum(self.circuit.fans[k]))
        target = np.zeros(shape)
        rng = self.hardware.seeds.data.rng(f"layer{k + 1}/initial")
        target[:rows] = rng.uniform(-bound, bound, (rows, shape[1]))
        return np.clip(target, -limit, limit)
