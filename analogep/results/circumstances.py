"""What made a result, and when: code, commit, libraries, date, wall time. None of it decides what was asked for.

A version of the package is part of what identifies a run; its code may change all the same, and so may the libraries
below it. A result therefore says which they were, and whoever is answered from an old folder is told where they differ.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from analogep.cards import shipped_dir
from analogep.cautions import caution

LIBRARIES: Final = ("numpy", "scipy", "numba", "xarray")
"""Libraries whose versions a result says, beside that of Python."""
_PACKAGE: Final = Path(__file__).parents[1]
_SHOWS: Final = ("cli", "fit", "plots", "report", "spice")
"""Folders of the package that train nothing: their code may change without a caution."""


class Clock:
    """Date and wall time.

    Tests stand them still, so that whole results can be compared.
    """

    def date(self) -> str:
        """Now, in UTC, as ISO 8601 has it: `2026-11-30T14:05:12Z`."""
        return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def seconds(self) -> float:
        """Seconds of a clock that only goes forward [s]."""
        return time.monotonic()


clock: Clock = Clock()


@cache
def code() -> str:
    """SHA-256 of the files of this package that decide numbers, Python and technology nodes, 64 hex digits."""
    sha = hashlib.sha256()
    inside = [(path.relative_to(_PACKAGE), path) for path in sorted(_PACKAGE.rglob("*.py"))]
    chosen = [(name.as_posix(), path) for name, path in inside if name.parts[0] not in _SHOWS]
    nodes = [(path.name, path) for path in sorted((shipped_dir("circuit") / "nodes").glob("*.yaml"))]
    for name, path in (*chosen, *nodes):
        sha.update(f"{name}\n".encode() + path.read_bytes())
    return sha.hexdigest()


@cache
def commit(folder: Path = _PACKAGE.parent) -> str:
    """The commit that a folder is a checkout of (40 hex digits, `-dirty` where tracked files differ); empty without.

    Parameters
    ----------
    folder : Path
        Top of the checkout; a folder within another project's is none.
    """
    if not (folder / ".git").exists():
        return ""
    head = _git(folder, "rev-parse", "HEAD")
    return head and head + "-dirty" * bool(_git(folder, "status", "--porcelain", "--untracked-files=no"))


def _git(folder: Path, *words: str) -> str:
    """What git answers; nothing where there is none, or it fails."""
    import subprocess

    try:
        asked = ["git", "-C", str(folder), "--no-optional-locks", *words]
        return subprocess.run(asked, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


@cache
def libraries() -> dict[str, str]:
    """Versions of Python and of `LIBRARIES`, by name."""
    import importlib.metadata
    import platform

    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in LIBRARIES}


def made_by() -> dict[str, str]:
    """Attributes that say which code and which libraries are at work."""
    return {"code": code(), "commit": commit(), "libraries": json.dumps(libraries())}


def differences(attrs: Mapping[str, Any]) -> list[str]:
    """Say what of the code and the libraries was another when a result was made, in words.

    Nothing of results from before they said it, and no library that only one of both names.

    Parameters
    ----------
    attrs : mapping
        Attributes of the result, or of what else `made_by` was kept in.
    """
    found = []
    then = str(attrs.get("code", ""))
    if then and then != code():
        found.append(f"other code of this version ({_called(attrs, then)}, now {_called(made_by(), code())})")
    try:
        past = dict(json.loads(str(attrs.get("libraries", "{}"))))
    except (ValueError, TypeError, RecursionError):
        return found
    now = libraries()
    other = [f"{name} {past[name]}, now {now[name]}" for name in now if name in past and past[name] != now[name]]
    return [*found, "; ".join(other)] if other else found


def _called(attrs: Mapping[str, Any], digest: str) -> str:
    """How people name code: by its commit, else by its digest."""
    at = str(attrs.get("commit", ""))
    named = f"commit {at[:10]}{'-dirty' * at.endswith('-dirty')}, " if at else ""
    return f"{named}SHA-256 {digest[:10]}..."


def warn(attrs: Mapping[str, Any], path: Path, remedy: str) -> None:
    """Warn where an old result answers that other code or libraries made.

    Parameters
    ----------
    attrs : mapping
        As in `differences`.
    path : Path
        Of the result.
    remedy : str
        What to do for numbers of this code.
    """
    found = differences(attrs)
    if found:
        caution(f"made by others {path}", f"{path} was made by {' and '.join(found)}: its numbers may differ; {remedy}")
