"""Phases of a spiking network: from cards to the compiled clock (`spike_steps`), and from events to joules.

A spike on the word lines of a layer costs, in the devices behind it, V q(V) width times the conductance of both lines,
and C V^2 for each of their cells; in reverse the same on its bit lines at the feedback gain's share of V.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.phases import Phase, Solver
from analogep.crossbar import threads
from analogep.network.spiking import BLOCKS, SpikingDrive, SpikingNetwork
from analogep.relaxation.relaxed import Relaxed
from analogep.relaxation.spike_steps import LANES, spike_steps

Floats = NDArray[np.float64]
Reals = NDArray[Any]

_MODES = {"current": 0, "regular": 1, "poisson": 2}
_SAMPLES = 4
"""Samples of one job: a fixed number, so that any number of threads does the same."""


@dataclass(frozen=True)
class Fired(Relaxed):
    """End of a phase of a spiking network.

    Attributes
    ----------
    spikes : ndarray (samples, layers + 1)
        Spikes of the inputs and of each layer.
    raster : uint8 ndarray (steps, neurons) or (0, 0)
        Spikes of the first sample, if the path was asked for.
    """

    spikes: NDArray[np.int64]
    raster: NDArray[np.uint8]


def fire(
    network: SpikingNetwork, drive: SpikingDrive, v0: Floats, phase: Phase, solver: Solver, *, record: bool = False
) -> Fired:
    """Run one phase of a batch.

    Parameters
    ----------
    network, drive
    v0 : ndarray (samples, states)
        State at its beginning, as `SpikingNetwork` lays it out.
    phase : Phase
        Its length.
    solver : Solver
        Precision.
    record : bool
        Whether to keep the state of every step; slow.
    """
    clock, samples, many = Clock(network, solver), v0.shape[0], network.neurons
    count = max(1, round(phase.duration / network.card.step))
    state = np.ascontiguousarray(v0.reshape(samples, BLOCKS, many), dtype=clock.kind)
    found = clock.run(drive, state, count, record=record)
    duration = count * network.card.step
    energy = clock.joules(drive, found, duration)
    residual = np.sqrt(found.drift) / network.read_voltage
    path = found.path.reshape(-1, samples, BLOCKS * many) if record else np.empty((0, samples, BLOCKS * many))
    times = network.card.step * np.arange(count + 1.0) if record else np.array([0.0, duration])
    ends = found.state.reshape(samples, -1).astype(np.float64)
    return Fired(ends, residual, duration, energy, count, times, path, found.spikes, found.raster)


@dataclass(frozen=True)
class _Run:
    state: Reals
    sums: Floats
    spikes: NDArray[np.int64]
    drift: Floats
    path: Floats
    raster: NDArray[np.uint8]


class Clock:
    """The numbers of a network as the compiled clock wants them.

    Parameters
    ----------
    network : SpikingNetwork
    solver : Solver
        Precision.
    """

    def __init__(self, network: SpikingNetwork, solver: Solver) -> None:
        self.network, self.analog, self.card = network, network.analog, network.card
        self.kind: Any = np.float32 if solver.precision == "single" else np.float64
        self.edges = np.array([0, *(part.stop for part in network.slices)], dtype=np.int64)
        # Lines of analog inputs do not spike: the first array is in the drive already.
        self._still = self.card.inputs.kind == "current"
        inner = [self._first(k, self.analog.inner(layer)) for k, layer in enumerate(self.analog.layers)]
        reverse = [np.empty((0, 0)) if one.reverse is None else one.reverse.T for one in self.analog.layers]
        self.forward, self.reverse = self._padded(inner), self._padded(reverse)
        volts = np.array([self.analog.gain * self.analog.read_voltage])
        self._turned = float(np.asarray(self.analog.iv.drive(volts))[0])
        """q of a reverse spike's voltage [V]; that of a forward one is the bias lines'."""
        self.loads = self._loads()

    def _first(self, k: int, array: Reals) -> Reals:
        """An array as it is; nothing for the first one if its lines do not spike."""
        return np.empty((0, 0)) if k == 0 and self._still else array

    def _own(self, arrays: Sequence[Reals]) -> tuple[Reals, ...]:
        return tuple(np.require(array, self.kind, ["C"]) for array in arrays)

    def _padded(self, arrays: Sequence[Reals]) -> tuple[Reals, ...]:
        """With columns of zeros up to a multiple of what the clock adds at once."""
        return self._own([np.pad(one, ((0, 0), (0, -one.shape[1] % LANES))) if one.size else one for one in arrays])

    def _noise(self, *, noisy: bool) -> tuple[tuple[Reals, ...], tuple[Reals, ...]]:
        """Standard deviations of the weights in one read; empty without noise."""
        none, layers = np.empty((0, 0)), self.analog.layers
        if not noisy:
            empty = self._own([none] * len(layers))
            return empty, empty
        ahead, behind = [], []
        for k, layer in enumerate(layers):
            assert layer.variance is not None
            ahead.append(np.sqrt(self._first(k, layer.variance[:-1] if self.analog.bias else layer.variance)))
            behind.append(none if k == 0 or layer.reverse_variance is None else np.sqrt(layer.reverse_variance.T))
        return self._own(ahead), self._own(behind)

    def numbers(self) -> Reals:
        """Constants of each layer, as `spike_steps` takes them.

        The jump of the trace makes its mean over the beginnings of steps the rate exactly, for any step; that of a
        synapse does so for the mean over each step, which drives the membrane.
        """
        card, analog, rows = self.card, self.analog, []
        h, volts, lifs = card.step, analog.read_voltage, self.network.lif
        ahead, behind = analog.bias_drive, self._turned
        for k, neuron in enumerate(lifs):
            tau, before = neuron.time_constant, lifs[max(k - 1, 0)].time_constant
            a, decay = math.exp(-h / tau), neuron.decay
            even = h if decay == 0.0 else (1.0 - math.exp(-h * decay)) / decay
            level = -math.inf if neuron.reset.kind == "subtract" else neuron.reset.level
            rows.append(
                (
                    a, (1.0 - a) * tau / h, math.exp(-h * decay), even / (volts * neuron.refractory), level,
                    neuron.floor, round(neuron.refractory / h), ahead * neuron.refractory / tau,
                    behind * neuron.refractory / before, math.exp(-h / card.trace),
                    volts * neuron.refractory / h * -math.expm1(-h / card.trace), neuron.leak,
                )
            )  # fmt: skip
        return np.array(rows, dtype=self.kind)

    def _loads(self) -> tuple[Floats, Floats]:
        """Joules of the devices of a forward spike on each line, and of a reverse one [J]."""
        analog, volts, width = self.analog, self.analog.read_voltage, self.card.width
        unit, turned = volts * analog.bias_drive * width, analog.gain * volts * self._turned * width
        ahead = [layer.row_load(analog.inner(layer).shape[0]) * unit for layer in analog.layers]
        ahead.append(np.zeros(analog.layers[-1].size))
        behind = [np.zeros(analog.layers[0].size), *(layer.column_load * turned for layer in analog.layers[1:])]
        return np.concatenate(ahead), np.concatenate(behind)

    def run(self, drive: SpikingDrive, state: Reals, count: int, *, record: bool) -> _Run:
        """Run the clock for `count` steps, from `state` (samples, BLOCKS, neurons), which is left as it is."""
        state, samples, layers = state.copy(), state.shape[0], len(self.analog.layers)
        volts, many = self.analog.read_voltage, self.network.neurons
        window = min(count, max(2, round(self.card.window / self.card.step)))
        still = np.zeros((samples, many), self.kind)
        for k, part in enumerate(self.network.slices):
            constant = self.analog.constants[k]
            still[:, part] = drive.inputs if k == 0 else 0.0 if constant is None else constant
        outputs = np.zeros((samples, self.analog.layers[-1].size), self.kind)
        target = outputs if drive.target is None else drive.target.astype(self.kind)
        pull = target if drive.frozen is None else drive.frozen.astype(self.kind)
        nudging = self.kind(drive.beta), drive.frozen is not None, pull, target
        inputs = _MODES[self.card.inputs.kind], (drive.x / volts).astype(self.kind)
        noise = self._noise(noisy=bool(drive.noise) and self.network.noisy)
        unit = volts * self.card.hidden.refractory / (window * self.card.step)
        rng = np.random.default_rng(drive.key)
        keys = rng.integers(0, 2**32, size=(samples, 2), dtype=np.uint32)
        sums, spikes, drift = np.zeros((samples, 3)), np.zeros((samples, layers + 1), np.int64), np.zeros(samples)
        numbers, raster = self.numbers(), np.zeros((count if record else 0, many if record else 0), np.uint8)

        def march(first: int, last: int, begin: int, steps: int, counted: int, shown: NDArray[np.uint8]) -> None:
            spike_steps(
                first, last, begin, steps, counted, self.edges, state, still, nudging, inputs, self.forward,
                self.reverse, noise, numbers, unit, self.loads, keys, sums, spikes, drift, shown,
            )  # fmt: skip

        def job(k: int) -> None:
            march(k * _SAMPLES, min((k + 1) * _SAMPLES, samples), 0, count, window, raster[:0, :0])

        if record:
            return self._recorded(march, state, count, (sums, spikes, drift, raster), window)
        threads.share(job, -(-samples // _SAMPLES), threads.worth(samples * count * many))
        return _Run(state, sums, spikes, drift, np.empty(0), raster)

    def _recorded(self, march: Any, state: Reals, count: int, found: tuple[Any, ...], window: int) -> _Run:
        """All steps one by one, with the state after each."""
        sums, spikes, _, raster = found
        path = np.empty((count + 1, *state.shape))
        path[0] = state
        total, early = np.zeros_like(state[:, 4]), np.zeros_like(state[:, 4])
        for step in range(count):
            march(0, len(state), step, 1, 1 if step >= count - window else 0, raster[step : step + 1])
            total += state[:, 4]
            # The clock divides the window so too; before it the rates are 0.
            if 2 * (count - step) > window:
                early += state[:, 4]
            path[step + 1] = state
            path[step + 1, :, 4] = total
        state[:, 4] = total
        drift = np.mean((2.0 * (total - 2.0 * early)) ** 2, axis=1)
        return _Run(state, sums, spikes, drift, path, raster)

    def joules(self, drive: SpikingDrive, found: _Run, duration: float) -> Floats:
        """Energy of each component (samples, components) [J]."""
        network, analog, card = self.network, self.analog, self.card
        energy = np.zeros((len(found.sums), len(network.powers_of)))
        bias = sum(layer.bias_load for layer in analog.layers[1:]) if analog.bias else 0.0
        power = drive.power + analog.read_voltage * analog.bias_drive * bias
        energy[:, 0] = found.sums[:, 0] + power * duration
        energy[:, 1] = found.sums[:, 1] * card.step
        energy[:, 2] = abs(drive.beta) * card.output.leak * found.sums[:, 2] * card.step
        energy[:, 3] = found.spikes[:, 1:] @ np.array([neuron.spike for neuron in network.lif])
        energy[:, 4] = found.spikes @ self._edges()
        return energy

    def _edges(self) -> Floats:
        """C V^2 of the cells on the lines of one spike: inputs, then each layer forward and in reverse [J]."""
        analog, unit = self.analog, 2.0 * self.network.line_capacitance * self.analog.read_voltage**2
        found = [analog.layers[0].size * unit if self.card.inputs.kind != "current" else 0.0]
        for k, (here, ahead) in enumerate(itertools.zip_longest(analog.layers, analog.layers[1:])):
            cells = 0.0 if ahead is None else float(ahead.size)
            behind = analog.gain**2 * here.weights.shape[0] if k > 0 else 0.0
            found.append((cells + behind) * unit)
        return np.array(found)
