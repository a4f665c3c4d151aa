"""Thermal noise of spiking neurons: equipartition, columns' noise through the synapse, membranes and resets."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.linalg import expm, solve_continuous_lyapunov

from analogep import CircuitCard, DeviceCard, Seeds
from analogep.circuit.phases import Phase
from analogep.energy import Ledger
from analogep.kinds.spiking import thermal
from analogep.kinds.spiking.equations import SpikingDrive
from analogep.kinds.spiking.network import SpikingNetwork
from analogep.learning import Experimenter
from analogep.network import Hardware
from analogep.network.relaxed import Relaxed
from analogep.network.thermal import Thermal

Floats = NDArray[np.float64]

KT = 1.380649e-23 * 300.0
C, LEAK, STEP, SLOT, VOLTS = 2.5e-12, 10e-6, 20e-9, 20e-9, 0.2
TAU = C / LEAK
SAMPLES = 8000
BASE = ("layers=[64,6,10]", "solver.precision=double", "mapping.weight_range=[0.5,0.5]", "noise.thermal=on")
FLOORS = ("network.hidden.floor=-1000", "network.output.floor=-1000")
TIA = "column={kind: tia, supply: 1.1 V, dc_gain: 10000, load: 0.2 pF, gm_over_id: 15, branches: 4}"


def built(*settings: str, device: str = "ideal") -> tuple[Hardware, SpikingNetwork]:
    """A chip, and its network without weights, so that noise alone moves its neurons; its cells are there."""
    circuit = CircuitCard.load("spiking-digits", [*BASE, *settings])
    hardware = Hardware(DeviceCard.load(device), circuit, Seeds.of(3))
    hardware.initialise()
    network = hardware.network()
    assert isinstance(network, SpikingNetwork)
    layers = [
        replace(one, weights=np.zeros_like(one.weights), reverse=None if one.reverse is None else 0.0 * one.reverse)
        for one in network.analog.layers
    ]
    return hardware, replace(network, analog=replace(network.analog, layers=layers))


def cold_synapses(network: SpikingNetwork) -> SpikingNetwork:
    """The same with columns that have no cells, and so no noise."""
    layers = [replace(one, ground=(0.0 * one.ground[0], 0.0 * one.ground[1])) for one in network.analog.layers]
    return replace(network, analog=replace(network.analog, layers=layers))


def run(
    hardware: Hardware, network: SpikingNetwork, steps: int, *, u: float = 0.0, kt: float = KT, samples: int = SAMPLES,
    record: bool = False,
) -> Relaxed:  # fmt: skip
    """`steps` of the clock from synapses at rest and membranes at `u` thresholds, nothing driven."""
    drive = network.quiet(np.zeros((samples, 64)))
    assert isinstance(drive, SpikingDrive)
    start = np.zeros((samples, 6, network.neurons))
    start[:, 1] = u
    drive = replace(drive, thermal=Thermal(kt, 11) if kt else None)
    solver = hardware.circuit.solver
    return network.fire(drive, start.reshape(samples, -1), Phase(duration=steps * STEP), solver, record=record)


def blocks(end: Relaxed) -> Floats:
    """(samples, blocks, neurons) at the end."""
    return end.v.reshape(len(end.v), 6, -1)


def cells(hardware: Hardware) -> tuple[Floats, Floats, Floats]:
    """G of all cells [S] of the bit lines of both arrays, and of the word lines of the second, the bias left out."""
    first, second = (store.plus.g + store.minus.g for store in hardware.stores)
    return first.sum(axis=0), second.sum(axis=0), second.sum(axis=1)[:-1]


@pytest.mark.parametrize(("width", "again"), [("10 ns", 2.0), ("20 ns", 1.0)])
def test_an_undriven_synapse_has_the_noise_of_its_capacitor_and_of_all_cells(width, again):
    """(kT/C) (1 + g sum M^2 R_f^2 G), M the refractory time over the width for arrays that pulses read.

    8 tau after its beginning; 6 and 10 neurons of 8000 samples scatter by sqrt(2/n) = 0.65 and 0.5 %: 2 % are three.
    """
    hardware, network = built(f"network.width={width}", *FLOORS, device="rram")
    x = blocks(run(hardware, network, 100))[:, 0]
    feedback = 0.5 / (hardware.device.conductance.max - hardware.device.conductance.min)
    bits, outputs, words = cells(hardware)
    hidden = KT / C * (1.0 + LEAK * feedback**2 * (bits + again**2 * words))
    output = KT / C * (1.0 + LEAK * feedback**2 * again**2 * outputs)
    assert np.mean(x[:, :6].var(axis=0) / hidden) == pytest.approx(1.0, abs=0.02)
    assert np.mean(x[:, 6:].var(axis=0) / output) == pytest.approx(1.0, abs=0.02)
    # Each neuron by itself within five standard errors of sqrt(2/8000).
    assert np.abs(x.var(axis=0) / np.append(hidden, output) - 1.0).max() < 5.0 * math.sqrt(2.0 / SAMPLES)
    assert np.abs(np.corrcoef(x.T) - np.eye(16)).max() < 5.0 / math.sqrt(SAMPLES)


def test_a_column_with_an_amplifier_adds_its_noise_through_the_synapse():
    """kT/C + sum kT M^2 R_n/(tau + tau_a), R_n = h^2 (R_f N + N^2 gamma/gm), as above within 2 %."""
    hardware, network = built(TIA, *FLOORS)
    x = blocks(run(hardware, network, 100))[:, 0]
    window, (bits, outputs, words) = hardware.device.conductance, cells(hardware)
    feedback = 0.5 / (window.max - window.min)

    def noise(g: Floats, lines: int, again: float) -> Floats:
        n, middle = 1.0 + feedback * g, 1.0 + feedback * lines * (window.max + window.min)
        product = 5.0 * middle / (2.0 * math.pi * 10e-9)
        gain = 1.0 / (1.0 + n / 1e4)
        lag = n * gain / (2.0 * math.pi * product)
        gm = 2.0 * math.pi * product * 0.2e-12
        return KT * again**2 * gain**2 * (feedback * n + n**2 * (4.0 / 3.0) / gm) / (TAU + lag)

    hidden = KT / C + noise(bits, 65, 1.0) + noise(words, 10, 2.0)
    output = KT / C + noise(outputs, 7, 2.0)
    assert np.mean(x[:, :6].var(axis=0) / hidden) == pytest.approx(1.0, abs=0.02)
    assert np.mean(x[:, 6:].var(axis=0) / output) == pytest.approx(1.0, abs=0.02)
    assert hidden.min() > 3.0 * KT / C


@pytest.mark.parametrize("lag", [0.4e-9, 2e-9, 10e-9])
def test_a_column_faster_than_a_step_is_white_to_it(lag):
    """tau_a dy = -y dt + sqrt(2 kT R_n) dW, tau dx = (y - x) dt: the variance of x, and its correlation a step later.

    By Lyapunov's equation; the latter, e^(-h/tau) here, is higher by less than tau_a/(tau - tau_a).
    """
    a = np.array([[-1.0 / lag, 0.0], [1.0 / TAU, -1.0 / TAU]])
    p = solve_continuous_lyapunov(a, -np.diag([2.0 / lag**2, 0.0]))
    assert p[1, 1] == pytest.approx(1.0 / (TAU + lag), rel=1e-9)
    later = (expm(a * STEP) @ p)[1, 1] / p[1, 1]
    assert 0.0 < later - math.exp(-STEP / TAU) < lag / (TAU - lag)


@pytest.mark.parametrize("turns", [0.01, 0.08, 1.0])
def test_a_step_of_the_synapse_and_its_mean_are_exact(turns):
    """Against the covariance of (x, integral of x) by Van Loan's matrix exponential (1978), to 1e-6."""
    kick, carried, rest = thermal.within(turns, 1.0)
    a = np.array([[-1.0, 0.0], [1.0, 0.0]])
    whole = expm(turns * np.block([[-a, np.diag([2.0, 0.0])], [np.zeros((2, 2)), a.T]]))
    p = whole[2:, 2:].T @ whole[:2, 2:]
    assert kick**2 == pytest.approx(p[0, 0], rel=1e-9)
    assert carried * kick**2 == pytest.approx(p[0, 1] / turns, rel=1e-9)
    assert carried**2 * kick**2 + rest**2 == pytest.approx(p[1, 1] / turns**2, rel=1e-6)


def test_what_nudges_a_synapse_has_noise_beside_its_leak():
    """kT/C gamma |beta| more at outputs, and nothing elsewhere."""
    _, network = built(*FLOORS)
    still, nudged = (np.square(thermal.deviations(network, KT, stirred)[0]) for stirred in (0.0, 0.6))
    more = (nudged - still) / -math.expm1(-2.0 * STEP / TAU)
    capacitance = network.lif[-1].capacitance
    assert more[: network.slices[-1].start] == pytest.approx(0.0)
    assert more[network.slices[-1]] == pytest.approx(0.6 * KT / capacitance, rel=1e-6)


def test_a_membrane_gathers_the_noise_of_its_synapse():
    """var u = s^2 2 tau [T - 2 tau (1 - A) + tau (1 - A^2)/2]/(V t_r)^2, A = e^(-T/tau), after 10 and 30 steps, 3 SE.

    Without what is drawn within a step in its mean, it would be 19 and 10 % less; 3 SE are 1.5 %.
    """
    hardware, network = built(*FLOORS)
    deviation = np.sqrt(thermal.deviations(network, KT, 0.0)[0, 6:] ** 2 / -math.expm1(-2.0 * STEP / TAU))
    for steps in (10, 30):
        end = run(hardware, network, steps, u=-5.0)
        time, gone = steps * STEP, -math.expm1(-steps * STEP / TAU)
        twice = -math.expm1(-2.0 * steps * STEP / TAU)
        wanted = 2.0 * TAU * (time - 2.0 * TAU * gone + 0.5 * TAU * twice) / (VOLTS * SLOT) ** 2
        share = blocks(end)[:, 1, 6:].var(axis=0) / deviation**2 / wanted
        assert np.mean(share) == pytest.approx(1.0, abs=3.0 * math.sqrt(2.0 / (10 * SAMPLES)))


QUIET = tuple(f"network.{name}.{key}" for name in ("hidden", "output") for key in ("capacitance=2.5 nF", "leak=10 mS"))
SMALL = ("network.hidden.membrane=10 fF", "network.output.membrane=10 fF", *QUIET)
OFF = KT / 10e-15 / 0.5**2
"""kT/C_m in squared thresholds of 0.5 V."""


def test_every_spike_leaves_noise_on_the_membrane_that_it_is_taken_off():
    """kT/C_m of one spike, twice that of two, of 128,000 membranes each: three standard errors are 1.2 %."""
    hardware, network = built(*SMALL)
    cold = cold_synapses(network)
    once, twice = (blocks(run(hardware, cold, steps, u=1.9))[:, 1] for steps in (1, 2))
    assert once.mean() == pytest.approx(0.9, abs=1e-3)
    assert once.var() / OFF == pytest.approx(1.0, abs=0.012)
    # After the first one 0.9 thresholds are left, and nobody spikes again.
    assert twice.var() / OFF == pytest.approx(1.0, abs=0.012)
    again = blocks(run(hardware, cold, 1, u=1.0 + 1e-6))[:, 1]
    assert again.min() < 0.0


def test_a_level_is_left_with_noise_when_its_switch_opens():
    """level + kT/C_m at the end of the refractory time; while the switch is closed the membrane stands at the level."""
    reset = "{kind: level, level: 0.2}"
    levels = (f"network.hidden.reset={reset}", f"network.output.reset={reset}", "network.unstable=true")
    longer = ("network.hidden.refractory=60 ns", "network.output.refractory=60 ns")
    hardware, network = built(*SMALL, *levels, *longer)
    cold = cold_synapses(network)
    assert (blocks(run(hardware, cold, 3, u=1.5))[:, 1] == 0.2).all()
    u = blocks(run(hardware, cold, 4, u=1.5))[:, 1]
    assert u.mean() == pytest.approx(0.2, abs=1e-3)
    assert u.var() / OFF == pytest.approx(1.0, abs=0.012)


def test_a_leaky_membrane_has_kt_over_c():
    """100 nS at 10 fF, 100 ns; after 20 of them, and a negative floor, so that nothing clips."""
    leaks = ("network.hidden.membrane_leak=100 nS", "network.output.membrane_leak=100 nS", "network.unstable=true")
    hardware, network = built(*SMALL, *leaks, *FLOORS)
    u = blocks(run(hardware, cold_synapses(network), 100))[:, 1]
    assert u.var() / OFF == pytest.approx(1.0, abs=0.012)


def test_noise_goes_with_the_root_of_temperature():
    """Four times kT, and twice the voltages, deviate by deviate; the card's temperature is what the drive has."""
    hardware, network = built(*FLOORS)
    one, four = (blocks(run(hardware, network, 20, kt=kt, samples=8))[:, 0] for kt in (KT, 4.0 * KT))
    np.testing.assert_allclose(four, 2.0 * one, rtol=1e-12)
    made = Experimenter(hardware, Ledger(), np.random.default_rng(1))
    drive = made._drive(network, np.zeros((1, 64)))
    assert drive.thermal is not None
    assert drive.thermal.kt == pytest.approx(KT, rel=1e-12)


@pytest.mark.parametrize("coding", ["rate", "predictive"])
def test_noise_does_not_depend_on_how_the_work_is_divided(coding):
    """One sample after another and step by step, as a recorded phase goes, and in jobs of all steps at once."""
    hardware, network = built(f"network.coding={{kind: {coding}}}", "network.window=400 ns")
    kept, plain = (run(hardware, network, 40, u=1.0, samples=10, record=record) for record in (True, False))
    shorter = run(hardware, network, 40, u=1.0, samples=9)
    states = [0, 1, 3] if coding == "predictive" else [0, 1]
    assert np.array_equal(blocks(kept)[:, states], blocks(plain)[:, states])
    assert np.array_equal(blocks(shorter)[:, states], blocks(plain)[:9, states])
    assert np.array_equal(kept.spikes, plain.spikes)
    assert plain.spikes.sum() > 0


def test_a_decoder_keeps_kt_over_c_and_takes_its_share_of_the_columns():
    """kT/C + lambda/(2 - lambda) 2 kT M^2 R_f^2 G/h of a share that stays 0.1, as above within 2 %."""
    coding = "network.coding={kind: predictive, decoder: {first: 0.1}}"
    hardware, network = built(coding)
    x = blocks(run(hardware, network, 100, u=-1.0))[:, 0]
    feedback = 0.5 / (hardware.device.conductance.max - hardware.device.conductance.min)
    bits, outputs, words = cells(hardware)
    share = 0.1 / 1.9 * 2.0 / STEP
    hidden = KT / C + share * KT * feedback**2 * (bits + 4.0 * words)
    output = KT / C + share * KT * feedback**2 * 4.0 * outputs
    assert np.mean(x[:, :6].var(axis=0) / hidden) == pytest.approx(1.0, abs=0.02)
    assert np.mean(x[:, 6:].var(axis=0) / output) == pytest.approx(1.0, abs=0.02)
