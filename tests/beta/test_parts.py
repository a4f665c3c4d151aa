"""The parts of a prediction: probe, pole, expansion, noise, minimum."""

from __future__ import annotations

import numpy as np
import pytest

from analogep.beta import (
    Expansion,
    Noise,
    expand,
    general_best,
    leading,
    leading_best,
    lowest,
    noise_of,
    pole,
    squared_error,
)
from analogep.beta.predict import units
from analogep.circuit.phases import Nudging
from analogep.errors import SimulationError
from analogep.estimators import real_estimators
from analogep.kinds.rc.network import LayeredRC

from .chips import SMOOTH, job, probe


def quiet_error(found, estimator: str, beta: float) -> float:
    stencil = Nudging(beta=beta, estimator=estimator).stencil()
    return float(np.linalg.norm(found.quiet(stencil) - found.exact) / np.sqrt(len(found.batches)))


@pytest.mark.parametrize(
    ("estimator", "order", "factor"),
    [("positive", 1, 1.0), ("negative", 1, 1.0), ("random_sign", 1, 1.0), ("centered", 2, 1.0), ("richardson", 4, 4.0)],
)
def test_the_leading_bias_follows_from_the_phases(estimator, order, factor):
    assert leading(units(estimator)[0]) == (order, pytest.approx(factor))


def test_the_formulas_are_those_of_the_notes():
    """One-sided (2 sigma^2/b1^2)^(1/4), centered (sigma/(2 b2))^(1/3), b1 = 3 and b2 = 5 without a pole."""
    u = np.array([[1.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 5.0], [1.0, 0.0, 0.0]])
    expansion, sigma = Expansion(float("inf"), u @ u.T, 1.0, 0.0), 1e-3
    assert expansion.coefficient(0) == pytest.approx(0.0)
    one_sided = leading_best(expansion, Noise(2 * sigma**2, 0.0, 1.0), "positive")
    centered = leading_best(expansion, Noise(0.5 * sigma**2, 0.0, 1.0), "centered")
    assert one_sided == pytest.approx((2 * sigma**2 / 9.0) ** 0.25)
    assert centered == pytest.approx((sigma / 10.0) ** (1 / 3))
    assert general_best(expansion, Noise(0.5 * sigma**2, 0.0, 1.0), "centered") == pytest.approx(centered, rel=1e-3)


@pytest.mark.parametrize("p", [0.5, 2.0])
def test_coefficients_are_those_of_the_power_series(p):
    """u(b)/(1 + b/p)^2 differentiated numerically at 0, for random vectors."""
    rng = np.random.default_rng(0)
    u = rng.standard_normal((3, 7))
    vectors = np.concatenate([u, u[:1]])
    expansion = Expansion(p, vectors @ vectors.T, 1.0, 0.0)
    # Cauchy's integral over a circle well within the pole
    z = 0.2 * p * np.exp(2j * np.pi * np.arange(64) / 64)
    values = (z[:, None] ** np.arange(3) / (1 + z[:, None] / p) ** 2) @ u
    for order in (1, 2, 4):
        series = (values / z[:, None] ** order).mean(axis=0).real
        assert expansion.coefficient(order) == pytest.approx(np.linalg.norm(series), rel=1e-8)


@pytest.mark.parametrize("name", ["rc", "passive", "resistive"])
def test_at_the_pole_the_nudged_circuit_is_singular(name):
    found = probe(job(name), 6, 6)
    nearest, network, batch = pole(found), found.network, found.batches[0]
    signs = []
    for beta in (-0.98 * nearest, -1.02 * nearest):
        drive = network.nudged(network.drive(batch.lines), beta, batch.target)
        signs.append(np.linalg.eigvals(network.jacobian(batch.free, drive)).real.max(axis=1).max())
    assert signs[0] < 0.0 < signs[1]


def test_constant_nudging_has_no_pole():
    assert pole(probe(job("rc", "nudging.kind=constant"), 4, 4)) == float("inf")


def test_beyond_the_pole_is_an_error_that_names_the_nudging():
    found = probe(job("resistive"), 4, 4)
    beta = 1.5 * pole(found)
    with pytest.raises(SimulationError, match=r"nudging of -[\d.]+ has no equilibrium on batch 1: sample 1"):
        found.quiet(Nudging(beta=beta, estimator="negative").stencil())


@pytest.mark.parametrize(("name", "overrides"), [("rc", SMOOTH), ("resistive", ())])
def test_the_expansion_gives_the_bias_of_every_estimator(name, overrides):
    """Against settled noise-free estimates: to 2 % within the fit, one-sided to 5 % at twice the pole.

    Richardson's small bias is what is left of larger terms: to a factor of two, of which its best beta takes the fifth
    root.
    """
    found = probe(job(name, *overrides))
    nearest = pole(found)
    expansion = expand(found, nearest)
    assert expansion.length == pytest.approx(np.linalg.norm(found.exact))
    assert expansion.residual < 0.02
    assert expansion.coefficient(0) < 1e-3 * expansion.length
    for estimator in ("positive", "negative", "centered", "richardson"):
        for share in (0.1, 0.25):
            beta = np.array([share * nearest])
            bias = np.sqrt(expansion.bias(units(estimator)[0], beta)[0])
            tolerance = 1.0 if estimator == "richardson" else 0.02
            assert bias == pytest.approx(quiet_error(found, estimator, beta[0]), rel=tolerance, abs=1e-4), estimator
    far = 2.0 * nearest
    bias = np.sqrt(expansion.bias(units("positive")[0], np.array([far]))[0])
    assert bias == pytest.approx(quiet_error(found, "positive", far), rel=0.05)


def test_noise_of_fresh_samples_has_the_variances_of_the_table():
    """V is 2 sigma^2 one-sided, sigma^2/2 centered, 65/72 sigma^2 for Richardson's; no part of it stands still."""
    run = job("rc", *SMOOTH)
    found = probe(run, 40)
    assert len(found.batches) == 2
    fresh = {}
    for name in ("positive", "centered", "richardson"):
        reader = found.reader(np.random.default_rng(3), 1e-3)
        noise = noise_of(found, Nudging(beta=0.1, estimator=name), reader, 60)
        assert noise.still == 0.0
        fresh[name] = noise.fresh
    assert fresh["positive"] / fresh["centered"] == pytest.approx(4.0, rel=0.15)
    assert fresh["richardson"] / fresh["centered"] == pytest.approx(65 / 36, rel=0.15)


def test_slow_read_noise_moves_the_gradient_and_not_the_difference():
    """Noise that stands still over the phases of a sample: what it adds does not fall with beta."""
    slow = "read.noise={kind: rtn, amplitude: 5 %, probability: 50 %, dwell: 1 ms}"
    found = probe(job("rc", *SMOOTH, device=(slow,)))
    noise = noise_of(found, Nudging(beta=0.2, estimator="centered"), found.reader(np.random.default_rng(0)), 3)
    assert noise.still > 10 * noise.fresh


@pytest.mark.parametrize("shift", [0.0, 0.3, -0.2])
def test_the_lowest_point_of_a_curve_is_found_between_samples(shift):
    beta = np.geomspace(0.01, 10.0, 19)
    best = np.exp(shift)
    values = np.exp(np.log(beta / best) ** 2)
    assert lowest(beta, values) == pytest.approx(best, rel=1e-9)
    values[:3] = np.nan
    assert lowest(beta, values) == pytest.approx(best, rel=1e-9)
    assert lowest(beta, beta) == 0.01
    assert np.isnan(lowest(beta, np.full(19, np.nan)))


def test_random_sign_has_the_mean_squared_error_of_both_signs():
    found = probe(job("rc", *SMOOTH))
    expansion, noise, beta = expand(found, pole(found)), Noise(1e-6, 0.0, 0.1), np.array([0.05, 0.3])
    each = {name: squared_error(expansion, noise, name, beta) for name in real_estimators()}
    np.testing.assert_allclose(each["random_sign"], 0.5 * (each["positive"] + each["negative"]))


def test_a_probe_whose_exact_gradient_is_zero_everywhere_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LayeredRC, "exact_gradient", lambda *_: [np.zeros((65, 6)), np.zeros((7, 10))])
    with pytest.raises(SimulationError, match=r"the exact gradient is zero on all 20 probe samples, so that there is"):
        probe(job("rc"))
