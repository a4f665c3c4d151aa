"""Ctrl-C and kill -9 cost at most the epoch under way: the same command goes on and ends with the same arrays."""

from __future__ import annotations

import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import xarray as xr

from analogep import results
from analogep.cli.progress import Bar
from analogep.run import Progress

from .commands import SMALL, command, surroundings
from .conftest import Said

EPOCHS = 8


def arguments(few: Path, out: str, epochs: int = EPOCHS) -> list[str]:
    return ["simulate", "rram", "--data", str(few), "--out", out, "--quiet", "--epochs", str(epochs), *SMALL]


def start(few: Path, folder: Path, out: str, epochs: int = EPOCHS) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "analogep", *arguments(few, out, epochs)],
        cwd=folder, env=surroundings(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def wait_for(path: Path, process: subprocess.Popen[str], after: int = 0) -> None:
    """Wait until the file has been written (again, later than `after`), or the process has ended."""
    for _ in range(6000):
        if process.poll() is not None or (path.exists() and path.stat().st_mtime_ns > after):
            return
        time.sleep(0.01)
    pytest.fail(f"{path} did not appear in 60 s")


def test_kill_9_at_random_instants_changes_no_number(few: Path, tmp_path: Path, simulate: Callable[..., Said]) -> None:
    rng = random.Random(11)
    kept = tmp_path / "killed" / "checkpoint.nc"
    kills = 0
    for instant in (rng.uniform(0.0, 0.02), rng.uniform(0.0, 0.1)):
        before = kept.stat().st_mtime_ns if kept.exists() else 0
        process = start(few, tmp_path, "killed")
        wait_for(kept, process, before)
        time.sleep(instant)
        process.kill()
        process.communicate()
        kills += process.returncode == -signal.SIGKILL
    assert kills >= 1
    last = command(*arguments(few, "killed"), cwd=tmp_path)
    assert (last.returncode, last.stderr) == (0, "")
    assert simulate("--out", str(tmp_path / "whole"), "--epochs", str(EPOCHS)).code == 0
    killed, whole = (results.read(tmp_path / name / "result.nc") for name in ("killed", "whole"))
    xr.testing.assert_identical(killed, whole)
    names = {path.name for path in (tmp_path / "killed").iterdir() if path.suffix != ".png"}
    assert names == {"result.nc", "run.json", ".lock"}


def test_ctrl_c_says_how_many_epochs_are_kept_and_the_same_command_goes_on(few: Path, tmp_path: Path) -> None:
    kept = tmp_path / "out" / "checkpoint.nc"
    done = []
    for _ in range(2):
        before = kept.stat().st_mtime_ns if kept.exists() else 0
        process = start(few, tmp_path, "out", 5000)
        wait_for(kept, process, before)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 130
        assert out == ""
        said = re.fullmatch(
            r"\nanalogep: interrupted after (\d+) of 5000 epochs; the same command goes on from there\n", err
        )
        assert said, err
        done.append(int(said[1]))
        assert results.read(kept).sizes["epoch"] == done[-1]
        assert {path.name for path in kept.parent.iterdir()} == {"checkpoint.nc", "run.json", ".lock"}
    assert 1 <= done[0] < done[1]


def test_a_second_command_in_the_same_folder_is_refused_while_the_first_works(few: Path, tmp_path: Path) -> None:
    process = start(few, tmp_path, "out", 5000)
    wait_for(tmp_path / "out" / "checkpoint.nc", process)
    second = command(*arguments(few, "out", 5000), cwd=tmp_path)
    assert process.poll() is None
    process.kill()
    process.communicate()
    assert second.returncode == 1
    assert second.stderr == "analogep: out: another process is working in this folder; wait for it\n"


def test_ctrl_c_before_training_and_in_its_first_epoch_is_said_as_such(
    simulate: Callable[..., Said], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_arguments: object) -> None:
        raise KeyboardInterrupt

    out = ("--out", str(tmp_path / "out"))
    with monkeypatch.context() as patched:
        patched.setattr("analogep.run.run.Folder", interrupt)
        assert simulate(*out) == (130, "", "\nanalogep: interrupted before training began\n")
    with monkeypatch.context() as patched:
        patched.setattr("analogep.run.epoch.Trainer.epoch", interrupt)
        said = simulate(*out)
    assert said.code == 130
    assert said.err == "\nanalogep: interrupted after 0 of 2 epochs; the same command goes on from there\n"
    assert simulate(*out).code == 0


def test_the_bar_draws_epoch_and_accuracy_and_ends_at_100_percent(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar(show=True) as bar:
        bar.say("warning: something")
        bar(Progress(1, 2, 0, 0, None, "start"))
        bar(Progress(1, 2, 5, 10, None, "train"))
        bar(Progress(2, 2, 10, 10, 0.5, "train"))
        bar(Progress(2, 2, 0, 0, 0.75, "done"))
    out, err = capsys.readouterr()
    assert out == ""
    assert "warning: something\n" in err
    assert "preparing" in err
    last = err.rstrip("\n").rsplit("\r", 1)[-1]
    assert last.startswith("epoch 2/2, 75.00 % 100%|")
