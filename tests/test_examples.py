"""Examples run: those of docstrings as doctests, those of the pages as scripts.

The README's are in tests/docs/test_readme.py. Cells of tutorials (`{code-cell}`) and commands in `{run}` blocks are
executed when the pages are built.
"""

from __future__ import annotations

import doctest
import importlib
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import analogep

ROOT = Path(__file__).parents[1]
PACKAGE = Path(analogep.__file__).parent
MODULES = sorted(
    ".".join(("analogep", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if any(">>> " in line and "+SKIP" not in line for line in path.read_text().splitlines())
)
PAGES = sorted(page for kind in ("start", "howto") for page in (ROOT / "docs" / kind).glob("*.md"))
SCRIPTS = list(
    dict.fromkeys(
        script
        for page in PAGES
        for script in re.findall(r"^```python\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)
    )
)
"""Each once, where it stands on two pages."""


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_are_true(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert doctest.testmod(importlib.import_module(name)).failed == 0


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.splitlines()[-1][:40])
def test_scripts_of_pages_run(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    # Threads of this process have its kernels; processes of their own are tested in tests/study.
    monkeypatch.setattr("analogep.study.study.LocalWorkers", ThreadPoolExecutor)
    exec(compile(script, "page", "exec", dont_inherit=True), {"__name__": "__main__"})
    assert bool(capsys.readouterr().out) == ("print(" in script)


def test_a_training_loop_takes_twelve_lines_and_imports_from_the_package_alone() -> None:
    loops = [script for script in SCRIPTS if "chip.program" in script]
    assert loops
    for loop in loops:
        lines = [line for line in loop.splitlines() if line.strip()]
        assert len(lines) <= 12
        assert [line for line in lines if "import" in line] == ["from analogep import Chip, load_data"]


def test_the_package_shows_what_it_has() -> None:
    shown = dir(analogep)
    assert set(shown) == set(analogep.__all__)
    for name in analogep.__all__:
        assert getattr(analogep, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'chips'; it has Chip, CircuitCard"):
        _ = analogep.chips
