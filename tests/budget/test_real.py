"""Budgets and specifications of a real small circuit: what they say holds for chips that they have not seen."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from analogep import Run, datasets
from analogep.budget import PAIRS, Budget, Specification, contrasts, effect
from analogep.budget.budget import needed
from analogep.budget.course import Course
from analogep.budget.deck import Cards
from analogep.budget.looks import MOST
from analogep.budget.tally import Points
from analogep.budget.work import pair, parts

from .conftest import SET

REAL = {**SET, "read.noise.sigma": "60 %", "variation.cycle_to_cycle.sigma": "12 %", "sample_hold.noise": "0.5 mV",
        "learning.epochs": 4, "timing.free.duration": "600 ns", "timing.nudged.duration": "400 ns"}  # fmt: skip
NAMES = ["cycle_to_cycle", "read_noise", "sampling"]
POPULATION, FRESH = 60, 24


@pytest.fixture(scope="module")
def some(tmp_path_factory: pytest.TempPathFactory) -> str:
    """NPZ file with 300 and 100 of the digits: 225 are learned, 75 held out."""
    whole = datasets.load(None, np.random.default_rng(0))
    path = tmp_path_factory.mktemp("data") / "some.npz"
    learned = {"train_x": whole.train_x[:300], "train_y": whole.train_y[:300]}
    np.savez(path, **learned, test_x=whole.test_x[:100], test_y=whole.test_y[:100])
    return str(path)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_forty_budgets_from_one_population_of_chips_cover_its_means(some: str, tmp_path: Path) -> None:
    """The means over 60 pairs are the truth of budgets whose pairs are drawn from these 60 with replacement."""
    budget = Budget("rram", data=some, set=REAL, limits=NAMES)
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
    assert np.mean(held) > 0.91


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_runs_at_the_values_of_a_specification_lose_what_it_says(some: str, tmp_path: Path) -> None:
    """On 24 chips that the specification has not seen, within three standard errors of both."""
    question = Specification("rram", data=some, set=REAL, limits=["cycle_to_cycle", "read_noise"])
    with ThreadPoolExecutor(1) as pool:
        found = question.run(tmp_path, points=0.03, pairs=16, executor=pool)
    confirmed = 0
    for name in question.scalings:
        one = found.sel(limit=name)
        factor, low, high = (float(one[f"factor_{end}"]) for end in ("lost", "low", "high"))
        if not np.isfinite(factor):
            continue
        confirmed += 1
        none = fresh(question.deck.cards({name: 0.0}), some)
        lost = {size: none - fresh(question.deck.cards({name: size}), some) for size in (low, factor, min(high, 4.0))}
        errors = {size: float(each.std(ddof=1)) / np.sqrt(FRESH) for size, each in lost.items()}
        assert lost[low].mean() < 0.03 + 3.0 * errors[low]
        assert np.isinf(high) or lost[min(high, 4.0)].mean() > 0.03 - 3.0 * errors[min(high, 4.0)]
        own = float((one["accuracy"][0] - one["accuracy"][3]).std(ddof=1)) / 4.0
        assert lost[factor].mean() == pytest.approx(0.03, abs=3.0 * np.hypot(errors[factor], own))
    assert confirmed


def fresh(cards: Cards, data: str) -> np.ndarray:
    """Validation accuracy (pairs,) of pairs that no specification here has trained [1]."""
    learned = parts(data, 0)
    return np.array([
        float(Run(*cards, pair(1000 + k, 0), learned).execute()["accuracy"][-1]) for k in range(FRESH)
    ])  # fmt: skip
