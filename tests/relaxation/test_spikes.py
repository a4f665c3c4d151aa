"""The clock of spiking networks: closed forms of one neuron, charge and joules of one spike, exact events."""

import math
from dataclasses import replace

import numpy as np
import pytest

from analogep import CircuitCard, DeviceCard, Seeds
from analogep.circuit.phases import Phase
from analogep.draws import key_of
from analogep.kinds.spiking.charge import random
from analogep.kinds.spiking.clock import Clock
from analogep.kinds.spiking.equations import SpikingDrive
from analogep.kinds.spiking.network import SpikingNetwork
from analogep.kinds.spiking.steps import lit_inputs
from analogep.network import Hardware

from .spike_events import events

BASE = ("layers=[64,6,10]", "solver.precision=double", "mapping.weight_range=[0.5,0.5]")


def chip(*settings: str, device: str = "ideal", layers: str | None = None) -> tuple[SpikingNetwork, CircuitCard]:
    given = BASE if layers is None else (f"layers={layers}", *BASE[1:])
    circuit = CircuitCard.load("spiking-digits", [*given, *settings])
    hardware = Hardware(DeviceCard.load(device), circuit, Seeds.of(3))
    hardware.initialise()
    network = hardware.network()
    assert isinstance(network, SpikingNetwork)
    return network, circuit


def uncoupled(*settings: str) -> tuple[SpikingNetwork, CircuitCard]:
    """Without weights: every neuron by itself."""
    network, circuit = chip(*settings)
    layers = [
        replace(one, weights=np.zeros_like(one.weights), reverse=None if one.reverse is None else 0.0 * one.reverse)
        for one in network.analog.layers
    ]
    return replace(network, analog=replace(network.analog, layers=layers)), circuit


def alone(network: SpikingNetwork, volts: float) -> SpikingDrive:
    """A drive of `volts` at the synapses of the first layer, whatever the weights."""
    drive = network.quiet(np.zeros((1, 64)))
    assert isinstance(drive, SpikingDrive)
    size = network.analog.layers[0].size
    return SpikingDrive(inputs=np.full((1, size), volts), power=np.zeros(1), x=np.zeros((1, 64)))


def still(network: SpikingNetwork) -> np.ndarray:
    return np.zeros((1, network.nodes))


LEVEL = "{kind: level, level: 0.2}"
NEURONS = {
    "subtract": (),
    "level": (f"network.hidden.reset={LEVEL}", f"network.output.reset={LEVEL}"),
    "level, leak": (
        f"network.hidden.reset={LEVEL}",
        f"network.output.reset={LEVEL}",
        "network.hidden.membrane_leak=0.5 uS",
        "network.output.membrane_leak=0.5 uS",
        "network.unstable=true",
    ),
    "subtract, leak": ("network.hidden.membrane_leak=0.5 uS", "network.unstable=true"),
}
FINE = ("network.step=0.25 ns", "network.width=5 ns")


@pytest.mark.parametrize("name", NEURONS)
@pytest.mark.parametrize("volts", [0.03, 0.11, 0.19])
def test_a_neuron_fires_at_the_closed_form_of_its_rate(name, volts):
    """Constant drive, synapse at rest on it: spikes in 40 us within one of f T plus what a step of 0.25 ns loses."""
    network, circuit = uncoupled(*NEURONS[name], *FINE)
    lif, start = network.lif[0], still(network)
    start[:, : network.slices[0].stop] = volts
    end = network.fire(alone(network, volts), start, Phase(duration=40e-6), circuit.solver)
    expected = float(lif.frequency(np.array([volts / 0.2]))[0]) / lif.refractory * 40e-6
    each = end.spikes[0, 1] / network.slices[0].stop
    # A spike waits for the end of its step: with a level it loses what had come beyond the threshold, with a leak that
    # leaks on.
    lost = expected**2 * 0.25e-9 / 40e-6 if lif.reset.kind == "level" else expected * lif.decay * 0.25e-9
    assert abs(each - expected) <= 1.0 + 1e-9 * expected + lost
    assert (each > 10) == (expected > 10)


def test_the_synapse_and_the_membrane_follow_their_closed_form():
    """x(t) = D (1 - e^(-t/tau)), u(t) = [D t - D tau (1 - e^(-t/tau))]/(V t_r), to rounding, below the threshold."""
    network, circuit = uncoupled()
    end = network.fire(alone(network, 0.01), still(network), Phase(duration=300e-9), circuit.solver)
    steps = end.evaluations * network.card.step
    tau, rise = network.lif[0].time_constant, -math.expm1(-steps / network.lif[0].time_constant)
    assert end.v[0, 0] == pytest.approx(0.01 * rise, rel=1e-12)
    membrane = end.v[0, network.neurons]
    assert membrane == pytest.approx(0.01 * (steps - tau * rise) / (0.2 * 20e-9), rel=1e-12)


def test_the_membrane_leaks_with_its_own_time_constant():
    """x at rest on D: u(t) = D tau_m/(V t_r) (1 - e^(-t/tau_m))."""
    network, circuit = uncoupled(*NEURONS["subtract, leak"])
    start = still(network)
    start[:, : network.slices[0].stop] = 0.01
    end = network.fire(alone(network, 0.01), start, Phase(duration=100e-9), circuit.solver)
    tau = 1.0 / network.lif[0].decay
    wanted = 0.01 * tau / (0.2 * 20e-9) * -math.expm1(-100e-9 / tau)
    assert end.v[0, network.neurons] == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("device", ["ideal", "rram"])
def test_a_spike_delivers_the_charge_of_its_devices_and_costs_their_joules(device):
    """One input spike: x_i rises by scale (G+ - G-) q(V) t_r/tau_s; devices take V q(V) width of both halves."""
    settings = ("network.inputs={kind: regular}", "read.noise={kind: none}")
    circuit = CircuitCard.load("spiking-digits", [*BASE, settings[0]])
    hardware = Hardware(DeviceCard.load(device, [settings[1]]), circuit, Seeds.of(3))
    hardware.initialise()
    network = hardware.network()
    assert isinstance(network, SpikingNetwork)
    x = np.zeros((1, 64))
    x[0, 30] = 0.2
    drive = network.quiet(x)
    assert isinstance(drive, SpikingDrive)
    silent = SpikingDrive(inputs=np.zeros((1, 6)), power=np.zeros(1), x=x)
    one = network.fire(silent, still(network), Phase(duration=20e-9), circuit.solver)
    assert one.spikes[0].tolist() == [1, 0, 0]
    pair = hardware.pairs[0]
    q = float(np.asarray(network.analog.iv.drive(np.array([0.2])))[0])
    row = pair.plus.g[30] - pair.minus.g[30]
    jump = pair.scale * row * q * 20e-9 / network.lif[0].time_constant
    assert np.allclose(one.v[0, :6], jump, rtol=1e-9)
    joules = 0.2 * q * 10e-9 * float(pair.plus.g[30].sum() + pair.minus.g[30].sum())
    bias = sum(layer.bias_load for layer in network.analog.layers[1:]) * 0.2 * q * 20e-9
    assert one.energy[0, 0] - bias == pytest.approx(joules, rel=1e-9)
    assert one.energy[0, 4] == pytest.approx(2 * 6 * 0.1e-15 * 0.2**2, rel=1e-12)


def test_the_clock_comes_near_the_exact_events_with_its_step():
    """Times of the first 8 spikes of each of 16 neurons that excite and inhibit each other: off by the order of a step.

    A spike comes at the end of its step and its charge one step later, so that the error is of order 1 in the step.
    """
    steps, errors = [10e-9, 5e-9, 2.5e-9, 1.25e-9], []
    inputs = np.random.default_rng(4).random((4, 1, 64)) * 0.2
    for step in steps:
        network, circuit = chip(
            f"network.step={step * 1e9:g} ns", "network.width=1.25 ns", "learning.initial_gain=[2,1]"
        )
        late: list[float] = []
        for x in inputs:
            drive = network.quiet(x)
            assert isinstance(drive, SpikingDrive)
            exact = events(network, drive, 1.5e-6, Clock(network, circuit.solver))
            end = network.fire(drive, still(network), Phase(duration=1.5e-6), circuit.solver, record=True)
            for neuron in range(16):
                own = [t for t, which in zip(exact.times, exact.neurons, strict=True) if which == neuron][:8]
                seen = step * (1.0 + np.flatnonzero(end.raster[:, neuron]))[: len(own)]
                late += [abs(a - b) for a, b in zip(own, seen, strict=False)]
        assert len(late) > 150
        errors.append(float(np.mean(late)))
    slope = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert errors[-1] < 4 * steps[-1]
    assert 0.7 < slope < 1.3


@pytest.mark.parametrize("inputs", ["current", "regular"])
def test_rates_come_to_the_analog_equilibrium_as_one_over_the_time_of_observation(inputs):
    """Root mean square of all rates against the analog network's equilibrium; order of -1 within 0.25."""
    windows, errors = np.array([2e-6, 8e-6, 32e-6, 128e-6]), []
    x = np.random.default_rng(5).random((6, 64)) * 0.2
    for window in windows:
        network, circuit = chip(
            f"network.inputs={{kind: {inputs}}}", "network.step=4 ns", "network.width=4 ns", "network.trace=100 ns",
            f"network.window={window * 1e6:g} us", f"timing.free.duration={window * 1e6 + 8:g} us",
            f"timing.nudged.duration={window * 1e6 + 8:g} us", "learning.initial_gain=[2,0.6]",
            "network.hidden.floor=-10", "network.output.floor=-10",
        )  # fmt: skip
        drive = network.quiet(x)
        assert isinstance(drive, SpikingDrive)
        end = network.fire(drive, np.zeros((6, network.nodes)), circuit.timing.free, circuit.solver)
        exact = equilibrium_of(network, x)
        found = np.concatenate(network.rates(end.v), axis=1)
        errors.append(float(np.sqrt(np.mean((found - exact) ** 2))))
    slope = np.polyfit(np.log(windows), np.log(errors), 1)[0]
    assert errors[0] < 5e-3
    assert abs(slope + 1.0) < 0.25


def equilibrium_of(network: SpikingNetwork, x: np.ndarray) -> np.ndarray:
    from analogep.circuit.phases import Solver
    from analogep.relaxation import relax

    analog = network.analog
    solver = Solver(method="euler", relative_tolerance=1e-3, absolute_tolerance=1e-4)
    end = relax(analog, analog.drive(x), np.zeros((len(x), analog.nodes)), Phase(duration=100e-6), solver, 1.0)
    return np.concatenate(analog.rates(end.v), axis=1)


def test_poisson_inputs_have_the_mean_of_regular_ones():
    """Input spikes within five standard errors of N p."""
    x = np.full((20, 64), 0.06)
    network, circuit = chip("network.inputs={kind: poisson}")
    drive = network.disturbed(network.quiet(x), network.deviates(20, np.random.default_rng(6)))
    assert isinstance(drive, SpikingDrive)
    end = network.fire(drive, np.zeros((20, network.nodes)), Phase(duration=8e-6), circuit.solver)
    trials = 20 * 64 * 400
    assert abs(end.spikes[:, 0].sum() - 0.3 * trials) < 5 * math.sqrt(trials * 0.3 * 0.7)
    network, circuit = chip("network.inputs={kind: regular}")
    regular = network.quiet(x)
    assert isinstance(regular, SpikingDrive)
    end = network.fire(regular, np.zeros((20, network.nodes)), Phase(duration=8e-6), circuit.solver)
    assert np.array_equal(end.spikes[:, 0], np.full(20, 64 * 120))


def test_the_noise_of_reads_never_takes_the_random_number_of_an_input_spike():
    """The number handed on decides no spike: as often equal to the last input's as not, within five standard errors."""
    key, lit, share = key_of(7 + (11 << 32)), np.empty(1, np.int64), np.array([0.5])
    same, many = 0, 400
    for ticket in range(many):
        spikes, following = lit_inputs(2, share, 0, key, ticket, lit)
        same += spikes == ((float(random(key, following)) + 0.5) * 2.0**-32 < 0.5)
    assert abs(same - many / 2) < 5 * math.sqrt(many / 4)


def test_one_thread_and_two_give_the_same(monkeypatch):
    x = np.random.default_rng(7).random((30, 64)) * 0.2
    network, circuit = chip("network.inputs={kind: poisson}", device="rram", layers="[64,100,10]")
    drive = network.disturbed(network.quiet(x), network.deviates(30, np.random.default_rng(8)))
    assert isinstance(drive, SpikingDrive)
    ends = []
    for threads in ("1", "2"):
        monkeypatch.setenv("ANALOGEP_THREADS", threads)
        ends.append(network.fire(drive, np.zeros((30, network.nodes)), Phase(duration=2e-6), circuit.solver))
    assert np.array_equal(ends[0].v, ends[1].v)
    assert np.array_equal(ends[0].energy, ends[1].energy)


def test_a_recorded_phase_ends_where_an_unrecorded_one_does():
    x = np.random.default_rng(9).random((2, 64)) * 0.2
    network, circuit = chip("network.inputs={kind: regular}")
    drive = network.quiet(x)
    assert isinstance(drive, SpikingDrive)
    start = np.zeros((2, network.nodes))
    plain = network.fire(drive, start, circuit.timing.free, circuit.solver)
    kept = network.fire(drive, start, circuit.timing.free, circuit.solver, record=True)
    assert np.allclose(plain.v, kept.v, rtol=0, atol=1e-12)
    assert np.allclose(plain.residual, kept.residual, rtol=0, atol=1e-12)
    assert plain.residual.any()
    assert np.array_equal(plain.spikes, kept.spikes)
    assert kept.raster.sum() == plain.spikes[0, 1:].sum()
    assert np.allclose(plain.energy, kept.energy, rtol=1e-9)
