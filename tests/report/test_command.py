"""`analogep report` and `analogep compare` of runs: what they write and print, and what they refuse."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from matplotlib.image import imread

from analogep import report, results
from analogep.cli.compare_runs import differences
from analogep.plots import MOST_RUNS, runs_compared
from analogep.report import run
from analogep.results import together
from analogep.run import RESULT

from .conftest import Said

Say = Callable[..., Said]


@pytest.fixture
def folder(runs: dict[str, Path], tmp_path: Path) -> Path:
    """A run of its own."""
    return Path(shutil.copytree(runs["rc"], tmp_path / "run"))


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of two sections and one figure."""
    monkeypatch.setattr(run, "SECTIONS", (run.headline, run.learning))


@pytest.mark.usefixtures("short")
def test_the_page_stands_in_the_folder_of_the_run(folder: Path, say: Say) -> None:
    said = say("report", str(folder))
    assert said == Said(0, f"page: {folder / 'report.html'}\n", "")
    assert (folder / "report.html").read_text().startswith("<!DOCTYPE html>")
    assert not list(folder.glob(".*.part"))


@pytest.mark.usefixtures("short")
def test_a_page_is_never_replaced_without_force(folder: Path, say: Say) -> None:
    (folder / "report.html").write_text("mine")
    said = say("report", str(folder))
    assert said.code == 2
    assert (
        said.err == f"analogep: {folder / 'report.html'}: exists; --force replaces it, --out writes to another file\n"
    )
    assert (folder / "report.html").read_text() == "mine"
    assert say("report", str(folder), "--force").code == 0
    assert (folder / "report.html").read_text() != "mine"


@pytest.mark.usefixtures("short")
def test_the_same_result_gives_the_same_page_also_from_its_file(folder: Path, say: Say) -> None:
    assert say("report", str(folder / RESULT), "--out", str(folder / "one.html")).code == 0
    assert (folder / "one.html").read_text() == report.report(folder)


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (
            ("empty",),
            1,
            "empty: holds no budget.nc or specification.nc or study.nc or result.nc or beta.nc or tune.nc; give",
        ),
        (("no.nc",), 1, "no.nc: no such result"),
        (("rram",), 1, "rram: no such result"),
        (("damaged.nc",), 1, "damaged.nc: is damaged or not a result of analogep"),
        (
            ("other.nc",),
            1,
            "other.nc: is no result of a budget or specification or study or run or beta or search; give the folder",
        ),
        (
            ("old.nc",),
            1,
            "old.nc: lacks 'title', 'network', 'device', 'circuit', 'device_card', which every result holds; it was",
        ),
        (("run", "--out", "a.pdf"), 2, "--out a.pdf: the name must end with .html, such as report.html"),
        (("run", "--out", "no/a.html"), 2, "the folder no does not exist; make it first"),
        (("run", "--out", "folder.html"), 2, "--out folder.html: is a folder; name a file in it"),
        (("run", "--out", "a" * 300 + ".html"), 1, "cannot be written: File name too long"),
    ],
)
def test_what_cannot_be_reported_is_refused_with_a_sentence(
    arguments: tuple[str, ...], code: int, sentence: str, folder: Path, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    Path("empty").mkdir()
    Path("folder.html").mkdir()
    Path("damaged.nc").write_bytes((folder / RESULT).read_bytes()[:3000])
    results.write(xr.Dataset({"a": ("x", np.zeros(3))}), Path("other.nc"))
    old = results.read(folder / RESULT)
    old.attrs = {"analogep_version": "0.0.1"}
    results.write(old, Path("old.nc"))
    before = sorted(os.listdir())
    said = say("report", *arguments)
    assert (said.code, said.out) == (code, "")
    assert sentence in said.err
    assert "Traceback" not in said.err
    assert sorted(os.listdir()) == before


def test_runs_side_by_side_are_a_table_and_what_differs(runs: dict[str, Path], say: Say) -> None:
    said = say("compare", str(runs["rc"]), str(runs["rc, wires"]))
    assert (said.code, said.err) == (0, "")
    rows = said.out.splitlines()
    assert [row.split()[0] for row in rows[:3]] == ["run", "rc", "rc-wires"]
    accuracy = 100 * float(results.read(runs["rc"] / RESULT)["accuracy"][-1])
    assert f"{accuracy:.2f} %" in rows[1]
    keys = [row.split("  ")[0] for row in rows[5:]]
    for key in ("nudging.beta", "wires.kind", "adc.bits", "update.rule"):
        assert key in keys
    assert "layers" not in keys
    assert "learning.rate" not in keys
    assert next(row for row in rows if row.startswith("wires.kind")).split()[1:] == ["–", "exact"]


def test_between_different_cards_only_their_names_and_overrides_are_told(runs: dict[str, Path]) -> None:
    found = [results.read(runs[name] / RESULT) for name in ("passive", "resistive")]
    said = differences(found)
    assert said["circuit"] == ["passive-digits", "resistive-digits"]
    assert set(said) == {"circuit", "--set, circuit"}
    assert differences([found[0], found[0]]) == {}


@pytest.mark.usefixtures("short")
def test_what_a_killed_report_left_goes_with_the_next(folder: Path, say: Say) -> None:
    left, other = folder / ".report.html.ab_c1.part", folder / ".other.html.abc1.part"
    for path in (left, other):
        path.write_text("half a page")
    assert say("report", str(folder)).code == 0
    assert not left.exists()
    assert other.read_text() == "half a page"


@pytest.mark.parametrize(("option", "value"), [("--cells", "500"), ("--cells", "1000"), ("--seed", "0")])
def test_what_means_nothing_for_runs_is_refused(option: str, value: str, runs: dict[str, Path], say: Say) -> None:
    said = say("compare", str(runs["rc"]), str(runs["passive"]), option, value)
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        f"analogep: {option} {value}: is for experiments on device cards; runs are compared as they are, leave it out\n"
    )


def test_runs_of_any_length_are_drawn_together(runs: dict[str, Path], say: Say, tmp_path: Path) -> None:
    found = [results.read(runs[name] / RESULT) for name in ("rc", "passive")]
    both = together([found[0].isel(epoch=slice(0, 2)), found[1]], ["one", "two"])
    results.describe(both)
    assert both["accuracy"].dims == ("run", "epoch")
    assert np.isnan(both["accuracy"].values[0, 2:]).all()
    assert np.array_equal(both["cosine"].values[1], found[1]["cosine"].values.min(axis=1))
    axes = runs_compared(both).axes
    assert np.array_equal(axes[0].get_lines()[0].get_ydata(), 100 * found[0]["accuracy"].values[:2])
    assert np.array_equal(axes[0].get_lines()[1].get_ydata(), 100 * found[1]["accuracy"].values)
    path = tmp_path / "both.png"
    said = say("compare", *(str(runs[name]) for name in runs), "--save", str(path))
    assert said.code == 0
    assert said.out.endswith(f"figure: {path}\n")
    assert np.ptp(imread(path)) > 0.0


def test_what_was_not_measured_is_said_in_the_figure(runs: dict[str, Path]) -> None:
    data = results.read(runs["rc"] / RESULT)
    data["cosine"][:] = np.nan
    data["inference_energy"][:] = 0.0
    texts = [text.get_text() for axes in runs_compared(together([data, data], ["a", "b"])).axes for text in axes.texts]
    assert texts == ["not measured"]


def test_compare_of_runs_as_json(runs: dict[str, Path], say: Say) -> None:
    said = json.loads(say("compare", str(runs["passive"]), str(runs["resistive"]), "--json").out)
    assert [run["run"] for run in said["runs"]] == ["passive", "resistive"]
    assert said["differences"]["circuit"] == ["passive-digits", "resistive-digits"]
    assert "figure" not in said


def test_folders_of_one_name_are_told_apart_by_their_paths(folder: Path, say: Say, tmp_path: Path) -> None:
    Path(shutil.copytree(folder, tmp_path / "b" / "run"))
    said = say("compare", str(folder), str(tmp_path / "b" / "run"))
    rows = said.out.splitlines()
    assert [row.split()[0] for row in rows[1:3]] == [f"{tmp_path.name}/run", "b/run"]
    assert "the same cards, overrides, data and seeds" in said.out


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("run",), 2, "compare needs two runs or more; 'analogep report run' writes a page about one"),
        (("run", "run/result.nc"), 2, "run: is given twice; compare needs runs that differ"),
        (
            ("run", "rram"),
            2,
            "run: is a folder; compare takes device cards, such as 'rram' and 'ecram', not runs beside",
        ),
        (("rram", "run/result.nc"), 2, "run/result.nc: is a result; compare takes device cards"),
        (("run", "empty"), 1, "empty/result.nc: no such result"),
        (("run", "other.nc"), 1, "other.nc: is no result of a run; give the folder that 'analogep simulate' wrote"),
        (("run", "empty", "--save", "a.jpg"), 2, "must end with one of .png, .svg, .pdf"),
        (("run", *(f"{k}.nc" for k in range(MOST_RUNS)), "--save", "a.png"), 2, "a figure tells 7 runs apart, got 8"),
    ],
)
def test_runs_that_cannot_be_compared_are_refused_with_a_sentence(
    arguments: tuple[str, ...], code: int, sentence: str, folder: Path, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    Path("empty").mkdir()
    results.write(xr.Dataset({"a": ("x", np.zeros(3))}), Path("other.nc"))
    said = say("compare", *arguments)
    assert (said.code, said.out) == (code, "")
    assert sentence in said.err
    assert "Traceback" not in said.err
