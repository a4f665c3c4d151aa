"""What fitted errors leave open: draws, variance components, the part of each measurement, and what is said of it."""

from __future__ import annotations

import json
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from analogep.device import DeviceCard
from analogep.errors import CardError, ResultError, UsageError
from analogep.study import Study, posterior_parts, posterior_study, recorded
from analogep.study.advice import advice
from analogep.study.components import Components, components
from analogep.study.drawn import draws_of, groups_of

from .artificial import fast
from .linear import CORRELATION, ERRORS, MIDDLE, MIXED, SEED, SLOPES, card, linear


@pytest.mark.parametrize(("chips", "seeds"), [(1, 4), (3, 2), (3, 1)])
def test_variance_between_cards_is_without_bias_and_its_error_is_honest(chips: int, seeds: int) -> None:
    """1000 sets of known components: mean estimate within 4 standard errors, its error within 10 % of the scatter."""
    rng, cards, sets = np.random.default_rng(5), 9, 1000

    def normal(size: float, *shape: int) -> np.ndarray:
        return size * rng.standard_normal((sets, *shape))

    values = normal(1.0, cards, 1, 1) + normal(3.0, 1, chips, 1) + normal(2.0, 1, 1, seeds)
    values += normal(1.0, 1, chips, seeds) + normal(1.2, cards, chips, seeds)
    if chips > 1:
        values += normal(0.8, cards, chips, 1)
    if min(chips, seeds) > 1:
        values += normal(0.7, cards, 1, seeds)
    found = [components(one) for one in values]
    between = np.array([one.between for one in found])
    assert between.mean() == pytest.approx(1.0, abs=4.0 * between.std() / sets**0.5)
    # What chips and seeds do to single cards is no part of it: the variance of the means has much more.
    assert values.mean(axis=(2, 3)).var(axis=1, ddof=1).mean() > 1.25
    # The bound is above the truth in 95 % of the sets, or more of them, where mean squares are added up.
    assert np.mean([one.most >= 1.0 for one in found]) > 0.95 - 4.0 * (0.95 * 0.05 / sets) ** 0.5
    error = np.sqrt(np.mean([one.error**2 for one in found]))
    # Its square is estimated without bias for mean squares that are independent of each other.
    assert error == pytest.approx(between.std(), rel=0.1)


def test_the_interval_holds_one_more_draw_with_95_percent() -> None:
    """1500 sets of 6 cards without scatter: binomial, 4 standard errors."""
    rng, sets = np.random.default_rng(6), 1500
    values, truth = rng.standard_normal((sets, 6, 1, 1)) + np.zeros((1, 1, 1, 2)), rng.standard_normal(sets)
    intervals = [components(one).interval for one in values]
    held = np.mean([low <= one <= high for (low, high), one in zip(intervals, truth, strict=True)])
    assert held == pytest.approx(0.95, abs=4.0 * (0.95 * 0.05 / sets) ** 0.5)


@pytest.mark.parametrize(("chips", "seeds"), [(1, 4), (3, 2)])
def test_cards_that_do_not_differ_are_seen_to_in_2_5_percent(chips: int, seeds: int) -> None:
    """1000 sets: binomial, 4 standard errors above; a test of sums of mean squares may be more careful."""
    rng, sets = np.random.default_rng(9), 1000
    values = rng.standard_normal((sets, 6, chips, seeds)) + 3.0 * rng.standard_normal((sets, 1, chips, seeds))
    share = np.mean([components(one).resolved for one in values])
    assert 0.0 < share < 0.025 + 4.0 * (0.025 * 0.975 / sets) ** 0.5


def test_what_differs_by_rounding_alone_does_not_differ() -> None:
    found = components(0.1 + 1e-17 * np.arange(24.0).reshape(6, 1, 4))
    assert (found.between, found.error, found.most, found.resolved) == (0.0, 0.0, 0.0, False)


def test_draws_have_the_errors_and_the_correlation_of_the_card() -> None:
    """4000 draws: means, variances and the correlation within 4 standard errors."""
    pulses, reads = groups_of(card())
    rng, count = np.random.default_rng(7), 4000
    drawn = np.array([pulses.draw(rng) for _ in range(count)])
    z = (drawn - MIDDLE[:2]) / ERRORS[:2]
    logarithms = np.log([reads.draw(rng)[0] for _ in range(count)])
    z = np.column_stack([z, (logarithms - np.log(MIDDLE[2])) / (ERRORS[2] / MIDDLE[2])])
    assert np.abs(z.mean(axis=0)).max() < 4.0 / count**0.5
    assert np.abs(z.var(axis=0) - 1.0).max() < 4.0 * (2.0 / count) ** 0.5
    correlation = np.corrcoef(z, rowvar=False)
    assert correlation[0, 1] == pytest.approx(CORRELATION, abs=4.0 * (1.0 - CORRELATION**2) / count**0.5)
    assert np.abs(correlation[2, :2]).max() < 4.0 / count**0.5


def test_the_parts_of_a_linear_training_have_their_closed_form() -> None:
    """b'Cb of each measurement, and their sum for all: 300 cards, 4 standard errors of each estimate."""
    groups = groups_of(card())
    rng, slopes, count, seeds = np.random.default_rng(8), np.array(list(SLOPES.values())), 300, 3
    pulses, reads = (np.array([group.draw(rng) for _ in range(count)]) for group in groups)
    z = (np.column_stack([pulses, reads]) - MIDDLE) / ERRORS
    a, b, c = SLOPES.values()
    truth = {"pulses": a**2 + b**2 + 2.0 * CORRELATION * a * b, "reads": c**2}
    alone = {"pulses": z * [1, 1, 0], "reads": z * [0, 0, 1], "all": z}
    for name, drawn in alone.items():
        y = (drawn @ slopes)[:, None] + SEED * rng.standard_normal(seeds) + MIXED * rng.standard_normal((count, seeds))
        found = components(y[:, None, :])
        expected = truth.get(name, sum(truth.values()))
        # ln of the noise is drawn: 1 % of it, whose square is below the errors here.
        assert found.between == pytest.approx(expected, abs=4.0 * found.error), name
        assert found.error < 0.1 * expected
    assert found.single == pytest.approx((SEED**2 + MIXED**2) ** 0.5, rel=0.8)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> xr.Dataset:
    """Two cards of each, on two seeds, of the linear training."""
    with ThreadPoolExecutor(1) as here:
        return posterior_study(card(), 2, work=linear, seeds=2).run(tmp_path_factory.mktemp("drawn"), executor=here)


def test_a_study_holds_the_card_its_draws_and_each_measurement_alone(done: xr.Dataset) -> None:
    said = json.loads(done.attrs["posterior"])
    assert said["of"] == ["estimate", *["all"] * 2, *["pulses_file"] * 2, *["reads_file"] * 2]
    low, sigma = (done[f"device.{key}"].values for key in ("conductance.min", "read.noise.sigma"))
    assert low[0] == MIDDLE[0]
    assert len(set(low[:3])) == 3
    np.testing.assert_array_equal(low[3:5], low[1:3])
    np.testing.assert_array_equal(low[5:], MIDDLE[0])
    np.testing.assert_array_equal(sigma[5:], sigma[1:3])
    np.testing.assert_array_equal(sigma[3:5], MIDDLE[2])
    found = posterior_parts(done)
    accuracy = done["accuracy"].values[..., 0]
    assert float(found["accuracy_mean"]) == pytest.approx(accuracy[1:3].mean())
    assert float(found["accuracy_estimate"]) == pytest.approx(accuracy[0].mean())
    assert list(found["accuracy_part"].values) == [components(accuracy[k : k + 2]).between for k in (3, 5)]
    # The joules of this training follow the read noise alone, whatever the seed.
    assert list(found["training_energy_part"].values) == [0.0, pytest.approx(float(found["training_energy_variance"]))]
    assert {one.attrs["units"] for one in found.data_vars.values()} == {"1", "J", "J^2"}
    assert recorded.recorded(done.attrs).posterior is not None
    part = float(100 * found["training_energy_deviation"] / found["training_energy_mean"])
    joules = f"For the joules of training: reads: reads.csv, which leaves them open by {part:.2g} % of {part:.2g} %."
    assert found.attrs["next"].endswith(joules)


def test_draws_that_make_no_card_are_drawn_again_and_counted() -> None:
    """A window that is turned over by a third of the draws, and below zero by as many: 4 cards need about 10 more."""
    wide = """
  pulses_file:
    measurement: "pulses: ramps.csv"
    errors: {conductance.min: 36 uS}
"""
    draws = draws_of(card(wide), 4)
    low = np.array(draws.values["conductance.min"])
    assert low[0] == MIDDLE[0]
    assert np.all((low > 0.0) & (low < MIDDLE[1]))
    assert len(draws.of) == 5
    assert draws.refused["pulses_file"] > 3
    few = draws_of(card(wide), 2)
    assert few.values["conductance.min"] == draws.values["conductance.min"][:3]


def _known(between: float, error: float) -> Components:
    most = (max(between, 0.0) + 1.645 * error) ** 0.5
    return Components(20, 0.9, between, error, 0.01, 0.002, most, between > 2.0 * error)


def test_the_next_experiment_is_the_one_that_leaves_most_open() -> None:
    words = {"a": "pulses: ramps.csv", "b": "reads: reads.csv"}
    said = advice(_known(5e-4, 1e-4), {"a": _known(4e-4, 5e-5), "b": _known(1e-4, 2e-5)}, words, 4)
    assert said == (
        "Measure next: pulses: ramps.csv (more ramps, or ramps of more devices). It leaves the accuracy open by "
        "2 points of 2.2 points (standard deviations); four times as much of it would leave about 1.4 points in all."
    )
    alike = advice(_known(5e-4, 1e-4), {"a": _known(2e-4, 5e-5), "b": _known(3e-4, 6e-5)}, words, 4)
    assert alike.startswith("Measure next: reads: reads.csv")
    assert alike.endswith("Not told apart from it: pulses: ramps.csv.")


def test_nothing_is_advised_where_seeds_hide_it() -> None:
    words = {"a": "pulses: ramps.csv", "b": "reads: reads.csv"}
    hidden = {"a": _known(1e-5, 1e-5), "b": _known(-1e-5, 1e-5)}
    said = advice(_known(1e-5, 1e-5), hidden, words, 4)
    assert said.startswith("No measurement stands out: what all of them leave open moves the accuracy by at most 0.51 ")
    assert "which 4 trainings a card do not tell from the 1 points" in said
    assert "no measurement alone is told from nothing" in advice(_known(1e-4, 1e-5), hidden, words, 4)


def test_a_card_without_errors_says_what_to_do() -> None:
    with pytest.raises(UsageError, match=r"rram: this card says no standard errors.*make the card with 'analogep fit'"):
        posterior_study("rram", 5)


def test_too_little_to_learn_from_is_refused(here: Executor, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--posterior 1: cards must differ to show anything; draw 2 or more"):
        posterior_study(card(), 1)
    with pytest.raises(UsageError, match="one training a card does not tell cards from seeds apart; give --seeds 2"):
        posterior_study(card(), 5, seeds=1)
    with pytest.raises(UsageError, match="has one axis, the drawn cards: leave out vary and target"):
        posterior_study(card(), 5, vary={"nudging.beta": [0.1, 0.2]})
    with pytest.raises(UsageError, match="1 of the drawn cards have all of their points; at least two are needed"):
        components(np.array([[[1.0, 2.0]], [[np.nan, 1.0]]]))
    other = Study(device="rram", seeds=2, work=fast).run(tmp_path, executor=here)
    with pytest.raises(ResultError, match="is no study of fitted errors: make one with analogep study CARD"):
        posterior_parts(other)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("errors: {conductance.min: 20 mV}", "'20 mV' is not a conductance"),
        ("errors: {conductance.min: 0.1}", "needs a unit, such as '10 uS'; got 0.1"),
        ("errors: {conductance.mid: 1 uS}", "there is no such number on this card"),
        ("errors: {conductance.min: 0 S}", "must be above zero, got '0 S'; leave out what is known exactly"),
        ("errors: {conductance.min: 1 nS}, logarithmic: [conductance.max]", "which is not among the errors"),
        (
            "errors: {conductance.min: 1 nS, conductance.max: 1 nS}, correlation: [[0, 1]]",
            "must have 1 rows for 2 errors",
        ),
        ("errors: {conductance.min: 1 nS, conductance.max: 1 nS}, correlation: [[2]]", "must be at most 1"),
    ],
)
def test_errors_that_do_not_fit_to_a_card_are_said_with_their_place(text: str, message: str) -> None:
    with pytest.raises(CardError) as caught:
        card(f'\n  pulses_file: {{measurement: "pulses", {text}}}\n')
    assert message in str(caught.value)
    assert "uncertainty.pulses_file" in str(caught.value)


def test_errors_are_kept_on_the_way_through_text_and_change_no_digest() -> None:
    one = card()
    for text in (one.to_yaml(), one.understood()):
        again = DeviceCard.from_text(text)
        assert again.uncertainty == one.uncertainty
        assert again.digest == one.digest == one.certain.digest
    assert one.certain.uncertainty == {}
