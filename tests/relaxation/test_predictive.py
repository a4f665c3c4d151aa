"""Sigma-delta spikes: against the equations in plain NumPy, what a decoder hears, and how fast rates come to rest."""

from __future__ import annotations

import numpy as np
import pytest

from analogep import CircuitCard, DeviceCard, Seeds
from analogep.circuit.phases import Phase, Solver
from analogep.kinds.spiking.card import Ramp
from analogep.kinds.spiking.equations import SpikingDrive
from analogep.kinds.spiking.network import SpikingNetwork
from analogep.network import Hardware
from analogep.network.relaxed import Relaxed
from analogep.relaxation import relax

from .test_spikes import alone, still, uncoupled
from .test_spiking_convolved import AVERAGE, dense, driven
from .test_spiking_convolved import chip as convolved

CODING = "network.coding={kind: predictive, resume: 3}"
FLOORS = ("network.hidden.floor=-20", "network.output.floor=-20")
STEP, VOLTS, BETA = 20e-9, 0.2, 0.5


def chip(*settings: str, device: str = "ideal") -> tuple[SpikingNetwork, CircuitCard]:
    layers = ("layers=[64,12,8,10]", "learning.rate=[1]", "learning.initial_gain=[1.2,0.8,0.8]")
    more = ("network.window=200 ns", "solver.precision=double", "mapping.weight_range=[0.5,0.5,0.5]", CODING, *FLOORS)
    circuit = CircuitCard.load("spiking-digits", [*layers, *more, *settings])
    hardware = Hardware(DeviceCard.load(device), circuit, Seeds.of(3))
    hardware.initialise()
    network = hardware.network()
    assert isinstance(network, SpikingNetwork)
    return network, circuit


def batch(samples: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(8)
    return VOLTS * rng.random((samples, 64)), VOLTS * np.eye(10)[rng.integers(10, size=samples)]


def drive_of(network: SpikingNetwork, x: np.ndarray) -> SpikingDrive:
    drive = network.quiet(x)
    assert isinstance(drive, SpikingDrive)
    return drive


class Plain:
    """The card's equations, layer by layer, with the whole matrices in every step."""

    def __init__(self, network: SpikingNetwork, x: np.ndarray) -> None:
        analog = network.analog
        self.network, self.layers, self.shares = network, analog.layers, x / VOLTS
        drive = drive_of(network, x)
        constants = [0.0 if one is None else one for one in analog.constants]
        zeros = [np.zeros((len(x), layer.size)) for layer in self.layers]
        self.still = [zeros[k] + (drive.inputs if k == 0 else constants[k]) for k in range(len(zeros))]
        self.x, self.s, self.phi, self.arrived = ([z.copy() for z in zeros] for _ in range(4))
        self.states: list[np.ndarray] = []
        self.spikes, self.squares = [np.zeros(len(x)) for _ in range(len(zeros) + 1)], np.zeros(len(x))

    def step(self, slot: int, decoder: float, state: float, target: np.ndarray | None) -> None:
        fired = []
        for k in range(len(self.layers)):
            self.squares += decoder * 2.5e-12 * np.square(self.x[k]).sum(axis=1)
            self.x[k] = (1.0 - decoder) * self.x[k] + decoder * (self.still[k] + self.arrived[k])
            before, pull = self.s[k], 0.0
            if target is not None and k == len(self.layers) - 1:
                pull = BETA * (target - before)
            self.s[k] = np.clip(before + state * (self.x[k] - before + pull), 0.0, VOLTS)
            self.phi[k] += (self.s[k] - (1.0 - decoder) * before) / (decoder * VOLTS)
            self.phi[k] = np.clip(self.phi[k], -20.0, 2.0)
            fired.append((self.phi[k] > 0.5).astype(float))
            self.phi[k] -= fired[k]
            self.spikes[k + 1] += fired[k].sum(axis=1)
        self.states.append(np.concatenate(self.s, axis=1))
        analog = self.network.analog
        regular = self.network.card.inputs.kind == "regular"
        lit = np.floor(0.5 + self.shares * (slot + 1)) > np.floor(0.5 + self.shares * slot)
        self.spikes[0] += lit.sum(axis=1) * regular
        for k, layer in enumerate(self.layers):
            before = lit * float(regular) if k == 0 else fired[k - 1]
            self.arrived[k] = VOLTS * layer.connection.forward(before, analog.inner(layer))
        for k, layer in enumerate(self.layers[1:], start=1):
            assert layer.reverse is not None
            self.arrived[k - 1] += analog.gain * VOLTS * layer.connection.backward(fired[k], layer.reverse, None)


def played(network: SpikingNetwork, x: np.ndarray, target: np.ndarray) -> Plain:
    """A free phase of 40 steps and a nudged one of 30 whose ramps are three steps on; spikes and heat of the second."""
    plain = Plain(network, x)
    for step in range(40):
        plain.step(step, 0.832 / (step + 1) ** 0.584, 0.843 / (step + 1) ** 0.0923, None)
    plain.spikes, plain.squares = [0.0 * one for one in plain.spikes], 0.0 * plain.squares
    for step in range(30):
        t = step + 4
        plain.step(step, 0.832 / t**0.584, 0.843 / t**0.0923, target)
    return plain


def compiled(network: SpikingNetwork, circuit: CircuitCard, x: np.ndarray, target: np.ndarray, *, record: bool = False):
    drive = drive_of(network, x)
    start = np.zeros((len(x), network.nodes))
    free = network.fire(drive, start, Phase(duration=40 * STEP), circuit.solver, record=record)
    nudged = network.nudged(drive, BETA, target)
    assert isinstance(nudged, SpikingDrive)
    return free, network.fire(nudged, free.v, Phase(duration=30 * STEP), circuit.solver, record=record)


@pytest.mark.parametrize("inputs", ["current", "regular"])
def test_both_phases_are_those_of_the_equations(inputs: str):
    """Nine samples: every spike, rates to 1e-12 V, the heat of the decoders' leaks C lambda x^2 a step to 1e-12."""
    network, circuit = chip(f"network.inputs={{kind: {inputs}}}")
    x, target = batch(9)
    plain = played(network, x, target)
    free, nudged = compiled(network, circuit, x, target)
    for end, until in ((free, 40), (nudged, 70)):
        wanted = np.mean(plain.states[until - 10 : until], axis=0)
        assert np.abs(np.concatenate(network.rates(end.v), 1) - wanted).max() < 1e-12
    assert np.array_equal(nudged.spikes, np.array(plain.spikes).T)
    assert (nudged.spikes[:, 1:].sum(axis=0) > 20).all()
    assert np.allclose(nudged.energy[:, 1], plain.squares, rtol=1e-12, atol=0.0)


def test_a_recorded_phase_is_the_same():
    network, circuit = chip("network.inputs={kind: regular}")
    x, target = batch(5)
    for one, other in zip(
        compiled(network, circuit, x, target), compiled(network, circuit, x, target, record=True), strict=True
    ):
        assert np.allclose(one.v, other.v, rtol=1e-13, atol=1e-15)
        assert np.allclose(one.energy, other.energy, rtol=1e-12, atol=0.0)
        assert np.allclose(one.residual, other.residual, rtol=1e-12, atol=0.0)
        assert np.array_equal(other.path[-1], other.v)
        assert other.raster.sum() == other.spikes[0, 1:].sum()


def test_convolutions_are_the_dense_network_with_the_unrolled_matrix():
    """Every spike of 150 steps with average pooling, states to 1e-11 V, joules of devices to 1e-12."""
    network, circuit = convolved(AVERAGE, CODING, *FLOORS)
    ends: list[Relaxed] = []
    for one in (network, dense(network)):
        nudged = one.nudged(driven(network), BETA, VOLTS * np.eye(3))
        assert isinstance(nudged, SpikingDrive)
        ends.append(one.fire(nudged, np.zeros((3, one.nodes)), Phase(duration=3e-6), circuit.solver))
    assert np.array_equal(ends[0].spikes, ends[1].spikes)
    assert np.abs(ends[0].v - ends[1].v).max() < 1e-11
    assert np.allclose(ends[0].energy[:, :4], ends[1].energy[:, :4], rtol=1e-12, atol=0)


def test_a_decoder_hears_the_state_but_for_one_spike():
    """A state that rises slowly behind a step of the drive: decoding its raster gives it to within lambda V."""
    network, circuit = uncoupled(
        "network.coding={kind: predictive, decoder: {first: 0.1}, state: {first: 0.02}}", *FLOORS
    )
    end = network.fire(alone(network, 0.13), still(network), Phase(duration=6e-6), circuit.solver, record=True)
    states, heard = end.path[1:, 0].reshape(300, 6, -1)[:, 3, 0], 0.0
    for n, state in enumerate(states):
        heard = 0.9 * heard + 0.1 * VOLTS * float(end.raster[n, 0])
        assert abs(heard - state) <= 0.1 * VOLTS
    assert states[-1] == pytest.approx(0.13, rel=0.01)


def test_ramps_fall_as_a_power_and_go_on_where_they_are_told():
    ramp = Ramp(first=0.8, power=0.5)
    assert np.allclose(ramp.shares(0, 4), 0.8 / np.sqrt([1.0, 2.0, 3.0, 4.0]), rtol=1e-15)
    assert np.array_equal(ramp.shares(3, 2), ramp.shares(0, 5)[3:])
    assert np.array_equal(Ramp(first=0.3).shares(7, 3), np.full(3, 0.3))


def distance(steps: int, window: int, *settings: str) -> float:
    """Root mean square distance of 16 samples' rates from the analog equilibrium, in units of the largest rate."""
    circuit = CircuitCard.load(
        "spiking-digits",
        ["layers=[64,24,10]", "solver.precision=double", *FLOORS, f"network.window={20 * window} ns",
         "timing.free.duration=1 ms", "timing.nudged.duration=1 ms", "learning.initial_gain=[1.5,0.8]", *settings],
    )  # fmt: skip
    hardware = Hardware(DeviceCard.load("ideal"), circuit, Seeds.of(3))
    hardware.initialise()
    network = hardware.network()
    assert isinstance(network, SpikingNetwork)
    x, analog = batch(16)[0], network.analog
    solver = Solver(method="euler", relative_tolerance=1e-3, absolute_tolerance=1e-4)
    rest = relax(analog, analog.drive(x), np.zeros((16, analog.nodes)), Phase(duration=40e-6), solver, 1.0)
    wanted = np.concatenate(analog.rates(rest.v), 1)
    end = network.fire(drive_of(network, x), np.zeros((16, network.nodes)), Phase(duration=steps * STEP), solver)
    return float(np.sqrt(np.mean(np.square(np.concatenate(network.rates(end.v), 1) - wanted)))) / VOLTS


def test_a_nudged_phase_does_not_hear_the_trace():
    """The state behind the spikes is compared with the target, so that the card can leave the trace out."""
    ends = [compiled(*chip(f"network.trace={trace}"), *batch(4))[1] for trace in ("250 ns", "50 ns", "null")]
    assert all(np.array_equal(one.v, ends[0].v) and np.array_equal(one.spikes, ends[0].spikes) for one in ends)


@pytest.mark.parametrize(("part", "order"), [(0.0, -0.584), (0.5, -1.584)])
def test_rates_come_to_the_analog_equilibrium(part: float, order: float):
    """The last two states are off by a spike of weight lambda, t^-0.584; a mean over half the phase by less, as its
    length grows, because phi stays bounded. Orders within 0.25; 25 steps are closer than 100 counted ones."""
    predictive = "network.coding={kind: predictive}"
    steps = np.array([25, 100, 400, 1600])
    errors = [distance(int(n), max(2, int(part * n)), predictive) for n in steps]
    assert np.polyfit(np.log(steps), np.log(errors), 1)[0] == pytest.approx(order, abs=0.25)
    assert errors[0] < 0.5 * distance(100, 50)


def test_noise_of_reads_averages_out_over_spikes():
    """rram's devices, 1.5 % a read: the rates' scatter over 40 phases with other noise is below that of one read."""
    network, circuit = chip("network.inputs={kind: regular}", device="rram")
    x, _ = batch(1)
    ends = []
    for seed in range(40):
        drive = network.disturbed(drive_of(network, x), network.deviates(1, np.random.default_rng(seed)))
        assert isinstance(drive, SpikingDrive)
        end = network.fire(drive, np.zeros((1, network.nodes)), Phase(duration=100 * STEP), circuit.solver)
        ends.append(np.concatenate(network.rates(end.v), 1)[0])
    scatter = np.std(ends, axis=0)[:12]
    first = network.analog.layers[0]
    assert first.variance is not None
    # One read of all inputs at their mean rate, as an analog network makes it.
    once = np.sqrt(np.square(x[0]) @ first.variance[:64])
    moving = scatter > 0
    assert moving.sum() > 4
    assert np.median(scatter[moving] / once[moving]) < 1.0
