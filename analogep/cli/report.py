"""`analogep report PATH`: one HTML page about a result."""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path

HELP = "write one HTML page about a run, a study, a budget, a beta or a search for settings"
DESCRIPTION = (
    "Write one self-contained HTML page about a run, a study, a budget, a specification, a beta or a search for "
    "settings: its numbers, figures, joules, cards, sources, and what makes it again. It needs no network and no "
    "scripts, and reads on a telephone, on paper and in the dark."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument(
        "path", metavar="PATH", help="folder of a finished run, study, budget, beta or search, or its .nc file"
    )
    parser.add_argument("--out", metavar="FILE", help="page to write (default: report.html in the folder)")
    parser.add_argument("--force", action="store_true", help="replace the page if it exists")


def run(parsed: argparse.Namespace) -> int:
    """Write the page."""
    from analogep import report
    from analogep.results import write_bytes

    given = Path(parsed.path)
    source = report.find(given)
    path = _target(parsed.out, source.parent, report.PAGE, force=parsed.force)
    page = report.html(report.lay_out(source)).encode()
    _tidy(path)
    write_bytes(path, page)
    print(f"page: {path}")
    return 0


def _tidy(path: Path) -> None:
    """Remove what a report that was killed while it wrote this page left beside it."""
    left = re.compile(rf"\.{re.escape(path.name)}\.\w+\.part")
    for entry in path.parent.iterdir():
        if left.fullmatch(entry.name):
            entry.unlink(missing_ok=True)


def _target(given: str | None, folder: Path, default: str, *, force: bool) -> Path:
    """Where the page goes; checked before anything is drawn.

    Raises
    ------
    UsageError
        If its folder does not exist, or it exists and `force` does not allow to replace it.
    """
    from analogep.errors import UsageError

    path = folder / default if given is None else Path(given)
    # os.path answers False where pathlib raises: a name too long for the file system
    if path.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"--out {path}: the name must end with .html, such as {default}")
    if not os.path.isdir(path.parent):
        raise UsageError(f"--out {path}: the folder {path.parent} does not exist; make it first")
    if os.path.isdir(path):
        raise UsageError(f"--out {path}: is a folder; name a file in it, such as {path / default}")
    if os.path.exists(path) and not force:
        raise UsageError(f"{path}: exists; --force replaces it, --out writes to another file")
    return path
