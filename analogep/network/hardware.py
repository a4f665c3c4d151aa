"""Two cards made into hardware: fabricated pairs for every layer, and the network that they form at this instant."""

from __future__ import annotations

import copy
import math

import numpy as np
from numpy.typing import NDArray

from analogep.circuit import CircuitCard
from analogep.crossbar import Array, Pair, Written
from analogep.device import DeviceCard
from analogep.errors import CardError, Problem
from analogep.network.rc import Layer, LayeredRC
from analogep.streams import Seeds
from analogep.units import format_si

Floats = NDArray[np.float64]


def check_fit(device: DeviceCard, circuit: CircuitCard) -> None:
    """Refuse two cards that are each valid and do not go together.

    Raises
    ------
    CardError
        If reading at the circuit's read voltage would program the devices, or weights could not fall.
    """
    read = circuit.mapping.read_voltage
    threshold = device.threshold
    if device.programming.unidirectional and circuit.mapping.scheme != "push_pull":
        raise CardError(
            [
                Problem(
                    circuit.origin or circuit.name,
                    "mapping.scheme",
                    f"must be 'push_pull' for device '{device.name}', which has no gradual pulse down: a weight "
                    f"falls by pulses on the other half of its pair; got '{circuit.mapping.scheme}'",
                )
            ]
        )
    if read >= threshold:
        raise CardError(
            [
                Problem(
                    circuit.origin or circuit.name,
                    "mapping.read_voltage",
                    f"must be below the smallest write amplitude of device '{device.name}' "
                    f"({format_si(threshold, 'V')}), got {format_si(read, 'V')}: reading would program",
                )
            ]
        )


class Hardware:
    """Crossbars and neurons of one fabricated chip.

    Parameters
    ----------
    device, circuit : cards
    seeds : Seeds
        `fabrication` draws the spread of the cells, `operation` the noise of the initial writes, `data` the initial
        weights.

    Attributes
    ----------
    pairs : list of Pair
        Forward arrays, one per layer of weights.
    mirrors : list of Pair or None
        Arrays read in reverse where feedback is mirrored; None where the forward array serves.
    """

    def __init__(self, device: DeviceCard, circuit: CircuitCard, seeds: Seeds) -> None:
        check_fit(device, circuit)
        self.device, self.circuit, self.seeds = device, circuit, seeds
        self.push_pull = circuit.mapping.scheme == "push_pull"
        ranges = circuit.per_layer(circuit.mapping.weight_range)
        mirrored = circuit.feedback.kind == "mirrored"
        self.pairs: list[Pair] = []
        self.mirrors: list[Pair | None] = []
        for k, (rows, columns) in enumerate(zip(circuit.layers, circuit.layers[1:], strict=False)):
            shape = (rows + int(circuit.bias), columns)
            args = (device, shape, ranges[k], self.push_pull, seeds.fabrication)
            self.pairs.append(Pair(*args, f"layer{k + 1}"))
            self.mirrors.append(Pair(*args, f"mirror{k + 1}") if mirrored and k > 0 else None)

    @property
    def adc_fraction(self) -> float:
        """Resolution of verify reads [1]: the ADC's codes lie one window / (2^bits - 1) apart, from 0 S upwards."""
        bits = self.circuit.adc.bits
        return 0.0 if bits is None else 1.0 / (2.0**bits - 1.0)

    @property
    def amplifier_power(self) -> float:
        """Bias power of all neurons while the network is powered [W]."""
        neurons, layers = self.circuit.neurons, self.circuit.layers
        return neurons.hidden.amplifier.power * sum(layers[1:-1]) + neurons.output.amplifier.power * layers[-1]

    def initialise(self) -> list[Written]:
        """Write the initial weights, uniform within gain sqrt(6/(inputs + outputs)), biases 0.

        Returns
        -------
        list of Written
            What was written and read in each layer, mirrored arrays included.
        """
        gains = self.circuit.per_layer(self.circuit.learning.initial_gain)
        done = []
        for k, pair in enumerate(self.pairs):
            rows, columns = self.circuit.layers[k], pair.shape[1]
            bound = gains[k] * math.sqrt(6.0 / (rows + columns))
            target = np.zeros(pair.shape)
            target[:rows] = self.seeds.data.rng(f"layer{k + 1}/initial").uniform(-bound, bound, (rows, columns))
            np.clip(target, -pair.limit, pair.limit, out=target)
            total = Written()
            for array in (pair, self.mirrors[k]):
                if array is not None:
                    rng = self.seeds.operation.rng(f"{array.name}/verify")
                    total += array.write(target, self.seeds.operation, rng, self.adc_fraction)
            done.append(total)
        return done

    def network(self) -> LayeredRC:
        """The circuit with the conductances of now."""
        circuit, layers = self.circuit, []
        for k, (pair, mirror) in enumerate(zip(self.pairs, self.mirrors, strict=True)):
            last = k == len(self.pairs) - 1
            neuron = circuit.neurons.output if last else circuit.neurons.hidden
            back = mirror or pair
            rows = circuit.layers[k]
            variance = pair.noise_variance()
            reverse_variance = variance if back is pair else back.noise_variance()
            layers.append(
                Layer(
                    weights=pair.weights,
                    reverse=back.weights[:rows] if k > 0 else None,
                    variance=variance,
                    reverse_variance=None if reverse_variance is None else reverse_variance[:rows],
                    row_total=pair.row_total,
                    column_total=back.column_total,
                    activation=neuron.activation,
                    capacitance=neuron.capacitance,
                    leak=neuron.leak,
                )
            )
        return LayeredRC(layers, self.device.read.iv, circuit.mapping.read_voltage, circuit.feedback.gain, circuit.bias)

    def arrays(self) -> list[Array]:
        """Every array of the chip, both halves of each pair, mirrored ones last."""
        mirrors = [mirror for mirror in self.mirrors if mirror is not None]
        return [array for pair in (*self.pairs, *mirrors) for array in (pair.plus, pair.minus)]

    def state(self) -> dict[str, NDArray[np.generic]]:
        """Arrays that change during training, by name, for checkpoints."""
        return {f"{array.name}/{key}": values for array in self.arrays() for key, values in array.state().items()}

    def restore(self, state: dict[str, NDArray[np.generic]]) -> None:
        """Take the arrays of a checkpoint."""
        for array in self.arrays():
            array.restore({key: state[f"{array.name}/{key}"] for key in array.state()})
        for pair in (*self.pairs, *self.mirrors):
            if pair is not None:
                pair.refresh()

    def aged(self, seconds: float) -> Hardware:
        """The chip as it stands `seconds` after its weights were written; a copy, the original stays as it is."""
        later = copy.copy(self)
        later.pairs = [pair.aged(seconds) for pair in self.pairs]
        later.mirrors = [None if mirror is None else mirror.aged(seconds) for mirror in self.mirrors]
        return later
