"""The folder of a study: the points that are done or have failed."""

from __future__ import annotations

import contextlib
import errno
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analogep import results
from analogep.errors import ResultError
from analogep.run.owned import Owned
from analogep.study import pointfile
from analogep.study.pointfile import Stored

if TYPE_CHECKING:
    import xarray as xr

STUDY = "study.nc"
IDENTITY = "study.json"
POINTS = "points"
_LOCKS = re.compile(r"\.lock[-0-9a-z]*$")
_SCRATCH = re.compile(r"\.(study\.(json|nc)|[0-9a-f]{40}\.(nc|json)|[a-z_]+\.(png|svg)|report\.html)\.\w+\.part$")
_OURS = re.compile(r"[0-9a-f]{40}\.(nc|json)$")


class Folder(Owned):
    """A folder that belongs to one study, with one file for each point that is done.

    Parameters
    ----------
    path : Path
        Need not exist.
    identity : dict of str
        What decides the numbers, in readable form; `digest` identifies it.
    """

    noun, file = "study", IDENTITY

    def __init__(self, path: Path, identity: dict[str, str]) -> None:
        super().__init__(path, identity)
        self.points = path / POINTS

    def _prepare(self) -> None:
        self.points.mkdir(exist_ok=True)

    def _strange(self, entry: Path) -> bool:
        if entry.name == POINTS and entry.is_dir():
            return any(entry.iterdir())
        return not (_LOCKS.match(entry.name) or _SCRATCH.match(entry.name))

    def _clear(self) -> None:
        (self.path / STUDY).unlink(missing_ok=True)
        for entry in self.points.iterdir():
            if _OURS.match(entry.name):
                entry.unlink(missing_ok=True)

    def _made_by_others(self) -> bool:
        """Points are looked at one by one, where they are read."""
        return False

    def _tidy(self) -> None:
        for folder in (self.path, self.points):
            for entry in folder.iterdir():
                if _SCRATCH.match(entry.name):
                    entry.unlink(missing_ok=True)

    def read(self, digest: str) -> Stored | None:
        """A point that is done; None if it is missing, damaged, or another's."""
        try:
            found = pointfile.unpack((self.points / f"{digest}.nc").read_bytes())
        except (OSError, ValueError):
            return None
        return found if found.about.get("digest") == digest else None

    def keep(self, digest: str, content: bytes) -> None:
        """Store a point that is done."""
        with _full_disk_told(self.points / f"{digest}.nc") as path:
            results.write_bytes(path, content)
        (self.points / f"{digest}.json").unlink(missing_ok=True)

    def failure(self, digest: str) -> dict[str, Any] | None:
        """Record of a point that has failed, or None."""
        try:
            found = json.loads((self.points / f"{digest}.json").read_text())
        except (OSError, ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) and {"reason", "final"} <= set(found) else None

    def fail(self, digest: str, record: dict[str, object]) -> None:
        """Record a point that has failed."""
        with _full_disk_told(self.points / f"{digest}.json") as path:
            results.write_bytes(path, (json.dumps(record, indent=1) + "\n").encode())

    def finish(self, dataset: xr.Dataset) -> None:
        """Store the collected result."""
        with _full_disk_told(self.path / STUDY) as path:
            results.write(dataset, path)


@contextlib.contextmanager
def _full_disk_told(path: Path) -> Iterator[Path]:
    """Say of a full disk that nothing is lost: another folder would begin the study anew."""
    try:
        yield path
    except ResultError as error:
        cause = error.__cause__
        if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ResultError(
                f"{path}: cannot be written: {cause.strerror}; make room, and the same command goes on from there"
            ) from cause
        raise
