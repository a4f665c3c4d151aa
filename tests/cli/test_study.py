"""`analogep study`: what it says, what it refuses, and that it goes on."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from analogep import results
from analogep.bars import Bar
from analogep.cli import study_table
from analogep.cli.study import _time
from analogep.errors import SimulationError
from analogep.study import StudyCard, StudyProgress, progress
from analogep.study.summary import Spread

from .commands import SMALL, command, surroundings
from .conftest import Said


class _Interrupting(Bar):
    """A bar that presses Ctrl-C after two points."""

    def __init__(self, show: bool) -> None:
        super().__init__(show, lambda told: (told.done, told.total, ""), "{desc}")

    def __call__(self, progress: StudyProgress) -> None:
        super().__call__(progress)
        if progress.done == 2:
            os.kill(os.getpid(), signal.SIGINT)


AXES = ("--vary", "nudging.beta=0.2,0.5", "--vary", "read.noise.sigma=0 %,5 %;read.voltage=0.4 V,0.5 V")
FILE = """\
schema: analogep.study/1
name: mine
device: rram
set: {layers: [64, 6, 10], learning.batch: 20, learning.probe: 4, learning.epochs: 1}
vary:
  nudging.beta: [0.2, 0.5]
"""

Study = Callable[..., Said]


@pytest.fixture
def study(say: Callable[..., Said], few: Path) -> Study:
    """`analogep study rram` on the few samples."""

    def run(*more: str) -> Said:
        return say("study", "rram", "--data", str(few), "--epochs", "1", "--workers", "1", *SMALL, *more)

    return run


def test_a_study_ends_in_a_table_and_the_same_command_answers_from_its_files(study: Study, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = study(*AXES, "--seeds", "2", "--out", str(out))
    assert (first.code, first.err) == (0, "")
    lines = first.out.splitlines()
    assert lines[0].split()[:3] == ["nudging.beta", "read.noise.sigma", "read.voltage"]
    numbers = (
        r"\d+\.\d\d \+- \d+\.\d\d % +[\d.]+ .J +[\d.]+ pJ +[\d.]+ .s +[\d.]+ ns +2 +3 of 10: retention, disturb, yield$"
    )
    assert re.match(rf"0.2 +0 % +0.4 V +{numbers}", lines[1])
    assert lines[-1] == f"written to {out / 'study.nc'}"
    assert len(lines) == 7
    found = results.read(out / "study.nc")
    assert found.sizes["read.noise.sigma"] == 2
    assert found["read.voltage"].attrs["units"] == "V"
    assert study(*AXES, "--seeds", "2", "--out", str(out)) == first


@pytest.mark.usefixtures("threads")
def test_a_file_says_the_same_and_options_add_to_it(say: Callable[..., Said], few: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(FILE)
    said = say(
        "study",
        str(path),
        "--data",
        str(few),
        "--out",
        str(tmp_path / "out"),
        "--chips",
        "2",
        "--workers",
        "1",
        "--json",
    )
    assert (said.code, said.err) == (0, "")
    found = json.loads(said.out)
    assert [row["said"] for row in found["rows"]] == [{"nudging.beta": "0.2"}, {"nudging.beta": "0.5"}]
    assert [row["done"] for row in found["rows"]] == [2, 2]
    assert (found["failed"], found["not_run"]) == ([], 0)
    quiet = say("study", str(path), "--data", str(few), "--out", str(tmp_path / "out"), "--chips", "2", "--quiet")
    assert quiet == (0, "", "")


@pytest.mark.usefixtures("threads")
def test_a_dry_run_lists_the_points_and_the_time_and_writes_nothing(study: Study, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = study(*AXES, "--chips", "12", "--dry-run", "--out", str(out))
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0] == "nudging.beta=0.2, read.noise.sigma=0 %, read.voltage=0.4 V, chip 0, seed 0"
    assert lines[40] == "and 8 more"
    assert lines[41] == f"48 points, 0 of them done in {out}"
    assert re.fullmatch(r"one takes [\d.e-]+ s, measured on the first; the others on 1 workers: about .*", lines[42])
    assert not out.exists()
    found = json.loads(study(*AXES, "--dry-run", "--json", "--shard", "2/3", "--out", str(out)).out)
    assert (found["points"], found["missing"], found["workers"]) == (1, 1, 1)


def test_a_dry_run_whose_first_point_fails_lists_the_points_all_the_same(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> float:
        raise SimulationError("a node voltage diverged")

    monkeypatch.setattr("analogep.study.Study.seconds", fails)
    said = study("--chips", "2", "--dry-run", "--out", str(tmp_path / "out"))
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[2:] == [
        f"2 points, 0 of them done in {tmp_path / 'out'}",
        "the first fails, so that it is not known how long one takes: a node voltage diverged",
    ]
    found = json.loads(study("--chips", "2", "--dry-run", "--json", "--out", str(tmp_path / "out")).out)
    assert found["seconds_per_point"] is found["expected_seconds"] is None


@pytest.mark.usefixtures("threads")
def test_parts_say_what_is_missing_and_the_last_writes_the_result(study: Study, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = study("--vary", "nudging.beta=0.2,0.5", "--shard", "1/2", "--out", str(out))
    assert first.out.splitlines()[-1] == f"part 1 of 2 is done; 1 points of other parts are missing in {out}"
    assert not (out / "study.nc").exists()
    last = study("--vary", "nudging.beta=0.2,0.5", "--shard", "2/2", "--out", str(out))
    assert last.out.splitlines()[-1] == f"written to {out / 'study.nc'}"


@pytest.mark.usefixtures("threads")
def test_points_that_fail_are_listed_and_the_rest_is_done(study: Study, tmp_path: Path) -> None:
    said = study("--vary", "mapping.weight_range=[0.3,0.3],[30,30]", "--out", str(tmp_path / "out"))
    assert said.code == 0
    assert re.search(r"^\[30,30\] +- +- +- +- +- +0, 1 failed +3 of 10: ", said.out, re.MULTILINE)
    assert "failed: mapping.weight_range=[30,30], chip 0, seed 0: the circuit is unstable as written" in said.out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("rram",), 2, "what varies? Give --vary key=a,b,c, --chips or --seeds, or a ready study or study file"),
        (("rram", "--chips", "1", "--seeds", "1"), 2, "what varies? Give --vary key=a,b,c, --chips or --seeds"),
        (("--chips", "2"), 2, "study: device: which device?"),
        (("bta",), 2, "bta: is neither a device nor a ready study; devices are 'capacitor', "),
        (("drif",), 2, "did you mean the study 'drift'?"),
        (("rrram", "--chips", "2"), 2, "did you mean the device 'rram'?"),
        (("nowhere/rram", "--chips", "2"), 2, "nowhere/rram"),
        (("--vary", "nudging.beta=1,2"), 2, "study: device: which device?"),
        (("rram", "--vary", "nudgin.beta=1,2"), 2, "no card has a section 'nudgin', did you mean 'nudging'?"),
        (("rram", "--vary", "nudging.bta=1"), 2, "nudging.bta=1: nudging.bta: unknown key, did you mean 'beta'?"),
        (("rram", "--vary", "nudging.beta=1,-2"), 2, "--vary nudging.beta=-2: nudging.beta: must be greater than 0"),
        (("rram", "--vary", "nudging.beta"), 2, "--vary nudging.beta: needs the form key=a,b,c"),
        (("rram", "--vary", "nudging.beta=1..2"), 2, "'1..2' is no range"),
        (("rram", "--vary", "nudging.beta=1", "--vary", "nudging.beta=2"), 2, "a key stands on two axes"),
        (("rram", "--vary", "nudging.beta=1", "--set", "nudging.beta=2"), 2, "set.nudging.beta: is an axis as well"),
        (("rram", "--vary", "device=rram,eram"), 2, "unknown device card"),
        (("rram", "--vary", "nudging.beta=1", "--target", "5"), 2, "target.standard_error: needs a percentage"),
        (("rram", "--vary", "nudging.beta=1", "--target", "1 %", "--seeds", "2"), 2, "stands instead of 'seeds'"),
        (("rram", "--vary", "nudging.beta=1", "--most-seeds", "5"), 2, "--most-seeds goes with --target"),
        (("rram", "--vary", "nudging.beta=1", "--shard", "3/2"), 2, "needs the form 2/8"),
        (("rram", "--vary", "nudging.beta=1", "--data", "nowhere.npz"), 1, "nowhere.npz: no such file"),
        (("nowhere.yaml",), 2, "nowhere.yaml: no such file"),
        (("rram", "--vary", "nudging.beta=1", "--workers", "1", "--scheduler", "tcp://127.0.0.1:1"), 2, "one of them"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_sentence_before_anything_runs(
    say: Callable[..., Said],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    code: int,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    said = say("study", *arguments)
    assert (said.code, said.out) == (code, "")
    assert message in said.err
    assert "Traceback" not in said.err
    assert not list(tmp_path.rglob("*.nc"))


@pytest.mark.usefixtures("threads")
def test_a_figure_is_drawn_and_ages_are_a_table(study: Study, tmp_path: Path) -> None:
    figure = tmp_path / "study.png"
    said = study(*AXES, "--age", "0 s", "--age", "1 d", "--out", str(tmp_path / "out"), "--figure", str(figure))
    assert said.code == 0
    assert figure.read_bytes().startswith(b"\x89PNG")
    lines = said.out.splitlines()
    heads = lines[lines.index("accuracy this long after training:") + 1]
    assert heads.split()[-4:] == ["0", "s", "1", "d"]


def test_a_figure_of_an_unknown_kind_is_refused_before_anything_runs(study: Study, tmp_path: Path) -> None:
    said = study(*AXES, "--out", str(tmp_path / "out"), "--figure", "study.bmp")
    assert said.code == 2
    assert "--figure study.bmp: needs a name that ends in .png, .svg, .pdf" in said.err
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("threads")
def test_another_studys_folder_is_refused(study: Study, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    assert study("--vary", "nudging.beta=0.2", "--out", out, "--quiet").code == 0
    said = study("--vary", "nudging.beta=0.3", "--out", out)
    assert said.code == 1
    assert "belongs to another study (vary: " in said.err
    assert study("--vary", "nudging.beta=0.3", "--out", out, "--force", "--quiet").code == 0


@pytest.mark.usefixtures("threads")
def test_chips_alone_end_in_their_mean_and_quartiles(study: Study, tmp_path: Path) -> None:
    out = tmp_path / "out"
    dry = study("--chips", "3", "--dry-run", "--out", str(out)).out.splitlines()
    assert dry[:4] == ["chip 0, seed 0", "chip 1, seed 0", "chip 2, seed 0", f"3 points, 0 of them done in {out}"]
    first = study("--chips", "3", "--shard", "1/2", "--out", str(out))
    assert first.out.splitlines()[-1] == f"part 1 of 2 is done; 1 points of other parts are missing in {out}"
    said = study("--chips", "3", "--out", str(out))
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0].split()[:3] == ["test", "accuracy", "per"]
    numbers = (
        r"\d+\.\d\d \+- \d+\.\d\d % +[\d.]+ .J +[\d.]+ pJ +[\d.]+ .s +[\d.]+ ns +3 +3 of 10: retention, disturb, yield$"
    )
    assert re.match(numbers, lines[1])
    assert lines[3].startswith("of 3 chips ")
    chips = 100 * results.read(out / "study.nc")["accuracy"].values[:, 0, -1]
    assert lines[4].split()[:2] == ["lowest", f"{chips.min():.2f}"]
    assert lines[8].split()[:2] == ["highest", f"{chips.max():.2f}"]
    assert lines[9].split()[:3] == ["standard", "deviation", f"{chips.std(ddof=1):.2f}"]
    assert lines[-1] == f"written to {out / 'study.nc'}"
    found = json.loads(study("--chips", "3", "--out", str(out), "--json").out)
    assert (found["spread"]["over"], found["spread"]["number"]) == ("chips", 3)
    assert 100 * found["spread"]["accuracy"]["lowest"] == pytest.approx(chips.min())
    assert [row["said"] for row in found["rows"]] == [{}]


@pytest.mark.usefixtures("threads")
def test_a_ready_study_is_run_by_its_name_and_options_add_to_it(
    say: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "on_off").mkdir()  # such as the folder of its result
    said = say("study", "on_off", *SMALL, "--epochs", "1", "--seeds", "2", "--dry-run", "--json")
    assert (said.code, said.err) == (0, "")
    found = json.loads(said.out)
    assert found["points"] == 14
    assert re.fullmatch(r"runs/study-on_off-[0-9a-f]{10}", found["folder"])


@pytest.mark.usefixtures("threads")
def test_a_full_disk_is_a_sentence_with_path_and_reason(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, left, out = os.fsync, [4], str(tmp_path / "out")

    def full(descriptor: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, "No space left on device")
        real(descriptor)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        said = study("--chips", "3", "--out", out)
    assert (said.code, said.out) == (1, "")
    assert re.fullmatch(
        rf"analogep: {out}/points/[0-9a-f]{{40}}\.nc: cannot be written: No space left on device; make room, and the "
        r"same command goes on from there\n",
        said.err,
    )
    assert not list(tmp_path.rglob("*.part"))
    assert study("--chips", "3", "--out", out).code == 0


def start(few: Path, folder: Path) -> subprocess.Popen[str]:
    given = ["--vary", "nudging.beta=0.1..0.9/40", "--epochs", "3", "--out", "out", "--workers", "2"]
    return subprocess.Popen(
        [sys.executable, "-m", "analogep", "study", "rram", "--data", str(few), *given, *SMALL],
        cwd=folder, env=surroundings(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip


def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(few: Path, tmp_path: Path) -> None:
    points = tmp_path / "out" / "points"
    process = start(few, tmp_path)
    for _ in range(6000):
        if process.poll() is not None or (points.is_dir() and any(points.glob("*.nc"))):
            break
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to workers as well
    out, err = process.communicate(timeout=60)
    said = re.fullmatch(r"\nanalogep: interrupted after (\d+) of 40 points; the same command goes on from there\n", err)
    assert said, err
    assert (process.returncode, out) == (130, "")
    # the last file may have been written, and not counted yet
    assert len(list(points.glob("*.nc"))) - int(said[1]) in (0, 1)
    assert not list(points.glob("*.part"))


def test_a_study_that_ctrl_c_has_ended_goes_on_to_the_same_arrays(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = ("--vary", "nudging.beta=0.2,0.5,0.8", "--seeds", "2")
    with monkeypatch.context() as patched:
        patched.setattr("analogep.study.study.LocalWorkers", ThreadPoolExecutor)
        assert study(*given, "--out", str(tmp_path / "whole")).code == 0
    with monkeypatch.context() as patched:
        patched.setattr("analogep.study.progress.bar", _Interrupting)
        said = study(*given, "--out", str(tmp_path / "out"))
    assert said == (130, "", "\nanalogep: interrupted after 2 of 6 points; the same command goes on from there\n")
    assert len(list((tmp_path / "out" / "points").iterdir())) == 2
    assert study(*given, "--out", str(tmp_path / "out")).code == 0
    whole, found = (results.read(tmp_path / name / "study.nc") for name in ("whole", "out"))
    xr.testing.assert_identical(found, whole)


def test_a_second_command_in_the_same_folder_is_refused_while_the_first_works(few: Path, tmp_path: Path) -> None:
    process = start(few, tmp_path)
    for _ in range(6000):
        if process.poll() is not None or (tmp_path / "out" / "study.json").exists():
            break
        time.sleep(0.01)
    second = command(
        "study", "rram", "--data", str(few), "--vary", "nudging.beta=0.1..0.9/40", "--epochs", "3", "--out", "out",
        *SMALL, cwd=tmp_path,
    )  # fmt: skip
    assert process.poll() is None
    process.kill()
    process.communicate()
    assert second.stderr == "analogep: out: another process is working in this folder; wait for it\n"
    assert second.returncode == 1


def test_the_bar_counts_points_and_failures(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.bar(True) as bar:
        bar(StudyProgress(3, 0, 10, 3))
        bar(StudyProgress(9, 1, 10, 3))
    last = capsys.readouterr().err.rstrip("\n").rsplit("\r", 1)[-1]
    assert last.startswith("points, 1 failed 100%|")
    assert "10/10" in last


@pytest.mark.parametrize(
    ("seconds", "text"), [(4.21, "4.2 s"), (200.0, "3 min 20 s"), (7500.0, "2 h 05 min"), (3599.7, "1 h 00 min")]
)
def test_times_are_written_in_two_units(seconds: float, text: str) -> None:
    assert _time(seconds) == text


@pytest.mark.usefixtures("threads")
def test_large_studies_are_averaged_for_each_value(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("analogep.cli.study_table._MOST_ROWS", 3)
    out = tmp_path / "out"
    said = study("--vary", "nudging.beta=0.2,0.5", "--vary", "learning.decay=0.9,1", "--out", str(out))
    tables = said.out.split("\n\n")
    assert [table.split()[0] for table in tables[:2]] == ["nudging.beta", "learning.decay"]
    found = results.read(out / "study.nc")["accuracy"].isel(epoch=-1)
    mean = 100 * float(found.sel({"nudging.beta": 0.2}).mean())
    assert f"{mean:.2f} %" in tables[0]
    assert isinstance(found, xr.DataArray)


def test_what_no_point_measured_is_a_dash_in_the_tables(capsys: pytest.CaptureFixture[str]) -> None:
    nothing = np.array([np.nan, np.nan])
    study_table._print_spread(Spread("chips", np.array([0.5, 0.7]), nothing, nothing))
    study_table._print_spread(Spread("chips", nothing, nothing, nothing))
    card = StudyCard.of({"device": "rram", "vary": {"nudging.beta": [0.1, 0.2]}})
    accuracy = np.array([[[[0.5]]], [[[np.nan]]]])
    aged = xr.Dataset({"aged_accuracy": (("nudging.beta", "chip", "seed", "age"), accuracy)}, {"age": [60.0]})
    study_table._print_aged(card, aged)
    out = capsys.readouterr().out
    assert "nan" not in out
    assert [line.split() for line in out.splitlines()][-3:-1] == [["0.1", "50.00", "%"], ["0.2", "-"]]
