"""Compiled kernels on disk, where a disk can be written: in the first of a few folders that takes them.

numba's own cache ends the program where no folder can be written, where the disk is full, and where a file is damaged;
and it keeps an index beside the code, so that two processes that write at once may leave code under another's
signature. Here each compiled kernel is one file, which names the sources and the signature that it is for and bears a
checksum over all of it. What is missing, damaged, or for something else is compiled again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import stat
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import numba
from numba.core import caching, compiler, serialize
from numba.core import config as _config
from numba.misc import appdirs

from analogep.cautions import caution
from analogep.sources import is_ours, source_digest

config: Any = _config
_REBUILT: Final[Any] = compiler.CompileResult._rebuild
_DUMPED: Final[Any] = serialize.dumps
_DIRECTORIES: Final[Any] = appdirs.AppDirs
_CHECKSUM: Final = 32  # bytes of SHA-256
_REMEDY: Final = "set NUMBA_CACHE_DIR to a folder that can be written"


class KernelFiles(caching.NullCache):
    """What a numba dispatcher asks for compiled code of one function, and gives it to keep.

    Parameters
    ----------
    function : callable
        The Python function.
    sources : str
        Digest of all source files that may be compiled into it, as they are when the function is made; empty if
        unknown: nothing is kept then.
    """

    def __init__(self, function: Callable[..., Any], sources: str) -> None:
        self._function = function
        self._source = Path(function.__code__.co_filename)
        own = _digest_of(self._source)
        self.stamp = _digest(f"{sources} {own} {numba.__version__}".encode()) if sources and own else ""
        """Digest of what the code is made from: sources, and the compiler."""
        name = function.__qualname__.replace("<", "").replace(">", "")
        self._stem = f"{self._source.stem}.{name}.{sys.implementation.cache_tag}"

    @property
    def cache_path(self) -> str:
        """The first folder that is tried."""
        return str(next(_folders(self._source.parent)))

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The kept code for a signature, or None."""
        target_context.refresh()
        if not self.stamp:
            return None
        key = self._key(sig, target_context.codegen())
        for folder in _folders(self._source.parent):
            path = folder / self._name(key)
            content = _read(path)
            if content is None:
                continue
            # Whole as it is, code that was kept beside other libraries may fail in any way.
            with _discarded_if_wrong(path):
                stamp, signature, code = pickle.loads(content)
                # The name holds digests of both: equality is what counts.
                if (stamp, signature) == (self.stamp, key):
                    return _REBUILT(target_context, *code)
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep the code for a signature, if any folder takes it."""
        if not self.stamp or data.library.has_dynamic_globals:
            return
        key = self._key(sig, data.codegen)
        content = _DUMPED((self.stamp, key, data._reduce()))
        refusals: list[tuple[Path, OSError]] = []
        for folder in _folders(self._source.parent, make=True):
            try:
                _write(folder / self._name(key), content)
            except OSError as error:
                refusals.append((folder, error))
            else:
                self._forget(folder, self.stamp)
                _say(refusals, folder)
                return
        _say(refusals, None)

    def flush(self) -> None:
        """Remove what is kept of this function."""
        for folder in _folders(self._source.parent):
            self._forget(folder, "")

    def _key(self, sig: Any, codegen: Any) -> tuple[Any, ...]:
        """Signature, processor, and the function itself with what it closes over."""
        cells = [cell.cell_contents for cell in self._function.__closure__ or ()]
        closed = _digest(_DUMPED(cells)) if cells else ""
        parts = [(part.__module__, part.__qualname__, source_digest(part)) for part in _foreign(sig)]
        return sig, codegen.magic_tuple(), _digest(self._function.__code__.co_code), closed, *parts

    def _name(self, key: tuple[Any, ...]) -> str:
        return f"{self._stem}.{self.stamp[:12]}.{_digest(repr(key).encode())[:16]}.nbc"

    def _forget(self, folder: Path, stamp: str) -> None:
        """Remove code of this function that was made from other sources."""
        with contextlib.suppress(OSError):
            for path in folder.glob(f"{self._stem}.{'[0-9a-f]' * 12}.{'[0-9a-f]' * 16}.nbc"):
                if not stamp or path.name.split(".")[-3] != stamp[:12]:
                    path.unlink(missing_ok=True)


def _foreign(kind: Any) -> Iterator[type]:
    """Classes of tuples within a signature that are not ours: their methods are compiled into the code."""
    found = getattr(kind, "instance_class", None)
    if found is not None and not is_ours(found):
        yield found
    inner = kind if isinstance(kind, tuple) else getattr(kind, "types", None) or ()
    # The type of a type, as routines are compiled for.
    named = getattr(kind, "instance_type", None)
    for one in (*inner, *(() if named is None else (named,))):
        yield from _foreign(one)


def _folders(source: Path, *, make: bool = False) -> Iterator[Path]:
    """Folders for kernels of the files in `source`, best first, the last a temporary one (`make`: if none is there)."""
    own = f"{source.name}_{_digest(str(source.absolute()).encode())[:40]}"
    if config.CACHE_DIR:
        yield Path(config.CACHE_DIR) / own
    else:
        yield source / "__pycache__"
        users = Path(_DIRECTORIES(appname="numba", appauthor=False).user_cache_dir)
        # Without a home the path begins with '~', and would be a folder of that name wherever the program runs.
        if users.is_absolute():
            yield users / own
    private = _private(make=make)
    if private is not None:
        yield private / own


def _private(*, make: bool = False) -> Path | None:
    """A folder for temporary files that nobody else can write to: what is read from it is run."""
    try:
        if os.name != "posix":
            return Path(tempfile.gettempdir()) / "analogep"
        folder = Path(tempfile.gettempdir()) / f"analogep-{os.geteuid()}"
        if make:
            folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
    except OSError:
        return None
    ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o077
    return folder if ours else None


def _read(path: Path) -> bytes | None:
    """What `_write` has put there; None if there is nothing, or nothing that is whole, which is removed."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    with _discarded_if_wrong(path):
        checksum, body = content[:_CHECKSUM], content[_CHECKSUM:]
        if hashlib.sha256(body).digest() != checksum:
            raise ValueError("its checksum is wrong")
        return body
    return None


@contextlib.contextmanager
def _discarded_if_wrong(path: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        with contextlib.suppress(OSError):
            path.unlink()
        caution("damaged kernel", f"{path}: a compiled kernel cannot be used ({error}); it is compiled again")


def _write(path: Path, content: bytes) -> None:
    """Write atomically: a reader sees all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:16]}.part")
    try:
        with part.open("wb") as file:
            file.write(hashlib.sha256(content).digest())
            file.write(content)
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def _say(refusals: list[tuple[Path, OSError]], kept: Path | None) -> None:
    """Caution if the code is kept where it will not last or where nobody asked for it, or nowhere."""
    private = _private()
    if not refusals or (kept is not None and (private is None or private not in kept.parents)):
        return
    folder, error = refusals[0]
    where = f"in {private}, until that is emptied" if kept is not None else "nowhere, and compiled by every process"
    reason = error.strerror or error
    caution("kernels", f"{folder}: compiled kernels cannot be kept there: {reason}; they are kept {where}; {_REMEDY}")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@cache
def _digest_of(path: Path) -> str:
    """Digest of a file's bytes; empty if it cannot be read."""
    try:
        return _digest(path.read_bytes())
    except OSError:
        return ""
