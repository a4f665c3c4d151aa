"""Learning at spikes: what the clock gathers against a replay of the raster in plain NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analogep import CircuitCard, DeviceCard, Seeds
from analogep.circuit.phases import Phase
from analogep.kinds.spiking.equations import SpikingDrive
from analogep.kinds.spiking.network import SpikingNetwork
from analogep.network import Hardware
from analogep.network.relaxed import Relaxed

FREE, NUDGED = Phase(duration=3e-6), Phase(duration=2e-6)
VOLTS, STEP, TRACE, SLOPE = 0.2, 20e-9, 250e-9, 400e-9
EDGES = (0, 12, 20, 30)


def chip(inputs: str, pulses: str, *settings: str) -> tuple[SpikingNetwork, CircuitCard]:
    circuit = CircuitCard.load(
        "spiking-digits",
        [
            "layers=[64,12,8,10]",
            "solver.precision=double",
            "mapping.weight_range=[0.5,0.5,0.5]",
            "learning.rate=[1]",
            "learning.initial_gain=[1.2,0.8,0.8]",
            f"network.inputs={{kind: {inputs}}}",
            f"network.gradient={{kind: eqspike, slope: 400 ns, pulses: {pulses}}}",
            "update.rule=stochastic",
            *settings,
        ],
    )
    hardware = Hardware(DeviceCard.load("ideal"), circuit, Seeds.of(3))
    hardware.initialise()
    network = hardware.network()
    assert isinstance(network, SpikingNetwork)
    return network, circuit


def batch(samples: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(8)
    return 0.2 * np.rint(255 * rng.random((samples, 64))) / 255, 0.2 * np.eye(10)[rng.integers(10, size=samples)]


def phases(network: SpikingNetwork, circuit: CircuitCard, x: np.ndarray, target: np.ndarray, *, record: bool):
    """A free phase and one nudged by 0.5."""
    drive = network.quiet(x)
    assert isinstance(drive, SpikingDrive)
    free = network.fire(drive, np.zeros((len(x), network.nodes)), FREE, circuit.solver, record=record)
    nudged = network.nudged(drive, 0.5, target, None)
    assert isinstance(nudged, SpikingDrive)
    return free, network.fire(nudged, free.v, NUDGED, circuit.solver, record=record)


def replay(free: Relaxed, nudged: Relaxed, x: np.ndarray, inputs: str) -> list[np.ndarray]:
    """Rises and falls (2, rows + 1, columns) [V^2] that one sample's rasters give in each array."""
    keep, share = math.exp(-STEP / TRACE), 1.0 - math.exp(-STEP / SLOPE)
    sizes = (64, 12, 8, 10)
    out = [np.zeros((2, sizes[k] + 1, sizes[k + 1])) for k in range(3)]
    trace, slow = np.zeros(30), np.zeros(30)
    for n, row in enumerate(np.concatenate([free.raster, nudged.raster])):
        trace = keep * trace + (1.0 - keep) * VOLTS * row
        step = share * (trace - slow)
        slow = slow + step
        if n < len(free.raster):
            continue
        signed = np.array([np.maximum(step, 0.0), np.maximum(-step, 0.0)])
        for k in range(3):
            here = signed[:, EDGES[k] : EDGES[k + 1]]
            # Inputs count their slots anew in each phase.
            slot, lines = n - len(free.raster), x[0] / VOLTS
            lit = np.floor(0.5 + lines * (slot + 1)) > np.floor(0.5 + lines * slot)
            spiked = (lit * (inputs == "regular") if k == 0 else row[EDGES[k - 1] : EDGES[k]]).astype(float)
            out[k][:, :-1] += VOLTS * spiked[None, :, None] * here[:, None, :]
            if k > 0:
                before = signed[:, EDGES[k - 1] : EDGES[k]]
                out[k][:, :-1] += VOLTS * before[:, :, None] * row[None, None, EDGES[k] : EDGES[k + 1]]
    return out


@pytest.mark.parametrize(("inputs", "pulses"), [("regular", "at_spikes"), ("regular", "at_end"), ("current", "at_end")])
def test_what_is_gathered_is_what_the_raster_says(inputs: str, pulses: str):
    """Every entry to 1e-12 of the largest; lines that stand still gather the whole change at once."""
    network, circuit = chip(inputs, pulses)
    x, target = batch(1)
    free, nudged = phases(network, circuit, x, target, record=True)
    wanted = replay(free, nudged, x, inputs)
    change = nudged.v[0, -30:] - free.v[0, -30:]
    assert np.abs(change).max() > 1e-3
    for k in range(3):
        here = change[EDGES[k] : EDGES[k + 1]]
        wanted[k][:, -1] = VOLTS * np.array([np.maximum(here, 0.0), np.maximum(-here, 0.0)])
        full = wanted[k] if pulses == "at_spikes" else (wanted[k][0] - wanted[k][1])[None]
        if k == 0 and inputs == "current":
            full[0, :-1] = np.outer(x[0], here)
        assert np.abs(nudged.gathered[k] - full).max() < 1e-12 * np.abs(full).max()
        assert np.abs(full).max() > 0
    assert free.gathered == ()


def test_a_batch_gathers_the_sum_of_its_samples_recorded_or_not():
    """Nine samples on three jobs, to 1e-12."""
    network, circuit = chip("regular", "at_spikes")
    x, target = batch(9)
    _, together = phases(network, circuit, x, target, record=False)
    _, recorded = phases(network, circuit, x, target, record=True)
    single = [phases(network, circuit, x[n : n + 1], target[n : n + 1], record=False)[1].gathered for n in range(9)]
    for k in range(3):
        full = sum(one[k] for one in single)
        assert np.abs(together.gathered[k] - full).max() < 1e-12 * np.abs(full).max()
        assert np.abs(recorded.gathered[k] - full).max() < 1e-12 * np.abs(full).max()


def test_learning_at_spikes_changes_no_spike():
    """State, joules and spikes are those of a network that counts, but for the traces."""
    network, circuit = chip("regular", "at_spikes")
    other, _ = chip("regular", "at_spikes", "network.gradient={kind: counted}")
    x, target = batch(5)
    _, learning = phases(network, circuit, x, target, record=False)
    _, counting = phases(other, circuit, x, target, record=False)
    assert np.array_equal(learning.spikes, counting.spikes)
    assert np.array_equal(learning.energy, counting.energy)
    for block in (0, 1, 2, 4):
        part = slice(30 * block, 30 * (block + 1))
        assert np.array_equal(learning.v[:, part], counting.v[:, part])
    assert counting.gathered == ()
