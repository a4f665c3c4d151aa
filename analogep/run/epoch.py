"""One epoch: train on every batch, look at the accuracy, and compare the estimated with the exact gradient.

What is looked at after each epoch is the validation part. Where none is held out it is the test part, and the result
says so; with one the test part is read once, after the last epoch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep import datasets
from analogep.chip import Chip
from analogep.datasets import Dataset
from analogep.datasets.augment import augmented
from analogep.energy import TRAINING, Ledger
from analogep.errors import SimulationError
from analogep.learning import Experimenter, Tally, compare
from analogep.network import Network
from analogep.run.history import History
from analogep.run.images import image_shape
from analogep.run.progress import Progress
from analogep.run.response import silent

Floats = NDArray[np.float64]


class Trainer:
    """Everything that an epoch needs.

    Parameters
    ----------
    chip : Chip
    data : Dataset
    history : History
        Gets one entry an epoch; has a validation part if the data have one.
    report : callable
        Called with a `Progress` before and after each batch of work.
    on_batch : callable or None
        Called with the chip after each batch.
    """

    def __init__(
        self,
        chip: Chip,
        data: Dataset,
        history: History,
        report: Callable[[Progress], None],
        on_batch: Callable[[Chip], object] | None = None,
    ) -> None:
        self.chip, self.data, self.history, self.report, self.on_batch = chip, data, history, report, on_batch
        self.emulator = chip.emulator
        self.hardware, self.updater = self.emulator.hardware, self.emulator.updater
        self.circuit, self.seeds = chip.circuit, chip.seeds
        self.targets = np.eye(self.circuit.sizes[-1]) * self.circuit.target_voltage
        self.predictions = np.empty(0, dtype=np.int64)
        self.quiet_cosine = np.full(self.circuit.depth, np.nan)
        self.grid = image_shape(self.circuit, data)
        if self.circuit.learning.center_inputs is not None:
            self.emulator.mean_input = data.train_x.mean(axis=0, dtype=np.float64)

    def _progress(self, epoch: int, batch: int, batches: int, stage: str) -> None:
        accuracy = self.history.last(self.history.watched) if len(self.history) else None
        self.report(Progress(epoch + 1, self.circuit.learning.epochs, batch, batches, accuracy, stage))

    def epoch(self, epoch: int) -> None:
        """Train, look at the accuracy and probe; `epoch` counts from 0."""
        self.emulator.begin(epoch)
        pulses, right, total = self._train(epoch)
        samples = len(self.data.train_y)
        self._finish(epoch, self.emulator.experimenter.tally, pulses, right / samples, total / samples)

    def untrained(self) -> None:
        """Look at the accuracy of the initial weights, probe them, and record that as an epoch without training."""
        self._finish(0, None, np.zeros(self.circuit.depth), np.nan, np.nan)

    def _finish(self, epoch: int, training: Tally | None, pulses: Floats, train_accuracy: float, cost: float) -> None:
        """What comes after the training of an epoch; without any the relaxations that count are those of inferences."""
        samples, inferred, ledger = len(self.data.train_y), len(self.data.watched[1]), self.emulator.ledger
        wire_error = self.hardware.wiring.close(self.hardware.arrays())
        self._progress(epoch, 0, 0, "test")
        share, tested = self._watch()
        tally = tested if training is None else training
        network = self.hardware.network()
        self.history.add(
            **({"accuracy": np.nan} | {self.history.watched: share}),
            train_accuracy=train_accuracy,
            train_cost=cost,
            energy=ledger.joules,
            training_energy=ledger.total(*TRAINING) / samples,
            inference_energy=ledger.total("inference") / inferred,
            seconds=ledger.seconds,
            training_seconds=ledger.elapsed(*TRAINING) / samples,
            inference_seconds=ledger.elapsed("inference") / inferred,
            elapsed=self.emulator.elapsed,
            watts=ledger.watts(),
            pulses=pulses,
            worn=self._worn(),
            **self._probe(epoch, network),
            hopfield=self._hopfield(network),
            spikes=tested.fired(self.circuit.depth),
            wire_error=wire_error,
            unsettled=tally.unsettled(),
            duration=tally.duration(),
        )
        self.emulator.close()
        self._progress(epoch, 0, 0, "done")

    def _train(self, epoch: int) -> tuple[Floats, int, float]:
        """All batches of an epoch: pulses of each layer, correct free phases, sum of their costs."""
        learning, rates = self.circuit.learning, self.emulator.rates
        pulses, right, total = np.zeros(self.circuit.depth), 0, 0.0
        samples = len(self.data.train_y)
        batches = -(-samples // learning.batch)
        order = datasets.batches(samples, learning.batch, self.seeds.data.rng("order", epoch))
        moves = self.seeds.data.rng("augment", epoch)
        for number, chosen in enumerate(order):
            self._progress(epoch, number, batches, "train")
            labels = self.data.train_y[chosen]
            done = self.emulator.train(self._shown(chosen, moves), self.targets[labels], rates)
            right += int(np.count_nonzero(done.scores.argmax(axis=1) == labels))
            total += done.cost
            pulses += done.pulses
            if self.on_batch is not None:
                self.on_batch(self.chip)
        self._progress(epoch, batches, batches, "train")
        return pulses, right, total

    def _shown(self, chosen: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.floating[Any]]:
        """Training inputs (samples, inputs) [1], moved and mirrored at random where the card says so."""
        x, augment = self.data.train_x[chosen], self.circuit.learning.augment
        if augment is None or self.grid is None:
            return x
        return augmented(x, self.grid, rng, shift=augment.shift, mirror=augment.mirror)

    def _worn(self) -> Floats:
        """Devices of each layer and its mirror beyond the card's endurance (layers,)."""
        worn = np.zeros(self.circuit.depth)
        for store in self.hardware.every:
            worn[store.layer] += store.worn
        return worn

    def _watch(self) -> tuple[float, Tally]:
        """Inference on the samples that training is looked at by: accuracy, and what was counted; keeps the classes."""
        x, labels = self.data.watched
        self.predictions, tally = self.emulator.infer(x)
        return float(np.mean(self.predictions == labels)), tally

    def end(self) -> None:
        """Read the test samples, unless that was done after each epoch: their accuracy is that of the last one.

        Their joules are not booked to the epoch, whose inferences are those of the validation samples.
        """
        if self.history.watched != "accuracy":
            self.predictions = self.emulator.test(self.data.test_x)
            self.history.entries["accuracy"][-1] = float(np.mean(self.predictions == self.data.test_y))

    def _by_layer(self, gradient: list[Floats]) -> list[Floats]:
        """Gradients of all stores of each layer in one vector."""
        found: list[list[Floats]] = [[] for _ in range(self.circuit.depth)]
        for store, part in zip(self.hardware.stores, gradient, strict=True):
            found[store.layer].append(part.ravel())
        return [np.concatenate(parts) for parts in found]

    def _compared(self, estimated: list[Floats], exact: list[Floats]) -> tuple[Floats, Floats]:
        """Cosine and gain of an estimate in each layer (layers,)."""
        pairs = [compare(*both) for both in zip(self._by_layer(estimated), self._by_layer(exact), strict=True)]
        cosine, gain = (np.array(column) for column in zip(*pairs, strict=True))
        return cosine, gain

    def _lengths(self, gradient: list[Floats]) -> Floats:
        """Length of a gradient in each layer (layers,) [1]."""
        return np.array([np.linalg.norm(part) for part in self._by_layer(gradient)])

    def _probe(self, epoch: int, network: Network) -> dict[str, Floats | float]:
        """Estimate against exact gradient on the first training samples, their largest loop gain, silent neurons.

        The estimate has all the noise of training; the reference has none and relaxes three times as long. Neither
        is booked: a chip does not do this. Not a number where there is no exact gradient: all samples have their
        targets (its length is 0), or the network is close to an instability (it has no length). The last epoch also
        keeps the cosine of the estimate without noise: what is missing there, quieter parts will not bring.
        """
        chosen = slice(0, self.circuit.learning.probe)
        x, target = self.data.train_x[chosen], self.targets[self.data.train_y[chosen]]
        noisy = Experimenter(self.hardware, Ledger(), self.seeds.operation.rng("probe", epoch))
        contour = self.circuit.nudging.contour()
        estimated, _ = noisy.gradient(network, x, target, contour)
        quiet = Experimenter(self.hardware, Ledger(), self.seeds.operation.rng("probe", epoch), noisy=False)
        lines = quiet.lines(x)
        v = quiet.equilibrium(network, lines)
        try:
            exact = network.exact_gradient(v, lines, target)
        except SimulationError:
            # Near an instability the adjoint may have no solution. A comparison must not end hours of training.
            cosine, gain, length = np.full((3, self.circuit.depth), np.nan)
        else:
            (cosine, gain), length = self._compared(estimated, exact), self._lengths(exact)
            if epoch + 1 >= self.circuit.learning.epochs:
                self.quiet_cosine, _ = self._compared(quiet.gradient(network, x, target, contour)[0], exact)
        return {
            "cosine": cosine,
            "gain": gain,
            "estimated_length": self._lengths(estimated),
            "exact_length": length,
            "loop_gain": float(network.loop_gain(v, network.drive(lines)).max()),
            "silent": silent(network, v),
        }

    def _hopfield(self, network: Network) -> Floats:
        """Mean Hopfield energy of the first training and of the first watched samples (2,) [1]; nothing is booked."""
        count = self.circuit.learning.probe
        parts = self.data.train_x[:count], self.data.watched[0][:count]
        quiet = Experimenter(self.hardware, Ledger(), self.seeds.operation.rng("hopfield"), noisy=False)
        lines = quiet.lines(np.concatenate(parts))
        energy = network.hopfield_energy(quiet.free(network, lines).v, network.drive(lines))
        return np.array([energy[: len(parts[0])].mean(), energy[len(parts[0]) :].mean()])
