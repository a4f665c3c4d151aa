"""The Euler steps of an RC network of any depth, compiled: a batch at a time, with matrix products between layers.

What `compiled.Kernel` does a sample after the other for few outputs costs more than BLAS where both sides of an array
are wide. Here a step is two products for each array and one sweep over the nodes; nothing is allocated on the way.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.circuit import Sigmoid, Tanh
from analogep.crossbar import threads
from analogep.network import Drive, RCDrive
from analogep.network.rc_layer import Curve
from analogep.relaxation.padding import padded
from analogep.relaxation.relaxed import Relaxed
from analogep.relaxation.stepper import Stepper
from analogep.relaxation.sweeps import exponential, sweep_steps

Floats = NDArray[np.float64]
Reals = NDArray[Any]
Layers = tuple[Reals, ...]

_MOST = 64
"""Samples of one job: products of more are hardly faster, and what belongs to them leaves the core's cache."""
_LEAST = 32
"""Samples below which a job is not worth a thread: products of half of them take more than half of the time."""


def jobs(samples: int) -> list[tuple[int, int]]:
    """First and last sample of each job, about equal; they depend on the samples alone, and so do the sums of BLAS."""
    number = max(1, min(samples // _LEAST, 2), -(-samples // _MOST))
    edges = [samples * k // number for k in range(number + 1)]
    return list(itertools.pairwise(edges))


def curve(activation: Curve) -> tuple[float, float, float, float]:
    """Rails, centre and swing [V] of rho(v) = centre + swing tanh((v - centre)/swing); swing 0: linear between rails.

    a sigma(4 (v/a - 1/2)) = a/2 + a/2 tanh((v - a/2)/(a/2)), so that a sigmoid is such a curve too.
    """
    low, high = activation.rails
    if isinstance(activation, Tanh | Sigmoid):
        return low, high, 0.5 * (low + high), 0.5 * (high - low)
    return low, high, 0.0, 0.0


@dataclass(frozen=True)
class DeepKernel(Stepper):
    """Steps of a network with two layers of weights or more."""

    @property
    def straight(self) -> bool:
        """Whether reverse arrays are laid out anew: BLAS is much slower by columns in double precision only."""
        return self.solver.precision == "double"

    def march(self, drive: Drive, v0: Floats, count: int, h: float) -> Relaxed:
        """Take `count` steps of `h` seconds from `v0` (samples, nodes) [V]."""
        assert isinstance(drive, RCDrive)
        network, samples = self.network, v0.shape[0]
        v = padded([np.array(v0[:, part], self.kind, order="C") for part in network.slices])
        energy, residual = np.zeros((samples, 3)), np.zeros(samples)
        weights, numbers, scalars = self._weights, self._numbers(h), self._scalars(drive)
        signal, (variances, deviates) = self._signal(drive, samples), self._noise(drive)
        flags = (self.solver.projected, self.straight, bool(drive.noise))
        split = jobs(samples)

        def job(k: int) -> None:
            part = slice(*split[k])
            noise = (*variances, *(_part(some, part) for some in deviates))
            sweep_steps(
                count, flags, _part(v, part), _part(signal, part), weights, numbers, scalars, noise,
                self._space(part.stop - part.start, noisy=flags[2]), energy[part], residual[part],
            )  # fmt: skip

        threads.share(job, len(split), threads.worth(v0.size * count))
        return self.left(
            np.concatenate(v[: len(network.layers)], axis=1, dtype=np.float64), residual, energy, drive.power, count, h
        )

    def _own(self, arrays: Sequence[Floats]) -> Layers:
        """The arrays as compiled loops take them, all of one type; not copied where they are so already."""
        return tuple(np.require(array, self.kind, ["C", "W"]) for array in arrays)

    def _layers(self, arrays: Sequence[Floats]) -> Layers:
        return padded(self._own(arrays))

    def _turned(self, arrays: Sequence[Floats]) -> Layers:
        return self._layers([array.T for array in arrays] if self.straight else arrays)

    @cached_property
    def _weights(self) -> tuple[Layers, Layers, Layers]:
        """Forward and reverse weights of the arrays behind the first, brackets of their bias lines."""
        network, behind = self.network, self.network.layers[1:]
        none = np.zeros((1, 1))
        reverse = [layer.reverse for layer in behind if layer.reverse is not None]
        forward = self._layers([none, *(network.inner(layer) for layer in behind)])
        # The bias line of the first array is in the inputs.
        constants = [c for c in network.constants[1:] if c is not None] or [np.zeros(layer.size) for layer in behind]
        return forward, self._turned([none, *reverse]), self._layers([np.zeros(network.layers[0].size), *constants])

    def _numbers(self, h: float) -> tuple[Reals, Layers, Layers, Reals, Reals]:
        """Curves, steps and leaks of the layers; conductance of their lines; series of the devices and of e^x."""
        layers = self.network.layers
        curves = [(*curve(layer.activation), h * layer.leak / layer.capacitance, layer.leak) for layer in layers]
        rows = [behind.row_total[: layer.size] for layer, behind in itertools.pairwise(layers)]
        columns = [layer.column_total for layer in layers[1:]]
        none = np.zeros(1)
        return (
            np.array(curves, dtype=self.kind),
            self._layers([*rows, none]),
            self._layers([none, *columns]),
            np.array(self.series, dtype=self.kind),
            exponential(self.kind),
        )

    def _scalars(self, drive: Drive) -> Reals:
        """beta, whether it is frozen, gain, read voltage, power of the bias lines."""
        network = self.network
        bias = sum(float(layer.row_total[-1]) for layer in network.layers[1:]) if network.bias else 0.0
        power = network.read_voltage * network.bias_drive * bias
        return np.array(
            [drive.beta, float(drive.frozen is not None), network.gain, network.read_voltage, power], dtype=self.kind
        )

    def _signal(self, drive: RCDrive, samples: int) -> Layers:
        """Target of the outputs or their frozen pull, target, bracket of the first layer."""
        none = np.zeros((samples, self.network.layers[-1].size))
        pull = drive.frozen if drive.frozen is not None else drive.target
        pull = none if pull is None else pull
        return self._own([pull, pull if drive.target is None else drive.target, drive.inputs])

    def _noise(self, drive: Drive) -> tuple[tuple[Layers, Layers, Layers], tuple[Layers, Layers]]:
        """Variances of forward and reverse weights and of the bias lines; deviates, forward and in reverse."""
        layers, none = self.network.layers, np.zeros((1, 1))
        offsets = [np.zeros(layer.size) for layer in layers]
        variances, reverse, forth, back = ([none for _ in layers] for _ in range(4))
        for k, (ahead, behind) in enumerate(drive.noise[1:], 1):
            variance, turned = layers[k].variance, layers[k].reverse_variance
            assert variance is not None
            assert turned is not None
            assert ahead is not None
            assert behind is not None
            variances[k], reverse[k] = (variance[:-1] if self.network.bias else variance), turned
            forth[k], back[k - 1] = ahead, behind
            if self.network.bias:
                offsets[k] = self.network.bias_drive**2 * variance[-1]
        fixed = self._layers(variances), self._turned(reverse), self._layers(offsets)
        return fixed, (self._layers(forth), self._layers(back))

    def _space(self, samples: int, *, noisy: bool) -> tuple[Reals, Layers, Layers, Layers, Layers, Layers]:
        """Room for what one job computes on the way."""
        sizes = [layer.size for layer in self.network.layers]

        def room(rows: int) -> Layers:
            return padded([np.empty((rows, size), self.kind) for size in sizes])

        lines = np.empty(max(sizes), self.kind)
        return lines, room(samples), room(samples), room(samples), room(samples), room(samples if noisy else 0)


def _part(arrays: Layers, part: slice) -> Layers:
    """Rows of each; those without samples as they are."""
    return tuple(array[part] if array.shape[0] > 1 else array for array in arrays)
