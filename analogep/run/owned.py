"""A folder that belongs to one piece of work: whose it is, and locks while somebody works in it."""

from __future__ import annotations

import abc
import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, ClassVar

from analogep import results
from analogep.cautions import caution
from analogep.errors import ResultError

LOCK = ".lock"


class Owned(abc.ABC):
    """A folder that belongs to one piece of work, named by the digest of all that decides its numbers.

    Parameters
    ----------
    path : Path
        Need not exist.
    identity : dict of str
        What decides the numbers, in readable form; `digest` identifies it.
    """

    noun: ClassVar[str]
    """What it belongs to, in sentences."""
    file: ClassVar[str]
    """Name of the file that holds the identity."""

    def __init__(self, path: Path, identity: dict[str, str]) -> None:
        self.path, self.identity = path, identity

    @abc.abstractmethod
    def _prepare(self) -> None:
        """Make what has to be there before the folder is locked."""

    @abc.abstractmethod
    def _strange(self, entry: Path) -> bool:
        """Whether an entry of a folder without an identity may be somebody else's."""

    @abc.abstractmethod
    def _clear(self) -> None:
        """Remove the numbers of another piece of work."""

    @abc.abstractmethod
    def _tidy(self) -> None:
        """Remove what a killed process left half-written."""

    @abc.abstractmethod
    def _made_by_others(self) -> bool:
        """Whether other code or other libraries made what is there, so that `force` begins anew."""

    @contextlib.contextmanager
    def claim(self, part: str = "", *, force: bool = False) -> Iterator[None]:
        """Make the folder this work's, and hold it while working in it.

        Parts of one work (`part`, such as `1-of-4`) may run at the same time, each of them once; the whole runs alone.
        With `force` the numbers of another work are removed, and those that other code made. A folder that holds
        anything else is never touched.

        Raises
        ------
        ResultError
            If it belongs to another, holds something else, cannot be written, or is in use.
        """
        with contextlib.ExitStack() as open_files:
            locks = self._opened(open_files, [LOCK, f"{LOCK}-{part}"] if part else [LOCK])
            self._hold(locks[0], shared=bool(part))
            for lock in locks[1:]:
                self._hold(lock, shared=False)
            self._own(force)
            if not part:
                # Beside other parts it must not: they may be writing.
                self._tidy()
            yield

    def _opened(self, open_files: contextlib.ExitStack, names: list[str]) -> list[IO[str]]:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ResultError(
                f"{self.path}: cannot be made: {error.strerror or error}; choose another --out"
            ) from error
        try:
            self._refuse_strangers()
            self._prepare()
            return [open_files.enter_context((self.path / name).open("a+")) for name in names]
        except OSError as error:
            raise ResultError(
                f"{self.path}: the folder cannot be used: {error.strerror or error}; choose another --out"
            ) from error

    def _refuse_strangers(self) -> None:
        entries = list(self.path.iterdir())
        strange = sorted(entry.name for entry in entries if self._strange(entry))
        owned = any(entry.name == self.file for entry in entries) and "digest" in self._found()
        if strange and not owned:
            raise ResultError(
                f"{self.path}: the folder holds '{strange[0]}' and no {self.noun} of analogep; choose an empty --out"
            )

    def _hold(self, lock: IO[str], *, shared: bool) -> None:
        with contextlib.suppress(ImportError):  # no fcntl outside POSIX: there two processes are not kept apart
            import fcntl

            try:
                fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ResultError(f"{self.path}: another process is working in this folder; wait for it") from None
            except OSError as error:
                caution(
                    "locks",
                    f"{self.path}: this file system gives no locks ({error.strerror or error}); "
                    "see to it that no two processes work in one folder",
                )

    def _own(self, force: bool) -> None:
        identity = self.path / self.file
        if identity.exists():
            found = self._found()
            if found.get("digest") == self.identity["digest"]:
                if force and self._made_by_others():
                    self._clear()
                return
            if not force:
                raise ResultError(
                    f"{self.path}: belongs to another {self.noun} ({_difference(found, self.identity)}); choose "
                    "another --out, or --force to replace it"
                )
            # The identity last, and replaced at once: a folder without one would be nobody's.
            self._clear()
        results.write_bytes(identity, (json.dumps(self.identity, indent=1, sort_keys=True) + "\n").encode())

    def _found(self) -> dict[str, str]:
        """What the file of the identity says; nothing if it is not ours."""
        try:
            found = json.loads((self.path / self.file).read_text())
        except (OSError, ValueError, RecursionError):
            return {}
        return {key: str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _difference(found: dict[str, str], wanted: dict[str, str]) -> str:
    """The first entry that differs, in the order in which people would ask."""
    for key, new in wanted.items():
        old = found.get(key, "unknown")
        if key != "digest" and old != new:
            old, new = (f"{value[:12]}..." if len(value) == 64 else value for value in (old, new))
            return f"{key}: {old or 'none'} there, {new or 'none'} here"
    return "its digest differs"
