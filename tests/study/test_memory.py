"""Ten thousand points need no more memory than a thousand, but for the numbers themselves."""

from __future__ import annotations

import sys
from concurrent.futures import Executor
from pathlib import Path

import pytest

from analogep.study import StudyProgress

from .artificial import fast
from .small import quick


def resident() -> float:
    """Memory of this process [MB]."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("chips", [10, pytest.param(250, marks=pytest.mark.slow)])
def test_memory_does_not_grow_with_the_number_of_points(tmp_path: Path, here: Executor, chips: int) -> None:
    record: dict[int, float] = {}

    def note(progress: StudyProgress) -> None:
        record[progress.done] = resident()

    found = quick(fast, chips=chips, seeds=10).run(tmp_path, executor=here, report=note)
    points = found["state"].size
    assert points == 40 * chips
    assert record[points] - record[points // 10] < 10.0
