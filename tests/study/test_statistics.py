"""The standard error of a crossing of chips and seeds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analogep.errors import UsageError
from analogep.study import standard_error


@pytest.mark.parametrize(("of_chip", "of_seed", "of_rest"), [(1.0, 0.5, 0.3), (0.0, 1.0, 1.0), (2.0, 0.0, 0.1)])
def test_it_is_the_spread_of_means_that_new_chips_and_seeds_would_give(
    of_chip: float, of_seed: float, of_rest: float
) -> None:
    rng, chips, seeds, trials = np.random.default_rng(3), 6, 5, 4000
    values = of_chip * rng.normal(size=(trials, chips, 1)) + of_seed * rng.normal(size=(trials, 1, seeds))
    values = values + of_rest * rng.normal(size=(trials, chips, seeds))
    true = values.mean(axis=(1, 2)).var()
    found = np.mean([standard_error(one) ** 2 for one in values])
    # unbiased but for the floor, which only ever raises it
    assert 0.93 * true < found < 1.35 * true
    naive = np.mean([one.var(ddof=1) / one.size for one in values])
    if of_chip and of_seed:
        assert naive < 0.4 * true


def test_one_chip_or_one_seed_leaves_the_ordinary_formula() -> None:
    row = np.array([[1.0, 2.0, 4.0]])
    assert standard_error(row) == pytest.approx(row.std(ddof=1) / math.sqrt(3))
    assert standard_error(row.T) == pytest.approx(row.std(ddof=1) / math.sqrt(3))


def test_values_of_a_study_may_be_lists_and_other_dimensions_are_refused() -> None:
    assert standard_error([[1, 2, 4]]) == standard_error(np.array([[1.0, 2.0, 4.0]]))
    with pytest.raises(UsageError, match=r"values have the shape \(3,\); give \(chips, seeds\)"):
        standard_error([1.0, 2.0, 4.0])


def test_a_seed_with_a_failed_point_is_left_out_and_too_few_are_no_number() -> None:
    whole = np.array([[1.0, 2.0, 4.0], [2.0, 2.5, 5.0]])
    holed = np.insert(whole, 1, [np.nan, 7.0], axis=1)
    assert standard_error(holed) == standard_error(whole)
    assert math.isnan(standard_error(np.array([[1.0]])))
    assert math.isnan(standard_error(np.array([[np.nan, np.nan]])))
