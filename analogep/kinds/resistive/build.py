"""Deep resistive networks from stores and cards."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analogep.crossbar import Single, Store
from analogep.device.iv import LinearIV
from analogep.kinds.resistive import card
from analogep.kinds.resistive.diodes import NoDiodes
from analogep.kinds.resistive.equations import Stage
from analogep.kinds.resistive.network import Resistive
from analogep.network.build import Builder
from analogep.network.mismatch import ALIKE

Floats = NDArray[np.float64]


class ResistiveBuilder(Builder):
    """Single conductances between nodes."""

    @property
    def _card(self) -> card.Resistive:
        assert isinstance(self.circuit.network, card.Resistive)
        return self.circuit.network

    @property
    def amplifier_power(self) -> float:
        """Bias power of the bidirectional amplifiers [W]."""
        amplifiers = self._card.amplifiers
        return 0.0 if amplifiers is None else amplifiers.bias.power * sum(self.circuit.sizes[1:-1])

    @property
    def amplifiers(self) -> int:
        """Amplifiers behind the hidden layers."""
        return self._card.amplifiers_in(self.circuit)

    def time_constant(self, k: int) -> float:
        """C/(g + sum of the cells in front of the nodes) [s]; what stands behind them is left out."""
        window, last = self.device.conductance, k == self.circuit.depth - 1
        node = self._card.output if last else self._card.hidden
        load = 0.5 * self.circuit.shapes[k][0] * (window.min + window.max)
        return node.capacitance / (node.leak + load)

    def stores(self) -> tuple[list[Store], list[Store | None]]:
        """One array for each layer."""
        found: list[Store] = []
        for k, shape in enumerate(self.circuit.shapes):
            fabrication = self.hardware.seeds.fabrication
            args = (self.device, shape, self.ranges[k], fabrication, f"layer{k + 1}", k)
            found.append(Single(*args, averaging=self.averaging(k)))
        return found, [None] * len(found)

    def initial(self) -> list[Floats]:
        """Uniform between two shares of the window."""
        block, out = self._card, []
        shares = block.initial if len(block.initial) > 1 else block.initial * self.circuit.depth
        for store, (low, high) in zip(self.hardware.stores, shares, strict=True):
            rng = self.hardware.seeds.data.rng(f"layer{store.layer + 1}/initial")
            out.append(rng.uniform(low, high, store.shape) * self.ranges[store.layer])
        return out

    def network(self) -> Resistive:
        """Nodes, arrays, diodes, amplifiers."""
        block, circuit, iv = self._card, self.circuit, self.device.read.iv
        biases = tuple(circuit.per_layer(block.bias))
        stages = []
        for k, store in enumerate(self.hardware.stores):
            assert isinstance(store, Single)
            last, size = k == circuit.depth - 1, store.shape[1]
            node = block.output if last else block.hidden
            amplifiers = None if last else block.amplifiers
            stages.append(
                Stage(
                    coupling=self.hardware.wiring.coupling(store.array),
                    bias=np.array([biases[k], -biases[k]] if circuit.bias else []),
                    capacitance=node.capacitance,
                    leak=node.leak,
                    diodes=NoDiodes(kind="none") if last else block.hidden.diodes,
                    sign=np.where(np.arange(size) < (size + 1) // 2, 1.0, -1.0),
                    gain=1.0 if amplifiers is None else amplifiers.gain,
                    back=1.0 if amplifiers is None else amplifiers.back,
                    noise_resistance=0.0 if amplifiers is None else amplifiers.resistance,
                    lag=0.0 if amplifiers is None else amplifiers.lag,
                    spread=self._spread(store.array, store),
                    own=ALIKE if amplifiers is None else self.hardware.neurons[k],
                )
            )
        curve = iv if block.rule == "co_content" else LinearIV(kind="linear")
        return Resistive(
            stages=stages,
            read_voltage=circuit.mapping.read_voltage,
            target=block.target,
            nudging=block.nudging_conductance,
            doubled=block.outputs == "doubled",
            content=curve.expansions().content,
            scales=tuple(store.scale for store in self.hardware.stores),
            cost=circuit.cost,
        )
