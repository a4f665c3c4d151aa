"""The clock of a spiking network: from cards to the compiled steps (`steps`), and from events to joules (`joules`)."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.phases import Solver
from analogep.crossbar import threads
from analogep.draws import key_of
from analogep.engine.parts import padded
from analogep.kinds.spiking import thermal
from analogep.kinds.spiking.card import LIF, EqSpike
from analogep.kinds.spiking.charge import LANES
from analogep.kinds.spiking.equations import SpikingDrive, SpikingEquations
from analogep.kinds.spiking.held import limits, still
from analogep.kinds.spiking.joules import joules, loads, turned_drive
from analogep.kinds.spiking.steps import spike_steps
from analogep.network.connection import Connection

Floats = NDArray[np.float64]
Reals = NDArray[Any]
Sites = tuple[tuple[Reals, ...], tuple[Reals, ...]]
"""What spikes before (parts, rows, columns) and behind (parts, columns, rows) each array have gathered [V]."""

_MODES = {"current": 0, "regular": 1, "poisson": 2}
_SAMPLES = 4
"""Samples of one job: a fixed number, so that any number of threads does the same."""


def each_job(march: Callable[[int, int], None], samples: int, work: int) -> None:
    """Call `march` with the first sample of each job and the one behind its last, on as many threads as `work` is
    worth."""
    edges = [*range(0, samples, _SAMPLES), samples]
    threads.share(lambda k: march(edges[k], edges[k + 1]), len(edges) - 1, threads.worth(work))


@dataclass(frozen=True)
class Given:
    """What a phase is driven by; shapes and units as in `spike_steps`.

    Attributes
    ----------
    still : ndarray (samples, neurons) [V]
        Drive by analog inputs and bias lines.
    nudging : tuple
        beta, whether the pull is frozen, pull or target and target (samples, outputs) [V], the cost's numbers.
    inputs : (int, ndarray (samples, inputs) [1])
        How inputs spike, and their shares of the largest rate.
    noise : (tuple of ndarray, tuple of ndarray)
        As `Clock.noise`: (lines, neurons) [V] of each array, ahead and back.
    keys : uint64 ndarray (samples,)
        Of the samples' random numbers.
    shaken : (ndarray, uint64 ndarray (samples,)) or None
        Thermal noise as `Clock.deviations` has it, (kinds of noise, neurons) [V] and [threshold], and the keys of its
        random numbers; None without.
    """

    still: Reals
    nudging: tuple[Any, ...]
    inputs: tuple[int, Reals]
    noise: tuple[tuple[Reals, ...], tuple[Reals, ...]]
    keys: NDArray[np.uint64]
    shaken: tuple[Reals, NDArray[np.uint64]] | None


@dataclass(frozen=True)
class Run:
    """What the clock has done.

    Attributes
    ----------
    state : ndarray (samples, BLOCKS, neurons) [V]
        At the end, as `SpikingEquations` lays it out.
    sums : ndarray (samples, 6) [J], [V^2 S], [V^2], [J], [J], [J]
        Devices; sums over steps of leaks and of nudging; lines; drivers; columns.
    spikes : int64 ndarray (samples, layers + 1)
        Of the inputs and of each layer.
    drift : ndarray (samples,) [V^2]
        Mean square of what the rates in both halves of the window differ by.
    path : ndarray (steps + 1, samples, BLOCKS, neurons) [V]
        States; empty unless asked for.
    raster : uint8 ndarray (steps, neurons)
        Spikes of the first sample; empty unless asked for.
    sites : list of Sites
        What spikes have gathered in each job: `before` (parts, rows, columns) and `behind` (parts, columns, rows) [V]
        of each array.
    """

    state: Reals
    sums: Floats
    spikes: NDArray[np.int64]
    drift: Floats
    path: Floats
    raster: NDArray[np.uint8]
    sites: list[Sites]


def keys_of(seed: int, samples: int) -> NDArray[np.uint64]:
    """A key of random numbers for each sample (samples,)."""
    drawn = np.random.default_rng(seed).integers(0, 2**64, size=samples, dtype=np.uint64)
    return np.array([key_of(int(bits)) for bits in drawn], dtype=np.uint64)


def _deviation(meet: Connection, variance: Reals) -> Reals:
    return np.asarray(np.sqrt(meet.folded_variance(variance)))


class Clock:
    """The numbers of a network as the compiled clock wants them.

    Parameters
    ----------
    network : SpikingEquations
    solver : Solver
        Precision.
    """

    def __init__(self, network: SpikingEquations, solver: Solver) -> None:
        self.network, self.analog, self.card = network, network.analog, network.card
        self.kind: Any = np.float32 if solver.precision == "single" else np.float64
        self.edges = np.array([0, *(part.stop for part in network.slices)], dtype=np.int64)
        self._turned = turned_drive(network)
        inner = [self.analog.inner(layer) for layer in self.analog.layers]
        reaches = [one.connection.reach(len(rows)) for one, rows in zip(self.analog.layers, inner, strict=True)]
        self.reach = np.array(reaches, dtype=np.int64)
        self.forward = self._jumps(inner, lambda meet, array: meet.folded(array))
        reverse = [one.reverse for one in self.analog.layers]
        self.reverse = self._jumps(reverse, lambda meet, array: meet.folded(array), back=True)
        self.loads = loads(self.network)
        jumps = [self.filtered(neuron) for neuron in network.lif]
        held = limits(network, jumps, self.card.width)
        self.held = None if held is None else np.require(held, self.kind, ["C"])
        self._shaken: dict[tuple[float, float], Reals] = {}

    def _jumps(
        self, arrays: Sequence[Reals | None], folded: Callable[[Connection, Reals], Reals], *, back: bool = False
    ) -> tuple[Reals, ...]:
        """What a spike adds to synapses [V], of arrays as `folded` has them; empty where nothing goes.

        The lines of analog inputs do not spike, and nothing is driven in reverse before the first array.
        """
        found = []
        for k, array in enumerate(arrays):
            if array is None or (k == 0 and (back or self.card.inputs.kind == "current")):
                found.append(np.empty((0, 0), self.kind))
                continue
            # A jump goes to the neurons ahead, or to those before.
            neuron = self.network.lif[k - 1 if back else k]
            jump = (self._turned if back else self.analog.bias_drive) * self.filtered(neuron)
            jumps = jump * folded(self.analog.layers[k].connection, array)
            turned = jumps.T if back else jumps
            if self.reach[k, [0, 1, 6, 7]].prod() == 1:
                turned = np.pad(turned, ((0, 0), (0, -turned.shape[1] % LANES)))
            found.append(np.require(turned, self.kind, ["C"]))
        return padded(found)

    def filtered(self, neuron: LIF) -> float:
        """What one of the spikes of a line at the largest rate adds to a synapse, of their mean [1]."""
        return neuron.refractory / neuron.time_constant

    @functools.cached_property
    def noise(self) -> tuple[tuple[Reals, ...], tuple[Reals, ...]]:
        """Standard deviations of jumps in one read [V], (lines, neurons) of each array ahead, (neurons, lines) back."""
        layers = self.analog.layers
        ahead = [None if one.variance is None else one.variance[: len(self.analog.inner(one))] for one in layers]
        behind = [one.reverse_variance for one in layers]
        return self._jumps(ahead, _deviation), self._jumps(behind, _deviation, back=True)

    def numbers(self) -> Reals:
        """Constants of each layer (layers, numbers), in the units of the `numbers` that the compiled steps take.

        The jump of the trace makes its mean over the beginnings of steps the rate exactly, for any step; that of a
        synapse does so for the mean over each step, which drives the membrane.
        """
        card, analog, rows = self.card, self.analog, []
        h, volts, lifs = card.step, analog.read_voltage, self.network.lif
        ends = math.inf if card.trace is None else h / card.trace
        for neuron in lifs:
            tau = neuron.time_constant
            a, decay = math.exp(-h / tau), neuron.decay
            even = h if decay == 0.0 else (1.0 - math.exp(-h * decay)) / decay
            level = -math.inf if neuron.reset.kind == "subtract" else neuron.reset.level
            rows.append(
                (
                    a, (1.0 - a) * tau / h, math.exp(-h * decay), even / (volts * neuron.refractory), level,
                    neuron.floor, round(neuron.refractory / h), math.exp(-ends),
                    volts * neuron.refractory / h * -math.expm1(-ends), neuron.leak,
                )
            )  # fmt: skip
        return np.array(rows, dtype=self.kind)

    def charges(self, numbers: Reals) -> Reals:
        """Charge of each membrane in a step (neurons,) [1/V], from the `numbers` (layers, numbers) of the layers,
        each in a unit of its own."""
        curves = [layer.activation for layer in self.analog.layers]
        thresholds = [getattr(curve, "threshold", 1.0) for curve in curves]
        found = zip(self.analog.layers, numbers[:, 3], thresholds, strict=True)
        return np.concatenate([np.full(one.size, charge / own, self.kind) for one, charge, own in found])

    def given(self, drive: SpikingDrive, samples: int) -> Given:
        """What a phase is driven by, in the clock's numbers."""
        volts, standing = self.analog.read_voltage, still(self.network, drive).astype(self.kind)
        outputs = np.zeros((samples, self.analog.layers[-1].size), self.kind)
        target = outputs if drive.target is None else drive.target.astype(self.kind)
        pull = target if drive.frozen is None else drive.frozen.astype(self.kind)
        cost = self.network.cost.numbers(volts, self.kind)
        nudging = self.kind(drive.beta), drive.frozen is not None, pull, target, cost
        inputs = _MODES[self.card.inputs.kind], (drive.x / volts).astype(self.kind)
        quiet = padded([np.empty((0, 0), self.kind)] * len(self.analog.layers))
        noise = self.noise if drive.noise and self.network.noisy else (quiet, quiet)
        shaken = None
        if drive.thermal is not None:
            shaken = self.shaken(drive.thermal.kt, drive.stirred), keys_of(drive.thermal.key, samples)
        return Given(standing, nudging, inputs, noise, keys_of(drive.key, samples), shaken)

    def shaken(self, kt: float, stirred: float) -> Reals:
        """Thermal noise at `kt` [J] and `stirred` [1] of `Drive`, (kinds of noise, neurons) [V] and [threshold], as the
        compiled steps take it."""
        if (kt, stirred) not in self._shaken:
            self._shaken[kt, stirred] = np.require(self.deviations(kt, stirred), self.kind, ["C"])
        return self._shaken[kt, stirred]

    def deviations(self, kt: float, stirred: float) -> Floats:
        """Thermal noise at `kt` [J] and `stirred` [1] as `thermal.deviations` has it, (5, neurons) [V] and
        [threshold]."""
        return thermal.deviations(self.network, kt, stirred)

    def blank(self, state: Reals, count: int, *, record: bool) -> Run:
        """A run to be filled, from a copy of `state`, shape and unit as in `Run`."""
        samples, layers, many = state.shape[0], len(self.analog.layers), self.network.neurons
        raster = np.zeros((count if record else 0, many if record else 0), np.uint8)
        spikes, drift = np.zeros((samples, layers + 1), np.int64), np.zeros(samples)
        return Run(state.copy(), np.zeros((samples, 6)), spikes, drift, np.empty(0), raster, [])

    @property
    def window(self) -> int:
        """Steps that are counted."""
        return max(2, round(self.card.window / self.card.step))

    def run(self, drive: SpikingDrive, state: Reals, count: int, *, record: bool) -> Run:
        """Run the clock for `count` steps from a copy of `state`, shape and unit as in `Run`."""
        found, given, samples = self.blank(state, count, record=record), self.given(drive, len(state)), len(state)
        window, many = min(count, self.window), self.network.neurons
        unit = self.analog.read_voltage * self.card.hidden.refractory / (window * self.card.step)
        won, numbers = np.zeros((samples, many), np.int64), self.numbers()
        charges = self.charges(numbers)
        # A recorded phase goes step by step, and reads the membranes itself.
        extended = self.card.readout == "extended" and not record
        jobs, learns = -(-samples // _SAMPLES), self.learns(drive)
        sites, share = self._sites(learns, 1 if record else jobs), self.kind(self._share)
        found = replace(found, sites=sites)

        def march(first: int, last: int, begin: int, steps: int, counted: int, shown: NDArray[np.uint8]) -> None:
            learning = (learns, share, *sites[0 if record else first // _SAMPLES])
            spike_steps(
                first, last, begin, steps, counted, extended, self.edges, found.state, given.still, given.nudging,
                given.inputs, self.forward, self.reverse, self.held, given.noise, numbers, charges, unit, self.loads,
                self.reach, learning, won, given.keys, given.shaken, found.sums, found.spikes, found.drift, shown,
            )  # fmt: skip

        if record:
            return self._recorded(march, found, count, window, unit)
        each_job(lambda one, other: march(one, other, 0, count, window, found.raster), samples, samples * count * many)
        return found

    def _recorded(self, march: Any, found: Run, count: int, window: int, unit: float) -> Run:
        """All steps one by one, with the state after each."""
        state, raster = found.state, found.raster
        path = np.empty((count + 1, *state.shape))
        path[0] = state
        total, early = np.zeros_like(state[:, 4]), np.zeros_like(state[:, 4])
        for step in range(count):
            if step == count - window:
                opening = state[:, 1].copy()
            march(0, len(state), step, 1, 1 if step >= count - window else 0, raster[step : step + 1])
            total += state[:, 4]
            # The clock divides the window so too; before it the rates are 0.
            if 2 * (count - step) > window:
                early += state[:, 4]
            path[step + 1] = state
            path[step + 1, :, 4] = total
        state[:, 4] = total
        if self.card.readout == "extended":
            state[:, 4] = path[-1, :, 4] = np.maximum(total + unit * (state[:, 1] - opening), 0.0)
        return replace(found, path=path, drift=np.mean((2.0 * (total - 2.0 * early)) ** 2, axis=1))

    def learns(self, drive: SpikingDrive) -> int:
        """0: spikes do not learn; 1: traces run; 2: spikes gather."""
        return 0 if self.card.gradient.kind == "counted" else 2 if drive.beta != 0.0 else 1

    @property
    def _share(self) -> float:
        gradient = self.card.gradient
        return -math.expm1(-self.card.step / gradient.slope) if isinstance(gradient, EqSpike) else 0.0

    def _sites(self, learns: int, jobs: int) -> list[Sites]:
        """Room for what the spikes of each job gather."""
        layers, gradient = self.analog.layers, self.card.gradient
        parts = 2 if isinstance(gradient, EqSpike) and gradient.pulses == "at_spikes" else 1
        found = []
        for _ in range(jobs):
            before, behind = [], []
            for k, layer in enumerate(layers):
                rows, columns = self.analog.inner(layer).shape if learns == 2 else (0, 0)
                still = k == 0 and self.card.inputs.kind == "current"
                before.append(np.zeros((parts, 0 if still else rows, columns), self.kind))
                behind.append(np.zeros((parts, columns, 0 if k == 0 else rows), self.kind))
            found.append((padded(before), padded(behind)))
        return found

    def gathered(self, drive: SpikingDrive, start: Reals, found: Run) -> tuple[Floats, ...]:
        """`Relaxed.gathered`, (parts, rows, columns) [V^2] of each array, of a phase from `start`
        (samples, BLOCKS, neurons) [V]: the spikes' part, and that of lines that stand still, whose r_j is their
        voltage."""
        volts, card = self.analog.read_voltage, self.card
        unit = volts * card.hidden.refractory / card.step
        change, out = (found.state[:, 5] - start[:, 5]).astype(np.float64), []
        for k, part in enumerate(self.network.slices):
            total: Floats = np.sum([before[k] for before, _ in found.sites], axis=0, dtype=np.float64)
            if k > 0:
                turned = [np.swapaxes(behind[k], 1, 2) for _, behind in found.sites]
                total += np.sum(turned, axis=0, dtype=np.float64)
            elif card.inputs.kind == "current":
                total = (drive.x.T @ change[:, part])[None] / unit
            here, parts = change[:, part], len(total)
            ends = [here] if parts == 1 else [np.maximum(here, 0.0), np.maximum(-here, 0.0)]
            bias = volts * np.array([end.sum(axis=0, keepdims=True) for end in ends])
            out.append(np.concatenate([unit * total, bias], axis=1) if self.analog.bias else unit * total)
        return tuple(out)

    def joules(self, drive: SpikingDrive, found: Run, duration: float) -> Floats:
        """Energy of each component (samples, components) [J]."""
        return joules(self.network, drive, found.sums, found.spikes, duration)
