"""What the project asks of its own code: formatting, types, layers, sizes. First in the suite, because it is cheap."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "analogep"
SOURCES = sorted(PACKAGE.rglob("*.py"))


def _tool(name: str) -> str:
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    assert found, f"{name} is not installed: pip install '.[test]'"
    return found


def _run(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_code_is_formatted() -> None:
    _run(_tool("ruff"), "format", "--check", ".")


def test_code_passes_the_linter() -> None:
    _run(_tool("ruff"), "check", ".")


def test_types_hold() -> None:
    _run(sys.executable, "-m", "mypy", "--strict", "analogep")


def test_a_module_imports_only_from_lines_below_its_own() -> None:
    _run(_tool("lint-imports"))


def test_files_and_functions_stay_small() -> None:
    for source in SOURCES:
        text = source.read_text()
        assert text.count("\n") <= 400, source.relative_to(ROOT)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                doc = ast.get_docstring(node, clean=False)
                lines = (node.end_lineno or 0) - node.lineno + 1 - (doc.count("\n") + 1 if doc else 0)
                assert lines <= 60, f"{source.relative_to(ROOT)}: {node.name} has {lines} lines"


def test_only_commands_print() -> None:
    for source in SOURCES:
        if "cli" not in source.parts and source.name != "make_digits.py":
            assert not re.search(r"^\s*print\(", source.read_text(), re.MULTILINE), source


def test_every_public_function_and_class_has_a_docstring() -> None:
    for source in SOURCES:
        for node in ast.parse(source.read_text()).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{source.relative_to(ROOT)}: {node.name}"


def test_the_readme_test_command_is_the_one_that_ci_runs() -> None:
    readme = (ROOT / "README.md").read_text()
    assert readme.count("<!-- test command -->") == 1
    assert "README.md" in (ROOT / ".ci" / "run").read_text()


def test_the_package_opens_with_the_line_that_says_what_it_does() -> None:
    line = "device card + circuit card -> chip of crossbars -> relaxation (free, nudged) -> gradient -> pulses -> chip'"
    assert line in (PACKAGE / "__init__.py").read_text()
    assert line in (ROOT / "README.md").read_text()


def test_functions_whose_sums_may_be_reordered_are_inlined() -> None:
    """Out of line they give other last digits where a kernel is compiled than where it is loaded (`analogep.jit`)."""
    for source in SOURCES:
        for call in (node for node in ast.walk(ast.parse(source.read_text())) if isinstance(node, ast.Call)):
            names = {keyword.arg for keyword in call.keywords}
            if isinstance(call.func, ast.Name) and call.func.id == "njit" and "fastmath" in names:
                assert names & {"forceinline", "inline"}, f"{source.relative_to(ROOT)}:{call.lineno}"
