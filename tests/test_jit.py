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
from analogep.draws import fill_normals

PACKAGE = Path(jit.__file__).parent
SCRIPT = """
import numpy as np
from analogep.draws import key_of
from analogep.learning.sampling import _sampled
out = np.empty(2)
_sampled(np.ones(2), 1.0, key_of(5), (0.0, 1.0), 0.0, out)
stats = _sampled.stats
print((abs(out) > 50.0).any(), "loaded" if sum(stats.cache_hits.values()) else "compiled")
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
    assert said(folder) == ["False", "compiled"]
    assert said(folder) == ["False", "loaded"]
    # Deviates are made in draws.py, the kernel stands in sampling.py.
    callee = folder / "analogep" / "draws.py"
    text = callee.read_text()
    assert text.count("f32(f32(-2.0) * ") == 1
    callee.write_text(text.replace("f32(f32(-2.0) * ", "f32(f32(-2e6) * "))
    assert said(folder) == ["True", "compiled"]
    assert said(folder) == ["True", "loaded"]


def test_the_equations_of_parts_are_among_the_sources_of_kernels() -> None:
    """Kernels inline the methods of NamedTuples from files that know nothing of the compiler."""
    from analogep.circuit import activation, saturating
    from analogep.costs import softmax
    from analogep.device import read, variation
    from analogep.device.laws import affine, curved, tables
    from analogep.rules import closed_loop, stochastic

    for module in (affine, curved, tables, variation, read, closed_loop, stochastic, activation, saturating, softmax):
        assert jit.compiled_in(Path(module.__file__).read_bytes()), module.__name__


def test_the_stamp_of_a_kernel_holds_all_files_with_compiled_functions() -> None:
    source = Path(fill_normals.py_func.__code__.co_filename).read_bytes()
    made_from = f"{jit.sources()} {hashlib.sha256(source).hexdigest()} {numba.__version__}"
    assert fill_normals._cache.stamp == hashlib.sha256(made_from.encode()).hexdigest()
    assert len(jit.sources()) == 64
