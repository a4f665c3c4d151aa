"""Figures and tables show the results that are stored, and one that is older than its result is told."""

from __future__ import annotations

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


def test_what_is_older_than_its_result_is_told_and_drawn_again(tmp_path: Path) -> None:
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
    shown.redraw(tmp_path)
    assert list(shown.problems(tmp_path)) == []
    changed = [path for path in shown.pages(tmp_path) if "| 0 | centered | 0.500 |" in path.read_text(encoding="utf-8")]
    assert changed


@pytest.mark.parametrize("name", ["update_rules", "device_library"])
def test_outcomes_that_are_kept_give_the_same_table_and_a_figure(name: str, tmp_path: Path) -> None:
    """Made-up outcomes of two devices with two seeds, through the file and back."""
    digits, stored, study = (load_study(one) for one in ("digits", "stored", name))
    words = {"update_rules": ("rram", "stochastic"), "device_library": ("rram", "2", "closed loop 4/1")}[name]
    found = [digits.Outcome(0.9 + 0.01 * k, 10.0, 2e-8, 7e-9, 5e-10, 0.9) for k in range(2)]
    rows = [(words, found), (("ecram", *words[1:]), found[::-1])]
    stored.keep(digits.dataset(rows), name, f"python studies/{name}.py --keep", tmp_path)
    kept = stored.read(name, tmp_path)
    assert digits.rows_of(kept) == rows
    table = study.table(kept).splitlines()
    assert table[2].startswith(f"| {' | '.join(words)} | 90.50 % (90.0 %) | 10 | 20 nJ | 500 pJ | 7 nJ |")
    assert len(table) == 4
    assert study.draw(kept).axes


def test_what_is_too_large_to_keep_is_refused(tmp_path: Path) -> None:
    import numpy as np
    import xarray as xr

    stored = load_study("stored")
    large = xr.Dataset({"noise": ("sample", np.random.default_rng(0).random(20_000))})
    with pytest.raises(ValueError, match=r"large.nc: \d+ bytes are too many to keep, 100000 at most; keep fewer"):
        stored.keep(large, "large", "python studies/large.py", tmp_path)
    assert not stored.place("large", tmp_path).exists()
