"""Several axes of a study in one figure: which one goes along, and the numbers of every line."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from analogep.plots import study_axes, study_lines
from analogep.report import study as pages
from analogep.study import Study
from analogep.study.crossing import crossing, time

from ..study import artificial
from ..study.small import quick

BETAS, SIGMAS = [0.1, 0.2, 0.4, 1.0], ["0 %", "2 %"]
ESTIMATORS = ["positive", "centered", "negative"]


def found(folder: Path, **given: Any) -> xr.Dataset:
    study: Study = quick(artificial.fast, chips=2, seeds=2, **given)
    with ThreadPoolExecutor(1) as here:
        return study.run(folder, executor=here)


def test_two_axes_are_lines_along_the_longer_one(tmp_path: Path) -> None:
    data = found(tmp_path, vary={"nudging.estimator": ESTIMATORS, "nudging.beta": BETAS})
    (axes,) = study_lines(data).axes
    assert axes.get_xlabel() == "nudging.beta [1]"
    lines = [container.lines[0] for container in axes.containers]
    mean = 100.0 * data["accuracy"].isel(epoch=-1).mean(("chip", "seed"))
    for line, name in zip(lines, ESTIMATORS, strict=True):
        np.testing.assert_allclose(line.get_xdata(), BETAS)
        np.testing.assert_allclose(line.get_ydata(), mean.sel({"nudging.estimator": name}))


def test_a_third_axis_is_a_panel_for_each_value(tmp_path: Path) -> None:
    vary = {"nudging.beta": BETAS, "read.noise.sigma": SIGMAS, "nudging.estimator": ESTIMATORS}
    data = found(tmp_path, vary=vary)
    figure = study_lines(data)
    assert [axes.get_title() for axes in figure.axes] == [f"nudging.estimator = {name}" for name in ESTIMATORS]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == SIGMAS
    arranged = crossing(data)
    assert arranged is not None
    mean = data["accuracy"].isel(epoch=-1).mean(("chip", "seed"))
    expected = mean.transpose("nudging.estimator", "read.noise.sigma", "nudging.beta").values
    np.testing.assert_allclose(arranged.mean, expected)


def test_ages_go_along_the_figure_and_into_the_page(tmp_path: Path) -> None:
    data = found(tmp_path, vary={"device": ["rram", "pcm"]})
    aged = data["accuracy"].isel(epoch=-1) * xr.DataArray([1.0, 0.9, 0.5], dims="age")
    data["aged_accuracy"] = aged.transpose(..., "age")
    data = data.assign_coords(age=[0.0, 3600.0, 86400.0])
    (axes,) = study_lines(data).axes
    assert [text.get_text() for text in axes.get_xticklabels()] == ["0 s", "1 h", "1 d"]
    line = axes.containers[0].lines[0]
    # Numbers at their places, zero a decade before the first; ages too close to be written out are points alone.
    np.testing.assert_array_equal(line.get_xdata(), [0.0, 3600.0, 86400.0])
    places = [axes.transData.transform((age, 0.0))[0] for age in (0.0, 3600.0, 86400.0)]
    assert np.diff(places)[1] == pytest.approx(np.log10(24.0) * np.diff(places)[0])
    expected = 100.0 * data["aged_accuracy"].isel(device=0).mean(("chip", "seed"))
    np.testing.assert_allclose(line.get_ydata(), expected)
    section = pages.together(data)
    assert section is not None
    assert section.blocks[1].heads == ["time since training", "rram", "pcm"]
    assert section.blocks[1].rows[2][:1] == ["1 d"]
    assert section.blocks[1].rows[2][1].startswith(f"{float(expected[2]):.2f}")


def test_numbers_have_a_prefix_and_blocks_are_words(tmp_path: Path) -> None:
    blocks = [{"kind": "none"}, {"kind": "range", "sigma": "5 %"}]
    data = found(tmp_path, vary={"conductance.max": ["8 uS", "20 uS"], "variation.cycle_to_cycle": blocks})
    panels = study_axes(data).axes
    assert panels[0].get_xlabel() == "conductance.max [µS]"
    np.testing.assert_allclose(panels[0].containers[0].lines[0].get_xdata(), [8.0, 20.0])
    assert panels[2].get_xlabel() == "variation.cycle_to_cycle"
    assert [text.get_text() for text in panels[2].get_xticklabels()] == ["none", "range, sigma 5 %"]
    (axes,) = study_lines(data).axes
    np.testing.assert_allclose(axes.containers[0].lines[0].get_xdata(), [8.0, 20.0])


@pytest.mark.parametrize(
    "vary",
    [
        {"nudging.beta": BETAS},
        {"nudging.beta": [0.1 * k for k in range(1, 9)], "learning.batch": list(range(10, 18))},
    ],
    ids=["one axis", "too many lines"],
)
def test_one_axis_or_too_many_values_stay_with_each_axis_by_itself(tmp_path: Path, vary: dict[str, Any]) -> None:
    data = found(tmp_path, vary=vary)
    assert crossing(data) is None
    with pytest.raises(ValueError, match="fewer than two axes, or too many values to draw them as lines"):
        study_lines(data)
    assert study_axes(data).axes


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0 s"), (1.0, "1 s"), (90.0, "90 s"), (120.0, "2 min"), (31557600.0, "1 y"), (1e-6, "1 us")],
)
def test_times_are_written_in_the_largest_unit_that_makes_them_whole(seconds: float, text: str) -> None:
    assert time(seconds) == text
