"""Notebooks stand on what a user has: the public names of the package, and matplotlib to draw with."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import analogep

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


def cells(path: Path, kind: str) -> Iterator[dict[str, Any]]:
    """Cells of one kind."""
    return (cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == kind)


def imports(code: str) -> Iterator[str]:
    """Every import of a cell, one a name; a line that begins with % is none of Python."""
    plain = "\n".join(line for line in code.splitlines() if not line.startswith("%"))
    for node in ast.walk(ast.parse(plain)):
        if isinstance(node, ast.Import):
            yield from (ast.unparse(ast.Import([name])) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"from {node.module} import {name.name}" for name in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("__import__", "import_module"):
            yield ast.unparse(node)


ALLOWED = {"import analogep", "import matplotlib.pyplot as plt"} | {
    f"from analogep import {name}" for name in dir(analogep) if not name.startswith("_")
}


def test_there_are_notebooks() -> None:
    assert len(NOTEBOOKS) >= 4


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_imports_from_the_package_and_matplotlib_alone(path: Path) -> None:
    found = [one for cell in cells(path, "code") for one in imports("".join(cell["source"]))]
    assert found
    assert set(found) <= ALLOWED


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_as_it_was_executed_from_top_to_bottom(path: Path) -> None:
    numbers = [cell["execution_count"] for cell in cells(path, "code")]
    assert numbers == list(range(1, len(numbers) + 1))
    outputs = [output for cell in cells(path, "code") for output in cell["outputs"]]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    # Neither errors nor warnings nor what a progress bar leaves behind.
    assert {output["output_type"] for output in outputs} <= {"stream", "display_data", "execute_result"}
    assert all(output.get("name", "stdout") == "stdout" for output in outputs)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_executed_here_with_one_epoch_and_is_otherwise_as_its_readers_execute_it(path: Path) -> None:
    """What `nbmake` executes behind a cell stands in that cell's metadata: trainings of the suite need not learn."""
    found = [cell["metadata"]["nbmake"] for cell in cells(path, "code") if "nbmake" in cell["metadata"]]
    ((line,),) = (asked["post_cell_execute"] for asked in found)
    assert re.search(r'"learning.epochs"(\] =|:) 1\b', line)
    assert [set(asked) for asked in found] == [{"post_cell_execute"}]


@pytest.mark.parametrize(
    "code",
    [
        "import numpy as np",
        "import analogep.energy",
        "from analogep.study import Study",
        "from analogep import Study, streams",
        "import matplotlib.ticker",
        "def f():\n    from json import loads",
        "%matplotlib inline\nimport matplotlib.pyplot as plt, os",
        "os = __import__('os')",
        "from . import x",
    ],
)
def test_other_imports_are_noticed(code: str) -> None:
    assert not set(imports(code)) <= ALLOWED
