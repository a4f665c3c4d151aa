"""One epoch: train on every batch, test, and compare the estimated with the exact gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep import datasets
from analogep.datasets import Dataset
from analogep.datasets.augment import augmented
from analogep.energy import TRAINING, Ledger
from analogep.errors import SimulationError
from analogep.learning import Experimenter, Outer, Updater, compare, cost, exact_gradient, factored
from analogep.learning.centering import center_of, centered
from analogep.learning.gradient import Gradient
from analogep.network import Hardware, LayeredRC, Network, hopfield_energy, loop_gain
from analogep.run.history import History
from analogep.run.images import image_shape

Floats = NDArray[np.float64]

_CHUNK = 100
"""Samples of one relaxation outside training: a fixed number, so that results do not depend on memory or cores."""


@dataclass(frozen=True)
class Progress:
    """Where a run stands.

    Attributes
    ----------
    epoch, epochs : int
        Epoch being trained, from 1, and their number.
    batch, batches : int
        Batches done in it, and their number.
    accuracy : float or None
        Test accuracy after the last finished epoch [1].
    stage : str
        What is being done: `train`, `test`, or `done` at the end of an epoch.
    """

    epoch: int
    epochs: int
    batch: int
    batches: int
    accuracy: float | None
    stage: str


def inference(
    experimenter: Experimenter, x: NDArray[np.floating[Any]], network: Network | None = None
) -> NDArray[np.int64]:
    """Classes of the samples `x` (samples, inputs) [1]: free phase, then the outputs through the ADC (samples,).

    Of the chip as it is, unless a `network` is given.
    """
    network = experimenter.hardware.network() if network is None else network
    found = []
    for start in range(0, len(x), _CHUNK):
        end = experimenter.free(network, experimenter.lines(x[start : start + _CHUNK]), "inference")
        found.append(experimenter.outputs(network, end.v, "inference").argmax(axis=1))
    return np.concatenate(found)


class Trainer:
    """Everything that an epoch needs.

    Parameters
    ----------
    hardware : Hardware
    updater : Updater
    data : Dataset
    history : History
        Gets one entry an epoch.
    report : callable
        Called with a `Progress` before and after each batch of work.
    """

    def __init__(
        self,
        hardware: Hardware,
        updater: Updater,
        data: Dataset,
        history: History,
        report: Callable[[Progress], None],
    ) -> None:
        self.hardware, self.updater, self.data, self.history, self.report = hardware, updater, data, history, report
        self.circuit, self.seeds = hardware.circuit, hardware.seeds
        self.targets = np.eye(self.circuit.sizes[-1]) * self.circuit.target_voltage
        self.predictions = np.empty(0, dtype=np.int64)
        self.quiet_cosine = np.full(self.circuit.depth, np.nan)
        least = self.circuit.learning.center_inputs
        self.grid = image_shape(self.circuit, data)
        self.center = None if least is None else center_of(data.train_x, least)

    def _progress(self, epoch: int, batch: int, batches: int, stage: str) -> None:
        accuracy = self.history.last("accuracy") if len(self.history) else None
        self.report(Progress(epoch + 1, self.circuit.learning.epochs, batch, batches, accuracy, stage))

    def epoch(self, epoch: int, ledger: Ledger) -> None:
        """Train, test and probe; `epoch` counts from 0.

        Parameters
        ----------
        epoch : int
        ledger : Ledger
            Empty, or with the joules of the initial writes.
        """
        experimenter = Experimenter(self.hardware, ledger, self.seeds.operation.rng("phases", epoch))
        pulses, right, total = self._train(epoch, experimenter)
        samples = len(self.data.train_y)
        wire_error = self.hardware.wiring.close(self.hardware.arrays())
        self._progress(epoch, 0, 0, "test")
        accuracy, spikes = self._test(epoch, ledger)
        network = self.hardware.network()
        cosine, gain, loop = self._probe(epoch, network)
        self.history.add(
            accuracy=accuracy,
            train_accuracy=right / samples,
            train_cost=total / samples,
            energy=ledger.joules,
            training_energy=ledger.total(*TRAINING) / samples,
            inference_energy=ledger.total("inference") / len(self.data.test_y),
            pulses=pulses,
            worn=self._worn(),
            cosine=cosine,
            gain=gain,
            loop_gain=loop,
            hopfield=self._hopfield(network),
            spikes=spikes,
            wire_error=wire_error,
            unsettled=experimenter.tally.unsettled(),
            duration=experimenter.tally.duration(),
        )
        self._progress(epoch, 0, 0, "done")

    def _train(self, epoch: int, experimenter: Experimenter) -> tuple[Floats, int, float]:
        """All batches of an epoch: pulses of each layer, correct free phases, sum of their costs."""
        learning, voltage = self.circuit.learning, self.circuit.target_voltage
        rates = tuple(rate * learning.share(epoch) for rate in self.circuit.per_layer(learning.rate))
        signs, rounding, off = (self.seeds.operation.rng(name, epoch) for name in ("signs", "rounding", "dropout"))
        swing = 1.0 / (1.0 - learning.input_dropout)
        pulses, right, total = np.zeros(self.circuit.depth), 0, 0.0
        samples = len(self.data.train_y)
        batches = -(-samples // learning.batch)
        order = datasets.batches(samples, learning.batch, self.seeds.data.rng("order", epoch))
        moves = self.seeds.data.rng("augment", epoch)
        for number, chosen in enumerate(order):
            self._progress(epoch, number, batches, "train")
            labels = self.data.train_y[chosen]
            target = self.targets[labels]
            network = self.hardware.network()
            contour = self.circuit.nudging.contour(1.0 if signs.random() < 0.5 else -1.0)
            phases, lines, free = experimenter.phases(
                network, self._lit(self._shown(chosen, moves), off), target, contour, swing
            )
            gradient = self._centered(factored(network, phases, lines), experimenter.ledger)
            outputs = network.scores(experimenter.rates(network, free.v)[-1])
            right += int(np.count_nonzero(outputs.argmax(axis=1) == labels))
            total += float(cost(outputs, target, voltage).sum())
            done = epoch * batches + number
            pulses += self.updater.apply(gradient, rates, epoch, number, experimenter.ledger, rounding, done)
        self._progress(epoch, batches, batches, "train")
        return pulses, right, total

    def _shown(self, chosen: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.floating[Any]]:
        """Training inputs (samples, inputs) [1], moved and mirrored at random where the card says so."""
        x, augment = self.data.train_x[chosen], self.circuit.learning.augment
        if augment is None or self.grid is None:
            return x
        return augmented(x, self.grid, rng, shift=augment.shift, mirror=augment.mirror)

    def _lit(self, x: NDArray[np.floating[Any]], rng: np.random.Generator) -> NDArray[np.floating[Any]]:
        """Training inputs (samples, inputs) [1], some of them switched off at random where the card says so."""
        share = self.circuit.learning.input_dropout
        return x * (rng.random(x.shape) >= share) if share > 0.0 else x

    def _centered(self, gradient: Sequence[Gradient], ledger: Ledger) -> Sequence[Gradient]:
        """Gradient of each store, the first as for centred inputs where the card says so; books the products."""
        first = gradient[0]
        if self.center is None or not isinstance(first, Outer):
            return gradient
        macs = first.rows.size + self.center.size * first.columns.shape[1]
        ledger.book("update", digital=macs * self.circuit.digital.mac)
        return [centered(first, self.center), *gradient[1:]]

    def _worn(self) -> Floats:
        """Devices of each layer beyond the card's endurance (layers,)."""
        worn = np.zeros(self.circuit.depth)
        for store in self.hardware.stores:
            worn[store.layer] += store.worn
        return worn

    def _test(self, epoch: int, ledger: Ledger) -> tuple[float, Floats]:
        """Inference on the test samples: accuracy, and spikes of each layer; keeps the predictions."""
        experimenter = Experimenter(self.hardware, ledger, self.seeds.operation.rng("inference", epoch))
        self.predictions = inference(experimenter, self.data.test_x)
        accuracy = float(np.mean(self.predictions == self.data.test_y))
        return accuracy, experimenter.tally.fired(self.circuit.depth)

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

    def _probe(self, epoch: int, network: Network) -> tuple[Floats, Floats, float]:
        """Cosine and gain of the estimate on the first training samples, and their largest loop gain.

        The estimate has all the noise of training; the reference has none and relaxes three times as long. Neither
        is booked: a chip does not do this. Not a number where there is no exact gradient: all samples have their
        targets, or the network is close to an instability. The last epoch also keeps the cosine of the estimate
        without noise: what is missing there, quieter parts will not bring.
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
            exact = exact_gradient(network, v, lines, target)
        except SimulationError:
            # Near an instability the adjoint may have no solution. A comparison must not end hours of training.
            cosine, gain = np.full((2, self.circuit.depth), np.nan)
        else:
            cosine, gain = self._compared(estimated, exact)
            if epoch + 1 == self.circuit.learning.epochs:
                self.quiet_cosine, _ = self._compared(quiet.gradient(network, x, target, contour)[0], exact)
        return cosine, gain, float(loop_gain(network, v, network.drive(lines)).max())

    def _hopfield(self, network: Network) -> Floats:
        """Mean Hopfield energy of the first training and of the first test samples (2,) [1]; nothing is booked."""
        if not isinstance(network, LayeredRC):
            return np.full(2, np.nan)
        count = self.circuit.learning.probe
        parts = self.data.train_x[:count], self.data.test_x[:count]
        quiet = Experimenter(self.hardware, Ledger(), self.seeds.operation.rng("hopfield"), noisy=False)
        lines = quiet.lines(np.concatenate(parts))
        energy = hopfield_energy(network, quiet.free(network, lines).v, network.drive(lines))
        return np.array([energy[: len(parts[0])].mean(), energy[len(parts[0]) :].mean()])
