"""The page of a study: means, what failed, and the file that makes it again."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from numpy.typing import NDArray

from analogep import report, results
from analogep.plots import study_axes
from analogep.report import study as pages
from analogep.report.blocks import Table
from analogep.study import STUDY, Study, StudyCard, recorded
from analogep.units import format_si

from ..study import artificial
from ..study.small import quick, small
from .conftest import Said
from .html import Outline

LINKED = {"layers": [[64, 6, 10], [64, 8, 10]], "learning.batch": [10, 20]}


def _run(one: Study, folder: Path) -> xr.Dataset:
    with ThreadPoolExecutor(1) as here:
        return one.run(folder, executor=here)


def test_the_page_tells_means_and_standard_errors_of_each_axis_value(study: Path, written: dict[str, str]) -> None:
    data, outline = results.read(study / STUDY), Outline(written["study"])
    said, together = [attrs["aria-label"] for attrs in outline.all("svg")]
    final = data["accuracy"].isel(epoch=-1)
    for axis in ("nudging.beta", "device"):
        assert f"Along {axis}: " in said
        for value in final[axis].values:
            mean = f"{100 * float(final.sel({axis: value}).mean()):.2f} ±"
            assert mean in said
            assert mean in outline.text
    for value in final.mean(("chip", "seed")).values.ravel():
        assert f"{100 * float(value):.2f} ±" in together
    assert "16 of 16" in outline.text
    assert "None of 16 points failed" in outline.text
    assert outline.text.count("analogep.device/1") == 2


def test_joules_by_component_add_up_to_those_of_a_sample(study: Path) -> None:
    data = results.read(study / STUDY)
    section = pages.components(data)
    assert section is not None
    tables = {block.title: block for block in section.blocks if isinstance(block, Table)}
    assert list(tables) == [
        f"{axis}: J per {kind}" for axis in ("nudging.beta", "device") for kind in ("training sample", "inference")
    ]
    for axis in ("nudging.beta", "device"):
        for kind, name in (("training sample", "training_energy"), ("inference", "inference_energy")):
            table = tables[f"{axis}: J per {kind}"]
            assert len(table.heads) <= 8
            for row, value in zip(table.rows, data[axis].values, strict=True):
                mean = float(data[name].isel(epoch=-1).sel({axis: value}).mean())
                assert row[-1] == format_si(float(f"{mean:.3g}"), "J")
    training = tables["device: J per training sample"]
    last = data["energy"].isel(epoch=-1).sel(device="rram", phase=["free", "nudged", "update", "verify"]).sum("phase")
    means = last.mean(("nudging.beta", "chip", "seed")) / data.attrs["train_samples"]
    for head, cell in list(zip(training.heads, training.rows[0], strict=True))[1:-2]:
        joules = float(means.sel(component=head.replace(" ", "_")))
        assert cell == (format_si(float(f"{joules:.3g}"), "J") if joules else "–")
    np.testing.assert_allclose(np.sum(training.shades, axis=1), 1.0, rtol=1e-12)


def test_work_that_books_no_joules_has_no_such_table(tmp_path: Path) -> None:
    assert pages.components(_run(quick(artificial.fast), tmp_path)) is None


def test_the_page_of_chips_alone_tells_how_they_differ(tmp_path: Path) -> None:
    data = _run(quick(artificial.fast, vary=None, chips=5, seeds=2), tmp_path)
    outline = Outline(report.report(tmp_path))
    assert outline.errors == []
    assert "10 points: 5 chips, 2 seeds; device rram, circuit digits" in outline.text
    (said,) = [attrs["aria-label"] for attrs in outline.all("svg")]
    chips = 100 * data["accuracy"].isel(epoch=-1).mean("seed").values
    for level, value in (("lowest", chips.min()), ("median", np.median(chips)), ("deviation", chips.std(ddof=1))):
        assert f"{level} {value:.2f} %" in said
    for words in ("How chips differ", "upper quartile", "vary"):
        assert (words in outline.text) == (words != "vary")
    for more in ({"chips": 1, "seeds": 3}, {"chips": 1, "seeds": 1}):
        _run(quick(artificial.fast, vary=None, **more), tmp_path / str(more["seeds"]))
        outline = Outline(report.report(tmp_path / str(more["seeds"])))
        assert outline.errors == []
        assert "How seeds differ" in outline.text


def test_joules_of_chips_alone_are_one_table(few: Path, tmp_path: Path) -> None:
    data = _run(small(few, vary=None, chips=2), tmp_path)
    section = pages.components(data)
    assert section is not None
    (table,) = [block for block in section.blocks if isinstance(block, Table)]
    assert [row[0] for row in table.rows] == ["training sample", "inference"]
    mean = float(data["inference_energy"].isel(epoch=-1).mean())
    assert table.rows[1][-1] == format_si(float(f"{mean:.3g}"), "J")


def test_chips_are_drawn_from_the_lowest_to_the_highest(tmp_path: Path) -> None:
    data = _run(quick(artificial.fast, vary=None, chips=6, seeds=2), tmp_path)
    left, right = study_axes(data).axes
    dots, means, _ = left.get_lines()
    chips = 100 * data["accuracy"].isel(epoch=-1).mean("seed").values
    np.testing.assert_allclose(means.get_ydata(), np.sort(chips))
    np.testing.assert_array_equal(means.get_xdata(), np.arange(1, 7))
    assert dots.get_ydata().size == 12
    order = np.argsort(chips)
    np.testing.assert_allclose(dots.get_ydata()[:2], 100 * data["accuracy"].values[order[0], :, -1])
    training, inference = right.get_lines()
    assert np.all(np.diff(training.get_ydata()) >= 0.0)
    np.testing.assert_allclose(
        inference.get_ydata() / training.get_ydata(), 1.5 * np.sort(chips) / np.sort(_means(data))
    )
    seeds = _run(quick(artificial.fast, vary=None, chips=1, seeds=4), tmp_path / "seeds")
    left, _ = study_axes(seeds).axes
    assert left.get_xlabel() == "seeds, from lowest to highest"


def _means(data: xr.Dataset) -> NDArray[np.float64]:
    """Mean of all epochs, as joules of training are averaged."""
    return 100 * data["accuracy"].mean(("epoch", "seed")).values


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
