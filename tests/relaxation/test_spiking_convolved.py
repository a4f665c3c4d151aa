"""Spikes through convolutions: against dense layers, against a plain clock, joules and noise of one spike."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from analogep import CircuitCard, DeviceCard, Seeds
from analogep.circuit.phases import Phase
from analogep.kinds.spiking.clock import Clock
from analogep.kinds.spiking.equations import SpikingDrive
from analogep.kinds.spiking.network import SpikingNetwork
from analogep.network import Hardware
from analogep.network.relaxed import Relaxed
from tests.physics.test_convolution import unrolled

AVERAGE, MAXIMUM = "{kind: average, size: 2}", "{kind: max, size: 2}"


def chip(pool: str, *settings: str, device: str = "ideal") -> tuple[SpikingNetwork, CircuitCard]:
    """8 x 8 to 6 x 6, padded and in strides of two to 4 x 4 places, to 2 x 2; with a maximum 7 x 7 to 3 x 3."""
    layers = (
        "layers=[{kind: image, height: 8, width: 8}, {kind: conv, channels: 5, kernel: 3},"
        f" {{kind: conv, channels: 6, kernel: 3, stride: 2, padding: 2, pool: {pool}}}, 3]"
    )
    if "max" in pool:
        layers = layers.replace("kernel: 3, stride: 2, padding: 2", "kernel: 2, stride: 1, padding: 0")
        layers = layers.replace("height: 8, width: 8", "height: 9, width: 9")
    given = (layers, "solver.precision=double", "learning.initial_gain=[3,2,1]", "learning.rate=[1,1,1]")
    more = ("mapping.weight_range=[1,1,1]", "feedback.gain=0.25", "network.unstable=true")
    circuit = CircuitCard.load("spiking-digits", [*given, *more, *settings])
    hardware = Hardware(DeviceCard.load(device), circuit, Seeds.of(3))
    hardware.initialise()
    network = hardware.network()
    assert isinstance(network, SpikingNetwork)
    return network, circuit


def driven(network: SpikingNetwork, samples: int = 3) -> SpikingDrive:
    size = network.analog.layers[0].row_load(len(network.analog.inner(network.analog.layers[0]))).size
    x = np.random.default_rng(4).random((samples, size)) * 0.2
    drive = network.disturbed(network.quiet(x), network.deviates(samples, np.random.default_rng(5)))
    assert isinstance(drive, SpikingDrive)
    return drive


def dense(network: SpikingNetwork) -> SpikingNetwork:
    """The dense network with a device for each place of each kernel."""
    return replace(network, analog=unrolled(network.analog))


@pytest.mark.parametrize("inputs", ["current", "regular", "poisson"])
def test_a_dense_network_with_the_unrolled_matrix_fires_the_same(inputs):
    """Every spike of 150 steps, nudged; voltages to 1e-11 V, joules of devices to 1e-12 of themselves."""
    network, circuit = chip(AVERAGE, f"network.inputs={{kind: {inputs}}}")
    drive = driven(network)
    target = 0.2 * np.eye(3)
    ends = []
    for one in (network, dense(network)):
        nudged = one.nudged(drive, 0.5, target)
        assert isinstance(nudged, SpikingDrive)
        ends.append(one.fire(nudged, np.zeros((3, one.nodes)), Phase(duration=3e-6), circuit.solver))
    assert np.array_equal(ends[0].spikes, ends[1].spikes)
    assert (ends[0].spikes[:, 1:].min(axis=0) > 10).all()
    assert np.abs(ends[0].v - ends[1].v).max() < 1e-11
    assert np.allclose(ends[0].energy[:, :4], ends[1].energy[:, :4], rtol=1e-12, atol=0)


class Plain:
    """The clock in plain NumPy: no order of spikes, all places of all neurons in every step."""

    def __init__(self, network: SpikingNetwork, drive: SpikingDrive) -> None:
        self.network, self.analog, card = network, network.analog, network.card
        layers = self.analog.layers
        constants = [0.0 if one is None else one for one in self.analog.constants]
        self.still = [drive.inputs if k == 0 else constants[k] + np.zeros((3, layers[k].size)) for k in range(3)]
        self.x = [np.zeros((3, layer.size)) for layer in layers]
        self.u = [np.zeros((3, layer.size)) for layer in layers]
        self.won = [np.zeros((3, layer.size), np.int64) for layer in layers]
        self.counts = [np.zeros((3, layer.size), np.int64) for layer in layers]
        self.h, self.tau, self.slot = card.step, network.lif[0].time_constant, card.hidden.refractory

    def step(self) -> None:
        fired = []
        for k, still in enumerate(self.still):
            away, a = self.x[k] - still, math.exp(-self.h / self.tau)
            mean = still + away * (1.0 - a) * self.tau / self.h
            self.x[k] = still + away * a
            charge = self.h * mean / (0.2 * self.slot)
            self.u[k] = np.clip(self.u[k] + charge, self.network.lif[k].floor, 2.0)
            fired.append((self.u[k] >= 1.0).astype(float))
            self.u[k] -= fired[k]
            self.counts[k] += fired[k].astype(np.int64)
        for k in (1, 2):
            meet, inner = self.analog.layers[k].connection, self.analog.inner(self.analog.layers[k])
            jump = self.slot / self.tau * 0.2
            if meet.linear:
                self.x[k] += jump * meet.forward(fired[k - 1], inner)
                winners = None
            else:
                self._choose(k, jump, meet.unpooled().forward(fired[k - 1], inner))
                winners = self._places(k)
            reverse = self.analog.layers[k].reverse
            assert reverse is not None
            self.x[k - 1] += jump * self.analog.gain * meet.backward(fired[k], reverse, winners)

    def _choose(self, k: int, jump: float, sums: np.ndarray) -> None:
        """Each neuron takes the largest of its 2 x 2 sums if anything came to them."""
        side = round(math.sqrt(sums.shape[1] // 6))
        parts = sums.reshape(3, side // 2, 2, side // 2, 2, 6).transpose(0, 1, 3, 5, 2, 4).reshape(3, -1, 4)
        reached = (parts != 0.0).any(axis=2)
        self.x[k] += jump * np.where(reached, parts.max(axis=2), 0.0)
        self.won[k] = np.where(reached, parts.argmax(axis=2), self.won[k])

    def _places(self, k: int) -> np.ndarray:
        """Winners as `Convolution` counts them: places of the unpooled grid."""
        side = round(math.sqrt(self.won[k].shape[1] // 6))
        won = self.won[k].reshape(3, side, side, 6)
        i, j = np.arange(side)[:, None, None], np.arange(side)[None, :, None]
        return ((2 * i + won // 2) * 2 * side + 2 * j + won % 2).reshape(3, side * side, 6)


@pytest.mark.parametrize("pool", [AVERAGE, MAXIMUM])
def test_the_compiled_clock_is_the_plain_one(pool):
    """Spikes of every neuron in 120 steps equal, synapses to 1e-12 V; the maximum chooses by what a step brings."""
    network, circuit = chip(pool)
    drive = driven(network)
    plain = Plain(network, drive)
    for _ in range(120):
        plain.step()
    end = network.fire(drive, np.zeros((3, network.nodes)), Phase(duration=2.4e-6), circuit.solver)
    assert np.array_equal(end.spikes[:, 1:], np.array([c.sum(axis=1) for c in plain.counts]).T)
    assert (end.spikes[:, 1:].sum(axis=0) > 10).all()
    assert np.abs(end.v[:, : network.neurons] - np.concatenate(plain.x, axis=1)).max() < 1e-12
    if "max" in pool:
        assert len(np.unique(plain.won[1])) == 4


def test_a_spike_charges_the_lines_of_every_patch_that_it_is_in():
    """Counted place by place: 2 C V^2 for both lines of a pair and each of their cells."""
    network, circuit = chip(AVERAGE)
    clock, cell = Clock(network, circuit.solver), 2.0 * network.line_capacitance * 0.2**2
    inputs, first = 64, network.analog.layers[0].size
    conv = network.analog.layers[1].connection
    counted = np.zeros((6, 6))
    assert conv.places == 4
    # Places of the bare convolution: 4 x 4 in strides of two from -2 on.
    for i, j, a, b in itertools.product(range(4), range(4), range(3), range(3)):
        y, x = 2 * i - 2 + a, 2 * j - 2 + b
        if 0 <= y < 6 and 0 <= x < 6:
            counted[y, x] += 1
    forward = clock.loads[2][inputs : inputs + first].reshape(6, 6, 5)
    assert np.allclose(forward, counted[:, :, None] * 6 * cell, rtol=1e-12)
    back = clock.loads[3][first : first + network.analog.layers[1].size]
    assert np.allclose(back, 4 * (9 * 5 + 1) * 0.25**2 * cell, rtol=1e-12)
    assert not clock.loads[2][:inputs].any()


def test_the_noise_of_a_spike_has_the_variance_of_its_reads():
    """One neuron fires once in 4000 samples: the variance of each synapse within five standard errors of sums."""
    network, circuit = chip(AVERAGE, device="rram")
    samples = 4000
    drive = network.disturbed(
        network.quiet(np.zeros((samples, 64))), network.deviates(samples, np.random.default_rng(8))
    )
    assert isinstance(drive, SpikingDrive)
    drive = SpikingDrive(
        inputs=np.zeros((samples, network.analog.layers[0].size)),
        power=drive.power, deviation=drive.deviation, noise=drive.noise, x=drive.x, key=drive.key,
    )  # fmt: skip
    start = np.zeros((samples, network.nodes))
    neuron = 5 * (3 * 6 + 2) + 3
    start[:, network.neurons + neuron] = 1.5
    end = network.fire(drive, start, Phase(duration=20e-9), circuit.solver)
    assert end.spikes[:, 1].tolist() == [1] * samples
    layer, unit = network.analog.layers[1], np.zeros((1, network.analog.layers[0].size))
    unit[0, neuron] = network.analog.bias_drive
    assert layer.variance is not None
    jump = network.card.hidden.refractory / network.lif[1].time_constant
    wanted = jump**2 * layer.connection.variance(np.square(unit), layer.variance[:-1])[0]
    part = network.slices[1]
    found = end.v[:, part].var(axis=0)
    reached = wanted > 0.0
    assert reached.sum() >= 6
    assert found[~reached].max() < 1e-28
    assert (np.abs(found[reached] / wanted[reached] - 1.0) < 5 * math.sqrt(2 / samples)).all()


@pytest.mark.parametrize("pool", [AVERAGE, MAXIMUM])
def test_an_extended_count_is_the_mean_drive(pool):
    """Rates of neurons off their rails: the mean over the window of x, which the recorded path gives, to 1e-9 V."""
    network, circuit = chip(pool, "network.readout=extended")
    drive = driven(network)
    start = np.zeros((3, network.nodes))
    end = network.fire(drive, start, Phase(duration=4e-6), circuit.solver)
    kept = network.fire(drive, start, Phase(duration=4e-6), circuit.solver, record=True)
    many = network.neurons
    assert np.allclose(end.v, kept.v, rtol=0, atol=1e-12)
    count = round(4e-6 / network.card.step)
    membrane = kept.path[:, :, many : 2 * many]
    away = membrane[count - 100 :].min(axis=0) > network.card.hidden.floor + 1e-9
    # 2 is the most; a spike has taken 1 off it.
    away &= membrane[count - 100 :].max(axis=0) < 1.0 - 1e-9
    rates = np.concatenate(network.rates(end.v), axis=1)
    x, still = kept.path[:, :, :many], _still(network, drive)
    tau = network.lif[0].time_constant
    # The mean of x over each step, of what decays towards what stands still.
    a = math.exp(-network.card.step / tau)
    mean = still + (x[:-1] - still) * (1.0 - a) * tau / network.card.step
    drive_of = mean[count - 100 :].mean(axis=0)
    assert away.sum() > 50
    assert np.abs(rates - np.maximum(drive_of, 0.0))[away].max() < 1e-9


def _still(network: SpikingNetwork, drive: SpikingDrive) -> np.ndarray:
    constants = network.analog.constants
    later = [
        np.zeros((3, layer.size)) + (0.0 if c is None else c)
        for layer, c in zip(network.analog.layers[1:], constants[1:], strict=True)
    ]
    return np.concatenate([drive.inputs, *later], axis=1)


def test_a_recorded_phase_chooses_as_an_unrecorded_one():
    network, circuit = chip(MAXIMUM)
    drive, start = driven(network), np.zeros((3, network.nodes))
    ends: list[Relaxed | Relaxed] = [
        network.fire(drive, start, Phase(duration=2e-6), circuit.solver, record=record) for record in (False, True)
    ]
    assert np.allclose(ends[0].v, ends[1].v, rtol=0, atol=1e-12)
    assert np.allclose(ends[0].energy, ends[1].energy, rtol=1e-9)
