"""Spiking neurons that differ: thresholds and offsets of their own, in the clock and in the analog network."""

from __future__ import annotations

import numpy as np
import pytest

from analogep import CircuitCard, DeviceCard, Seeds
from analogep.circuit.phases import Phase
from analogep.kinds.spiking.clock import Clock
from analogep.kinds.spiking.equations import SpikingDrive
from analogep.kinds.spiking.looks import at_rest
from analogep.kinds.spiking.network import SpikingNetwork
from analogep.network import Hardware

from .test_spikes import NEURONS, alone, still

LONG = 40e-6


def chip(*settings: str) -> tuple[SpikingNetwork, CircuitCard]:
    given = ["layers=[64,8,10]", "solver.precision=double", "network.step=0.25 ns", "network.width=5 ns", *settings]
    circuit = CircuitCard.load("spiking-digits", given)
    hardware = Hardware(DeviceCard.load("ideal"), circuit, Seeds.of(3))
    hardware.initialise()
    network = hardware.network()
    assert isinstance(network, SpikingNetwork)
    return network, circuit


@pytest.mark.parametrize("name", ["subtract", "level, leak"])
def test_each_neuron_fires_as_often_as_its_own_threshold_says(name: str) -> None:
    """Constant drive D on the synapses at rest: f(D/(1 + e)) of the nominal closed form, within a spike in 40 us and
    what waits for the ends of steps; thresholds spread by 20 %."""
    network, circuit = chip("mismatch={threshold: 20 %}", *NEURONS[name])
    curve, lif, volts = network.analog.layers[0].activation, network.lif[0], 0.11
    start, quiet = still(network), alone(network, volts)
    start[:, : network.neurons] = volts
    count = round(LONG / network.card.step)
    clock = Clock(network, circuit.solver)
    clock.forward, clock.reverse = (
        tuple(np.zeros_like(one) for one in both) for both in (clock.forward, clock.reverse)
    )
    found = clock.run(quiet, start.reshape(1, 6, -1).copy(), count, record=True)
    spikes = found.raster[:, :8].sum(axis=0)
    assert curve.threshold.std() > 0.05  # type: ignore[attr-defined]
    expected = lif.frequency(volts / 0.2 / curve.threshold) / lif.refractory * LONG  # type: ignore[attr-defined]
    lost = expected**2 * 0.25e-9 / LONG if lif.reset.kind == "level" else 0.0
    assert (np.abs(spikes - expected) <= 1.0 + lost).all()
    assert np.ptp(expected) > 100
    np.testing.assert_allclose(curve.rate(np.full(8, volts)), 0.2 * expected * lif.refractory / LONG, rtol=1e-12)


def test_rates_come_to_the_analog_equilibrium_of_the_same_thresholds_and_offsets() -> None:
    """A phase of 60 us, 40 us of it counted: within 2 mV, where neurons alike would be 10 mV away."""
    settings = (
        "network.step=1 ns",
        "timing.free.duration=60 us",
        "timing.nudged.duration=60 us",
        "network.window=40 us",
        "learning.initial_gain=[1,0.3]",
    )
    found = []
    x = 0.2 * np.random.default_rng(4).random((2, 64))
    for block in ("mismatch={threshold: 15 %, offset: 8 mV}", "mismatch=null"):
        network, circuit = chip(block, *settings)
        drive = network.quiet(x)
        assert isinstance(drive, SpikingDrive)
        end = network.fire(drive, np.zeros((2, network.nodes)), Phase(duration=60e-6), circuit.solver)
        rest = at_rest(network, x)
        rates = np.concatenate(network.rates(end.v), axis=1)
        assert np.abs(rates - rest).max() < 2e-3
        found.append(rates)
    assert np.abs(found[0] - found[1]).max() > 1e-2


def test_the_bound_of_linear_neurons_takes_the_lowest_thresholds() -> None:
    network, _ = chip("mismatch={threshold: 15 %}")
    alike, _ = chip()
    hidden, output = network.analog.layers
    slopes = [1.0 / layer.activation.threshold for layer in (hidden, output)]  # type: ignore[attr-defined]
    ahead = slopes[0][:, None] * network.analog.inner(output)
    assert output.reverse is not None
    behind = network.analog.gain * slopes[1][:, None] * output.reverse.T
    wanted = np.sqrt(np.abs(np.linalg.eigvals(behind @ ahead)).max())
    assert network.loop_gain_bound() == pytest.approx(wanted, rel=1e-6)
    assert network.loop_gain_bound() != pytest.approx(alike.loop_gain_bound(), rel=1e-3)
