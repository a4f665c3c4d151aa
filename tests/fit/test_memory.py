"""Scatter that comes back is told from scatter that stays, and is not taken for it."""

from __future__ import annotations

import numpy as np
import pytest

from analogep import fit
from analogep.fit import Measurement, Ramp

LENGTH, SLOW, READ = 10.7, 0.069, 0.055


def measured(seed: int, pulses: int, slow: float, wander: float) -> Measurement:
    """A constant step up and down over 10 to 20 uS with white, mean-reverting and wandering scatter, of the range."""
    rng = np.random.default_rng([27, seed])
    f = np.exp(-1.0 / LENGTH)
    ramps = []
    for way in ("up", "down"):
        z = np.empty(pulses + 1)
        z[0] = rng.standard_normal()
        for k in range(pulses):
            z[k + 1] = f * z[k] + np.sqrt(1.0 - f * f) * rng.standard_normal()
        path = np.linspace(0.0, 1.0, pulses + 1) + np.concatenate(
            [[0.0], np.cumsum(wander * rng.standard_normal(pulses))]
        )
        y = path + slow * z + READ * rng.standard_normal(pulses + 1)
        ramps.append(Ramp("", way, 1e-6 * (10.0 + 10.0 * (y if way == "up" else 1.0 - y)), way))  # type: ignore[arg-type]
    return Measurement(tuple(ramps), ())


def test_scatter_that_reverts_is_found_with_its_size_and_length() -> None:
    found = [fit.fit(measured(seed, 500, SLOW, 0.0), "constant") for seed in range(6)]
    assert sum("slow" in one.noise for one in found) >= 5
    seen = [one.noise for one in found if "slow" in one.noise]
    for name, truth in (("slow", SLOW), ("length", LENGTH)):
        pulls = np.array([(one[name].value - truth) / one[name].se for one in seen])
        # Of n normal pulls the mean is known to 1/sqrt(n) and the standard deviation to 1/sqrt(2 n): four of each.
        assert abs(pulls.mean()) < 4.0 / np.sqrt(pulls.size), name
        assert pulls.std(ddof=1) < 1.0 + 4.0 / np.sqrt(2 * pulls.size), name
    for one in found:
        if "slow" not in one.noise:
            continue
        # Scatter that was taken to stay (2.7 % a pulse) would leave an error of 60 % of the step; this leaves 5 %.
        step = one.numbers["programming.up.step"]
        assert step.se < 0.1 * step.value
        assert abs(step.value - 1.0 / 500.0) < 4.0 * step.se


def test_scatter_that_stays_is_not_taken_for_one_that_reverts() -> None:
    found = [fit.fit(measured(seed, 100, 0.0, 0.02), "constant") for seed in range(10)]
    # By the test of the unit root 1 of 100 would be by chance.
    assert sum("slow" in one.noise for one in found) <= 1
    for one in found:
        window = one.numbers["conductance.max"].value - one.numbers["conductance.min"].value
        step = abs(one.numbers["ramp.up.step"].value) / window
        # Of a constant step both kinds are one noise.
        sigma = one.noise["write"].value * (step if one.write == "step" else 1.0) * window / 1e-5
        assert sigma == pytest.approx(0.02, rel=0.7)


@pytest.mark.slow
def test_labels_under_scatter_that_reverts_hold_the_truth_within_their_errors() -> None:
    pulls, sizes = [], []
    for seed in range(24):
        measurement = measured(seed, 1000, SLOW, 0.0)
        found = fit.fit(measurement, "exponential")
        for way in ("up", "down"):
            # The steps are equal: the label is 0.
            label = found.numbers[f"ramp.{way}.nonlinearity"]
            pulls.append(label.value / label.se)
            sizes.append(label.se)
    assert sum("slow" in fit.fit(measured(seed, 1000, SLOW, 0.0), "exponential").noise for seed in range(4)) == 4
    # Scatter of the spectral density s at low frequencies leaves an error of sqrt(s/N)/rms on the amplitude of a curve;
    # t (1 - t)/2 without its mean and trend has the rms 1/(12 sqrt 5), and a label is 1/(0.56 sqrt 2) of its amplitude.
    f = np.exp(-1.0 / LENGTH)
    density = READ**2 + SLOW**2 * (1.0 + f) / (1.0 - f)
    expected = np.sqrt(density / 1000.0) * 12.0 * np.sqrt(5.0) / (0.56 * np.sqrt(2.0))
    assert np.median(sizes) == pytest.approx(expected, rel=0.2)
    # Of 48 pulls the mean is known to 1/sqrt(48) and the standard deviation to 1/sqrt(96): four of each.
    assert abs(np.mean(pulls)) < 4.0 / np.sqrt(48)
    assert abs(np.std(pulls, ddof=1) - 1.0) < 4.0 / np.sqrt(96)
