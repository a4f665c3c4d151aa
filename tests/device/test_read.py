"""Reading: I-V curves and the kinds of noise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analogep.device import DeviceCard
from analogep.device.flicker import PcmReadNoise
from analogep.device.iv import CubicIV, LinearIV, SinhIV
from analogep.device.read import (
    ReadNoise,
    RelativeReadNoise,
    SaturatingReadNoise,
)
from analogep.device.telegraph import TelegraphNoise
from analogep.energy import Ledger
from analogep.learning import Experimenter
from tests.run.tiny import digits, tiny

G = np.array([1e-6, 5e-6, 1e-5])
PCM = PcmReadNoise(kind="pcm_1f", q0=0.0088, exponent=0.65, q_max=0.2, t_read=250e-9, elapsed=20.0)
RTN = TelegraphNoise(kind="rtn", amplitude=0.1, probability=0.3, dwell=1e-3)


@pytest.mark.parametrize("iv", [LinearIV(kind="linear"), SinhIV(kind="sinh", v0=0.3), CubicIV(kind="cubic", v0=0.5)])
def test_every_curve_is_odd_has_slope_one_at_zero_and_the_slope_of_its_derivative(iv: SinhIV) -> None:
    v = np.linspace(-1.0, 1.0, 41)
    np.testing.assert_allclose(iv.drive(-v), -iv.drive(v), atol=1e-15)
    assert iv.slope(np.zeros(1))[0] == pytest.approx(1.0)
    h = 1e-6
    np.testing.assert_allclose(iv.slope(v), (iv.drive(v + h) - iv.drive(v - h)) / (2 * h), rtol=1e-8)


def test_the_cubic_curve_doubles_the_ohmic_current_at_its_scale() -> None:
    assert CubicIV(kind="cubic", v0=0.5).drive(np.array([0.5]))[0] == pytest.approx(1.0)


def test_saturating_noise_is_relative_below_its_scale_and_absolute_above() -> None:
    noise = SaturatingReadNoise(kind="saturating", sigma=1e-7, scale=1e-6)
    sigma = np.sqrt(noise.variance(np.array([1e-9, 1e-6, 1e-4]), 1e-4))
    np.testing.assert_allclose(sigma, 1e-7 * np.array([-math.expm1(-1e-3), -math.expm1(-1.0), 1.0]), rtol=1e-12)
    assert sigma[0] == pytest.approx(1e-7 * 1e-3, rel=1e-3)


def test_pcm_noise_is_the_published_formula_and_grows_with_time() -> None:
    """sigma/G = min(.0088/x^.65, .2) sqrt(ln((t + t_r)/(2 t_r))) (DEVICES.md, section 2)."""
    x = G / 1e-5
    expected = np.minimum(0.0088 / x**0.65, 0.2) * math.sqrt(math.log((20.0 + 250e-9) / 500e-9))
    np.testing.assert_allclose(np.sqrt(PCM.variance(G, 1e-5)) / G, expected, rtol=1e-12)
    assert np.all(PCM.variance(G, 1e-5, 1e5) > PCM.variance(G, 1e-5))
    tiny_x = np.sqrt(PCM.variance(np.array([1e-9]), 1e-5)) / 1e-9
    assert tiny_x[0] == pytest.approx(0.2 * math.sqrt(math.log((20.0 + 250e-9) / 500e-9)))


@pytest.mark.parametrize("noise", [PCM, RelativeReadNoise(kind="relative", sigma=0.02), RTN])
def test_verify_reads_have_the_mean_and_the_variance_of_their_noise(noise: ReadNoise) -> None:
    """4e5 reads: within 4 standard errors, that of the variance from the sample's fourth moment."""
    g = np.full(400_000, 4e-6)
    read = noise.sample(g, 1e-5, np.random.default_rng(0))
    variance = float(noise.variance(g[:1], 1e-5)[0])
    square = (read - 4e-6) ** 2
    assert abs(read.mean() - 4e-6) < 4.0 * math.sqrt(variance / g.size)
    assert abs(square.mean() - variance) < 4.0 * square.std() / math.sqrt(g.size)


def test_a_telegraph_cell_reads_one_of_two_levels() -> None:
    levels = np.unique(RTN.sample(np.full(1000, 1e-6), 1e-5, np.random.default_rng(1)))
    np.testing.assert_allclose(levels, 1e-6 * np.array([1.0 - 0.1 * 0.3, 1.0 + 0.1 * 0.7]), rtol=1e-12)


@pytest.mark.parametrize(("dwell", "slow"), [("1 ms", True), ("50 ns", False)])
def test_noise_slower_than_a_sample_does_not_disturb_the_difference_of_its_phases(dwell: str, slow: bool) -> None:
    """The gradient of a chip with slow telegraph noise has far less noise than with fast: both phases see one state.

    Phases are 100 ns apart, which is also for how long the nodes average: much faster noise they would not see.
    """
    run = tiny(seed=5, device=(f"read.noise={{kind: rtn, amplitude: 20 %, probability: 50 %, dwell: {dwell}}}",))
    from analogep.learning import Updater
    from analogep.network import Hardware

    hardware = Hardware(run.device, run.circuit, run.seeds)
    Updater(hardware).start(Ledger(), np.random.default_rng(0))
    network, data = hardware.network(), digits()
    target = np.eye(10)[data.train_y[:20]] * run.circuit.mapping.read_voltage
    rows = []
    for seed in range(12):
        experimenter = Experimenter(hardware, Ledger(), np.random.default_rng(seed))
        gradient, _ = experimenter.gradient(network, data.train_x[:20], target, run.circuit.nudging.stencil())
        rows.append(np.concatenate([layer.ravel() for layer in gradient]))
    spread = np.std(rows, axis=0).mean() / np.abs(np.mean(rows, axis=0)).mean()
    assert spread < 0.25 if slow else spread > 0.4


@pytest.mark.parametrize(
    "iv", [LinearIV(kind="linear"), SinhIV(kind="sinh", v0=0.3), CubicIV(kind="cubic", v0=0.5)], ids=lambda iv: iv.kind
)
def test_current_slope_content_and_square_separate_into_lines(iv: SinhIV) -> None:
    """f(r - v) = sum_k f_k(r) h_k(v) to 1e-13, content by quadrature of the current to 1e-10."""
    rng = np.random.default_rng(5)
    r, v = rng.uniform(-0.5, 0.5, (2, 40))
    d = r - v
    nodes, weights = np.polynomial.legendre.leggauss(20)
    points = 0.5 * d[:, None] * (nodes + 1.0)
    integral = 0.5 * d * (iv.drive(points) @ weights)
    expected = {"current": iv.drive(d), "slope": iv.slope(d), "content": integral, "square": iv.drive(d) ** 2}
    for name, reference in expected.items():
        terms = getattr(iv.expansions(), name)
        found = sum(a * b for a, b in zip(terms.rows(r), terms.columns(v), strict=True))
        np.testing.assert_allclose(found, reference, rtol=0, atol=1e-13 if name != "content" else 1e-12)


def test_a_cell_in_weak_inversion_saturates_and_has_no_way_back() -> None:
    """1 - e^(-V/26 mV): half of it at 18 mV, 3 % more at most beyond 0.1 V; the card says what follows."""
    card = DeviceCard.load("sonos")
    read, g = card.read, np.array([1e-6])
    assert read.current(g, np.array([read.voltage])) == pytest.approx(g * read.voltage)
    whole = float(read.current(g, np.array([10.0]))[0])
    assert float(read.current(g, np.array([0.026 * math.log(2.0)]))[0]) == pytest.approx(0.5 * whole)
    slope = float(read.current(g, np.array([1e-9]))[0]) / 1e-9
    assert slope == pytest.approx(g[0] * read.voltage / 0.026 / -math.expm1(-read.voltage / 0.026), rel=1e-6)
    assert np.isnan(read.current(g, np.array([-0.1]))).all()
    assert float(read.current(g, np.array([0.2]))[0]) < 1.03 * g[0] * read.voltage
    (said,) = [text for text in card.remarks() if "weak inversion" in text]
    assert said.startswith(
        "a cell is a transistor in weak inversion: its current saturates within some 26 mV of its drain"
    )
    assert "analog inputs on drains and reverse reads are a limit and no circuit" in said
    plain = DeviceCard.load("rram").read
    np.testing.assert_array_equal(plain.current(g, np.array([-0.2])), g * plain.iv.drive(np.array([-0.2])))
