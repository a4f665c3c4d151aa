"""A result says what made it; other code or libraries never answer from an old folder in silence."""

from __future__ import annotations

import json
import re
import subprocess
import warnings
from pathlib import Path

import pytest
import xarray as xr

from analogep import cautions, results
from analogep.cautions import AnalogepWarning
from analogep.results import circumstances
from analogep.results.circumstances import Clock, code, commit, differences, libraries
from analogep.run import RESULT

from .test_folder import short
from .test_resume import interrupting


@pytest.fixture(autouse=True)
def _forget_what_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cautions, "_said", set())


def changed_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(circumstances, "code", lambda: "f" * 64)


def test_a_result_says_parts_code_libraries_date_and_wall_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(circumstances, "clock", Clock())
    attrs = short().execute(tmp_path).attrs
    assert results.read_run(tmp_path / RESULT).attrs == attrs
    assert json.loads(attrs["part_digests"]) == short().data.digests
    assert attrs["code"] == code()
    assert re.fullmatch(r"([0-9a-f]{40}(-dirty)?)?", attrs["commit"])
    assert set(json.loads(attrs["libraries"])) == {"python", "numpy", "scipy", "numba", "xarray"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", attrs["date"])
    assert 0.0 < attrs["wall_seconds"] < 600.0


def test_other_code_and_other_libraries_answer_with_a_warning_and_force_makes_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = short().execute(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        short().execute(tmp_path)  # the same code answers in silence
    changed_code(monkeypatch)
    monkeypatch.setattr(circumstances, "libraries", lambda: libraries() | {"numpy": "1.0"})
    numpy = libraries()["numpy"]
    with pytest.warns(AnalogepWarning) as said:
        xr.testing.assert_identical(short().execute(tmp_path), first)
    assert re.fullmatch(
        rf".*{RESULT} was made by other code of this version \(.*SHA-256 {code()[:10]}\.\.\., now .*SHA-256 "
        rf"ffffffffff\.\.\.\) and numpy {re.escape(numpy)}, now 1\.0: its numbers may differ; --force makes it again",
        str(said[0].message),
    )
    forced = short().execute(tmp_path, force=True)
    assert forced.attrs["code"] == "f" * 64
    xr.testing.assert_equal(forced, first)


def test_a_run_that_goes_on_with_other_code_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyboardInterrupt):
        short("learning.epochs=2").execute(tmp_path, report=interrupting(8))
    changed_code(monkeypatch)
    with pytest.warns(AnalogepWarning, match="checkpoint.nc was made by other code of this version"):
        result = short("learning.epochs=2").execute(tmp_path)
    (said,) = json.loads(result.attrs["went_on_from"])
    assert said.startswith("other code of this version")


def test_results_from_before_they_said_it_differ_in_nothing() -> None:
    assert differences({}) == []
    assert differences({"code": code(), "libraries": json.dumps(libraries() | {"torch": "1"})}) == []


def test_the_commit_of_a_checkout_is_said_and_that_it_has_changed(tmp_path: Path) -> None:
    def git(*words: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@b")
        return subprocess.run(["git", "-C", str(tmp_path), *who, *words], capture_output=True, text=True).stdout.strip()

    assert commit(tmp_path) == ""
    commit.cache_clear()
    git("init", "-q")
    (tmp_path / "a").write_text("1")
    git("add", "a")
    git("commit", "-q", "-m", "a")
    head = git("rev-parse", "HEAD")
    assert len(head) == 40
    assert commit(tmp_path) == head
    (tmp_path / "a").write_text("2")
    commit.cache_clear()
    assert commit(tmp_path) == f"{head}-dirty"
    commit.cache_clear()
