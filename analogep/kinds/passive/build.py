"""Networks with passive summing nodes from stores and cards."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from analogep.crossbar import Array, Single, Store
from analogep.kinds.passive import card
from analogep.kinds.passive.equations import Half, PassiveLayer
from analogep.kinds.passive.network import Passive
from analogep.network.build import Neuronal
from analogep.network.mismatch import curve_of

Floats = NDArray[np.float64]


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
                common_mode = self.circuit.mapping.common_mode
                made = partial(Single, *args, averaging=self.averaging(k), common_mode=common_mode)
                found.append(made(f"layer{k + 1}", k, half))
                mirrors.append(made(f"mirror{k + 1}", k, half) if self._mirrored and k > 0 else None)
        return found, mirrors

    def time_constant(self, k: int) -> float:
        """C/(g + sum of the cells), of the forward arrays [s]."""
        neuron, pairs = self._neuron(k), self.circuit.shapes[k][0]
        pair = 2.0 * self.device.standing(self.circuit.mapping.common_mode)
        return self.capacitance(k) / (neuron.leak + pairs * pair)

    def initial(self) -> list[Floats]:
        """As for pairs; a half by itself takes half of the weight, the negative one with the other sign."""
        if self.circuit.mapping.scheme != "separate":
            return super().initial()
        out = []
        for k, shape in enumerate(self.circuit.shapes):
            half = 0.5 * self._uniform(k, shape, self.ranges[k])
            out += [half, -half]
        return out

    def network(self) -> Passive:
        """Arrays between lines and nodes."""
        circuit, layers = self.circuit, []
        assert circuit.feedback is not None
        assert isinstance(circuit.network, card.Passive)
        gains = circuit.per_layer(circuit.network.gain)
        for k, (_, size) in enumerate(circuit.shapes):
            neuron, own = self._neuron(k), self.hardware.neurons[k]
            shift = None if own.offset is None else gains[k] * own.offset
            curve = curve_of(neuron.activation, own, size, shift)
            plus, minus = (self._half(k, half, sign) for half, sign in (("plus", 1.0), ("minus", -1.0)))
            layers.append(
                PassiveLayer(
                    halves=(plus, minus),
                    scale=self.ranges[k] / self.device.conductance.span,
                    activation=curve,
                    gain=gains[k],
                    capacitance=self.capacitance(k),
                    leak=neuron.leak,
                    size=size,
                    nominal=neuron.activation,
                    own=own,
                )
            )
        read_voltage, gain, scheme = circuit.mapping.read_voltage, circuit.feedback.gain, circuit.mapping.scheme
        return Passive(layers, read_voltage, gain, circuit.bias, scheme, circuit.cost)

    def _half(self, k: int, half: str, sign: float) -> Half:
        forward = self._array(k, half, self.hardware.stores)
        reverse = self._array(k, half, [mirror for mirror in self.hardware.mirrors if mirror is not None]) or forward
        assert forward is not None
        assert reverse is not None
        ahead, behind = self.hardware.wiring.coupling(forward), self.hardware.wiring.coupling(reverse)
        store = next(store for store in self.hardware.stores if store.layer == k)
        spread, reverse_spread = (self._spread(array, store) for array in (forward, reverse))
        first = k == 0
        return Half(sign, ahead, None if first else behind, spread, None if first else reverse_spread)

    @staticmethod
    def _array(k: int, half: str, stores: list[Store]) -> Array | None:
        for store in stores:
            if store.layer == k and half in store.halves:
                return store.halves[half]
        return None
