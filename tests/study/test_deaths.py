"""Workers and studies that are killed: nothing is lost, and no process is left behind."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import pytest
import xarray as xr

import analogep
from analogep import results
from analogep.errors import UsageError
from analogep.study import LocalWorkers, StudyProgress

from .artificial import deadly, fast, slow
from .small import quick

SCRIPT = """
import sys
from pathlib import Path
from tests.study.artificial import slow
from tests.study.small import quick
if __name__ == "__main__":
    quick(slow).run(Path(sys.argv[1]), workers=2)
"""


def own_children() -> set[int]:
    return {child.pid for child in multiprocessing.active_children() if child.pid}


def test_a_worker_that_is_killed_loses_nothing(tmp_path: Path, here: Executor) -> None:
    whole = quick(slow).run(tmp_path / "whole", executor=here)
    before, killed = own_children(), set()

    def kill(progress: StudyProgress) -> None:
        if progress.done in (1, 4):
            victim = min(own_children() - before - killed)
            os.kill(victim, signal.SIGKILL)
            killed.add(victim)

    found = quick(slow).run(tmp_path / "killed", workers=2, report=kill)
    assert len(killed) == 2
    xr.testing.assert_identical(found, whole)
    assert own_children() == before


def test_a_point_that_always_kills_its_worker_fails_alone(tmp_path: Path) -> None:
    found = quick(deadly, chips=1, seeds=2).run(tmp_path, workers=2)
    failed = json.loads(found.attrs["failed"])
    assert [(one["at"]["nudging.beta"], one["seed"]) for one in failed] == [("0.3", 0), ("0.3", 1)]
    assert failed[0]["reason"] == "its worker process was killed 3 times; is there enough memory?"
    assert int((found["state"] == 1).sum()) == 6


def script(folder: Path, out: Path) -> subprocess.Popen[str]:
    """The study in a process of its own."""
    path = folder / "script.py"
    path.write_text(SCRIPT)
    root = str(Path(analogep.__file__).parents[1])
    return subprocess.Popen(
        [sys.executable, str(path), str(out)],
        env=os.environ | {"PYTHONPATH": root}, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def done(out: Path) -> int:
    """Points that are done."""
    return len(list((out / "points").glob("*.nc"))) if (out / "points").is_dir() else 0


def wait_for(process: subprocess.Popen[str], out: Path, points: int) -> None:
    """Wait until so many points are done, or the process has ended."""
    for _ in range(6000):
        if process.poll() is not None or done(out) >= points:
            return
        time.sleep(0.01)
    pytest.fail(f"{points} points were not done in 60 s")


def kills(tmp_path: Path, instants: int, seed: int) -> None:
    """Kill the study at random instants, let it end, and compare with an undisturbed one."""
    rng, out, killed = random.Random(seed), tmp_path / "killed", 0
    for _ in range(instants):
        process = script(tmp_path, out)
        wait_for(process, out, min(done(out) + rng.randrange(3), 24))
        time.sleep(rng.uniform(0.0, 0.06))
        process.kill()
        process.communicate()  # ends only when no worker holds the pipes any more
        killed += process.returncode == -signal.SIGKILL
    assert killed >= (instants + 1) // 2
    last = script(tmp_path, out)
    assert last.communicate(timeout=120) == ("", "")
    assert last.returncode == 0
    with ThreadPoolExecutor(2) as threads:
        whole = quick(slow).run(tmp_path / "whole", executor=threads)
    xr.testing.assert_identical(results.read(out / "study.nc"), whole)
    assert not list(out.rglob("*.part"))


def test_kill_9_of_the_study_at_random_instants_changes_no_number(tmp_path: Path) -> None:
    kills(tmp_path, 2, seed=4)


@pytest.mark.slow
def test_kill_9_of_the_study_at_20_random_instants_changes_no_number(tmp_path: Path) -> None:
    kills(tmp_path, 20, seed=7)


def test_workers_are_ended_at_once_in_the_middle_of_a_job() -> None:
    before = own_children()
    with LocalWorkers(2) as workers:
        jobs = [workers.submit(time.sleep, 600) for _ in range(2)]
        started = threading.Event()
        workers.submit(time.sleep, 0).add_done_callback(lambda _: started.set())
        assert len(own_children() - before) == 2
    assert own_children() == before
    assert all(job.done() for job in jobs)


def test_processes_that_end_before_they_begin_are_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("analogep.study.local._begin", os.abort)
    with pytest.raises(UsageError, match="worker processes end before they begin"):
        quick(fast).run(tmp_path, workers=1)
