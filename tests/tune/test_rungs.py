"""Which trials go on, which one is the best, and intervals against what they are to cover."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analogep.errors import ResultError, UsageError
from analogep.results.interval import binomial_interval
from analogep.tune.choice import Wish, choose, front
from analogep.tune.found import half_interval
from analogep.tune.objectives import OBJECTIVES, asked
from analogep.tune.rungs import Rung, hopeless, ladder
from analogep.tune.store import Tried


def numbers(accuracy: float, joules: float = 1e-8) -> dict[str, float]:
    return {"accuracy": accuracy, "joules": joules, "inference": joules / 3}


def tried(number: int, accuracy: float, joules: float = 1e-8, card: bool = False) -> Tried:
    return Tried(number, {}, (numbers(accuracy, joules),), True, card)


def test_rungs_are_of_a_ninth_a_third_and_all_of_the_training_and_then_of_all_seeds() -> None:
    rungs = ladder(3)
    assert [rung.length(20, 1000) for rung in rungs] == [(2, 1000), (7, 952), (20, 1000), (20, 1000)]
    assert [rung.seeds for rung in rungs] == [(0,), (0,), (0,), (1, 2)]
    assert len(ladder(1)) == 3
    assert Rung(1 / 9, (0,)).length(2, 900) == (1, 200)


@pytest.mark.parametrize("names", [("accuracy",), ("accuracy", "joules")])
def test_the_best_third_goes_on(names: tuple[str, ...]) -> None:
    """Nine trials of the same joules, whose accuracies are half a point apart."""
    values = [numbers(0.90 + 0.005 * k) for k in range(9)]
    gone = [hopeless(values[k], values[:k] + values[k + 1 :], names) for k in range(9)]
    assert gone == [True] * 6 + [False] * 3


def test_with_joules_a_trial_goes_on_that_nothing_is_better_than_in_both_unless_it_learns_nothing() -> None:
    others = [numbers(0.95 + 0.001 * k, 1e-8) for k in range(6)]
    assert not hopeless(numbers(0.93, 0.5e-8), others, ("accuracy", "joules"))
    assert hopeless(numbers(0.93, 0.5e-8), others, ("accuracy",))
    assert hopeless(numbers(0.10, 0.1e-8), others, ("accuracy", "joules"))


def test_the_front_has_what_nothing_is_better_than_and_the_best_is_as_cheap_as_the_wish_allows() -> None:
    found = [tried(0, 0.97, 2e-8, card=True), tried(1, 0.975, 1e-8), tried(2, 0.96, 0.5e-8), tried(3, 0.96, 0.9e-8),
             tried(4, 0.98, 3e-8)]  # fmt: skip
    both = ("accuracy", "joules")
    assert [one.number for one in front(found, both)] == [2, 1, 4]
    assert choose(found, ("accuracy",), Wish()).number == 4
    assert choose(found, both, Wish()).number == 1  # the cheapest that is as accurate as the card
    assert choose(found, both, Wish(0.955)).number == 2
    assert choose(found, ("accuracy",), Wish(0.955)).number == 2
    assert choose(found, both, Wish(0.999)).number == 4


def test_an_accuracy_that_no_trial_reaches_is_answered_with_what_there_is() -> None:
    found = [tried(0, 0.97), tried(1, 0.98, 3e-8)]
    Wish(0.98).check(found)
    said = (
        r"^no trial reaches 99 %: the best of 2 that were trained to the end is trial 1 with 98.00 % of the validation "
        r"samples and 30 nJ a training sample; ask for less, or search for longer$"
    )
    with pytest.raises(ResultError, match=said):
        Wish(0.99).check(found)
    with pytest.raises(ResultError, match=r"the only one that was trained to the end is trial 0 with 97.00 %"):
        Wish(0.99).check(found[:1])
    with pytest.raises(UsageError, match="an accuracy of 120 % is none to reach"):
        Wish(1.2)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (
            ["joules"],
            r"^--for joules: needs accuracy, and each objective once: a chip that learns nothing takes the few",
        ),
        (["accuracy", "accuracy"], "each objective once"),
        (["accuracy", "jouls"], r"'jouls' is no objective; objectives are .*; did you mean 'joules'\?$"),
    ],
)
def test_objectives_that_make_no_sense_are_refused(names: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        asked(names)


def test_accuracy_is_the_first_objective_and_joules_count_by_factors() -> None:
    assert asked(["joules", "accuracy"]) == ("accuracy", "joules")
    cost = OBJECTIVES["joules"].cost
    assert cost(2e-8) - cost(1e-8) == pytest.approx(cost(2e-9) - cost(1e-9))
    assert OBJECTIVES["accuracy"].cost(0.9) < OBJECTIVES["accuracy"].cost(0.8)


def test_the_interval_of_a_mean_covers_it_in_95_of_100_cases() -> None:
    """4000 means of three: the share that is covered has a standard error of 0.34 points; within 3 of these."""
    draws = np.random.default_rng(1).normal(size=(4000, 3))
    half = np.array([half_interval(row) for row in draws])
    assert np.mean(np.abs(draws.mean(axis=1)) <= half) == pytest.approx(0.95, abs=3 * math.sqrt(0.95 * 0.05 / 4000))
    assert math.isnan(half_interval([0.5]))


def test_the_interval_of_a_share_ends_where_a_share_is_just_1_96_standard_deviations_away() -> None:
    """|p - share| = z sqrt(p (1 - p)/n) at both ends, which is how Wilson's interval is defined."""
    for right, samples in ((349, 357), (180, 357), (1, 20)):
        share, ends = right / samples, binomial_interval(right / samples, samples)
        for end in ends:
            assert abs(end - share) / math.sqrt(end * (1 - end) / samples) == pytest.approx(1.959964, rel=1e-6)
        assert ends[0] < share < ends[1]
