"""Figures and tables show the results that are stored, and one that is older than its result is told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from analogep import results

from .conftest import STUDIES, load_study

ROOT = STUDIES.parent


def test_no_figure_and_no_table_is_older_than_the_result_that_it_shows() -> None:
    found = list(load_study("shown").problems())
    assert not found, f"{found}: 'python studies' draws them again"


def test_every_figure_has_a_stored_result_or_is_known_to_have_none() -> None:
    shown = load_study("shown")
    drawn = {one.name for one in shown.SHOWN if one.figure}
    assert not drawn & set(shown.NOT_STORED)
    assert {path.stem for path in (STUDIES / "figures").iterdir()} == drawn | set(shown.NOT_STORED)


@pytest.mark.parametrize("path", sorted((STUDIES / "results").iterdir()), ids=lambda path: path.stem)
def test_a_stored_result_is_small_and_says_what_made_it(path: Path) -> None:
    assert path.suffix == ".nc"
    assert path.stat().st_size < load_study("stored").MOST_BYTES
    attrs = results.read(path).attrs
    assert {"command", "commit", "date", "analogep_version"} <= set(attrs)
    assert attrs["command"].startswith("python studies/")
    assert "code" in attrs or attrs["origin"], "either the code's digest, or where the numbers are from"


def test_what_is_older_than_its_result_is_told_and_drawn_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another number in a result: the figure and the table of it are old, all others are not."""
    shown, stored = load_study("shown"), load_study("stored")
    for part in ("studies/results", "studies/figures", "docs"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("_build", "_runs"))
    shutil.copy(ROOT / "README.md", tmp_path)
    assert list(shown.problems(tmp_path)) == []
    dataset = stored.read("finite_beta", tmp_path)
    dataset["accuracy"][0, 0] = 0.5
    stored.keep(dataset, "finite_beta", "python studies/finite_beta.py --keep", tmp_path)
    old = list(shown.problems(tmp_path))
    assert len(old) == 2
    assert old[0] == "studies/figures/finite_beta.png: is older than studies/results/finite_beta.nc"
    assert old[1].endswith("the table is older than studies/results/finite_beta.nc")
    with monkeypatch.context() as only:
        only.setattr(shown, "SHOWN", tuple(one for one in shown.SHOWN if one.name == "finite_beta"))
        shown.redraw(tmp_path)
    assert list(shown.problems(tmp_path)) == []
    changed = [path for path in shown.pages(tmp_path) if "| 0 | centered | 0.500 |" in path.read_text(encoding="utf-8")]
    assert changed


def test_a_run_is_kept_and_its_differences_from_ideal_are_of_the_same_seeds(tmp_path: Path) -> None:
    """Made-up runs on two seeds 10 points apart: the difference is 1 +- 0 points, the accuracy 85 +- 63.53 %, which is
    t(0.975, 1) = 12.706 times 5 points. The other circuit is carried over."""
    import numpy as np

    digits, study = load_study("digits"), load_study("chip_library")
    kept = digits.Kept(tmp_path)
    for device, accuracy in (("ideal", 0.84), ("rram", 0.85)):
        for seed in range(2):
            key = json.dumps(["digits", device, digits.EULER, seed, 3])
            kept.known[key] = [accuracy + 0.1 * (seed - 0.5), 2e-8, 7e-9, 1e-6, 1e-7]
    runs = study.trained(kept, {"digits": ["ideal", "rram"]}, 2, 3)
    found = study.result(runs, np.array([[0.8, 0.9], [0.9, 1.0]]), 3)
    chip = found.copy(deep=True)
    chip["accuracy"].loc[{"circuit": "digits-chip"}] = 0.5
    chip["interval"].loc[{"circuit": "digits-chip"}] = 0.25
    lines = study.table(study.carried(found, chip, ["digits"])).splitlines()
    assert lines[2].startswith("| rram | 3 | closed loop 4/1 | 50.00 +- 25.00 % |  | 85.00 +- 63.53 % | 1.00 +- 0.00 |")
    assert lines[3].startswith("| ideal | 0 | stochastic | 50.00 +- 25.00 % |  | 84.00 +- 63.53 % | 0.00 +- 0.00 |")
    assert lines[4].startswith("| logistic regression, floating point |  |  | 85.00 +- 63.53 % |  |")
    assert lines[5].startswith("| 64-128-10, floating point |  |  | 95.00 +- 63.53 % |  | 95.00 +- 63.53 % | 11.00 +-")


def test_a_run_that_is_kept_is_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digits = load_study("digits")
    made = []
    monkeypatch.setattr(digits, "one", lambda *key: made.append(key) or digits.Found(0.9, 1.0, 2.0, 3.0, 4.0))
    first = digits.Kept(tmp_path).run("rram", {}, 0, 1)
    assert digits.Kept(tmp_path).run("rram", {}, 0, 1) == first
    assert len(made) == 1
    monkeypatch.setattr(digits, "one", lambda *key: "refused")
    assert digits.Kept(tmp_path).run("rram", {}, 1, 1) == "refused"


def test_what_is_too_large_to_keep_is_refused(tmp_path: Path) -> None:
    import numpy as np
    import xarray as xr

    stored = load_study("stored")
    large = xr.Dataset({"noise": ("sample", np.random.default_rng(0).random(20_000))})
    with pytest.raises(ValueError, match=r"large.nc: \d+ bytes are too many to keep, 100000 at most; keep fewer"):
        stored.keep(large, "large", "python studies/large.py", tmp_path)
    assert not stored.place("large", tmp_path).exists()
