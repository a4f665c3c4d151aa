"""What the tests of physics claim, from their names."""

from __future__ import annotations

import ast
from pathlib import Path

from analogep_docs.words import inline

TESTS = Path(__file__).parents[3] / "tests" / "physics"


def page() -> str:
    """The page of all claims, in MyST."""
    files = {path: _claims(path) for path in sorted(TESTS.glob("test_*.py"))}
    count = sum(len(claims) for _, claims in files.values())
    parts = [
        "# Claims that are tested",
        f"{count} claims about nature, each a test in `tests/physics` against something independent: a closed form, a "
        "root finder, differences, an adjoint, a Monte Carlo estimate with its standard error, ngspice.",
    ]
    for path, (opening, claims) in files.items():
        parts += [f"## `{path.name}`", inline(opening)] if opening else [f"## `{path.name}`"]
        parts.append("\n".join(f"- {inline(claim)}" for claim in claims))
    return "\n\n".join(parts) + "\n"


def _claims(path: Path) -> tuple[str, list[str]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tests = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"))
    opening = (ast.get_docstring(tree) or "").partition("\n\n")[0]
    return opening, [test.name.removeprefix("test_").replace("_", " ") for test in tests]
