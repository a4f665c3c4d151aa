"""Studies without axes: chips and seeds alone, and how they differ."""

from __future__ import annotations

import json
from concurrent.futures import Executor
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from analogep import CircuitCard
from analogep.errors import CardError
from analogep.study import Plan, Study, StudyCard, StudyProgress, recorded, summary

from .artificial import failing, fast
from .small import quick, small


def test_chips_alone_are_a_study_and_chip_0_is_that_of_any_other(few: Path, tmp_path: Path, here: Executor) -> None:
    found = small(few, vary=None, chips=3, seeds=2).run(tmp_path / "chips", executor=here)
    assert found["accuracy"].dims == ("chip", "seed", "epoch")
    assert found["accuracy"].shape == (3, 2, 2)
    assert found.attrs["title"] == "study over chips and seeds"
    beta = CircuitCard.load("digits").nudging.beta
    axis = small(few, vary={"nudging.beta": [beta]}, chips=3, seeds=2).run(tmp_path / "axis", executor=here)
    for name in ("accuracy", "energy", "pulses"):
        np.testing.assert_array_equal(found[name].values, axis[name].values[0])


def test_a_study_of_chips_goes_on_with_more_of_them_and_in_parts(tmp_path: Path, here: Executor) -> None:
    first = quick(fast, vary=None, chips=4, seeds=1).run(tmp_path / "whole", executor=here)
    record: list[StudyProgress] = []
    more = quick(fast, vary=None, chips=6, seeds=2).run(tmp_path / "whole", executor=here, report=record.append)
    assert (record[0].found, record[-1].done) == (4, 12)
    xr.testing.assert_equal(more.isel(chip=slice(4), seed=slice(1)), first)
    for part in (2, 1):
        parts = quick(fast, vary=None, chips=6, seeds=2).run(tmp_path / "parts", executor=here, shard=(part, 2))
    xr.testing.assert_identical(parts, more)


def test_points_without_axis_values_are_named_by_chip_and_seed(tmp_path: Path, here: Executor) -> None:
    study = quick(failing, vary=None, set={"nudging.beta": 0.3}, chips=2, seeds=1)
    assert [str(point) for point in study.plan.points] == ["chip 0, seed 0", "chip 1, seed 0"]
    failed = json.loads(study.run(tmp_path, executor=here).attrs["failed"])
    assert failed[1] == {"at": {}, "chip": 1, "seed": 0, "reason": "it diverged"}


def test_the_recorded_study_of_chips_plans_the_same_points(tmp_path: Path, here: Executor) -> None:
    study = quick(fast, vary=None, chips=2, seeds=3)
    again = recorded.recorded(study.run(tmp_path, executor=here).attrs)
    assert (again.axes, again.chips, again.seeds) == ((), 2, 3)
    assert [one.digest for one in Study(again, work=fast).plan.points] == [one.digest for one in study.plan.points]


def test_the_table_has_one_row_and_quartiles_of_the_chips(tmp_path: Path, here: Executor) -> None:
    data = quick(fast, vary=None, chips=5, seeds=3).run(tmp_path, executor=here)
    card = recorded.recorded(data.attrs)
    (row,) = summary.combinations(card, data)
    final = data["accuracy"].isel(epoch=-1)
    assert (row.said, row.done, row.failed) == ({}, 15, 0)
    assert row.accuracy == pytest.approx(float(final.mean()), rel=1e-12)
    assert list(summary.margins(card, data)) == []
    spread = summary.spread(data)
    chips = final.mean("seed").values
    assert (spread.over, spread.done) == ("chips", 5)
    np.testing.assert_allclose(spread.accuracy, chips, rtol=1e-12)
    levels = spread.levels("accuracy")
    assert levels["lowest"] == pytest.approx(chips.min())
    assert levels["median"] == pytest.approx(np.sort(chips)[2])
    assert levels["upper quartile"] == pytest.approx(np.sort(chips)[3])
    assert levels["standard deviation"] == pytest.approx(chips.std(ddof=1))
    assert spread.levels("inference")["highest"] == pytest.approx(3.0 * chips.max())


def test_of_a_single_chip_the_seeds_are_told_apart_and_failures_are_left_out(tmp_path: Path, here: Executor) -> None:
    data = quick(fast, vary=None, chips=1, seeds=4).run(tmp_path, executor=here)
    spread = summary.spread(data)
    assert spread.over == "seeds"
    np.testing.assert_array_equal(spread.accuracy, data["accuracy"].values[0, :, -1])
    data["accuracy"][0, 1] = np.nan
    spread = summary.spread(data)
    assert spread.done == 3
    assert np.isfinite(list(spread.levels("accuracy").values())).all()
    data["accuracy"][:] = np.nan
    assert np.isnan(list(summary.spread(data).levels("accuracy").values())).all()


def test_seeds_of_a_study_without_axes_may_be_as_many_as_the_target_needs(tmp_path: Path, here: Executor) -> None:
    target = {"standard_error": "0.04 %", "most": 6}
    found = quick(fast, vary=None, chips=1, seeds=None, target=target).run(tmp_path, executor=here)
    assert 3 <= found.sizes["seed"] <= 6


def test_a_value_that_a_card_refuses_is_named_without_an_axis() -> None:
    with pytest.raises(CardError, match=r"^--set nudging.beta=-2: nudging.beta: must be greater than 0, got -2$"):
        Plan(StudyCard.of({"device": "rram", "set": {"nudging.beta": -2}, "chips": 2}))
    with pytest.raises(CardError, match=r"^eram: unknown device card"):
        Plan(StudyCard.of({"device": "eram", "chips": 2}))
    with pytest.raises(CardError, match=r"^data set .* has 64 inputs"):
        Plan(StudyCard.of({"device": "rram", "set": {"layers": [32, 8, 10]}, "chips": 2}))


def test_a_whole_card_is_no_setting() -> None:
    with pytest.raises(CardError, match=r"set.device: needs a key of the device card, such as device.name=mine"):
        StudyCard.of({"set": {"device": "rram"}, "chips": 2, "device": "rram"})
