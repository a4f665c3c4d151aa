"""Confidence intervals of paired differences, against SciPy and against simulated populations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analogep.budget import estimate
from analogep.budget.paired import degrees

RNG = np.random.default_rng(5)


@pytest.mark.parametrize("shape", [(1, 6), (7, 1), (1, 2)])
def test_for_one_chip_or_one_seed_it_is_scipys_paired_t_interval(shape: tuple[int, int]) -> None:
    real, ideal = RNG.normal(0.8, 0.02, shape), RNG.normal(0.85, 0.03, shape)
    found = estimate(ideal - real)
    expected = stats.ttest_rel(ideal.ravel(), real.ravel()).confidence_interval(0.95)
    assert found.mean - found.half == pytest.approx(expected.low, rel=1e-12)
    assert found.mean + found.half == pytest.approx(expected.high, rel=1e-12)


def test_luck_that_both_settings_share_is_gone() -> None:
    chip, seed = RNG.normal(0.0, 1.0, (3, 1)), RNG.normal(0.0, 1.0, (1, 4))
    real = chip + seed
    assert estimate(real + 0.25 - real).half == pytest.approx(0.0, abs=1e-12)
    assert estimate(real).half > 0.5


@pytest.mark.parametrize(("of_chip", "of_seed"), [(1.0, 1.0), (0.0, 1.0), (1.0, 0.3), (0.0, 0.0)])
def test_the_interval_of_a_crossing_holds_the_mean_at_least_as_often_as_it_says(of_chip: float, of_seed: float) -> None:
    rng = np.random.default_rng(11)
    held = 0
    for _ in range(600):
        values = of_chip * rng.normal(size=(4, 1)) + of_seed * rng.normal(size=(1, 5)) + 0.3 * rng.normal(size=(4, 5))
        found = estimate(values)
        held += abs(found.mean) <= found.half
    # three standard errors of 600 trials at 95 % are 2.7 %
    assert held / 600 > 0.923


def test_missing_points_are_left_out_and_too_few_give_no_interval() -> None:
    values = np.array([[0.1, 0.2, np.nan]])
    assert estimate(values) == estimate(values[:, :2])
    assert np.isnan(estimate(np.array([[0.1]])).half)
    assert np.isnan(estimate(np.full((2, 2), np.nan)).mean)


def test_degrees_of_freedom_lie_between_those_of_one_factor_and_of_all_points() -> None:
    values = RNG.normal(size=(3, 4))
    assert 1.0 <= degrees(values) <= 11.0
    chips = RNG.normal(size=(3, 1)) + 1e-9 * RNG.normal(size=(3, 4))
    assert degrees(chips) == pytest.approx(2.0, rel=1e-6)
    assert degrees(np.ones((3, 4))) >= 1.0
