"""A finished run is opened again: its result, and its chip, which predicts on new data and learns on."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import analogep
from analogep import Chip, Run, budget, results, tune
from analogep.errors import ResultError, UsageError

from .tiny import digits, tiny


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "mine"
    tiny("learning.epochs=1").execute(out)
    return out


def test_a_run_leaves_its_result_and_its_chip(folder: Path) -> None:
    run = tiny("learning.epochs=1")
    expected = run.execute()
    result, chip = analogep.open(folder)
    np.testing.assert_array_equal(result["energy"], expected["energy"])
    x = digits().test_x
    np.testing.assert_array_equal(chip.scores(x), run.chip.scores(x))
    for one in (chip, run.chip):
        one.train(digits().train_x[:20], digits().train_y[:20])
    for a, b in zip(chip.weights, run.chip.weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_run_that_is_answered_from_its_folder_has_its_chip(folder: Path) -> None:
    run = tiny("learning.epochs=1")
    with pytest.raises(UsageError, match=r"no trained chip yet: call execute\(\) first"):
        _ = run.chip
    run.execute(folder)
    np.testing.assert_array_equal(run.chip.scores(digits().test_x), analogep.open(folder).chip.scores(digits().test_x))


def test_a_result_by_itself_has_a_chip_to_read(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "result.nc", tmp_path / "sent.nc")
    chip = analogep.open(tmp_path / "sent.nc").chip
    whole = analogep.open(folder).chip
    assert chip.conductances().equals(whole.conductances())
    np.testing.assert_array_equal(chip.predict(digits().test_x), whole.predict(digits().test_x))
    assert "has the conductances of a result" in repr(chip)
    with pytest.raises(UsageError, match="for reading only: it has the conductances of a result"):
        chip.train(digits().train_x[:5], digits().train_y[:5])
    with pytest.raises(UsageError, match="for reading only"):
        chip.save(tmp_path / "chip.nc")


def test_what_is_not_there_is_said(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ResultError, match=r"holds no result: none of result\.nc \(a run\), study\.nc \(a study\)"):
        analogep.open(tmp_path)
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(ResultError, match=r"the run has not finished; the same command goes on and finishes it$"):
        analogep.open(tmp_path)
    with pytest.raises(ResultError, match="no such result"):
        analogep.open(tmp_path / "none.nc")
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    Chip("rram", "digits", 9, set={"layers": [64, 6, 10]}).save(other / "chip.nc")
    with pytest.raises(ResultError, match=r"chip\.nc: is not the chip of result\.nc beside it"):
        analogep.open(other)
    (other / "chip.nc").write_bytes(b"garbage")
    with pytest.raises(ResultError, match=r"chip\.nc: is damaged"):
        analogep.open(other)


@pytest.mark.parametrize(
    ("name", "dimensions"),
    [("budget.nc", ["limit"]), ("tune.nc", ["trial", "knob"]), ("beta.nc", ["estimator", "beta"])],
)
def test_what_other_commands_leave_is_opened_too(name: str, dimensions: list[str], tmp_path: Path) -> None:
    made = xr.Dataset({"value": (dimensions, np.ones([2] * len(dimensions)))}, attrs={"title": "mine"})
    results.write(made, tmp_path / name)
    # A budget's folder holds the file of its study as well.
    (tmp_path / "study.nc").write_bytes(b"not looked at")
    assert analogep.open(tmp_path).equals(made)
    shutil.copy(tmp_path / name, tmp_path / "sent.nc")
    assert analogep.open(tmp_path / "sent.nc").equals(made)
    results.write(made.rename({dimensions[0]: "other"}), tmp_path / name)
    with pytest.raises(ResultError, match="is not the result of a "):
        analogep.open(tmp_path)
    shutil.copy(tmp_path / name, tmp_path / "sent.nc")
    with pytest.raises(ResultError, match="is no result; give the folder that a command has written"):
        analogep.open(tmp_path / "sent.nc")


def test_notebooks_show_a_small_table_of_each(folder: Path) -> None:
    opened = analogep.open(folder)
    shown = [
        (opened, ("Result and chip: rram, 64-6-10", f"of {len(digits().test_y)} test samples")),
        (budget.Budget("rram"), ("Loss budget: rram", "cycle to cycle")),
        (budget.Specification("rram"), ("Specification: rram", "cycle to cycle")),
        (tune.Search("rram"), ("Search for settings: rram in digits", "learning.rate.1")),
        (digits(), ("Data set: few", "8 × 8")),
    ]
    for one, words in shown:
        page = one._repr_html_()
        assert "<table>" in page
        assert all(word in page for word in words), page
    assert repr(opened).startswith("<Opened rram, 64-6-10")


def test_overrides_are_a_mapping_and_data_are_arrays() -> None:
    data = digits()
    small = {"layers": [64, 6, 10], "learning.epochs": 1, "solver.method": "euler", "learning.probe": 4}
    four = Run("ideal", "digits", 1, (data.train_x, data.train_y, data.test_x, data.test_y), set=small)
    whole = Run("ideal", "digits", 1, data, set=small)
    np.testing.assert_array_equal(four.execute()["cosine"], whole.execute()["cosine"])
    two = Run("ideal", "digits", 1, (data.train_x, data.train_y), set=small)
    assert len(two.data.test_y) + len(two.data.train_y) == len(data.train_y)
