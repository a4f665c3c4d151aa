"""What stands in the way of a release: `python recipes/release.py` names it and exits with 1, or prints the version.

Two kinds of it. Files that say the version, the date or the licence must agree; the default tests look at that as well.
Addresses of the project are known only once somebody hosts it: they may be missing at work, but not in a release.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parents[1]
HEAD: Final = re.compile(r"^## (\d+\.\d+\.\d+) \((?:[\d-]+ to )?(\d{4}-\d\d-\d\d)\)$", re.MULTILINE)
"""Head of a release in the changelog: version and date."""
URLS: Final = ("Repository", "Documentation", "Issues", "Changelog")
"""Entries of `[project.urls]` that a release has."""


def citation(root: Path) -> dict[str, Any]:
    """What `CITATION.cff` says."""
    return dict(yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8")))


def recipe(root: Path) -> dict[str, Any]:
    """What the conda recipe says, before its expressions are put in."""
    return dict(yaml.safe_load((root / "recipes" / "conda" / "recipe.yaml").read_text(encoding="utf-8")))


def version(root: Path) -> str:
    """The version in the one place where it is set."""
    source = (root / "analogep" / "__init__.py").read_text(encoding="utf-8")
    return re.findall(r'^__version__ = "(.*)"$', source, re.MULTILINE)[0]


def disagreements(root: Path = ROOT) -> list[str]:
    """Files that say another version or date than `analogep/__init__.py` and the changelog, in words."""
    ours = version(root)
    releases = HEAD.findall((root / "CHANGELOG.md").read_text(encoding="utf-8"))
    if not releases:
        return ["CHANGELOG.md: has no head like '## 0.2.0 (2026-11-30)'"]
    newest, date = releases[0]
    cited = citation(root)
    said = {
        "CHANGELOG.md: its newest release": newest,
        "CITATION.cff: version": str(cited.get("version")),
        "recipes/conda/recipe.yaml: context.version": str(recipe(root)["context"]["version"]),
    }
    found = [
        f"{where} is {other}, but analogep/__init__.py has {ours}" for where, other in said.items() if other != ours
    ]
    if str(cited.get("date-released")) != date:
        found.append(f"CITATION.cff: date-released is {cited.get('date-released')}, but CHANGELOG.md has {date}")
    return found


def missing(root: Path = ROOT) -> list[str]:
    """What only a release needs and is not there, in words: addresses, and an end of what is unreleased."""
    found = []
    if "repository-code" not in citation(root):
        found.append("CITATION.cff: lacks repository-code, the address of the repository")
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    urls = project.get("urls", {})
    lacking = ", ".join(name for name in URLS if name not in urls)
    if lacking:
        found.append(f"pyproject.toml: [project.urls] lacks {lacking}")
    about = recipe(root)["about"]
    if "repository" not in about:
        found.append("recipes/conda/recipe.yaml: about lacks repository")
    if "## Unreleased" in (root / "CHANGELOG.md").read_text(encoding="utf-8"):
        found.append("CHANGELOG.md: has a section 'Unreleased'; give it the version and the date")
    return found


def main() -> int:
    """Print what stands in the way; exit code 1 if anything does."""
    found = disagreements() or missing()
    for line in found:
        print(line, file=sys.stderr)
    if not found:
        print(f"{version(ROOT)} may be released: tag the commit v{version(ROOT)}")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
