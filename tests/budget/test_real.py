"""Budgets and specifications of a real small circuit: what they say holds for chips that they have not seen."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from analogep import Run
from analogep.budget import PAIRS, Budget, Specification, contrasts, effect
from analogep.budget.budget import needed
from analogep.budget.course import Course
from analogep.budget.deck import Cards
from analogep.budget.looks import MOST
from analogep.budget.tally import Points
from analogep.budget.work import pair, parts

REAL = {"layers": [64, 16, 10], "learning.epochs": 2, "solver.method": "euler", "read.noise.sigma": "12 %",
        "variation.cycle_to_cycle.sigma": "5 %", "sample_hold.noise": "0.3 mV"}  # fmt: skip
NAMES = ["cycle_to_cycle", "read_noise", "sampling"]
POPULATION, FRESH = 20, 8


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_forty_budgets_from_one_population_of_chips_cover_its_means(tmp_path: Path) -> None:
    """The means over 20 pairs are the truth of budgets whose pairs are drawn from these 20 with replacement."""
    budget = Budget("rram", set=REAL, limits=NAMES)
    with ThreadPoolExecutor(1) as pool:
        trained = budget.run_pairs(tmp_path / PAIRS, Course(lambda _: range(8), POPULATION, None), executor=pool)
    accuracy, among, samples = Points(trained).accuracy, contrasts(budget.names), budget.samples
    truth = np.array([one.of(accuracy).mean() for one in among])
    rng, held, ended = np.random.default_rng(8), [], []
    for _ in range(40):
        whole = accuracy[:, rng.integers(0, POPULATION, MOST)]
        known, pairs = np.full(whole.shape, np.nan), 0
        while pairs < MOST and (points := list(needed(known[:, :pairs], among, samples, 0.02))):
            known[points, pairs] = whole[points, pairs]
            pairs += 1
        found = [effect(one.of(known), samples) for one in among]
        held.append([abs(one.mean - cost) <= one.half for one, cost in zip(found, truth, strict=True)])
        ended.append(pairs)
        cost = np.array([0.5 * (found[k].mean + found[k + 3].mean) for k in range(3)])
        whole_cost = 0.5 * (truth[:3] + truth[3:])
        halves = np.array([max(found[k].half, found[k + 3].half) for k in range(3)])
        for one in range(3):
            for other in range(3):
                if whole_cost[one] - whole_cost[other] > halves[one] + halves[other]:
                    assert cost[one] > cost[other]
    assert np.mean(held) > 0.91, (np.mean(held), truth, ended)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_runs_at_the_values_of_a_specification_lose_what_it_says(tmp_path: Path) -> None:
    """On 8 chips that the specification has not seen, within three standard errors of both."""
    question = Specification("rram", set=REAL, limits=["read_noise"])
    with ThreadPoolExecutor(1) as pool:
        found = question.run(tmp_path, points=0.1, pairs=8, executor=pool)
    confirmed = 0
    for name in question.scalings:
        one = found.sel(limit=name)
        factor, low, high = (float(one[f"factor_{end}"]) for end in ("lost", "low", "high"))
        if not np.isfinite(factor):
            continue
        confirmed += 1
        none = fresh(question.deck.cards({name: 0.0}))
        lost = {size: none - fresh(question.deck.cards({name: size})) for size in (low, factor, min(high, 4.0))}
        errors = {size: float(each.std(ddof=1)) / np.sqrt(FRESH) for size, each in lost.items()}
        assert lost[low].mean() < 0.1 + 3.0 * errors[low]
        assert np.isinf(high) or lost[min(high, 4.0)].mean() > 0.1 - 3.0 * errors[min(high, 4.0)]
        own = float((one["accuracy"][0] - one["accuracy"][3]).std(ddof=1)) / np.sqrt(8)
        assert lost[factor].mean() == pytest.approx(0.1, abs=3.0 * np.hypot(errors[factor], own))
    assert confirmed


def fresh(cards: Cards) -> np.ndarray:
    """Validation accuracy (pairs,) of pairs that no specification here has trained [1]."""
    learned = parts(None, 0)
    return np.array([
        float(Run(*cards, pair(1000 + k, 0), learned).execute()["accuracy"][-1]) for k in range(FRESH)
    ])  # fmt: skip
