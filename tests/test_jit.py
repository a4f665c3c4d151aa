"""Compiled kernels: kept from one process to the next, and compiled again where anything that they call has changed."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import pytest

from analogep import jit
from analogep.crossbar.kernels import rows_with_pulses

PACKAGE = Path(jit.__file__).parent
SCRIPT = """
import numpy as np
from analogep.crossbar.kernels import rows_with_pulses
found = np.zeros(2, dtype=bool)
rows_with_pulses(0, 2, np.array([[0, 0], [0, 3]], dtype=np.int32), found)
stats = rows_with_pulses.stats
print(*found, "loaded" if sum(stats.cache_hits.values()) else "compiled")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the package's sources, without compiled code."""
    shutil.copytree(PACKAGE, tmp_path / "analogep", ignore=shutil.ignore_patterns("__pycache__", "*.npz"))
    return tmp_path


def said(folder: Path) -> list[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("NUMBA_", "COV"))}
    environment = kept | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", SCRIPT]
    return subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, check=True
    ).stdout.split()


def test_a_kernel_is_compiled_again_when_a_function_of_another_file_has_changed(folder: Path) -> None:
    assert said(folder) == ["False", "True", "compiled"]
    assert said(folder) == ["False", "True", "loaded"]
    # Which rows have pulses is found out in rows.py, the kernel stands in kernels.py.
    callee = folder / "analogep" / "crossbar" / "rows.py"
    text = callee.read_text()
    assert text.count("        if counts[i, j] != 0:\n            return True\n") == 1
    callee.write_text(text.replace("        if counts[i, j] != 0:\n", "        if counts[i, j] == 0:\n"))
    assert said(folder) == ["True", "True", "compiled"]
    assert said(folder) == ["True", "True", "loaded"]


def test_the_stamp_of_a_kernel_holds_all_files_with_compiled_functions() -> None:
    source = Path(rows_with_pulses.py_func.__code__.co_filename).read_bytes()
    made_from = f"{jit.sources()} {hashlib.sha256(source).hexdigest()} {numba.__version__}"
    assert rows_with_pulses._cache.stamp == hashlib.sha256(made_from.encode()).hexdigest()
    assert len(jit.sources()) == 64
