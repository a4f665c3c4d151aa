"""The folder of a study: whose it is, the points that are done or have failed, and locks while somebody works."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from analogep import results
from analogep.errors import ResultError
from analogep.study import pointfile
from analogep.study.pointfile import Stored

if TYPE_CHECKING:
    import xarray as xr

STUDY = "study.nc"
IDENTITY = "study.json"
POINTS = "points"
_LOCK = ".lock"
_LOCKS = re.compile(r"\.lock[-0-9]*$")
_SCRATCH = re.compile(r"\.(study\.(json|nc)|[0-9a-f]{40}\.(nc|json)|[a-z_]+\.(png|svg))\.\w+\.part$")
_OURS = re.compile(r"[0-9a-f]{40}\.(nc|json)$")


class Folder:
    """A folder that belongs to one study, with one file for each point that is done.

    Parameters
    ----------
    path : Path
        Need not exist.
    identity : dict of str
        What decides the numbers, in readable form; `digest` identifies it.
    """

    def __init__(self, path: Path, identity: dict[str, str]) -> None:
        self.path, self.identity = path, identity
        self.points = path / POINTS

    @contextlib.contextmanager
    def claim(self, part: str = "", *, force: bool = False) -> Iterator[None]:
        """Make the folder this study's, and hold it while working in it.

        Parts of one study (`part` is such as `1-of-4`) may work side by side, each only once; a whole study works
        alone. With `force` another study's points are removed. A folder that is no study's is never touched.

        Raises
        ------
        ResultError
            If it belongs to another study, holds something else, cannot be written, or is in use.
        """
        with contextlib.ExitStack() as open_files:
            try:
                self.path.mkdir(parents=True, exist_ok=True)
                self._refuse_strangers()
                self.points.mkdir(exist_ok=True)
                locks = [open_files.enter_context((self.path / _LOCK).open("a+"))]
                if part:
                    locks.append(open_files.enter_context((self.path / f"{_LOCK}-{part}").open("a+")))
            except OSError as error:
                raise ResultError(
                    f"{self.path}: the folder cannot be used: {error.strerror or error}; choose another --out"
                ) from error
            self._hold(locks[0], shared=bool(part))
            if part:
                self._hold(locks[1], shared=False)
            self._own(force)
            if not part:
                self._tidy()
            yield

    def _refuse_strangers(self) -> None:
        entries = {entry.name for entry in self.path.iterdir()}
        strange = sorted(name for name in entries if not (_LOCKS.match(name) or _SCRATCH.match(name)))
        empty = strange == [POINTS] and not any(self.points.iterdir())
        if strange and not empty and not (IDENTITY in entries and "digest" in self._found()):
            raise ResultError(
                f"{self.path}: the folder holds '{strange[0]}' and no study of analogep; choose an empty --out"
            )

    def _hold(self, lock: IO[str], *, shared: bool) -> None:
        with contextlib.suppress(ImportError):  # no fcntl outside POSIX: there two studies are not kept apart
            import fcntl

            try:
                fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            except OSError:
                raise ResultError(f"{self.path}: another process is working in this folder; wait for it") from None

    def _own(self, force: bool) -> None:
        identity = self.path / IDENTITY
        if identity.exists():
            found = self._found()
            if found.get("digest") == self.identity["digest"]:
                return
            if not force:
                raise ResultError(
                    f"{self.path}: belongs to another study ({_difference(found, self.identity)}); choose another "
                    "--out, or --force to replace it"
                )
            (self.path / STUDY).unlink(missing_ok=True)
            for entry in self.points.iterdir():
                if _OURS.match(entry.name):
                    entry.unlink(missing_ok=True)
        results.write_bytes(identity, (json.dumps(self.identity, indent=1, sort_keys=True) + "\n").encode())

    def _found(self) -> dict[str, str]:
        """What `study.json` says; nothing if it is not ours."""
        try:
            found = json.loads((self.path / IDENTITY).read_text())
        except (OSError, ValueError, RecursionError):
            return {}
        return {key: str(value) for key, value in found.items()} if isinstance(found, dict) else {}

    def _tidy(self) -> None:
        """Remove what a killed study left half-written; parts must not, as others may be writing."""
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
        results.write_bytes(self.points / f"{digest}.nc", content)
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
        results.write_bytes(self.points / f"{digest}.json", (json.dumps(record, indent=1) + "\n").encode())

    def finish(self, dataset: xr.Dataset) -> None:
        """Store the collected result."""
        results.write(dataset, self.path / STUDY)


def _difference(found: dict[str, str], wanted: dict[str, str]) -> str:
    """The first entry that differs, in the order in which people would ask."""
    for key, new in wanted.items():
        old = found.get(key, "unknown")
        if key != "digest" and old != new:
            old, new = (f"{value[:12]}..." if len(value) == 64 else value for value in (old, new))
            return f"{key}: {old or 'none'} there, {new or 'none'} here"
    return "its digest differs"
