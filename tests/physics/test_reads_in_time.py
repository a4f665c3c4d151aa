"""Read noise of the phases of one sample, from the card to the voltages that are measured."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from scipy import integrate

from analogep.beta.probe import Probe
from analogep.circuit import CircuitCard
from analogep.circuit.phases import Nudging
from analogep.device import DeviceCard
from analogep.energy import Ledger
from analogep.learning import Experimenter
from analogep.network import Hardware
from analogep.network.reads import PhaseReads, correlations, factor, phase_ends
from analogep.streams import Seeds

K, LOW, HIGH, TAU, PHASE = 4e-4, 1e3, 1e8, 50e-9, 2e-6
FLICKER = f"read.noise={{kind: flicker, k: {K}, low: 1 kHz, high: 100 MHz}}"
TRAP = "read.noise={kind: telegraph, amplitude: 20 %, probability: 30 %, dwell: 4 us}"
BOTH = f"read.noise=[{FLICKER[11:]}, {TRAP[11:]}]"
FAST = "read.noise={kind: relative, sigma: 2 %}"
SAMPLES = 6000
# Behind a feedback of nearly nothing the first layer's nodes show the current of their lines, and nothing else.
CIRCUIT = [
    "layers=[6,5,3]", "dac.bits=null", "dac.booked=8", "adc.bits=null", "adc.booked=8",
    "sample_hold.noise=0 V", "feedback.gain=1e-9",
    "timing.free.duration=2.5 us", "timing.nudged.duration=2 us", "solver.relative_tolerance=1e-6",
    "solver.absolute_tolerance=1 nV", "neurons.hidden.activation={kind: hard_clip, low: -1 V, high: 1 V}",
]  # fmt: skip
X = np.array([0.9, 0.1, 0.5, 0.7, 0.3, 1.0])


def chip(noise: str, *circuit: str) -> Hardware:
    device = DeviceCard.load("ideal", [noise])
    made = Hardware(device, CircuitCard.load("digits", [*CIRCUIT, *circuit]), Seeds.of(1))
    made.initialise()
    return made


def spectra(noise: str) -> list:
    """One-sided S_G/G^2 of the components, and the frequencies between which they are looked at."""
    tau = 2 * 0.3 * 0.7 * 4e-6
    found = [(lambda f: K / f, LOW, HIGH)] if "flicker" in noise else []
    if "telegraph" in noise:
        found.append((lambda f: 0.04 * 0.21 * 4 * tau / (1 + (2 * math.pi * f * tau) ** 2), 1.0, 1e9))
    return found


@cache
def relative_covariance(noise: str, lag: float) -> float:
    """int S_G/G^2 cos(2 pi f lag)/(1 + (2 pi f tau)^2) df, of nodes of the time constant tau: a sum over ln f, whose
    steps are fine to 1e-8 of it."""
    total = 0.0
    for spectrum, low, high in spectra(noise):
        u = np.linspace(math.log(low), math.log(high), 100_001)
        f = np.exp(u)
        y = f * spectrum(f) * np.cos(2 * math.pi * f * lag) / (1.0 + (2 * math.pi * f * TAU) ** 2)
        total += float(integrate.trapezoid(y, u))
    return total


def measured(made: Hardware, estimator: str, seed: int) -> np.ndarray:
    """Voltages of the first hidden layer in each phase that an estimator measures (phases, samples, neurons) [V]."""
    bench = Experimenter(made, Ledger(), np.random.default_rng(seed))
    stencil = Nudging(beta=0.1, estimator=estimator).stencil()
    phases, _, _ = bench.phases(made.network(), np.tile(X, (SAMPLES, 1)), np.zeros((SAMPLES, 3)), stencil)
    return np.array([rates[0] for _, rates in phases])


def line_variance(made: Hardware) -> np.ndarray:
    """Sum over the cells of each line of (scale G q)^2 (neurons,) [V^2]: its variance for S_G/G^2 of the integral 1."""
    pair, read = made.pairs[0], made.circuit.mapping.read_voltage
    q = made.device.read.iv.drive(read * np.append(X, 1.0))
    return (pair.scale * q) ** 2 @ (pair.plus.g**2 + pair.minus.g**2)


@pytest.mark.parametrize("method", ["euler", "RK45"])
@pytest.mark.parametrize(("noise", "estimator"), [(FLICKER, "positive"), (TRAP, "centered"), (BOTH, "richardson")])
def test_currents_of_lines_have_the_covariance_between_phases_that_the_spectrum_gives(noise, estimator, method):
    """Of 6000 equal samples, each neuron of 5 and each pair of phases, within 5 standard errors.

    Neurons of different lines are independent, so are samples. Both components go with G^2: they have the same share
    in each cell, and one correlation is exact for all lines.
    """
    made = chip(noise, f"solver.method={method}")
    v = measured(made, estimator, 2)
    lines = line_variance(made)
    order = {"positive": [0, 1], "centered": [1, 2], "richardson": [1, 2, 3, 4]}[estimator]
    off = v - v.mean(axis=1, keepdims=True)
    for a in range(len(order)):
        for b in range(a + 1):
            # Lags of whole phases: one integral for all pairs of phases as far apart.
            lag = PHASE * abs(order[a] - order[b])
            expected = lines * relative_covariance(noise, lag)
            product = off[a] * off[b]
            assert (np.abs(product.mean(axis=0) - expected) < 5.0 * product.std(axis=0) / math.sqrt(SAMPLES)).all()
            change = 0.5 * np.square(off[a] - off[b])
            fresh = lines * (relative_covariance(noise, 0.0) - relative_covariance(noise, lag))
            if a != b:
                assert (np.abs(change.mean(axis=0) - fresh) < 5.0 * change.std(axis=0) / math.sqrt(SAMPLES)).all()
    # The model is no trifle here: neither fresh nor common noise would pass.
    assert 0.05 < relative_covariance(noise, PHASE) / relative_covariance(noise, 0.0) < 0.95


@pytest.mark.parametrize("method", ["euler", "RK45"])
@pytest.mark.parametrize(("taken", "correlation"), [("fresh", 0.0), ("common", 1.0)])
def test_where_a_source_does_not_state_the_spacing_the_card_takes_one_of_the_limits(taken, correlation, method):
    """Fresh: uncorrelated within 5 standard errors; common: the same voltages in both phases, to the solver's error."""
    device = DeviceCard.load("ideal", [FAST, f"read.between_phases={taken}"])
    made = Hardware(device, CircuitCard.load("digits", [*CIRCUIT, f"solver.method={method}"]), Seeds.of(1))
    made.initialise()
    one, other = measured(made, "centered", 3)
    found = np.array([np.corrcoef(one[:, k], other[:, k])[0, 1] for k in range(5)])
    assert (np.abs(found - correlation) < (5.0 / math.sqrt(SAMPLES) if taken == "fresh" else 1e-6)).all()
    variance = line_variance(made) * 0.02**2
    for v in (one, other):
        square = np.square(v - v.mean(axis=0))
        assert (np.abs(square.mean(axis=0) - variance) < 5.0 * square.std(axis=0) / math.sqrt(SAMPLES)).all()


class Counting:
    """A network that counts what it draws."""

    def __init__(self, network) -> None:
        self.network, self.draws = network, 0

    def deviates(self, samples, rng):
        self.draws += 1
        return self.network.deviates(samples, rng)

    def mixed(self, drawn, weights):
        return self.network.mixed(drawn, weights)


@pytest.mark.parametrize(("taken", "draws"), [("fresh", 3), ("common", 1)])
def test_in_both_limits_phases_draw_what_they_drew_before(taken, draws):
    """Fresh: the very numbers of one draw a phase, in this order; common: one draw, the same object in all phases."""
    device = DeviceCard.load("ideal", [FAST, f"read.between_phases={taken}"])
    made = Hardware(device, CircuitCard.load("digits", CIRCUIT), Seeds.of(1))
    made.initialise()
    network = Counting(made.network())
    times = phase_ends(made, made.network(), 2)
    reads = PhaseReads(network, 4, np.random.default_rng(5), [factor(one) for one in correlations(made, times)])
    found = [reads.next() for _ in range(3)]
    assert network.draws == draws
    rng = np.random.default_rng(5)
    again = [network.network.deviates(4, rng) for _ in range(draws)]
    for k, one in enumerate(found):
        expected = again[k if taken == "fresh" else 0]
        for (forward, reverse), (ours, behind) in zip(one, expected, strict=True):
            np.testing.assert_array_equal(forward, ours)
            assert reverse is None or (reverse == behind).all()
    assert (found[0] is found[2]) == (taken == "common")


@pytest.mark.parametrize("card", ["passive-digits", "resistive-digits", "spiking-digits"])
def test_deviates_of_every_kind_of_network_have_the_correlation_of_their_layer(card):
    """Two phases of 4000 samples, all lines of an array together, within 5 standard errors of the correlation."""
    small = [] if card == "resistive-digits" else ["layers=[64,8,10]"]
    device = DeviceCard.load("ideal", [TRAP, *(["read.voltage=10 mV"] if card == "resistive-digits" else [])])
    made = Hardware(device, CircuitCard.load(card, small), Seeds.of(1))
    made.initialise()
    network = made.network()
    times = np.array([0.0, 1e-6])
    wanted = correlations(made, times)
    reads = PhaseReads(network, 4000, np.random.default_rng(6), [factor(one) for one in wanted])
    first, second = reads.next(), reads.next()
    for layer, (one, other) in enumerate(zip(first, second, strict=True)):
        rho = wanted[layer][0, 1]
        assert 0.3 < rho < 0.9
        for a, b in zip(one, other, strict=True):
            if a is None or a.size == 1:
                continue
            product = a * b
            assert abs(product.mean() - rho) < 5.0 * product.std() / math.sqrt(product.size)
            assert abs((b**2).mean() - 1.0) < 5.0 * (b**2).std() / math.sqrt(b.size)
    if card == "spiking-digits":
        # Spikes are read by pulses of their own, each with fresh noise: another key in each phase.
        assert first[0][1] != second[0][1]


def test_noise_of_a_study_of_beta_is_correlated_between_phases_that_follow_each_other():
    """sqrt(rho) common + sqrt(1 - rho) of each beta, over 300 repeats, within 5 standard errors."""
    made = chip(TRAP)
    probe = Probe.__new__(Probe)
    probe.hardware, probe.network, probe.streams = made, made.network(), Seeds.of(2).operation
    drawn = np.array([[probe._deviates(0, beta, k, 40)[0][0] for beta in (0.1, -0.1)] for k in range(300)])
    rho = correlations(made, np.array([0.0, PHASE]))[0][0, 1]
    product = drawn[:, 0] * drawn[:, 1]
    assert abs(product.mean() - rho) < 5.0 * product.std() / math.sqrt(product.size)
    assert 0.2 < rho < 0.6
