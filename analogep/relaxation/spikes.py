"""Phases of a spiking network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.phases import Phase, Solver
from analogep.network.spiking import BLOCKS, SpikingDrive, SpikingNetwork
from analogep.relaxation.clock import Clock
from analogep.relaxation.predictive import PredictiveClock
from analogep.relaxation.relaxed import Relaxed

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Fired(Relaxed):
    """End of a phase of a spiking network.

    Attributes
    ----------
    spikes : ndarray (samples, layers + 1)
        Spikes of the inputs and of each layer.
    raster : uint8 ndarray (steps, neurons) or (0, 0)
        Spikes of the first sample, if the path was asked for.
    gathered : tuple of ndarray (parts, rows, columns) [V^2]
        Where spikes learn, of each array: integral of r_j ds_i + r_i ds_j over a nudged phase, summed over samples, its
        rises and its falls apart or their difference; empty otherwise.
    """

    spikes: NDArray[np.int64]
    raster: NDArray[np.uint8]
    gathered: tuple[Floats, ...] = ()


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
    return Fired(ends, residual, duration, energy, count, times, path, found.spikes, found.raster, gathered)


def clock_of(network: SpikingNetwork, solver: Solver) -> Clock:
    """The clock of the network's coding, made once for all phases of a batch."""
    kept = network.kept.get(solver.precision)
    if not isinstance(kept, Clock):
        kept = (PredictiveClock if network.card.coding.kind == "predictive" else Clock)(network, solver)
        network.kept[solver.precision] = kept
    return kept
