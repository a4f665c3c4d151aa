"""The page of a study: means, what failed, and the file that makes it again."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from analogep import report, results
from analogep.plots import study_axes
from analogep.report import study as pages
from analogep.study import STUDY, Study, StudyCard, recorded

from ..study import artificial
from ..study.small import quick
from .conftest import Said
from .html import Outline

LINKED = {"layers": [[64, 6, 10], [64, 8, 10]], "learning.batch": [10, 20]}


def _run(one: Study, folder: Path) -> xr.Dataset:
    with ThreadPoolExecutor(1) as here:
        return one.run(folder, executor=here)


def test_the_page_tells_means_and_standard_errors_of_each_axis_value(study: Path, written: dict[str, str]) -> None:
    data, outline = results.read(study / STUDY), Outline(written["study"])
    (said,) = [attrs["aria-label"] for attrs in outline.all("svg")]
    final = data["accuracy"].isel(epoch=-1)
    for axis in ("nudging.beta", "device"):
        assert f"Along {axis}: " in said
        for value in final[axis].values:
            mean = f"{100 * float(final.sel({axis: value}).mean()):.2f} ±"
            assert mean in said
            assert mean in outline.text
    assert "16 of 16" in outline.text
    assert "None of 16 points failed" in outline.text
    assert outline.text.count("analogep.device/1") == 2


def test_points_that_failed_are_told_with_their_reasons(tmp_path: Path) -> None:
    data = _run(quick(artificial.failing), tmp_path / "study")
    outline = Outline(report.report(tmp_path / "study"))
    failed = int((data["state"] == 2).sum())
    assert failed == 9
    assert outline.errors == []
    assert f"{failed} points failed and are left out of all means" in outline.text
    assert "nudging.beta = 0.3, chip 0, seed 0: " in outline.text
    assert outline.text.count("it diverged") == 6
    assert outline.text.count("division by zero") == 3


def test_a_study_that_failed_everywhere_has_a_page_without_figures(tmp_path: Path) -> None:
    _run(quick(artificial.failing, vary={"nudging.beta": [0.3]}), tmp_path)
    outline = Outline(report.report(tmp_path))
    assert outline.errors == []
    assert outline.all("svg") == []
    assert "6 points failed" in outline.text


def test_a_part_of_a_study_says_what_is_missing(tmp_path: Path) -> None:
    data = _run(quick(artificial.fast), tmp_path)
    data["state"][0] = 0
    data["accuracy"][0] = np.nan
    text = Outline(report.html(pages.page(data))).text
    assert "6 points are not run yet" in text


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"set": {"layers": [64, 6, 10], "device.title": "1e3: a, b", "timing.free.duration": "200 ns"}},
        {"vary": {"size": LINKED, "read.noise.sigma": ["0 %", "5 %"]}},
        {"vary": {"nudging.beta": "log 0.1..1/3", "device": ["rram", "ideal"]}, "ages": ["1 d"], "seed": 4},
    ],
)
def test_the_study_file_of_the_page_plans_the_same_points(more: dict[str, Any], tmp_path: Path) -> None:
    one = quick(artificial.fast, **more)
    data = _run(one, tmp_path)
    again = recorded.recorded(data.attrs)
    for name in ("axes", "settings", "chips", "seeds", "seed", "ages", "device", "circuit"):
        assert getattr(again, name) == getattr(one.card, name), name
    points = Study(again, work=artificial.fast).plan.points
    assert [point.digest for point in points] == [point.digest for point in one.plan.points]


def test_the_end_of_runs_of_different_lengths_is_their_own(tmp_path: Path) -> None:
    data = _run(quick(artificial.fast), tmp_path)
    data["accuracy"][1, :, :, 1:] = np.nan
    end = recorded.at_the_end(data, "accuracy")
    assert np.array_equal(end[0], data["accuracy"].values[0, :, :, -1])
    assert np.array_equal(end[1], data["accuracy"].values[1, :, :, 0])


def test_numbers_stand_at_themselves_and_words_side_by_side(tmp_path: Path) -> None:
    vary = {"nudging.beta": [0.01, 0.1, 1], "nudging.estimator": ["positive", "centered"]}
    data = _run(quick(artificial.fast, vary=vary), tmp_path)
    axes = study_axes(data).axes
    assert [one.get_xscale() for one in axes] == ["log", "log", "linear", "linear"]
    (points, mean) = (line for line in axes[0].get_lines() if line.get_marker() in (".", "o"))
    assert np.allclose(np.unique(points.get_xdata()), [0.01, 0.1, 1])
    expected = 100 * data["accuracy"].isel(epoch=-1).mean(("nudging.estimator", "chip", "seed"))
    assert np.allclose(mean.get_ydata(), expected)
    assert [text.get_text() for text in axes[2].get_xticklabels()] == ["positive", "centered"]


def test_the_command_writes_the_page_of_a_study(tmp_path: Path, say: Callable[..., Said]) -> None:
    _run(quick(artificial.fast), tmp_path)
    said = say("report", str(tmp_path))
    assert said == Said(0, f"page: {tmp_path / 'report.html'}\n", "")
    assert say("compare", str(tmp_path / STUDY), str(tmp_path)).code != 0
    assert isinstance(recorded.recorded(results.read(tmp_path / STUDY).attrs), StudyCard)
