"""The claim: the predicted best beta is within a factor of 1.5 of the measured one."""

from __future__ import annotations

import numpy as np
import pytest

from analogep.beta import FiniteBeta, accuracies
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.run import Run

from .chips import SMOOTH, job

LEVELS = (0.003, 0.01, 0.03)
CLOSE = np.log(1.5)


def ratios(found, estimator: str, prediction: str = "predicted") -> np.ndarray:
    """log(predicted/measured) of every network and level."""
    one = found.sel(estimator=estimator)
    return np.log(one[prediction].values / one["measured"].values)


@pytest.fixture(scope="module")
def small():
    run = job("rc", *SMOOTH, "learning.epochs=2", "adc.bits=null", "adc.booked=8")
    # Sixteen nodes and twenty samples leave noise few directions, whose mean takes many repeats.
    return FiniteBeta(run, [share * run.circuit.target_voltage for share in LEVELS], repeats=100).measure()


@pytest.mark.parametrize("estimator", ["positive", "centered", "negative", "random_sign"])
def test_predicted_and_measured_best_beta_agree_within_a_factor_of_one_and_a_half(small, estimator):
    """Three noise levels, untrained and trained, 64-6-10 with smooth neurons."""
    assert small.sizes["network"] == 2
    assert np.abs(ratios(small, estimator)).max() < CLOSE


THERMAL = (
    "noise.thermal=on",
    "sample_hold={capacitance: 100 fF}",
    "adc.bits=null",
    "adc.booked=8",
    "dac.bits=null",
    "dac.booked=8",
)


def thermal_ratios(kind: str, *more: str, **measured: float) -> np.ndarray:
    """`ratios` of both estimators with the noise that physics derives, and nothing stated.

    The best beta is one that can be measured: it lies within the grid, where the estimate still carries the gradient,
    with an error below its length. Far beyond the pole an estimate fades to nothing, and every beta is as good as the
    next.
    """
    smooth = () if kind == "resistive" else SMOOTH
    run = job(kind, *smooth, *THERMAL, *more, "learning.epochs=1", quiet=False)
    found = FiniteBeta(run, **measured).measure().sel(estimator=["positive", "centered"])
    best, grid = found["measured"], found["beta"]
    assert ((best > grid.min()) & (best < grid.max())).all(), best.values
    assert (found["error"].min("beta") < 0.7).all()
    return np.concatenate([ratios(found, estimator).ravel() for estimator in ("positive", "centered")])


def test_the_best_beta_of_the_derived_thermal_floor_is_predicted():
    """Of nodes at virtual ground and their samples, at 300 K."""
    assert np.abs(thermal_ratios("rc", smallest=0.02, points=9, repeats=24)).max() < CLOSE


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("kind", "more", "repeats"),
    [
        ("passive", (), 24),
        # At the target of other tests, 40 mV, and on the capacitors of the card, no beta has an error much below the
        # length of the gradient.
        (
            "resistive",
            (
                "network.target=0.32 V",
                "network.hidden.capacitance=4 pF",
                "network.output.capacitance=4 pF",
                "sample_hold={capacitance: 4 pF}",
            ),
            12,
        ),
    ],
)
def test_so_is_that_of_other_kinds_of_networks(kind, more, repeats):
    """Within 1.08 as run."""
    assert np.abs(thermal_ratios(kind, *more, smallest=0.1, points=8, repeats=repeats)).max() < CLOSE


COLUMN = "column={kind: tia, supply: 1.1 V, dc_gain: 10000, load: 0.2 pF, gm_over_id: 15, branches: 4}"
TURNS = "{forward: 50 ns, reverse: 50 ns, guard: 2 ns, hold: 0.1 pF, droop: 1 ms}"


@pytest.mark.slow
@pytest.mark.parametrize("feedback", ["{kind: shared, gain: 1}", f"{{kind: alternating, gain: 1, turns: {TURNS}}}"])
def test_so_is_that_of_columns_and_of_arrays_that_take_turns(feedback):
    """With the noise of amplifiers, of what stands on capacitors, and of the nudging sources."""
    more = COLUMN, f"feedback={feedback}"
    assert np.abs(thermal_ratios("rc", *more, smallest=0.02, points=9, repeats=24)).max() < CLOSE


def test_best_beta_grows_with_noise_and_so_does_the_error(small):
    for estimator in ("positive", "centered"):
        one = small.sel(estimator=estimator)
        assert (np.diff(one["predicted"], axis=1) >= 0.0).all()
        assert (np.diff(one["error"].min("beta"), axis=1) > 0.0).all()


def test_the_whole_curve_is_predicted_where_it_matters(small):
    """Relative error within 25 % at every beta up to the pole, one-sided and centered."""
    below = small["beta"].values < float(small["pole"].min())
    for estimator in ("positive", "centered"):
        one = small.sel(estimator=estimator).isel(beta=below)
        ratio = np.log(one["expected_error"].values / one["error"].values)
        assert np.nanmax(np.abs(ratio)) < np.log(1.25)


def test_the_same_seed_gives_the_same_numbers():
    run = job("rc", *SMOOTH, "learning.epochs=1", device=("read.noise={kind: relative, sigma: 2 %}",))
    first, second = (FiniteBeta(run, (1e-3,), points=4, repeats=2).measure() for _ in range(2))
    assert first.identical(second)
    assert (first["noise_fresh"] > 0.0).all()


def test_measured_errors_of_random_sign_are_the_mean_of_both_signs(small):
    squared = np.square(small["error"])
    both = 0.5 * (squared.sel(estimator="positive") + squared.sel(estimator="negative"))
    np.testing.assert_allclose(squared.sel(estimator="random_sign"), both)


def test_accuracy_is_that_of_trainings_at_these_betas_of_samples_that_were_held_out():
    run = job("rc", *SMOOTH, "learning.epochs=1")
    found = accuracies(run, [0.1, 0.4], [0.0, 0.02])
    assert found.shape == (2, 2)
    same = job("rc", *SMOOTH, "learning.epochs=1", "nudging.beta=0.4", "sample_hold.noise=20 mV")
    data = same.data.held_out(same.seeds.data.rng("validation"))
    assert found[1, 1] == float(Run(same.device, same.circuit, same.seeds, data).execute()["accuracy"][-1])


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("circuit", "levels"),
    [
        ("digits", (0.003, 0.01, 0.03)),
        ("passive-digits", (0.003, 0.01, 0.03)),
        ("resistive-digits", (0.001, 0.003, 0.01)),
    ],
)
def test_shipped_circuits_predict_their_best_beta(circuit, levels):
    """One-sided and centered, three noise levels, untrained and after five epochs."""
    card = CircuitCard.load(circuit, ["adc.bits=null", "adc.booked=8", "learning.epochs=5"])
    run = Run(DeviceCard.load("ideal"), card, 0)
    found = FiniteBeta(run, [share * card.target_voltage for share in levels]).measure()
    for estimator in ("positive", "centered"):
        assert np.abs(ratios(found, estimator)).max() < CLOSE
