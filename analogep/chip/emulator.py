"""What a chip is inside: its hardware, what programs it, where its joules go, and its random streams.

Training draws from the streams of its epoch. Looking at the chip (`observer`) draws from other streams and is booked on
a ledger of its own, so that a training that is watched gives the same numbers as one that is not.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from analogep.cautions import caution
from analogep.circuit import CircuitCard
from analogep.crossbar.outer import Gradient, Outer
from analogep.crossbar.written import Written
from analogep.device import DeviceCard
from analogep.device.disturb import untold
from analogep.energy import SPANS, TRAINING, Ledger
from analogep.errors import UsageError
from analogep.learning import Experimenter, Tally, Updater
from analogep.learning.centering import center_of, centered
from analogep.network import Hardware, Network
from analogep.streams import Seeds
from analogep.units import spoken

Floats = NDArray[np.float64]
Inputs = NDArray[np.floating[Any]]

_CHUNK = 100
"""Samples of one relaxation outside training: a fixed number, so that results do not depend on memory or cores."""


@dataclass(frozen=True, eq=False)
class Trained:
    """Result of one batch of training.

    Attributes
    ----------
    pulses : ndarray (layers,) [pulses]
        Programming pulses on the arrays of each layer.
    cost : float [1]
        Sum over the samples of the circuit card's cost in their free phase, before the update.
    scores : ndarray (samples, classes) [V]
        Outputs in the free phase, before the update.
    """

    pulses: Floats
    cost: float
    scores: Floats


@dataclass(frozen=True, eq=False)
class Programmed:
    """Result of `Chip.program` or `Chip.place`.

    Attributes
    ----------
    change : list of ndarray (rows, columns) [1]
        How far the weights of each store moved, which is not what was wanted, but what the pulses did.
    pulses : float [1]
        Programming pulses.
    joules : float [J]
        What pulses, half-selected cells, lines and verify reads took.
    """

    change: list[Floats]
    pulses: float
    joules: float


def scores(experimenter: Experimenter, x: Inputs, network: Network | None = None) -> Floats:
    """Scores of the classes (samples, classes) [V] of the samples `x` (samples, inputs) [1].

    A free phase, then the outputs through the ADC; of the chip as it is, unless a `network` is given.
    """
    network = experimenter.hardware.network() if network is None else network
    found = []
    for start in range(0, len(x), _CHUNK):
        end = experimenter.free(network, experimenter.lines(x[start : start + _CHUNK]), "inference")
        found.append(experimenter.outputs(network, end.v, "inference"))
    return np.concatenate(found)


def inference(experimenter: Experimenter, x: Inputs, network: Network | None = None) -> NDArray[np.int64]:
    """Classes of samples (samples,); parameters as in `scores`."""
    return np.asarray(scores(experimenter, x, network).argmax(axis=1))


class Emulator:
    """Hardware in operation.

    Parameters
    ----------
    device, circuit : cards
    seeds : Seeds

    Attributes
    ----------
    hardware : Hardware
    updater : Updater
    ledger : Ledger
        Joules of the training that is under way.
    aside : Ledger
        Joules of everything else that was asked of the chip.
    spent : Ledger
        Joules of finished epochs.
    experimenter : Experimenter
        Runs the phases of the epoch, and counts them.
    mean_input : ndarray (inputs,) or None [1]
        Mean of the training inputs, for `learning.center_inputs`.
    epoch, batch, done : int
        Epoch under way, updates in it, and updates in all.
    clock : ndarray (2,) [s]
        Time since the initial weights were written, in which the chip was trained, and up to when its cells have aged.
    looks : int
        How often the chip was looked at: names the streams of the next look.
    """

    def __init__(self, device: DeviceCard, circuit: CircuitCard, seeds: Seeds) -> None:
        self.seeds, self.circuit = seeds, circuit
        self.hardware = Hardware(device, circuit, seeds)
        self.updater = Updater(self.hardware)
        self._contours = [circuit.nudging.contour(sign) for sign in (-1.0, 1.0)]
        self.ledger, self.aside, self.spent = Ledger(), Ledger(), Ledger()
        self.mean_input: Floats | None = None
        self.done = self.looks = 0
        self.clock = np.zeros(2)
        self.begin(0)

    def start(self) -> None:
        """Write the initial weights by pulses and verify reads."""
        self.updater.start(self.ledger, self.seeds.operation.rng("start"))
        self.hardware.disturb(0.0)

    def begin(self, epoch: int) -> None:
        """Take the random streams of an epoch."""
        operation, self.epoch, self.batch = self.seeds.operation, epoch, 0
        self.experimenter = Experimenter(self.hardware, self.ledger, operation.rng("phases", epoch))
        self.streams = {name: operation.rng(name, epoch) for name in ("signs", "rounding", "dropout")}

    def close(self) -> None:
        """End an epoch: what is booked from now on belongs to the next one."""
        self.spent.joules += self.ledger.joules
        self.spent.seconds += self.ledger.seconds
        self.ledger = Ledger()
        self.experimenter.ledger = self.ledger

    @property
    def joules(self) -> Floats:
        """Joules of all that the chip has done (components, phases) [J]."""
        return self.spent.joules + self.ledger.joules + self.aside.joules

    @property
    def seconds(self) -> Floats:
        """Seconds of all that the chip has done (spans, phases) [s]."""
        return self.spent.seconds + self.ledger.seconds + self.aside.seconds

    @property
    def elapsed(self) -> float:
        """Seconds from the first pulse of the initial weights on, in which the chip was written and trained [s]."""
        return sum(ledger.elapsed("initial", *TRAINING) for ledger in (self.spent, self.ledger))

    def aged(self, seconds: float, inferences: float) -> Self:
        """The chip `seconds` [s] after its weights were written and after so many inferences; a copy to be read.

        Where the device card does not say what reads do, they move nothing, and a warning says so.

        Raises
        ------
        UsageError
            If the inferences are below 0, or take longer.
        """
        spans = self.hardware.pace.phased([self.hardware.pace.inferred(self.circuit.timing.free.duration)])[0][1]
        taken = inferences * sum(spans.values())
        if not 0.0 <= taken <= seconds:
            raise UsageError(
                f"inferences is {inferences:g}, which take {spoken(taken)} of {spoken(seconds)}; give a number from 0 "
                f"to {seconds / sum(spans.values()):.4g}, or a longer time"
            )
        device = self.hardware.device
        if inferences and untold(device):
            caution(
                f"inferences on {device.name}",
                f"device card '{device.name}': disturb is unknown, so that {inferences:g} inferences move no state; "
                "write what the read voltage is worth, in pulses a second, such as disturb: {kind: stated, read: "
                "20 Hz}, or {kind: none} where it moves nothing; no generic value is assumed for it",
            )
        later = copy.copy(self)
        later.hardware = self.hardware.aged(seconds, inferences * spans["relaxation"])
        later.ledger, later.aside, later.spent = (Ledger() for _ in range(3))
        return later

    def used(self, inferences: float) -> str:
        """So many inferences in words, to be added to a time: whether anything is known of what they do, too."""
        if not inferences:
            return ""
        nothing = ", which moved nothing: disturb is unknown" if untold(self.hardware.device) else ""
        return f", after {inferences:g} inferences{nothing}"

    def observer(self, *, noisy: bool = True, draw: int | None = None) -> Experimenter:
        """An experimenter on the chip as it is now, with random numbers of its own: the same for the same `draw`."""
        rng = self.seeds.operation.rng(f"chip/look/{self.looks}" if draw is None else f"chip/draw/{draw}")
        self.looks += draw is None
        return Experimenter(self.hardware, self.aside, rng, noisy=noisy)

    @property
    def rates(self) -> tuple[float, ...]:
        """Learning rate of each layer in this epoch, as the circuit card has it [1]."""
        learning = self.circuit.learning
        return tuple(rate * learning.share(self.epoch) for rate in self.circuit.per_layer(learning.rate))

    def train(self, x: Inputs, target: Floats, rates: tuple[float, ...]) -> Trained:
        """One batch as the circuit card has it: phases, estimate, pulses.

        Parameters
        ----------
        x : ndarray (samples, inputs) [1]
        target : ndarray (samples, classes) [V]
        rates : tuple of float
            Learning rate of each layer.

        Raises
        ------
        UsageError
            If the card centres inputs whose mean is not known.
        """
        experimenter, circuit, off = self.experimenter, self.circuit, self.circuit.learning.input_dropout
        network, begun = self.hardware.network(), self.ledger.seconds.copy()
        contour = self._contours[self.streams["signs"].random() < 0.5]
        lit = x * (self.streams["dropout"].random(x.shape) >= off) if off > 0.0 else x
        phases, lines, free = experimenter.phases(network, lit, target, contour, 1.0 / (1.0 - off))
        gradient = self._centered(network.factored(phases, lines))
        outputs = network.scores(experimenter.rates(network, free.v)[-1])
        pulses = self._apply(gradient, rates)
        self._age(self.ledger.seconds - begun)
        return Trained(pulses, float(circuit.cost.value(outputs, target, circuit.target_voltage).sum()), outputs)

    def _apply(self, gradient: Sequence[Gradient], rates: tuple[float, ...]) -> Floats:
        """Program a step down the gradient; returns the pulses of each layer."""
        found = self.updater.apply(
            gradient, rates, self.epoch, self.batch, self.ledger, self.streams["rounding"], self.done
        )
        self.batch, self.done = self.batch + 1, self.done + 1
        return np.array(found)

    def _age(self, spent: Floats) -> None:
        """Let the clock of training go on by `spent` (spans, phases) [s], and cells move and age where it is worth it.

        First what the voltages of reads and half-selected pulses do, of which the pulses of `spent` are the last.
        """
        self.hardware.disturb(float(spent[SPANS.index("relaxation")].sum()))
        self.clock[0] += float(spent.sum())
        if self.hardware.elapse(self.clock[1], self.clock[0]):
            self.clock[1] = self.clock[0]

    def _centered(self, gradient: Sequence[Gradient]) -> Sequence[Gradient]:
        """Gradient of each store, the first as for centred inputs where the card says so; books the products."""
        least, first = self.circuit.learning.center_inputs, gradient[0]
        if least is None or not isinstance(first, Outer):
            return gradient
        if self.mean_input is None:
            raise UsageError(
                "learning.center_inputs: the mean of the training inputs is not known; set it before training, "
                "chip.mean_input = x.mean(axis=0), or change learning.center_inputs to null"
            )
        center = center_of(self.mean_input, least)
        macs = first.rows.size + center.size * first.columns.shape[1]
        self.ledger.book("update", **self.hardware.memory.booked(digital=macs * self.circuit.digital.mac))
        return [centered(first, center), *gradient[1:]]

    def program(self, change: Sequence[Floats]) -> Floats:
        """Program the wanted `change` of the weights of each store, (rows, columns) [1].

        Returns
        -------
        ndarray (layers,) [pulses]
            Pulses on the arrays of each layer.
        """
        begun = self.ledger.seconds.copy()
        pulses = self._apply([-part for part in change], (1.0,) * self.circuit.depth)
        self._age(self.ledger.seconds - begun)
        return pulses

    def place(self, weights: Sequence[Floats]) -> Written:
        """Write the `weights` of each store, (rows, columns) [1], by pulses and verify reads, into it and its mirror.

        What the update rule remembers begins anew.
        """
        hardware, total = self.hardware, Written()
        operation = self.seeds.operation
        for store, mirror, target in zip(hardware.stores, hardware.mirrors, weights, strict=True):
            for one in (store, mirror):
                if one is not None:
                    rng = operation.rng(f"{one.name}/place/{self.looks}")
                    # Counted down from below the calls of initial writes, so that no write draws another's noise.
                    call = -(1 << 20) - 100 * self.looks
                    written = one.write(np.clip(target, *one.range), operation, rng, hardware.adc_fraction, call=call)
                    self.updater.book(one, written, self.aside, "initial")
                    total += written
        self.hardware.disturb(0.0)
        self._forget(self.aside)
        return total

    def _forget(self, ledger: Ledger) -> None:
        """Tell the update rule and the wires that weights have been moved by something else; reads are booked."""
        self.hardware.refresh()
        self.hardware.wiring.forget()
        self.updater.remember(ledger, self.seeds.operation.rng(f"place/{self.looks}"))
        self.looks += 1

    def put(self, conductances: Sequence[dict[str, Floats]]) -> float:
        """Put the cells of each store at `conductances` (rows, columns) [S], by half, without pulses; returns 0 pulses.

        Cells keep within their windows.
        """
        for store, mirror, halves in zip(self.hardware.stores, self.hardware.mirrors, conductances, strict=True):
            for one in (store, mirror):
                if one is not None:
                    for half, g in halves.items():
                        one.halves[half].put(g)
        self._forget(Ledger())
        return 0.0

    def infer(self, x: Inputs) -> tuple[NDArray[np.int64], Tally]:
        """Classes (samples,) of samples `x` (samples, inputs) [1], and what was counted; books to the training."""
        reader = Experimenter(self.hardware, self.ledger, self.seeds.operation.rng("inference", self.epoch))
        return inference(reader, x), reader.tally

    def test(self, x: Inputs) -> NDArray[np.int64]:
        """Classes (samples,) of test samples `x` (samples, inputs) [1] after all training; books aside."""
        return inference(Experimenter(self.hardware, self.aside, self.seeds.operation.rng("test", self.epoch)), x)
