"""The clock of spikes that say what their receivers cannot predict (`card.Predictive`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analogep.kinds.spiking import thermal
from analogep.kinds.spiking.card import LIF, Predictive
from analogep.kinds.spiking.clock import Clock, Floats, Reals, Run, each_job
from analogep.kinds.spiking.equations import SpikingDrive
from analogep.kinds.spiking.predictive_steps import predictive_steps

Bytes = NDArray[np.uint8]


class PredictiveClock(Clock):
    """The clock whose synapses decode and whose neurons encode by sigma-delta modulation."""

    @property
    def _coding(self) -> Predictive:
        assert isinstance(self.card.coding, Predictive)
        return self.card.coding

    def filtered(self, neuron: LIF) -> float:
        """1: the decoder's share changes from step to step and is not in the jumps."""
        return 1.0

    def numbers(self) -> Reals:
        """Full scale [V], floor of phi [1] and leak of the decoder at lambda = 1 [S] of each layer: lambda C/h."""
        volts, step = self.analog.read_voltage, self.card.step
        return np.array([(volts, one.floor, one.capacitance / step) for one in self.network.lif], dtype=self.kind)

    def deviations(self, kt: float, stirred: float) -> Floats:
        """Thermal noise at `kt` [J] as `thermal.decoded` has it, (3, neurons) [V] and [threshold]; nudging is among
        numbers here, whatever is `stirred` [1]."""
        return thermal.decoded(self.network, kt)

    def ramps(self, drive: SpikingDrive, count: int) -> Reals:
        """lambda and epsilon of each step of a phase (2, count) [1]."""
        start = self._coding.resume if drive.beta != 0.0 else 0
        both = [ramp.shares(start, count) for ramp in (self._coding.decoder, self._coding.state)]
        return np.array(both, dtype=self.kind)

    def run(self, drive: SpikingDrive, state: Reals, count: int, *, record: bool) -> Run:
        """As in `Clock`; rates are means of the states over the window."""
        found, given, samples = self.blank(state, count, record=record), self.given(drive, len(state)), len(state)
        won = np.zeros((samples, self.network.neurons), np.int64)
        numbers, ramps, window = self.numbers(), self.ramps(drive, count), min(count, self.window)

        def march(first: int, last: int, begin: int, steps: int, shown: Bytes) -> None:
            predictive_steps(
                first, last, begin, steps, count - window, count - window // 2, self.edges, found.state, given.still,
                given.nudging, given.inputs, self.forward, self.reverse, self.held, given.noise, numbers, ramps,
                self.loads, self.reach, won, given.keys, given.shaken, found.sums, found.spikes, found.drift, shown,
            )  # fmt: skip

        if record:
            return self._step_by_step(march, found, count, window)
        work = samples * count * self.network.neurons
        each_job(lambda one, other: march(one, other, 0, count, found.raster), samples, work)
        return found

    def _step_by_step(self, march: Callable[..., None], found: Run, count: int, window: int) -> Run:
        """All steps with the state after each."""
        state, path = found.state, np.empty((count + 1, *found.state.shape))
        path[0] = state
        for step in range(count):
            march(0, len(state), step, 1, found.raster[step : step + 1])
            path[step + 1] = state
        early, late = (path[count + 1 - n : count + 1 - m, :, 3] for n, m in ((window, window // 2), (window // 2, 0)))
        state[:, 4] = path[-1, :, 4] = np.concatenate([early, late]).mean(axis=0)
        drift = np.mean(np.square(late.mean(axis=0) - early.mean(axis=0)), axis=1)
        return replace(found, path=path, drift=drift)
