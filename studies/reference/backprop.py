"""The same network by backpropagation, in plain NumPy, with the text's "energy" of its activations.

    h = max(W1' x + b1, 0),   y = W2' h + b2,   C = 1/2 |y - d|^2
    dC/dW2 = h (y - d)',   dC/dh = W2 (y - d),   dC/dW1 = x (dC/dh [h > 0])'

The text draws a parallel between this network and the Hopfield one: it puts its activations into the Hopfield energy,

    E = 1/2 (|h|^2 + |y|^2) - h' (W1' x + b1) - y' (W2' h + b2) = -1/2 (|h|^2 + |y|^2),

as both layers are what drives them. This says how large the activations are, and nothing about joules: those are
multiply-accumulates times the energy of one (`analogep.energy`).
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analogep.datasets import Dataset, batches
from analogep.streams import Streams

Reals = NDArray[np.floating]

RATE = 0.05
"""Chosen on held-out training images, as those of the Hopfield network."""
_CHUNK = 1000


@dataclass
class Network:
    """Weights (inputs, neurons) and biases (neurons,) of both layers [1]."""

    weights: list[Reals]
    biases: list[Reals]

    @classmethod
    def glorot(cls, sizes: Sequence[int], rng: np.random.Generator) -> Network:
        """Uniform within sqrt(6/(inputs + neurons)) of each layer, biases 0; single precision."""
        weights = [
            (np.sqrt(6.0 / (a + b)) * rng.uniform(-1.0, 1.0, (a, b))).astype(np.float32)
            for a, b in itertools.pairwise(sizes)
        ]
        return cls(weights, [np.zeros(n, dtype=np.float32) for n in sizes[1:]])

    def forward(self, x: Reals) -> tuple[Reals, Reals]:
        """Hidden activations and outputs (samples, neurons) [1]."""
        hidden = np.maximum(x @ self.weights[0] + self.biases[0], 0.0)
        return hidden, hidden @ self.weights[1] + self.biases[1]

    def gradient(self, x: Reals, target: Reals) -> tuple[list[Reals], list[Reals]]:
        """Gradients of the mean cost with respect to weights and biases."""
        hidden, output = self.forward(x)
        last = (output - target) / len(x)
        first = (last @ self.weights[1].T) * (hidden > 0.0)
        return [x.T @ first, hidden.T @ last], [first.sum(axis=0), last.sum(axis=0)]

    def hopfield(self, x: Reals) -> Reals:
        """The text's energy of the activations (samples,) [1]."""
        hidden, output = self.forward(x)
        pairs = (hidden * (x @ self.weights[0])).sum(axis=1) + (output * (hidden @ self.weights[1])).sum(axis=1)
        offsets = hidden @ self.biases[0] + output @ self.biases[1]
        return np.asarray(
            0.5 * (np.square(hidden).sum(axis=1) + np.square(output).sum(axis=1)) - pairs - offsets, dtype=np.float64
        )

    def accuracy(self, x: Reals, labels: NDArray[np.int64]) -> float:
        """Share of samples classified correctly [1]."""
        chunks = range(0, len(x), _CHUNK)
        right = sum(
            int((self.forward(x[k : k + _CHUNK])[1].argmax(axis=1) == labels[k : k + _CHUNK]).sum()) for k in chunks
        )
        return right / len(x)


@dataclass
class Learned:
    """Epoch by epoch.

    Attributes
    ----------
    accuracy : list of float
        On the test images [1].
    train_energy, test_energy : list of float
        Mean "energy" of the first images [1].
    seconds : float
        Of the whole training.
    """

    accuracy: list[float] = field(default_factory=list)
    train_energy: list[float] = field(default_factory=list)
    test_energy: list[float] = field(default_factory=list)
    seconds: float = 0.0


def _silent(_epoch: int, _accuracy: float) -> None:
    """Report nothing."""


def train(
    data: Dataset,
    epochs: int,
    *,
    hidden: int = 1024,
    rate: float = RATE,
    batch: int = 20,
    seed: int = 0,
    probe: int = 32,
    report: Callable[[int, float], None] = _silent,
) -> Learned:
    """Train by plain stochastic gradient descent on the mean cost of a batch.

    Parameters
    ----------
    data : Dataset
    epochs : int
    hidden : int
        Hidden neurons.
    rate : float
        Learning rate of both layers.
    batch : int
    seed : int
        Of initial weights and order of the images.
    probe : int
        Images whose energy is recorded.
    report : callable
        Called with the epoch and the test accuracy after each epoch.
    """
    streams, targets = Streams(seed), np.eye(data.classes, dtype=np.float32)
    network, found = Network.glorot((data.features, hidden, data.classes), streams.rng("backprop")), Learned()
    start = time.perf_counter()
    x, test = (part.astype(np.float32, copy=False) for part in (data.train_x, data.test_x))
    for epoch in range(epochs):
        for chosen in batches(len(x), batch, streams.rng("order", epoch)):
            for parts, slopes in zip(
                (network.weights, network.biases),
                network.gradient(x[chosen], targets[data.train_y[chosen]]),
                strict=True,
            ):
                for part, slope in zip(parts, slopes, strict=True):
                    part -= np.float32(rate) * slope
        found.accuracy.append(network.accuracy(test, data.test_y))
        found.train_energy.append(float(network.hopfield(x[:probe]).mean()))
        found.test_energy.append(float(network.hopfield(test[:probe]).mean()))
        report(epoch + 1, found.accuracy[-1])
    found.seconds = time.perf_counter() - start
    return found
