"""From stores and cards to the circuit of one instant: one builder for each kind of network.

A builder says which stores the kind needs, what is written into them first, and which network they form.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.diodes import NoDiodes
from analogep.circuit.network import Passive, Resistive
from analogep.circuit.neuron import Neuron
from analogep.circuit.topology import Conv
from analogep.crossbar import Array, Pair, Single, Store
from analogep.device.iv import LinearIV
from analogep.network import passive, rc, resistive
from analogep.network.base import Network
from analogep.network.connection import DENSE, Connection
from analogep.network.convolution import Convolution
from analogep.network.noise import Spread
from analogep.network.rc_layer import Curve, Layer, PairWires

if TYPE_CHECKING:
    from analogep.network.hardware import Hardware

Floats = NDArray[np.float64]


class Builder(ABC):
    """Makes one kind of network of a chip.

    Parameters
    ----------
    hardware : Hardware
    """

    def __init__(self, hardware: Hardware) -> None:
        self.hardware, self.circuit, self.device = hardware, hardware.circuit, hardware.device
        self.ranges = self.circuit.per_layer(self.circuit.mapping.weight_range)

    @abstractmethod
    def stores(self) -> tuple[list[Store], list[Store | None]]:
        """Fabricated stores of all layers, and for each the mirrored one that is read in reverse, or None."""

    @abstractmethod
    def initial(self) -> list[Floats]:
        """Initial weights of each store [1]."""

    @abstractmethod
    def network(self) -> Network:
        """The circuit with the conductances of now."""

    @property
    @abstractmethod
    def amplifier_power(self) -> float:
        """Bias power of all amplifiers while the network is powered [W]."""

    def _spread(self, array: Array, elapsed: float | None) -> Spread | None:
        """Read noise of an array, or None."""
        noise = self.device.read.noise
        if noise.kind == "none":
            return None
        return Spread(noise.variance(array.g, self.device.conductance.max, elapsed), self.device.read.iv)


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

    def stores(self) -> tuple[list[Store], list[Store | None]]:
        """A pair for each layer, and a mirrored one behind the first where feedback is mirrored."""
        found: list[Store] = []
        mirrors: list[Store | None] = []
        push_pull, single = self.circuit.mapping.scheme == "push_pull", self.circuit.solver.single
        for k, shape in enumerate(self.circuit.shapes):
            args = (self.device, shape, self.ranges[k], push_pull, self.hardware.seeds.fabrication)
            found.append(Pair(*args, f"layer{k + 1}", k, single=single))
            mirrored = self._mirrored and k > 0
            mirrors.append(Pair(*args, f"mirror{k + 1}", k, single=single) if mirrored else None)
        return found, mirrors

    def initial(self) -> list[Floats]:
        """Uniform within gain sqrt(6/(inputs + outputs)), biases 0."""
        return [self._uniform(store.layer, store.shape, store.range[1]) for store in self.hardware.stores]

    def _uniform(self, k: int, shape: tuple[int, int], limit: float) -> Floats:
        assert self.circuit.learning.initial_gain is not None
        gain, rows = self.circuit.per_layer(self.circuit.learning.initial_gain)[k], shape[0] - int(self.circuit.bias)
        bound = gain * math.sqrt(6.0 / sum(self.circuit.fans[k]))
        target = np.zeros(shape)
        rng = self.hardware.seeds.data.rng(f"layer{k + 1}/initial")
        target[:rows] = rng.uniform(-bound, bound, (rows, shape[1]))
        return np.clip(target, -limit, limit)


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
        neuron = self._neuron(k)
        return Cell(neuron.activation, neuron.capacitance, neuron.leak)

    @cached_property
    def _connections(self) -> list[Connection]:
        """How the nodes of each layer and the next meet."""
        pairs = zip(self.circuit.layers[1:], self.circuit.grids, strict=False)
        return [Convolution(layer, grid) if isinstance(layer, Conv) and grid else DENSE for layer, grid in pairs]

    def network(self) -> Network:
        """Effective weights of every pair, forward and in reverse."""
        return self.layered()

    def layered(self) -> rc.LayeredRC:
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
                )
            )
        read_voltage, gain = circuit.mapping.read_voltage, circuit.feedback.gain
        return rc.LayeredRC(layers, self.device.read.iv, read_voltage, gain, circuit.bias, circuit.cost)

    def _wired(self, pair: Pair) -> PairWires | None:
        """Both halves with their wires, or None where lines are perfect."""
        wiring = self.hardware.wiring
        if not wiring.exact:
            return None
        return PairWires(wiring.linear(pair.plus), wiring.linear(pair.minus), pair.push_pull)


class PassiveBuilder(Neuronal):
    """Passive summing nodes: pairs, or single halves that learn by themselves."""

    def stores(self) -> tuple[list[Store], list[Store | None]]:
        """Pairs, or with the scheme `separate` two stores for each layer."""
        if self.circuit.mapping.scheme != "separate":
            return super().stores()
        found: list[Store] = []
        mirrors: list[Store | None] = []
        for k, shape in enumerate(self.circuit.shapes):
            for half in ("plus", "minus"):
                args = (self.device, shape, self.ranges[k], self.hardware.seeds.fabrication)
                found.append(Single(*args, f"layer{k + 1}", k, half))
                mirrors.append(Single(*args, f"mirror{k + 1}", k, half) if self._mirrored and k > 0 else None)
        return found, mirrors

    def initial(self) -> list[Floats]:
        """As for pairs; a half by itself takes half of the weight, the negative one with the other sign."""
        if self.circuit.mapping.scheme != "separate":
            return super().initial()
        out = []
        for k, shape in enumerate(self.circuit.shapes):
            half = 0.5 * self._uniform(k, shape, self.ranges[k])
            out += [half, -half]
        return out

    def network(self) -> passive.Passive:
        """Arrays between lines and nodes."""
        circuit, layers = self.circuit, []
        assert circuit.feedback is not None
        assert isinstance(circuit.network, Passive)
        gains = circuit.per_layer(circuit.network.gain)
        for k, (_, size) in enumerate(circuit.shapes):
            neuron = self._neuron(k)
            plus, minus = (self._half(k, half, sign) for half, sign in (("plus", 1.0), ("minus", -1.0)))
            layers.append(
                passive.PassiveLayer(
                    halves=(plus, minus),
                    scale=self.ranges[k] / self.device.conductance.span,
                    activation=neuron.activation,
                    gain=gains[k],
                    capacitance=neuron.capacitance,
                    leak=neuron.leak,
                    size=size,
                )
            )
        read_voltage, gain, scheme = circuit.mapping.read_voltage, circuit.feedback.gain, circuit.mapping.scheme
        return passive.Passive(layers, read_voltage, gain, circuit.bias, scheme, circuit.cost)

    def _half(self, k: int, half: str, sign: float) -> passive.Half:
        forward = self._array(k, half, self.hardware.stores)
        reverse = self._array(k, half, [mirror for mirror in self.hardware.mirrors if mirror is not None]) or forward
        assert forward is not None
        assert reverse is not None
        ahead, behind = self.hardware.wiring.coupling(forward), self.hardware.wiring.coupling(reverse)
        elapsed = self.hardware.stores[0].elapsed
        spread, reverse_spread = (self._spread(array, elapsed) for array in (forward, reverse))
        first = k == 0
        return passive.Half(sign, ahead, None if first else behind, spread, None if first else reverse_spread)

    @staticmethod
    def _array(k: int, half: str, stores: list[Store]) -> Array | None:
        for store in stores:
            if store.layer == k and half in store.halves:
                return store.halves[half]
        return None


class ResistiveBuilder(Builder):
    """Single conductances between nodes."""

    @property
    def _card(self) -> Resistive:
        assert isinstance(self.circuit.network, Resistive)
        return self.circuit.network

    @property
    def amplifier_power(self) -> float:
        """Bias power of the bidirectional amplifiers [W]."""
        amplifiers = self._card.amplifiers
        return 0.0 if amplifiers is None else amplifiers.bias.power * sum(self.circuit.sizes[1:-1])

    def stores(self) -> tuple[list[Store], list[Store | None]]:
        """One array for each layer."""
        found: list[Store] = []
        for k, shape in enumerate(self.circuit.shapes):
            fabrication = self.hardware.seeds.fabrication
            found.append(Single(self.device, shape, self.ranges[k], fabrication, f"layer{k + 1}", k))
        return found, [None] * len(found)

    def initial(self) -> list[Floats]:
        """Uniform between two shares of the window."""
        card, out = self._card, []
        shares = card.initial if len(card.initial) > 1 else card.initial * self.circuit.depth
        for store, (low, high) in zip(self.hardware.stores, shares, strict=True):
            rng = self.hardware.seeds.data.rng(f"layer{store.layer + 1}/initial")
            out.append(rng.uniform(low, high, store.shape) * self.ranges[store.layer])
        return out

    def network(self) -> resistive.Resistive:
        """Nodes, arrays, diodes, amplifiers."""
        card, circuit, iv = self._card, self.circuit, self.device.read.iv
        biases = tuple(circuit.per_layer(card.bias))
        stages = []
        for k, store in enumerate(self.hardware.stores):
            assert isinstance(store, Single)
            last, size = k == circuit.depth - 1, store.shape[1]
            node = card.output if last else card.hidden
            amplifiers = None if last else card.amplifiers
            stages.append(
                resistive.Stage(
                    coupling=self.hardware.wiring.coupling(store.array),
                    bias=np.array([biases[k], -biases[k]] if circuit.bias else []),
                    capacitance=node.capacitance,
                    leak=node.leak,
                    diodes=NoDiodes(kind="none") if last else card.hidden.diodes,
                    sign=np.where(np.arange(size) < (size + 1) // 2, 1.0, -1.0),
                    gain=1.0 if amplifiers is None else amplifiers.gain,
                    back=1.0 if amplifiers is None else amplifiers.back,
                    spread=self._spread(store.array, store.elapsed),
                )
            )
        curve = iv if card.rule == "co_content" else LinearIV(kind="linear")
        return resistive.Resistive(
            stages=stages,
            read_voltage=circuit.mapping.read_voltage,
            target=card.target,
            nudging=card.nudging_conductance,
            doubled=card.outputs == "doubled",
            content=curve.expansions().content,
            scales=tuple(store.scale for store in self.hardware.stores),
            cost=circuit.cost,
        )
