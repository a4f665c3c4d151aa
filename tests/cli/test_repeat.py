"""`analogep repeat`: the same numbers, or a sentence that says which differ."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from analogep import plots, results
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.run import RESULT, Run
from analogep.study import STUDY

from ..study.small import small
from .commands import SMALL
from .conftest import Said

Say = Callable[..., Said]


@pytest.fixture
def folder(few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of a card that was changed in Python, in a folder that is the working folder's neighbour."""
    monkeypatch.setattr(plots, "save", lambda _dataset, folder: [])
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    device = DeviceCard.load("rram").changed({"conductance.max": 40e-6 / 3})
    circuit = CircuitCard.load("digits", [*SMALL[1::2], "learning.epochs=1"])
    Run(device, circuit, 3, few).execute(tmp_path / "run")
    return tmp_path / "run"


def test_a_run_is_made_again_from_its_result_alone(folder: Path, few: Path, say: Say) -> None:
    for path in (folder, folder / RESULT):
        said = say("repeat", str(path), "--data", str(few), "--force")
        assert (said.code, said.err) == (0, "")
        assert said.out.splitlines()[0] == "rram, 64-6-10 on few"
        (made,) = Path("runs").iterdir()
        assert made.name.startswith("rram-digits-")
        assert made.name.endswith("-again")
        assert said.out.splitlines()[-1] == f"written to {made}: the same numbers as {folder / RESULT}"
        assert results.read(made / RESULT).equals(results.read(folder / RESULT))


def test_numbers_that_differ_are_named(folder: Path, few: Path, say: Say) -> None:
    stored = results.read(folder / RESULT)
    stored["accuracy"][:] = 0.123
    stored.attrs["analogep_version"] = "0.0.1"
    results.write(stored, folder / RESULT)
    said = say("repeat", str(folder), "--data", str(few), "--out", "again")
    assert said.code == 1
    assert said.out.splitlines()[-1] == f"written to again: other numbers than {folder / RESULT} in accuracy"
    assert said.err == f"warning: {folder / RESULT} was made by analogep 0.0.1: its numbers may differ\n"
    quiet = say("repeat", str(folder), "--data", str(few), "--out", "again", "--quiet")
    assert quiet == Said(1, "", "")


def test_what_cannot_be_made_again_is_refused_with_a_sentence(folder: Path, few: Path, say: Say) -> None:
    def refused(code: int, message: str, *arguments: str) -> None:
        said = say("repeat", *arguments)
        assert (said.code, said.out) == (code, "")
        assert message in said.err
        assert "Traceback" not in said.err

    refused(2, "analogep: the run was trained on the data 'few' (SHA-256 ", str(folder))
    refused(1, "analogep: these are other data than 'few' of the run", str(folder), "--data", "digits")
    refused(1, "analogep: none.nc: no such result", "none.nc")
    refused(1, "holds no study.nc or result.nc", ".")
    stored = results.read(folder / RESULT)
    stored.attrs["device_values"] = stored.attrs["device_values"].replace('"levels":128', '"levels":64')
    results.write(stored, folder / RESULT)
    message = f"analogep: {folder / RESULT}: the result does not record what ran: its digest is"
    refused(1, message, str(folder), "--data", str(few))
    stored.attrs["device_values"] = "{"
    results.write(stored, folder / RESULT)
    refused(1, f"analogep: {folder / RESULT}: attribute 'device_values' must be", str(folder))


@pytest.mark.slow
def test_a_study_is_made_again_from_its_result_alone(few: Path, say: Say, tmp_path: Path) -> None:
    device = DeviceCard.load("rram").changed({"conductance.max": 40e-6 / 3})
    small(few, device=device, vary={"nudging.beta": [1 / 3, 0.5]}, chips=1).run(tmp_path / "study", workers=1)
    said = say("repeat", str(tmp_path / "study"), "--data", str(few), "--out", str(tmp_path / "again"))
    path = tmp_path / "study" / STUDY
    assert said == Said(0, f"written to {tmp_path / 'again'}: the same numbers as {path}\n", "")
