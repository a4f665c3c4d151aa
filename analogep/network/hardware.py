"""Two cards made into hardware: fabricated pairs for every layer, and the network that they form at this instant."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from analogep.circuit import CircuitCard
from analogep.circuit.mismatch import AutoZero
from analogep.clock import Pace, batch
from analogep.crossbar import Array, Pair, Store, Written
from analogep.crossbar.ageing import worth
from analogep.device import DeviceCard
from analogep.device.disturb import disturbance
from analogep.memory import DigitalMemory
from analogep.network.base import Network
from analogep.network.build import Builder
from analogep.network.fit import check_fit
from analogep.network.mismatch import drawn
from analogep.network.wiring import Wiring
from analogep.streams import Seeds

Floats = NDArray[np.float64]


class Hardware:
    """Crossbars and neurons of one fabricated chip.

    Parameters
    ----------
    device, circuit : cards
    seeds : Seeds
        `fabrication` draws the spread of cells and neurons, `operation` the noise of the initial writes, `data` the
        initial weights.

    Attributes
    ----------
    stores : list of Store
        What holds the weights, from the inputs to the outputs.
    wiring : Wiring
        The resistance of its lines.
    neurons : list of Mismatched
        What the neurons of each layer have of their own.
    memory : DigitalMemory
        What an update needs beside the arrays.
    pace : Pace
        How its clock runs.
    mirrors : list of Store or None
        For each store the one that is read in reverse where feedback is mirrored, behind the first layer; None where
        the store itself serves.
    """

    def __init__(self, device: DeviceCard, circuit: CircuitCard, seeds: Seeds) -> None:
        check_fit(device, circuit)
        self.device, self.circuit, self.seeds = device, circuit, seeds
        self.memory = DigitalMemory(device, circuit)
        self.wiring = Wiring(circuit.wires, device.read.iv)
        self.neurons = drawn(circuit.mismatch, circuit.sizes[1:], seeds.fabrication)
        self._worth, self.pace = worth(device), Pace.of(circuit)
        self._disturbance = disturbance(device, circuit.mapping.read_voltage)
        self._builder: Builder = circuit.network.builder()(self)
        self.stores, self.mirrors = self._builder.stores()
        self._wanders = device.read.between_samples == "wander" and bool(device.read.components)
        if self._wanders:
            step = batch(circuit, device)
            for store in self.every:
                store.let_wander(step, seeds.operation)

    @property
    def pairs(self) -> list[Pair]:
        """The stores that are conductance pairs."""
        return [store for store in self.stores if isinstance(store, Pair)]

    @property
    def every(self) -> list[Store]:
        """All stores, mirrored ones last."""
        return [*self.stores, *(mirror for mirror in self.mirrors if mirror is not None)]

    @property
    def adc_fraction(self) -> float:
        """Resolution of verify reads [1]: the ADC's codes lie one window / (2^bits - 1) apart, from 0 S upwards."""
        bits = self.circuit.adc.bits
        return 0.0 if bits is None else 1.0 / (2.0**bits - 1.0)

    @property
    def amplifier_power(self) -> float:
        """Bias power of all neurons or amplifiers while the network is powered, auto-zeros in the mean included [W]."""
        bias, zero = self._builder.amplifier_power, self._zero
        return bias if zero is None else bias + zero.power(bias, self._builder.amplifiers)

    @property
    def stretch(self) -> float:
        """Time that passes on the chip for each second of a phase [1]: auto-zeros take some."""
        return 1.0 if self._zero is None else self._zero.stretch

    @property
    def _zero(self) -> AutoZero | None:
        return None if self.circuit.mismatch is None else self.circuit.mismatch.auto_zero

    def initialise(self) -> list[Written]:
        """Write the initial weights.

        Returns
        -------
        list of Written
            What was written and read in each store, mirrored ones included.
        """
        done = []
        for store, mirror, target in zip(self.stores, self.mirrors, self._builder.initial(), strict=True):
            total = Written()
            for one in (store, mirror):
                if one is not None:
                    rng = self.seeds.operation.rng(f"{one.name}/verify")
                    total = total.beside(one.write(target, self.seeds.operation, rng, self.adc_fraction))
            done.append(total)
        if self._wanders:
            for store in self.every:
                store.resize_wander()
        return done

    def network(self) -> Network:
        """The circuit with the conductances of now."""
        return self._builder.network()

    @property
    def devices(self) -> int:
        """Number of cells, in all copies of the arrays and of their mirrors."""
        return sum(store.devices * self.circuit.copies[store.layer] for store in self.every)

    def products(self, phases: int) -> int:
        """Multiply-accumulates of an update for a sample: one per weight and measured phase, in the first layer one per
        weight, of differences."""
        shapes = [(store.shape, store.layer) for store in self.stores]
        return sum(rows * columns * (phases if layer else 1) for (rows, columns), layer in shapes)

    def labelled(self) -> Iterator[tuple[int, str, bool, Array]]:
        """Every array with its layer, its half, and whether it is a mirrored one."""
        for stores, mirror in ((self.stores, False), (self.mirrors, True)):
            for store in stores:
                if store is not None:
                    yield from ((store.layer, half, mirror, array) for half, array in store.halves.items())

    def arrays(self) -> list[Array]:
        """Every array of the chip, mirrored ones last."""
        return [array for store in self.every for array in store.halves.values()]

    def state(self) -> dict[str, NDArray[np.generic]]:
        """Arrays that change during training, for checkpoints, by name; shapes and units as in `Array.state`."""
        return {f"{array.name}/{key}": values for array in self.arrays() for key, values in array.state().items()}

    def restore(self, state: dict[str, NDArray[np.generic]]) -> None:
        """Take the arrays of a checkpoint, `state` as in `Hardware.state`."""
        for array in self.arrays():
            array.restore({key: state[f"{array.name}/{key}"] for key in array.state()})
        self.refresh()

    def refresh(self) -> None:
        """Compute what is kept beside the conductances anew."""
        for store in self.every:
            store.refresh()

    def elapse(self, start: float, end: float) -> bool:
        """Let all cells age from `start` to `end` [s] on the clock of training; returns whether that was worth it."""
        if not (self._wanders or self._worth(end - start)):
            return False
        for array in self.arrays():
            array.elapse(start, end)
        self.refresh()
        return True

    def disturb(self, seconds: float) -> None:
        """Let half-selected pulses, verify reads and `seconds` [s] of phases move the cells, where that is worth it."""
        if self._disturbance is None:
            return
        found = False
        for array in self.arrays():
            array.exposed.lit += seconds
            found |= array.disturb(self._disturbance)
        if found:
            self.refresh()

    def aged(self, seconds: float, lit: float = 0.0) -> Hardware:
        """The chip as it stands `seconds` after its weights were written, and after `lit` [s] of reading.

        A copy, the original stays as it is.
        """
        later = copy.copy(self)
        later.wiring = Wiring(self.circuit.wires, self.device.read.iv)
        later._builder = type(self._builder)(later)
        later.stores = [store.aged(seconds) for store in self.stores]
        later.mirrors = [None if mirror is None else mirror.aged(seconds) for mirror in self.mirrors]
        if lit:
            later.disturb(lit)
        return later
