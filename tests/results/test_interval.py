"""The interval of a share of samples, against SciPy's."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from analogep.results.interval import binomial_interval


@pytest.mark.parametrize(("right", "samples"), [(349, 359), (0, 20), (20, 20), (1, 3), (9870, 10_000)])
def test_the_interval_of_a_share_is_scipys_of_wilson(right: int, samples: int) -> None:
    wilson = binomtest(right, samples).proportion_ci(confidence_level=0.95, method="wilson")
    found = binomial_interval(right / samples, samples)
    assert found == pytest.approx((wilson.low, wilson.high), rel=1e-12, abs=1e-12)
    assert 0.0 <= found[0] <= right / samples <= found[1] <= 1.0
