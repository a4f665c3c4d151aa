"""The budget's numbers are those of runs with the cards that each point says, on the validation part, pair by pair."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from analogep import Run, plots, results
from analogep.budget import BUDGET, LIMITS, PAIRS, Budget, contrasts, effect, tally
from analogep.budget.work import pair, parts
from analogep.crossbar import threads
from analogep.datasets import load_validation
from analogep.errors import CardError, ResultError, UsageError
from analogep.study.progress import StudyProgress

from . import planted
from .conftest import SET, Done


def final(done: Done, few: Path, ideal: list[str]) -> np.ndarray:
    """Validation accuracy of runs of their own, for both pairs."""
    cards = done.budget.deck.cards(ideal)
    runs = [Run(*cards, pair(k, 0), parts(str(few), 0)).execute() for k in (0, 1)]
    return np.array([float(run["accuracy"][-1]) for run in runs])


def test_effects_are_differences_of_runs_on_the_same_chip_and_seed(done: Done, few: Path) -> None:
    dataset = done.dataset
    names = [str(name) for name in dataset["limit"].values]
    assert sorted(names) == ["beta", "converters", "sampling", "settling"]
    real, ideal = final(done, few, []), final(done, few, names)
    assert float(dataset["accuracy_real"]) == pytest.approx(real.mean())
    assert float(dataset["gap"]) == pytest.approx((ideal - real).mean(), abs=1e-15)
    one = dataset.sel(limit="settling")
    np.testing.assert_allclose(one["regained_each"], final(done, few, ["settling"]) - real, atol=1e-15)
    left = final(done, few, [name for name in names if name != "settling"])
    np.testing.assert_allclose(one["lost_each"], ideal - left, atol=1e-15)
    found = effect(ideal - left, samples=16)
    assert (float(one["lost"]), float(one["lost_ci"])) == pytest.approx((found.mean, found.half), abs=1e-15)


def test_no_test_sample_is_seen_and_all_pairs_have_the_same_parts(few: Path) -> None:
    found, expected = parts(str(few), 3), load_validation(str(few), 3)
    assert found.part_digests == expected.part_digests
    assert len(found.test_y) == 16
    assert str(pair(2, 3)) == "fabrication 3 sample 2, operation 3 sample 2, data 3 sample 2"


def test_limits_are_sorted_by_both_ways_and_say_joules_and_seconds(done: Done) -> None:
    dataset = done.dataset
    assert np.all(np.diff(dataset["regained"].values + dataset["lost"].values) <= 1e-12)
    costs = dataset.sel(limit="settling")  # long phases cost what short ones save
    for name in ("training_joules", "inference_joules", "training_seconds", "inference_seconds"):
        assert float(costs[name]) < 0.0, name


def test_the_same_budget_is_answered_from_its_folder(done: Done) -> None:
    with ThreadPoolExecutor(1) as pool:
        again = done.budget.run(done.folder, pairs=2, executor=pool)
    xr.testing.assert_identical(again, done.dataset)
    stored = results.read(done.folder / BUDGET)
    xr.testing.assert_allclose(stored, done.dataset)
    for name, array in stored.data_vars.items():
        assert {"units", "long_name"} <= set(array.attrs), name
    assert json.loads(stored.attrs["ideal"]).keys() == set(stored["limit"].values.tolist())


def test_failed_trainings_become_gaps_and_are_named(done: Done) -> None:
    trained = results.read(done.folder / PAIRS / "study.nc")
    names = [limit.name for limit in done.budget.limits]
    for variable in ("accuracy", "training_energy", "inference_energy"):
        trained[variable][1] = np.nan
    failed = [{"at": {"adc.bits": f"null # {names[0]} ideal"}, "chip": 0, "seed": 1, "reason": "unstable"}]
    trained.attrs["failed"] = json.dumps(failed)
    found = tally(trained, range(10), done.budget.limits, contrasts(names), 16, 0.01)
    assert np.isnan(float(found.sel(limit=names[0])["regained"]))
    assert np.isfinite(float(found.sel(limit=names[0])["lost"]))
    assert json.loads(found.attrs["failed"])[0]["at"] == f"{names[0]} ideal"
    plots.weighed_limits(found)


def test_the_figure_has_every_pair_its_mean_and_a_line_at_zero(done: Done) -> None:
    axes = plots.weighed_limits(done.dataset).axes[0]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == [str(name).replace("_", " ") for name in done.dataset["limit"].values]
    lines = axes.get_lines()
    assert any(list(line.get_xdata()) == [0.0, 0.0] for line in lines)
    means = [line.get_xdata() for line in lines if line.get_marker() == "o"]
    np.testing.assert_allclose(means, 100.0 * np.array([done.dataset[way].values for way in ("regained", "lost")]))
    dots = [line.get_xdata() for line in lines if line.get_marker() == "."]
    np.testing.assert_allclose(dots[0], 100.0 * done.dataset["regained_each"].values[0])


def test_drift_is_weighed_at_the_age_that_is_asked_for(few: Path, tmp_path: Path) -> None:
    fast = {**SET, "retention": {"kind": "leak", "tau": "1 s", "rest": "50 %"}}
    budget = Budget("ideal", data=str(few), set=fast, age=100.0, limits=["drift"])
    assert next(limit for limit in LIMITS if limit.name == "drift") in budget.deck.limits
    with ThreadPoolExecutor(1) as pool:
        found = budget.run(tmp_path, pairs=2, executor=pool)
    trained = results.read(tmp_path / PAIRS / "study.nc")
    assert trained.sizes["limits"] == 2  # drift alone is all that is on
    real, removed = (trained["aged_accuracy"].values[k, 0, :, 0] for k in (0, 1))
    np.testing.assert_allclose(found["regained_each"].values[0], removed - real, atol=1e-15)
    # Without drift the network at 100 s is the one that was trained.
    np.testing.assert_array_equal(found["lost_each"], found["regained_each"])
    np.testing.assert_array_equal(removed, trained["accuracy"].values[1, 0, :, -1])
    assert found.attrs["title"].endswith("100 s after training")


def formula(**more: Any) -> Budget:
    """A budget of the planted limits."""
    return Budget("ideal", set=planted.SET, limits=planted.LIMITS, work=planted.work, **more)


def run(budget: Budget, folder: Path, **more: Any) -> xr.Dataset:
    with ThreadPoolExecutor(1) as pool:
        return budget.run(folder, executor=pool, **more)


def test_pairs_are_added_until_planted_limits_are_resolved_and_only_where_they_are_not(tmp_path: Path) -> None:
    planted.trained.clear()
    found = run(formula(), tmp_path)
    assert found.attrs["ended"] == "all is resolved"
    assert found["limit"].values.tolist() == planted.LIMITS  # in the order of their costs
    for way in ("regained", "lost"):
        for name in planted.LIMITS:
            one = found.sel(limit=name)
            assert abs(float(one[way]) - planted.COSTS[name]) < float(one[f"{way}_ci"])
            assert int(one[f"{way}_more"]) == 0
    # Four points are beyond doubt after the first look, none within half a point is not.
    first, last = (found.sel(limit=name) for name in ("cycle_to_cycle", "sampling"))
    assert int(first["regained_pairs"]) == 4
    assert int(last["regained_pairs"]) > 4
    assert len(planted.trained) < 8 * found.sizes["pair"]
    assert len(set(planted.trained)) == len(planted.trained)


def test_a_clock_leaves_what_is_known_and_says_how_many_pairs_are_missing(tmp_path: Path) -> None:
    found = run(formula(), tmp_path, minutes=1e-6)
    assert (found.attrs["ended"], found.sizes["pair"]) == ("the time is up", 1)
    assert found["regained_more"].values.tolist() == [3.0, 3.0, 3.0]
    assert np.isnan(found["regained_ci"]).all()


def test_an_interrupted_budget_keeps_what_it_knows_and_goes_on_where_it_stood(tmp_path: Path) -> None:
    def stop(progress: StudyProgress) -> None:
        if progress.done == 20:
            raise KeyboardInterrupt

    planted.trained.clear()
    budget = formula()
    with pytest.raises(KeyboardInterrupt):
        run(budget, tmp_path / "one", pairs=6, report=stop)
    kept = budget.kept(tmp_path / "one")
    assert kept is not None
    assert (kept.attrs["ended"], kept.sizes["pair"]) == ("it was stopped", 3)
    assert int(kept.sel(limit="cycle_to_cycle")["regained_pairs"]) == 3  # the third pair has only a part
    went_on = run(budget, tmp_path / "one", pairs=6)
    # Those that were on their way, with an executor of one's own twice as many as there are threads.
    assert len(planted.trained) - len(set(planted.trained)) < 2 * threads.count()
    xr.testing.assert_identical(went_on, run(formula(), tmp_path / "two", pairs=6))


def test_cards_that_do_not_fit_and_limits_that_they_lack_are_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(CardError, match="needs gradual pulses both ways") as caught:
        Budget("pcm", "resistive-digits")
    assert len(caught.value.problems) == 1
    with pytest.raises(UsageError, match=r"'wire' is no limit of rram with digits, which has .*'iv', 'converters'"):
        Budget("rram", limits=["wire"])
    (tmp_path / "letter.txt").touch()
    with pytest.raises(ResultError, match=r"the folder holds 'letter\.txt' and no budget or specification"):
        formula().run(tmp_path)


def test_the_best_beta_is_measured_once_and_is_the_limit(
    few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a measurement whose minimum is known; a beta within a tenth of it is as good."""
    from analogep.beta import FiniteBeta

    asked = []

    def measured(question: FiniteBeta) -> xr.Dataset:
        asked.append(question.run.identity["digest"])
        dims = ("network", "noise", "estimator")
        values: dict[str, Any] = {name: (dims, [[[0.2]]]) for name in ("predicted", "measured")}
        attributes = {"card_estimator": "centered", "card_beta": 0.5, "digest": asked[-1]}
        coordinates = {"network": ["trained"], "noise": [0.0], "estimator": ["centered"]}
        return xr.Dataset(values | {"fit_residual": ("network", [0.01])}, coordinates, attributes)

    monkeypatch.setattr(FiniteBeta, "measure", measured)
    for _ in range(2):
        budget = Budget("ideal", data=str(few), set=SET)
        budget.find_beta(tmp_path)
        assert budget.best == 0.2
        assert budget.deck.cards(["beta"])[1].nudging.beta == 0.2
    assert len(asked) == 1
    near = Budget("ideal", data=str(few), set={**SET, "nudging.beta": 0.21}, best=0.2)
    assert "beta" not in near.names
