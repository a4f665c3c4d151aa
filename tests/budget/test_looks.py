"""Intervals that are looked at again and again, against simulated pairs; three planted limits, found and ranked."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.special import stdtr

from analogep.budget.budget import contrasts, needed
from analogep.budget.looks import LEVEL, LOOKS, MOST, Effect, effect, quantile, wanting

from .planted import COSTS, LUCK, NOISE

SEQUENCES = 20_000


def errors(differences: np.ndarray) -> np.ndarray:
    """Two-sided error (sequences, pairs) at which the interval after so many pairs just excludes zero."""
    n = np.arange(1, differences.shape[1] + 1)
    mean = np.cumsum(differences, axis=1) / n
    variance = (np.cumsum(differences**2, axis=1) - n * mean**2) / np.maximum(n - 1, 1)
    t = np.abs(mean) * np.sqrt(n / np.maximum(variance, 1e-300))
    return np.asarray(2.0 * stdtr(np.maximum(n - 1, 1), -t))


def test_all_looks_together_are_wrong_in_five_percent_of_sequences() -> None:
    """Three standard errors of 20,000 sequences at 5 % are 0.46 %; ordinary intervals are wrong in far more."""
    found = errors(np.random.default_rng(2).normal(size=(SEQUENCES, MOST)))
    at_looks = (found[:, [look - 1 for look in LOOKS]] < LEVEL).any(axis=1)
    assert at_looks.mean() == pytest.approx(0.05, abs=0.0046)
    for clock in (5, 8, 23):  # a clock that ends between two looks adds one
        both = at_looks | (found[:, clock - 1] < LEVEL)
        assert both.mean() - at_looks.mean() < 0.004
    assert (found[:, 3:30] < 0.05).any(axis=1).mean() > 0.2


def test_the_interval_of_a_look_is_students_with_its_level() -> None:
    differences = np.random.default_rng(3).normal(0.01, 0.02, 9)
    found = effect(differences, samples=10**9)
    expected = stats.ttest_1samp(differences, 0.0).confidence_interval(1.0 - LEVEL)
    assert (found.mean - found.half, found.mean + found.half) == pytest.approx(tuple(expected), rel=1e-12)
    assert effect(np.append(differences, np.nan), 10**9) == found


def test_pairs_that_agree_are_known_to_a_sample_and_no_better() -> None:
    """(1 - p)^(n samples) = 5 % at p = half."""
    found = effect(np.zeros(6), samples=50)
    assert (1.0 - found.half) ** (6 * 50) == pytest.approx(0.05, rel=0.02)
    assert np.isnan(effect(np.array([0.1]), 50).half)
    assert effect(np.array([np.nan]), 50).pairs == 0


@pytest.mark.parametrize(
    ("found", "resolution", "more"),
    [
        (Effect(0.03, 0.02, 0.01, 4), 0.01, 0),
        (Effect(0.0, 0.009, 0.01, 9), 0.01, 0),
        (Effect(0.0, 0.03, 0.01, 4), 0.01, 9 - 4 + 4),
        (Effect(float("nan"), float("nan"), float("nan"), 0), 0.01, 4),
    ],
)
def test_how_many_more_pairs_it_takes(found: Effect, resolution: float, more: int) -> None:
    """The first look at which t s/sqrt(n) is small enough: with s = 1 point, 13 pairs give 0.86 and 9 give 1.14."""
    assert wanting(found, resolution) == more
    if 0 < more < MOST and found.pairs:
        n = found.pairs + more
        assert quantile(n) * found.spread / np.sqrt(n) <= resolution
        before = LOOKS[LOOKS.index(n) - 1]
        assert quantile(before) * found.spread / np.sqrt(before) > resolution


def test_what_takes_more_than_all_looks_is_a_number_beyond_them() -> None:
    assert wanting(Effect(0.0, 0.3, 0.1, 4), 0.01) + 4 == np.ceil((quantile(MOST) * 0.1 / 0.01) ** 2)


def sequence(rng: np.random.Generator) -> tuple[list[Effect], list[bool], float]:
    """One budget of the planted limits: what it found, and whether each interval held at its end and at every look."""
    names = list(COSTS)
    costs, count, samples = np.array([COSTS[name] for name in names]), len(names), 360
    removed = 1.0 - np.eye(count)
    present = np.concatenate([np.ones((1, count)), removed, 1.0 - removed, np.zeros((1, count))])
    share = 0.9 + LUCK * rng.normal(size=MOST) - (present @ costs)[:, None]
    whole = np.round(samples * (share + NOISE * rng.normal(size=share.shape))) / samples
    among = contrasts(names)
    truth = np.tile(costs, 2)
    known = np.full(whole.shape, np.nan)
    pairs = 0
    while pairs < MOST and (points := needed(known[:, :pairs], among, samples, 0.01)):
        known[list(points), pairs] = whole[list(points), pairs]
        pairs += 1
    found = [effect(one.of(known), samples) for one in among]
    held = [abs(one.mean - cost) <= one.half for one, cost in zip(found, truth, strict=True)]
    looks = [[effect(one.of(whole[:, :look]), samples) for look in LOOKS] for one in among]
    always = [all(abs(one.mean - cost) <= one.half for one in row) for row, cost in zip(looks, truth, strict=True)]
    return found, held, float(np.mean(always))


def test_three_planted_limits_are_resolved_ranked_and_covered() -> None:
    """Costs of 4, 2 and 0 points, 2 points of luck that a pair shares and 0.6 of each training, counts of 360 samples.

    Forty repetitions of six intervals, each right at all looks in 95 %: 1.4 % standard error, were they independent.
    """
    rng = np.random.default_rng(4)
    runs = [sequence(rng) for _ in range(40)]
    held = np.array([one[1] for one in runs])
    assert held.mean() > 0.91
    assert np.mean([one[2] for one in runs]) == pytest.approx(0.95, abs=0.04)
    for found, _, _ in runs:
        cost = [0.5 * (found[k].mean + found[k + 3].mean) for k in range(3)]
        assert np.argsort(cost)[::-1].tolist() == [0, 1, 2]
    resolved = [[one.resolved(0.01) for one in found] for found, _, _ in runs]
    assert np.mean(resolved) > 0.9
