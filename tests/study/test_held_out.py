"""A study that holds samples out is ranked by these, and says so wherever it names an accuracy."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from analogep import cautions
from analogep.cautions import AnalogepWarning
from analogep.plots import study_axes
from analogep.report.pages import html
from analogep.report.study import page
from analogep.results import circumstances
from analogep.study import Study, recorded, summary

SMALL = {
    "layers": [64, 6, 10],
    "learning.epochs": 2,
    "learning.probe": 4,
    "solver.method": "euler",
    "timing.free.duration": 2e-7,
    "timing.nudged.duration": 1e-7,
}


def study(data: Path, **more: object) -> Study:
    return Study(device="ideal", data=str(data), set=SMALL, vary={"learning.rate": [[2.0, 0.2], [0.02, 0.002]]}, **more)


def run(one: Study, folder: Path, force: bool = False) -> xr.Dataset:
    with ThreadPoolExecutor(1) as here:
        return one.run(folder, executor=here, force=force)


def test_points_are_ranked_by_validation_samples_and_the_page_says_what_chose(few: Path, tmp_path: Path) -> None:
    held, plain = (run(study(few, **more), tmp_path / name) for name, more in (("a", {"held_out": 12}), ("b", {})))
    assert [recorded.judged_by(one) for one in (held, plain)] == ["validation", "test"]
    np.testing.assert_array_equal(recorded.judged(held), held["validation_accuracy"].isel(epoch=-1))
    assert np.isnan(held["accuracy"].isel(epoch=0)).all()
    rows = list(summary.combinations(recorded.recorded(held.attrs), held))
    assert [row.accuracy for row in rows] == held["validation_accuracy"].isel(epoch=-1).values.ravel().tolist()
    said = html(page(held))
    assert "Highest validation accuracy" in said
    assert "Test accuracy of that" in said
    assert "Highest test accuracy" in (old := html(page(plain)))
    assert "was found by the test samples" in old
    assert "was found by the test samples" not in said
    assert study_axes(held).axes[0].get_ylabel() == "validation accuracy [%]"
    assert recorded.recorded(held.attrs).held_out == 12
    assert study(few, held_out=12).plan.identity["digest"] != study(few).plan.identity["digest"]
    # the same folder, other code: answered with a warning, and said in the result; force trains again
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr(circumstances, "code", lambda: "f" * 64)
    monkeypatch.setattr(cautions, "_said", set())
    try:
        with pytest.warns(AnalogepWarning, match=r"points was made by other code .* --force trains such points again"):
            answered = run(study(few), tmp_path / "b")
        assert json.loads(answered.attrs["went_on_from"])[0].startswith("other code of this version")
        forced = run(study(few), tmp_path / "b", force=True)
    finally:
        monkeypatch.undo()
    assert "went_on_from" not in forced.attrs
    xr.testing.assert_equal(forced, plain)
