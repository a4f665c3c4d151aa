"""The folder of a run: whose it is, what is done, and a lock while somebody works in it."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

from analogep import results
from analogep.errors import ResultError

if TYPE_CHECKING:
    import xarray as xr

RESULT = "result.nc"
CHECKPOINT = "checkpoint.nc"
IDENTITY = "run.json"
_LOCK = ".lock"
_SCRATCH = re.compile(r"\.(run\.json|(result|checkpoint)\.nc|[a-z]+\.png)\.\w+\.part$")


class Folder:
    """A folder that belongs to one run, named by the digest of all that decides its numbers.

    Parameters
    ----------
    path : Path
        Need not exist.
    identity : dict of str
        What decides the numbers, in readable form; `digest` identifies it.
    """

    def __init__(self, path: Path, identity: dict[str, str]) -> None:
        self.path, self.identity = path, identity

    @contextlib.contextmanager
    def claim(self, *, force: bool = False) -> Iterator[None]:
        """Make the folder this run's, and hold it while working in it.

        With `force` the files of another run in it are removed. A folder that is no run's is never touched.

        Raises
        ------
        ResultError
            If it belongs to another run, holds something else, cannot be written, or is in use.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ResultError(
                f"{self.path}: cannot be made: {error.strerror or error}; choose another --out"
            ) from error
        try:
            self._refuse_strangers()
            lock = (self.path / _LOCK).open("a+")
        except OSError as error:
            raise ResultError(
                f"{self.path}: the folder cannot be used: {error.strerror or error}; choose another --out"
            ) from error
        with lock:
            self._hold(lock)
            self._own(force)
            yield

    def _refuse_strangers(self) -> None:
        entries = {entry.name for entry in self.path.iterdir()}
        strange = sorted(name for name in entries if name != _LOCK and not _SCRATCH.match(name))
        if strange and not (IDENTITY in entries and "digest" in self._found()):
            raise ResultError(
                f"{self.path}: the folder holds '{strange[0]}' and no run of analogep; choose an empty --out"
            )

    def _hold(self, lock: IO[str]) -> None:
        with contextlib.suppress(ImportError):  # no fcntl outside POSIX: there two runs are not kept apart
            import fcntl

            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise ResultError(f"{self.path}: another process is working in this folder; wait for it") from None

    def _own(self, force: bool) -> None:
        identity = self.path / IDENTITY
        if identity.exists():
            found = self._found()
            if found.get("digest") == self.identity["digest"]:
                self._tidy()
                return
            if not force:
                raise ResultError(
                    f"{self.path}: belongs to another run ({_difference(found, self.identity)}); choose another "
                    "--out, or --force to replace it"
                )
            # The identity last, and replaced at once: a folder without one would be nobody's.
            for name in (RESULT, CHECKPOINT):
                (self.path / name).unlink(missing_ok=True)
        self._tidy()
        results.write_bytes(identity, (json.dumps(self.identity, indent=1, sort_keys=True) + "\n").encode())

    def _found(self) -> dict[str, str]:
        """What `run.json` says; nothing if it is not ours."""
        try:
            found = json.loads((self.path / IDENTITY).read_text())
        except (OSError, ValueError, RecursionError):
            return {}
        return {key: str(value) for key, value in found.items()} if isinstance(found, dict) else {}

    def _tidy(self) -> None:
        """Remove what a killed run left half-written."""
        for entry in self.path.iterdir():
            if _SCRATCH.match(entry.name):
                entry.unlink(missing_ok=True)

    def result(self) -> xr.Dataset | None:
        """The finished result, or None."""
        path = self.path / RESULT
        if not path.exists():
            return None
        found = results.read(path)
        if found.attrs.get("digest") != self.identity["digest"]:
            raise ResultError(f"{path}: is not the result of the run that {IDENTITY} names; remove it to run again")
        return found

    def checkpoint(self) -> xr.Dataset | None:
        """The last epoch's state, or None before the first; a damaged file counts as none."""
        path = self.path / CHECKPOINT
        if not path.exists():
            return None
        try:
            return results.read(path)
        except ResultError:
            # Renames are atomic, so only the disk itself can damage it; the epochs are then done again.
            return None

    def keep(self, state: xr.Dataset) -> None:
        """Store the state after an epoch."""
        results.write(state, self.path / CHECKPOINT)

    def finish(self, dataset: xr.Dataset) -> None:
        """Store the result; the checkpoint has served."""
        results.write(dataset, self.path / RESULT)
        (self.path / CHECKPOINT).unlink(missing_ok=True)


def _difference(found: dict[str, str], wanted: dict[str, str]) -> str:
    """The first entry that differs, in the order in which people would ask."""
    for key, new in wanted.items():
        old = found.get(key, "unknown")
        if key != "digest" and old != new:
            old, new = (f"{value[:12]}..." if len(value) == 64 else value for value in (old, new))
            return f"{key}: {old} there, {new} here"
    return "its digest differs"


def default_path(identity: dict[str, str]) -> Path:
    """Folder named from the cards and the digest: the same command finds it again."""
    return Path("runs") / f"{identity['device']}-{identity['circuit']}-{identity['digest'][:10]}"
