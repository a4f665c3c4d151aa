"""The budget's numbers are those of runs with the cards that each point says."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from analogep import Run, Seeds, plots, results
from analogep.budget import BUDGET, LIMITS, Budget, ranked, tally
from analogep.errors import CardError

from .conftest import SET, Done


def final(done: Done, few: Path, ideal: list[str]) -> list[float]:
    """Accuracy of runs of their own, for both seeds."""
    cards = done.budget.deck.cards(ideal)
    return [float(Run(*cards, Seeds.sample(seed=k), few).execute()["accuracy"][-1]) for k in (0, 1)]


def test_single_and_common_effects_are_differences_of_runs(done: Done, few: Path) -> None:
    dataset = done.dataset
    names = [str(name) for name in dataset["limit"].values]
    assert sorted(names) == ["beta", "converters", "sampling", "settling"]
    real, ideal = np.array(final(done, few, [])), np.array(final(done, few, names))
    assert float(dataset["accuracy_real"]) == pytest.approx(real.mean())
    assert float(dataset["gap"]) == pytest.approx((ideal - real).mean())
    one = dataset.sel(limit="settling")
    assert float(one["regained"]) == pytest.approx((np.array(final(done, few, ["settling"])) - real).mean())
    others = [name for name in names if name != "settling"]
    assert float(one["alone"]) == pytest.approx(np.mean(final(done, few, others)))
    together = np.array(final(done, few, names[:2]))
    assert float(dataset["accuracy_together"]) == pytest.approx(together.mean())
    assert float(dataset["regained_together"]) == pytest.approx((together - real).mean())


def test_limits_are_sorted_and_the_sum_closes(done: Done) -> None:
    dataset = done.dataset
    assert np.all(np.diff(dataset["regained"].values) <= 0.0)
    total = float(dataset["regained"].sum()) + float(dataset["unexplained"])
    assert total == pytest.approx(float(dataset["gap"]))
    assert float(dataset["accuracy_ideal"] - dataset["accuracy_real"]) == pytest.approx(float(dataset["gap"]))


def test_long_phases_cost_joules_that_short_ones_save(done: Done) -> None:
    costs = done.dataset.sel(limit="settling")
    assert float(costs["training_joules"]) < 0.0
    assert float(costs["inference_joules"]) < 0.0


def test_the_same_budget_is_answered_from_its_folder(done: Done) -> None:
    with ThreadPoolExecutor(1) as pool:
        again = done.budget.run(done.folder, executor=pool)
    xr.testing.assert_identical(again, done.dataset)
    stored = results.read(done.folder / BUDGET)
    xr.testing.assert_allclose(stored, done.dataset)
    for name, array in stored.data_vars.items():
        assert {"units", "long_name"} <= set(array.attrs), name
    assert json.loads(stored.attrs["ideal"]).keys() == set(stored["limit"].values.tolist())


def test_failed_points_become_gaps_and_are_named(done: Done) -> None:
    single = results.read(done.folder / "study.nc")
    limits = done.budget.deck.limits
    names = [limit.name for limit in limits]
    first = names[0]
    for variable in ("accuracy", "training_energy", "inference_energy"):
        single[variable][1] = np.nan
    failed = [{"at": {"adc.bits": f"null # {first} ideal"}, "chip": 0, "seed": 1, "reason": "unstable"}]
    single.attrs["failed"] = json.dumps(failed)
    assert ranked(single, names)[-1] == first
    found = tally(single, None, limits)
    assert np.isnan(float(found.sel(limit=first)["regained"]))
    assert np.isfinite(float(found["gap"]))
    assert json.loads(found.attrs["failed"])[0]["at"] == f"{first} ideal"
    assert "accuracy_together" not in found
    plots.waterfall(found)


def test_the_waterfall_names_every_limit_and_leaves_the_style_alone(done: Done) -> None:
    axes = plots.waterfall(done.dataset).axes[0]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    names = [str(name).replace("_", " ") for name in done.dataset["limit"].values]
    last = f"only {names[0]}\nand {names[1]} ideal"
    assert labels == ["all as on the cards", *names, "interaction", "all ideal", last]
    ends = [patch.get_x() + patch.get_width() for patch in axes.patches]
    assert ends[0] == pytest.approx(100.0 * float(done.dataset["accuracy_real"]))
    assert ends[5] == pytest.approx(100.0 * float(done.dataset["accuracy_ideal"]))


def test_drift_is_weighed_at_the_age_that_is_asked_for(few: Path, tmp_path: Path) -> None:
    fast = {**SET, "retention": {"kind": "leak", "tau": "1 s", "rest": "50 %"}}
    budget = Budget("ideal", data=str(few), set=fast, age=100.0)
    drift = next(limit for limit in LIMITS if limit.name == "drift")
    assert drift in budget.deck.limits
    with ThreadPoolExecutor(1) as pool:
        found = budget.run(tmp_path, executor=pool)
    single = results.read(tmp_path / "study.nc")
    assert float(found["accuracy_real"]) == pytest.approx(float(single["aged_accuracy"][0].squeeze()))
    where = [limit.name for limit in budget.deck.limits].index("drift")
    fresh = single["accuracy"].values.reshape(len(single["limits"]), -1)
    # Without drift the network at 100 s is the one that was trained.
    assert float(single["aged_accuracy"].values.ravel()[1 + where]) == pytest.approx(fresh[0, -1])
    assert found.attrs["title"].endswith("100 s after training")


def test_cards_that_do_not_fit_are_refused_once_and_before_anything_runs() -> None:
    with pytest.raises(CardError, match="needs gradual pulses both ways") as caught:
        Budget("pcm", "resistive-digits")
    assert len(caught.value.problems) == 1
