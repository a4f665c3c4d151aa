"""Every sentence in which the package refuses or cautions, as its source has it, with what to do about it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import analogep
from analogep_docs.words import inline

SOURCE: Final = Path(analogep.__file__).parent
_ERRORS: Final = {
    "UsageError": "What was asked for",
    "DataError": "Data",
    "ResultError": "Folders and results",
    "SimulationError": "Circuits that cannot be simulated",
}
_RULES: Final = "Rules of cards"
_CAUTIONS: Final = "Cautions"
_SAYS: Final = ("caution", "warning", "remark", "reasons", "_silent", "_stuck", "_drowned", "_unsettled")
"""What the names of functions begin or end with that return sentences of caution."""
_SHORTEST: Final = 20


def page() -> str:
    """The page of all sentences, in MyST."""
    found = sentences()
    parts = [
        "# Errors and cautions",
        f"{sum(map(len, found.values()))} sentences, taken from the source; `…` stands for a name or a number of the "
        "case. What to do is part of most sentences, behind the semicolon; "
        "[troubleshooting](../project/troubleshooting.md) has more about some. The search of this site finds them by "
        "any words that do not change.",
    ]
    for title, lines in found.items():
        parts += [f"## {title}", "\n".join(f"- {inline(line)}" for line in lines)]
    return "\n\n".join(parts) + "\n"


def sentences() -> dict[str, list[str]]:
    """Sentences by what they are about, each once, in the order of the alphabet."""
    found: dict[str, set[str]] = {title: set() for title in (*_ERRORS.values(), _RULES, _CAUTIONS)}
    for path in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for title, node in _said(tree):
            text = " ".join(_template(node).split())
            if len(text.replace("…", "")) >= _SHORTEST:
                found[title].add(text)
    return {title: sorted(lines, key=str.lower) for title, lines in found.items()}


def _said(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """What each sentence is about, and its expression."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
            name = node.exc.func.id if isinstance(node.exc.func, ast.Name) else ""
            if name in _ERRORS:
                yield _ERRORS[name], node.exc.args[0]
        elif isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple) and len(node.value.elts) == 2:
            yield _RULES, node.value.elts[1]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "caution":
            yield from ((_CAUTIONS, one) for one in node.args[1:2])
        elif isinstance(node, ast.FunctionDef) and node.name.startswith(_SAYS):
            yield from ((_CAUTIONS, one) for one in _appended(node))


def _appended(function: ast.FunctionDef) -> Iterator[ast.expr]:
    """What a function adds to its list of sentences, or returns in one."""
    for node in ast.walk(function):
        adds = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "append"
        if adds and node.args:
            yield node.args[0].elts[-1] if isinstance(node.args[0], ast.Tuple) and node.args[0].elts else node.args[0]
        elif isinstance(node, ast.Return) and isinstance(node.value, ast.List):
            yield from node.value.elts


def _template(node: ast.expr) -> str:
    """The text of a string, with a mark where its source has a value; empty for anything else."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(_template(part) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return ""
