"""Phases of a spiking network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.phases import Phase, Solver
from analogep.kinds.spiking.clock import Clock
from analogep.kinds.spiking.equations import BLOCKS, SpikingDrive, SpikingEquations
from analogep.kinds.spiking.predictive import PredictiveClock
from analogep.network.relaxed import Relaxed

Floats = NDArray[np.float64]


def fire(
    network: SpikingEquations, drive: SpikingDrive, v0: Floats, phase: Phase, solver: Solver, *, record: bool = False
) -> Relaxed:
    """Run one phase of a batch.

    Parameters
    ----------
    network, drive
    v0 : ndarray (samples, states) [V]
        State at its beginning, as `SpikingEquations` lays it out: membranes in thresholds, steps to wait in counts.
    phase : Phase
        Its length.
    solver : Solver
        Precision.
    record : bool
        Whether to keep the state of every step; slow.
    """
    clock, samples, many = clock_of(network, solver), v0.shape[0], network.neurons
    count = max(1, round(phase.duration / network.card.step))
    state = np.ascontiguousarray(v0.reshape(samples, BLOCKS, many), dtype=clock.kind)
    found = clock.run(drive, state, count, record=record)
    duration = count * network.card.step
    energy = clock.joules(drive, found, duration)
    residual = np.sqrt(found.drift) / network.read_voltage
    path = found.path.reshape(-1, samples, BLOCKS * many) if record else np.empty((0, samples, BLOCKS * many))
    times = network.card.step * np.arange(count + 1.0) if record else np.array([0.0, duration])
    ends = found.state.reshape(samples, -1).astype(np.float64)
    gathered = clock.gathered(drive, state, found) if clock.learns(drive) == 2 else ()
    return Relaxed(ends, residual, duration, energy, count, times, path, found.spikes, found.raster, gathered)


def clock_of(network: SpikingEquations, solver: Solver) -> Clock:
    """The clock of the network's coding, made once for all phases of a batch."""
    kept = network.kept.get(solver.precision)
    if not isinstance(kept, Clock):
        kept = (PredictiveClock if network.card.coding.kind == "predictive" else Clock)(network, solver)
        network.kept[solver.precision] = kept
    return kept
