"""The finite differences of the estimators."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analogep.circuit import Nudging
from analogep.estimators import real_estimators

ESTIMATORS = real_estimators()
EXACT_UP_TO = {"positive": 1, "negative": 1, "random_sign": 1, "centered": 2, "richardson": 4}


def nudging(estimator: Any, beta: float = 0.3) -> Nudging:
    return Nudging(beta=beta, estimator=estimator)


def estimate(estimator: str, beta: float, power: int, sign: float = 1.0) -> float:
    return sum(weight * b**power for b, weight in nudging(estimator, beta).stencil(sign))


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("beta", [1e-3, 0.5, 2.0])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_weights_of_every_estimator_sum_to_zero_and_their_first_moment_is_one(
    estimator: str, beta: float, sign: float
) -> None:
    assert estimate(estimator, beta, 0, sign) == pytest.approx(0.0, abs=1e-12 / beta)
    assert estimate(estimator, beta, 1, sign) == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_derivative_at_zero_is_exact_up_to_the_estimators_order_and_no_further(estimator: str, sign: float) -> None:
    """Phi = beta^k, k >= 2, has no slope at 0: what the stencil finds is bias."""
    order = EXACT_UP_TO[estimator]
    for power in range(2, order + 1):
        assert estimate(estimator, 0.3, power, sign) == pytest.approx(0.0, abs=1e-15)
    assert abs(estimate(estimator, 0.3, order + 1, sign)) > 1e-3


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_bias_falls_with_the_power_of_beta_that_the_table_says(estimator: str) -> None:
    """Phi = e^beta: slope of log(error) on log(beta), within 0.05."""
    betas = np.array([0.02, 0.04, 0.08])
    errors = [abs(sum(weight * np.exp(b) for b, weight in nudging(estimator, beta).stencil()) - 1.0) for beta in betas]
    assert np.polyfit(np.log(betas), np.log(errors), 1)[0] == pytest.approx(EXACT_UP_TO[estimator], abs=0.05)


def test_the_mean_over_both_random_signs_is_the_centered_estimate() -> None:
    for power in range(5):
        mean = 0.5 * sum(estimate("random_sign", 0.3, power, sign) for sign in (1.0, -1.0))
        assert mean == pytest.approx(estimate("centered", 0.3, power), abs=1e-15)


def test_random_sign_draws_the_one_sided_estimators_and_the_others_ignore_the_sign() -> None:
    assert nudging("random_sign").stencil(1.0) == nudging("positive").stencil()
    assert dict(nudging("random_sign").stencil(-1.0)) == pytest.approx(dict(nudging("negative").stencil()))
    for estimator in ("positive", "negative", "centered", "richardson"):
        assert nudging(estimator).stencil(1.0) == nudging(estimator).stencil(-1.0)


def test_richardson_extrapolates_two_centered_estimates() -> None:
    """[4 c(b) - c(2b)]/3."""
    for power in range(8):
        wanted = (4.0 * estimate("centered", 0.3, power) - estimate("centered", 0.6, power)) / 3.0
        assert estimate("richardson", 0.3, power) == pytest.approx(wanted, abs=1e-14)


@pytest.mark.parametrize(
    ("estimator", "variance"), [("positive", 2.0), ("random_sign", 2.0), ("centered", 0.5), ("negative", 2.0)]
)
def test_independent_noise_of_the_phases_is_amplified_as_tabulated(estimator: str, variance: float) -> None:
    """PHYSICS.md, section 3: 2 sigma^2/b^2 one-sided, sigma^2/(2 b^2) centered."""
    weights = np.array([weight for _, weight in nudging(estimator, 0.3).stencil()])
    assert np.sum(weights**2) == pytest.approx(variance / 0.3**2)


POINTS = [3, 4, 6, 7, 10]


def circle(points: int, beta: float = 0.4) -> Nudging:
    return Nudging(beta=beta, estimator="holomorphic", points=points)


@pytest.mark.parametrize("points", POINTS)
def test_the_circle_finds_the_derivative_of_every_power_up_to_the_number_of_its_points(points: int) -> None:
    """sum_k weight_k beta_k^p is 1 for p = 1, 0 for other p up to N, and |beta|^N for p = N + 1: Cauchy's integral."""
    contour = circle(points).contour()
    assert len(contour) == points
    for power in range(points + 2):
        wanted = {1: 1.0, points + 1: 0.4**points}.get(power, 0.0)
        assert sum(weight * beta**power for beta, weight in contour) == pytest.approx(wanted, abs=1e-15)


@pytest.mark.parametrize("points", POINTS)
def test_conjugate_points_are_exactly_so_and_all_lie_on_the_circle(points: int) -> None:
    contour = dict(circle(points).contour())
    for beta, weight in contour.items():
        assert abs(beta) == pytest.approx(0.4, rel=1e-15)
        assert contour[beta.conjugate()] == weight.conjugate()


@pytest.mark.parametrize("points", POINTS)
def test_the_stencil_of_a_circle_is_what_real_voltages_can_do_of_it(points: int) -> None:
    nudging = circle(points)
    real = [pair for pair in nudging.contour() if pair[0].imag == 0.0]
    assert list(nudging.stencil()) == real
    assert len(real) == 2 - points % 2


@pytest.mark.parametrize("points", POINTS)
def test_noise_of_the_points_is_amplified_as_tabulated(points: int) -> None:
    """PHYSICS.md, section 3: sigma^2/(N b^2)."""
    weights = np.array([weight for _, weight in circle(points).contour()])
    assert np.sum(np.abs(weights) ** 2) == pytest.approx(1.0 / (points * 0.4**2))


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_contour_of_the_other_estimators_is_their_stencil(estimator: str) -> None:
    for sign in (1.0, -1.0):
        assert nudging(estimator).contour(sign) == nudging(estimator).stencil(sign)
