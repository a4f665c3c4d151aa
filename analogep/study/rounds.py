"""Which seeds are run: a fixed number, or as many as the standard error of each combination needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from analogep.study.card import LEAST_SEEDS
from analogep.study.plan import Plan
from analogep.study.point import Combination, Point
from analogep.study.statistics import standard_error


def fixed(plan: Plan) -> list[list[Point]]:
    """One round for each seed of a study with a fixed number of them."""
    return [plan.round(seed) for seed in range(plan.card.seeds)]


def adaptive(plan: Plan, accuracy: Mapping[str, float]) -> Iterator[list[Point]]:
    """Rounds until every combination has reached the target standard error or the largest number of seeds.

    Only whole rounds are looked at, so that the choice depends neither on the order in which points end nor on how
    often the study was interrupted.

    Parameters
    ----------
    plan : Plan
        Its card has a target.
    accuracy : mapping of str to float
        Digest of a point -> accuracy [1], NaN if it failed; filled by the caller between rounds.
    """
    target = plan.card.target
    assert target is not None
    open_ones = list(plan.combinations)
    for seed in range(target.most):
        if seed >= LEAST_SEEDS:
            open_ones = [one for one in open_ones if not _reached(plan, one, seed, target.standard_error, accuracy)]
        if not open_ones:
            return
        yield [Point(one, chip, seed) for one in open_ones for chip in range(plan.card.chips)]


def _reached(plan: Plan, one: Combination, seeds: int, target: float, accuracy: Mapping[str, float]) -> bool:
    """Whether a combination needs no further seed; one that fails always needs none either."""
    found = np.array(
        [[accuracy[Point(one, chip, seed).digest] for seed in range(seeds)] for chip in range(plan.card.chips)]
    )
    if np.isnan(found).all():
        return True
    return standard_error(found) <= target
