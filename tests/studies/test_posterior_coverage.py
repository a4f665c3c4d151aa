"""Intervals of fitted cards hold the accuracy of the devices that were measured."""

from __future__ import annotations

import pytest

from .conftest import load_study


@pytest.mark.slow
@pytest.mark.timeout(6000)
def test_the_interval_of_a_fitted_card_holds_the_device_that_was_measured() -> None:
    """Ten devices: each interval of 95 % may miss two of them (three or more: 1.2 % by chance)."""
    study = load_study("posterior_coverage")
    found = [study.outcome(number, cards=8, seeds=3, epochs=2) for number in range(10)]
    for name in ("posterior", "paired"):
        assert sum(one.holds(name) for one in found) >= 8, name
