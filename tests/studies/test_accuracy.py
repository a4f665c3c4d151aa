"""What the README says of each device and update rule: five seeds of the whole default run."""

from __future__ import annotations

import numpy as np
import pytest

from analogep import CircuitCard, DeviceCard, Run

from .conftest import load_study


def test_three_epochs_of_every_shipped_device_learn_the_digits_on_one_seed() -> None:
    """A short run of each card: far above chance (10 %), no class lost."""
    for device in DeviceCard.names():
        run = Run(DeviceCard.load(device), CircuitCard.load("digits", ["learning.epochs=3"]), seed=0).execute()
        assert float(run["accuracy"][-1]) > 0.85, device
        assert (run["confusion"].values.sum(axis=0) > 0).all(), device


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_devices_and_rules_reach_what_the_readme_says() -> None:
    """Mean and worst accuracy of five seeds, against the ideal device on the same seeds."""
    study = load_study("update_rules")
    results = study.outcomes(range(5), 2)
    ideal, ecram, closed, mixed, stochastic = (
        np.array([outcome.accuracy for outcome in results[device, rule]]) for device, rule, _ in study.CASES
    )
    assert ideal.mean() >= 0.975
    assert ideal.min() >= 0.95
    assert ecram.mean() >= ideal.mean() - 0.01
    assert closed.mean() >= ideal.mean() - 0.01
    assert closed.min() >= 0.93
    assert mixed.mean() >= ideal.mean() - 0.03
    assert mixed.min() >= 0.93
    assert stochastic.mean() < mixed.mean() - 0.02
