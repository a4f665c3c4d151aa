"""Noise: of reads, of samples, of converters, and what the estimators make of it."""

from dataclasses import replace

import numpy as np
import pytest

from analogep.circuit import CircuitCard
from analogep.circuit.phases import Nudging
from analogep.device import DeviceCard
from analogep.energy import Ledger
from analogep.estimators import Stencil
from analogep.kinds.rc.network import LayeredRC
from analogep.kinds.rc.product import product_rule
from analogep.learning import Experimenter
from analogep.network import Hardware
from analogep.streams import Seeds

from .nets import CURVES, LINEAR, READ, SINH, Floats, build, data

SMALL = ["layers=[6,5,3]", "timing.free.duration=2 us", "timing.nudged.duration=2 us", "solver.relative_tolerance=1e-7",
         "solver.absolute_tolerance=1 nV"]  # fmt: skip
QUIET = ["dac.bits=null", "dac.booked=8", "adc.bits=null", "adc.booked=8", "sample_hold.noise=0 V"]


def chip(device: str, *overrides: str) -> Hardware:
    made = Hardware(DeviceCard.load(device), CircuitCard.load("digits", [*SMALL, *overrides]), Seeds.of(1))
    made.initialise()
    return made


def noisy(network: LayeredRC) -> LayeredRC:
    """Variances of the forward and the reverse reads, different in each weight."""
    rng = np.random.default_rng(5)
    layers = []
    for layer in network.layers:
        forward = 1e-4 * rng.random(layer.weights.shape)
        reverse = None if layer.reverse is None else 1e-4 * rng.random(layer.reverse.shape)
        layers.append(replace(layer, variance=forward, reverse_variance=reverse))
    return LayeredRC(layers, network.iv, network.read_voltage, network.gain, network.bias)


@pytest.mark.parametrize("iv", [LINEAR, SINH], ids=["linear", "sinh"])
@pytest.mark.parametrize("bias", [False, True])
def test_read_noise_has_the_variance_of_weights_that_differ_in_each_read(iv, bias):
    """Var = sum_i var(w_ij) q_i^2 forward + sum_k var(m_jk) q(s r_k)^2 in reverse, within 4 standard errors.

    Written out over single weights, and compared with networks whose weights are drawn anew.
    """
    network = noisy(build((5, 7, 3), CURVES["tanh"], gain=0.4, bias=bias, iv=iv))
    reads = 20_000
    x, _ = data(network, 1)
    v = np.random.default_rng(3).uniform(-0.1, 0.2, (1, 10))
    rng = np.random.default_rng(7)
    many = np.repeat(v, reads, axis=0)
    first = (rng.standard_normal((reads, 7)), None)
    deviates = (first, (rng.standard_normal((reads, 3)), rng.standard_normal((reads, 7))))
    current = network.bracket(many, network.drive(np.repeat(x, reads, axis=0), deviates)) - network.bracket(
        v, network.drive(x)
    )
    hidden, output = (r[0] for r in network.rates(v))
    one = [READ] if bias else []
    first, second = network.layers
    expected = np.zeros(10)
    for i, r in enumerate([*x[0], *one]):
        expected[:7] += first.variance[i] * iv.drive(np.array(r)) ** 2
    for i, r in enumerate([*hidden, *one]):
        expected[7:] += second.variance[i] * iv.drive(np.array(r)) ** 2
    for k, r in enumerate(output):
        expected[:7] += second.reverse_variance[:, k] * iv.drive(np.array(0.4 * r)) ** 2
    error = np.sqrt(2.0 / (reads - 1))
    deviation = current.var(axis=0, ddof=1) / expected - 1
    assert np.abs(deviation).max() < 4 * error
    assert (np.abs(current.mean(axis=0)) < 4 * np.sqrt(expected / reads)).all()


def test_redrawn_conductances_and_the_noise_currents_have_the_same_variance():
    """w' = w + k (dG+ - dG-) with var G = (sigma G)^2: 4000 redrawn arrays of a real pair, within 4 standard errors."""
    made = chip("rram", *QUIET)
    network, pair = made.network(), made.pairs[0]
    sigma, rng, draws = 0.015, np.random.default_rng(7), 4000
    x = READ * rng.random(6)
    q = made.device.read.iv.drive(np.append(x, READ))
    sums = np.zeros((draws, 5))
    for half in (pair.plus, pair.minus):
        noise = sigma * half.g * rng.standard_normal((draws, *half.g.shape))
        sums += pair.scale * np.einsum("i,dij->dj", q, noise)
    one = np.ones((1, 5))
    inputs = network.drive(x[None], ((one, None),)).inputs - network.drive(x[None]).inputs
    deviation = sums.var(axis=0, ddof=1) / inputs[0] ** 2 - 1
    assert np.abs(deviation).max() < 4 * np.sqrt(2.0 / (draws - 1))


def test_read_noise_stands_still_within_a_phase_and_changes_between_phases(monkeypatch):
    """The deviates are drawn once a phase: the equations of a phase do not depend on how often they are evaluated."""
    made = chip("rram", *QUIET)
    network = made.network()
    drives = []
    original = LayeredRC.drift
    monkeypatch.setattr(
        LayeredRC, "drift", lambda self, v, drive: (drives.append(drive), original(self, v, drive))[1]
    )  # fmt: skip
    bench = Experimenter(made, Ledger(), np.random.default_rng(1))
    lines = bench.lines(np.random.default_rng(2).random((4, 6)))
    free = bench.free(network, lines)
    first = drives[0]
    assert all(drive is first for drive in drives)
    drives.clear()
    bench.nudged(network, lines, free.v, np.full((4, 3), 0.1), 0.1)
    second = drives[0]
    assert all(drive is second for drive in drives)
    assert np.abs(first.inputs - second.inputs).min() > 0
    assert (first.noise[1][0] != second.noise[1][0]).all()
    assert (first.noise[1][1] != second.noise[1][1]).all()
    assert first.noise[1][0].shape == (4, 3)
    assert first.noise[1][1].shape == (4, 5)


def test_without_noise_two_measurements_are_equal():
    """noisy=False: no deviates, no sample noise, no quantisation, whatever the cards say."""
    made = chip("rram")
    network = made.network()
    x, target = np.random.default_rng(2).random((4, 6)), np.full((4, 3), 0.1)
    stencil = Nudging(beta=0.1, estimator="centered").stencil()
    gradients = [
        Experimenter(made, Ledger(), np.random.default_rng(seed), noisy=False).gradient(network, x, target, stencil)[0]
        for seed in (1, 2)
    ]
    for one, other in zip(*gradients, strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.any()
    bench = Experimenter(made, Ledger(), np.random.default_rng(1), noisy=False)
    assert bench._drive(network, bench.lines(x)).noise == ()
    np.testing.assert_array_equal(bench.lines(x), READ * x)
    disturbed = Experimenter(made, Ledger(), np.random.default_rng(1)).gradient(network, x, target, stencil)[0]
    assert np.abs(disturbed[0] - gradients[0][0]).max() > 0


def test_a_converter_coarser_than_the_difference_of_the_phases_sees_no_gradient():
    """Dead zone: both phases give the same codes, so the gradient is 0, not small; a fine converter sees it.

    No rate of these samples lies between two codes, where a difference below the resolution becomes a whole code.
    """
    x, target = np.random.default_rng(4).random((4, 6)), np.full((4, 3), 0.1)
    stencil = Nudging(beta=1e-3, estimator="centered").stencil()
    found = {}
    for bits in ("4", "20"):
        made = chip("ideal", "dac.bits=null", "dac.booked=8", "sample_hold.noise=0 V", f"adc.bits={bits}")
        network = made.network()
        bench = Experimenter(made, Ledger(), np.random.default_rng(1))
        lines = bench.lines(x)
        free = bench.free(network, lines).v
        ends = [bench.nudged(network, lines, free, target, beta).v for beta in (1e-3, -1e-3)]
        moved = np.abs(ends[0] - ends[1]).max()
        assert (moved < made.circuit.adc.lsb / 2) == (bits == "4")
        found[bits] = bench.gradient(network, x, target, stencil)[0]
    assert not any(part.any() for part in found["4"])
    assert all(part.any() for part in found["20"])


def test_offsets_common_to_both_phases_cancel_to_first_order():
    """(r + o)(r + o): the estimate moves by o Delta r, relative to the rates, not by o/beta."""
    made = chip("ideal", *QUIET)
    network = made.network()
    bench = Experimenter(made, Ledger(), np.random.default_rng(1))
    x, target = np.random.default_rng(2).random((4, 6)), np.full((4, 3), 0.1)
    lines = bench.lines(x)
    free = bench.free(network, lines).v
    changes = []
    for beta in (1e-1, 1e-2, 1e-3):
        phases = []
        for b, weight in Nudging(beta=beta, estimator="centered").stencil():
            phases.append((weight, network.rates(bench.nudged(network, lines, free, target, b).v)))
        shifted = [(weight, [r + 0.01 for r in rates]) for weight, rates in phases]
        plain, moved = (product_rule(p, lines, READ, 0.5, bias=True) for p in (phases, shifted))
        changes.append(np.abs(moved[1] - plain[1]).max() / np.abs(plain[1]).max())
    assert max(changes) < 1.0
    assert changes[2] == pytest.approx(changes[0], rel=0.5)


def test_sample_noise_is_averaged_by_the_batch():
    """The variance of the gradient falls as 1/B: 1000 measurements of 4 and of 64 equal samples, 4 standard errors."""
    made = chip("ideal", "dac.bits=null", "dac.booked=8", "adc.bits=null", "adc.booked=8")
    network = made.network()
    bench = Experimenter(made, Ledger(), np.random.default_rng(1))
    x = np.random.default_rng(2).random((1, 6))
    v = bench.free(network, bench.lines(x)).v
    stencil = Nudging(beta=0.5, estimator="centered").stencil()
    repeats, variances = 1000, []
    for samples in (4, 64):
        lines, state = np.repeat(bench.lines(x), samples, axis=0), np.repeat(v, samples, axis=0)
        drawn = []
        for _ in range(repeats):
            phases = [(weight, bench.measure(network, state, "nudged")) for _, weight in stencil]
            drawn.append(product_rule(phases, lines, READ, 0.5, bias=True)[1])
        variances.append(np.var(drawn, axis=0, ddof=1))
    ratio = np.log(variances[0] / variances[1])
    error = np.sqrt(2 * 2.0 / (repeats - 1))
    assert np.abs(ratio - np.log(16)).max() < 4 * error


@pytest.mark.parametrize(
    ("name", "factor"),
    [("positive", 2.0), ("negative", 2.0), ("random_sign", 2.0), ("centered", 0.5), ("richardson", 65 / 72)],
)
def test_noise_of_the_measured_products_becomes_noise_of_the_gradient(name, factor):
    """Var = 2 sigma^2/b^2 one-sided, sigma^2/2b^2 centered, (8/9 + 1/72) sigma^2/b^2 Richardson, 4 standard errors.

    One input line at V makes the product of the first layer linear in the measured rate: Phi = -r/V.
    """
    beta, sigma, draws = 0.3, 1e-3, 40_000
    rng = np.random.default_rng(3)
    for sign in (1.0, -1.0):
        stencil: Stencil = Nudging(beta=beta, estimator=name).stencil(sign)
        phases = [(weight, [0.1 + sigma * rng.standard_normal((1, draws))]) for _, weight in stencil]
        x: Floats = np.array([[READ]])
        slopes = product_rule(phases, x, READ, 1.0, bias=False)[0][0]
        expected = factor * (sigma / READ / beta) ** 2
        deviation = slopes.var(ddof=1) / expected - 1
        assert abs(deviation) < 4 * np.sqrt(2.0 / (draws - 1))
        assert abs(slopes.mean()) < 4 * np.sqrt(expected / draws)


def test_noise_of_a_product_is_that_of_both_its_rates():
    """sigma_Phi^2 = (r_i^2 + r_j^2) sigma^2 + sigma^4 for the product rule, over 4 V^4, 4 standard errors."""
    draws, sigma, ri, rj, beta = 40_000, 0.02, 0.15, 0.05, 0.3
    rng = np.random.default_rng(3)
    gradients = np.empty(draws)
    stencil = Nudging(beta=beta, estimator="centered").stencil()
    noise = sigma * rng.standard_normal((2, 2, draws))
    before = [(w, ri + a[:, None], rj + b) for (_, w), (a, b) in zip(stencil, noise, strict=True)]
    for k in range(draws):
        phases = [(w, [a[k : k + 1], np.array([[b[k]]])]) for w, a, b in before]
        gradients[k] = product_rule(phases, np.zeros((1, 1)), READ, 1.0, bias=False)[1][0, 0]
    variance = ((ri**2 + rj**2) * sigma**2 + sigma**4) / (2 * beta**2) / READ**4
    kurtosis = np.mean((gradients - gradients.mean()) ** 4) / gradients.var() ** 2
    assert abs(gradients.var(ddof=1) / variance - 1) < 4 * np.sqrt((kurtosis - 1) / draws)
