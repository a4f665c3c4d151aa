"""Commands on few samples and few neurons, in this process or in one of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import analogep

SMALL = (
    *("--set", "layers=[64,6,10]", "--set", "learning.batch=20", "--set", "learning.probe=4"),
    *("--set", "timing.free.duration=200 ns", "--set", "timing.nudged.duration=100 ns"),
)


def surroundings(**more: str) -> dict[str, str]:
    """Environment in which the package that is being tested is found from any folder."""
    return os.environ | {"PYTHONPATH": str(Path(analogep.__file__).parents[1])} | more


def command(*arguments: str, cwd: Path, module: str = "analogep") -> subprocess.CompletedProcess[str]:
    """`python -m analogep ARGUMENTS` in a process of its own; 60 s without an end is a hang."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=cwd, env=surroundings(), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
