"""Odd results of studies: each has a page and figures, or is refused with one sentence."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from analogep import plots, report
from analogep.errors import AnalogepError, ResultError
from analogep.report import study as page
from analogep.report import svg
from analogep.study.study_file import check_study

from ..study import artificial
from ..study.small import quick, small
from .corrupt import corrupted

PATH = Path("some/study.nc")


def made(one: Any, folder: Path) -> xr.Dataset:
    """A true result of a study."""
    with ThreadPoolExecutor(1) as here:
        found: xr.Dataset = one.run(folder, executor=here)
    return found


@pytest.fixture(scope="module")
def whole(few: Path, tmp_path_factory: pytest.TempPathFactory) -> xr.Dataset:
    """A small true result with two axes, one of them of numbers."""
    vary = {"nudging.beta": [0.2, 0.5], "nudging.estimator": ["positive"]}
    return made(small(few, vary=vary, chips=2, ages=["1 d"]), tmp_path_factory.mktemp("study") / "one")


def answered(dataset: xr.Dataset, *, figures: bool) -> bool:
    """Ask for the page of an odd study and, if told so, for its figures; whether it was taken."""
    try:
        check_study(dataset, PATH)
    except AnalogepError as error:
        sentence = str(error)
        assert sentence.startswith(f"{PATH}: ")
        assert "\n" not in sentence
        assert len(sentence) < 700
        sentence.encode()
        return False
    html = report.html(page.page(dataset))
    html.encode()
    assert not re.search(r">nan\b|\bnan[ %]", html)
    if figures:
        with contextlib.suppress(ResultError):  # no point has an accuracy
            plots.render(plots.study_axes(dataset), ".svg").decode().encode()
    return True


def _nothing(*_: object) -> str:
    return "<svg></svg>"


@pytest.mark.parametrize("block", range(4))
def test_an_odd_study_is_answered_or_refused_with_a_sentence(
    whole: xr.Dataset, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(svg, "inline", _nothing)
    for name in ("study_axes", "study_lines"):
        monkeypatch.setattr(page.plots, name, _nothing)
    taken = 0
    for seed in range(15 * block, 15 * block + 15):
        taken += answered(corrupted(whole, np.random.default_rng(seed)), figures=False)
    assert taken < 15


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda data: data.assign_attrs(axes="{"), "attribute 'axes' must be values by name as JSON, got '{'"),
        (
            lambda data: data.assign_attrs(axes="{}"),
            "variable 'state' has the dimensions (nudging.beta, nudging.esti",
        ),
        (
            lambda data: data.assign_attrs(axes='{"a": 1}'),
            "attributes 'study' and 'axes' do not say what was studied (",
        ),
        (lambda data: data.assign_attrs(study="{}"), "attribute 'study' must be what was studied, as JSON, got '{}'"),
        (lambda data: data.assign_attrs(failed="[1]"), "attribute 'failed' must be records of failed points as JSON"),
        (lambda data: data.drop_vars("inference_energy"), "lacks 'inference_energy', which a result with accuracies"),
        (lambda data: data.drop_vars("nudging.beta"), "lacks the coordinate 'nudging.beta' along 'nudging.beta'"),
        (
            lambda data: data.assign_coords({"nudging.beta": [0.2, 0.6]}),
            "coordinate 'nudging.beta' is not what attribute 'axes' says, '0.2, 0.5'",
        ),
        (lambda data: data.assign(state=data["state"] + 3), "variable 'state' must say of each point whether it is"),
        (lambda data: data.assign(energy=data["energy"] / 0.0), "variable 'energy' holds inf, expected finite numbers"),
    ],
)
def test_what_is_odd_about_a_study_is_named(
    whole: xr.Dataset, change: Callable[[xr.Dataset], xr.Dataset], sentence: str
) -> None:
    with np.errstate(all="ignore"):
        changed = change(whole)
    with pytest.raises(ResultError) as caught:
        check_study(changed, PATH)
    assert str(caught.value).startswith(f"{PATH}: {sentence}")


def test_a_study_without_accuracies_is_not_drawn(whole: xr.Dataset) -> None:
    with pytest.raises(ResultError, match="no point of the study has an accuracy"):
        plots.study_axes(whole.assign(accuracy=whole["accuracy"] * np.nan))


@pytest.mark.slow
@pytest.mark.parametrize("block", range(20))
@pytest.mark.parametrize("kind", ["two axes", "chips", "failed"])
def test_five_hundred_odd_studies(kind: str, block: int, few: Path, tmp_path: Path) -> None:
    if kind not in _MADE:
        jobs = {
            "two axes": lambda: small(few, seeds=2),
            "chips": lambda: quick(artificial.fast, vary=None, chips=5, seeds=2),
            "failed": lambda: quick(artificial.failing),
        }
        _MADE[kind] = made(jobs[kind](), tmp_path / "study")
    for seed in range(2000 + 25 * block, 2025 + 25 * block):
        answered(corrupted(_MADE[kind], np.random.default_rng(seed)), figures=True)


_MADE: dict[str, xr.Dataset] = {}
