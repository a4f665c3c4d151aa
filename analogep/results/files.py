"""NetCDF files that are either whole or absent: written beside their place, synchronised, then renamed."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from analogep.errors import ResultError

if TYPE_CHECKING:
    import xarray as xr

_ENGINE: Final = "h5netcdf"
_NOT_KNOWN: Final = (
    errno.EINVAL,
    errno.EBADF,
    errno.ENOSYS,
    errno.ENOTSUP,
    errno.EOPNOTSUPP,
    errno.EACCES,
    errno.EPERM,
)
"""What file systems answer to what they do not know."""


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file atomically: a reader, or the next run after a crash, sees the old file or the new one.

    Raises
    ------
    ResultError
        If the folder cannot be written or the disk is full.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                _synchronise(file.fileno())
            with contextlib.suppress(PermissionError):  # the owner of a file is not everywhere who writes it
                os.chmod(name, 0o644)
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise ResultError(f"{path}: cannot be written: {error.strerror or error}; choose another --out") from error


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable, where the system allows a folder to be opened."""
    if os.name != "posix":
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:
        return  # a folder may be written and not read
    try:
        _synchronise(descriptor)
    finally:
        os.close(descriptor)


def _synchronise(descriptor: int) -> None:
    """Wait until the disk has it, where the file system knows of such a thing; some know it of files alone, or not."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NOT_KNOWN:
            raise


def write(dataset: xr.Dataset, path: Path) -> None:
    """Write a Dataset as NetCDF-4, atomically; numeric arrays are compressed without loss.

    Raises
    ------
    ResultError
        If the folder cannot be written or the disk is full.
    """
    encoding: dict[Hashable, dict[str, Any]] = {
        name: {"zlib": True, "complevel": 1}
        for name, variable in dataset.variables.items()
        if variable.dtype.kind in "fiu" and variable.size > 64
    }
    # In memory first: on a full disk HDF5 prints tracebacks of its own while it closes the file, or crashes.
    write_bytes(path, bytes(dataset.to_netcdf(None, engine=_ENGINE, encoding=encoding)))


def read(path: Path) -> xr.Dataset:
    """Read a Dataset whole into memory and close its file.

    Raises
    ------
    ResultError
        If the file is missing or damaged.
    """
    import xarray as xr

    with _damage_in_words(path):
        _read_through(path)
        # No result holds dates: a unit of "days" would be taken for them, with a warning.
        with xr.open_dataset(path, engine=_ENGINE, decode_times=False) as stored:
            return stored.load()


def glance(path: Path) -> xr.Dataset:
    """Read a file as `read` does, for a summary of the run: without xarray, and so in a fraction of the time.

    What comes back stands in for a Dataset as far as summaries go (`results.netcdf`).

    Raises
    ------
    ResultError
        If the file is missing or damaged.
    """
    from analogep.results import netcdf

    with _damage_in_words(path):
        return cast("xr.Dataset", netcdf.stored(path))


@contextlib.contextmanager
def _damage_in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise ResultError(f"{path}: no such result") from None
    except Exception as error:
        # h5py raises OSError, KeyError, ValueError or RuntimeError on a damaged file, as the damage has it.
        raise ResultError(
            f"{path}: is damaged or not a result of analogep ({error}); remove it to run again"
        ) from error


def _read_through(path: Path) -> None:
    """Read everything once with h5py, which fails cleanly: h5netcdf leaves half-open files that complain at exit."""
    import h5py

    def visit(_name: str, entry: h5py.Group | h5py.Dataset) -> None:
        dict(entry.attrs)
        if isinstance(entry, h5py.Dataset):
            entry[()]

    with h5py.File(path, "r") as file:
        dict(file.attrs)
        file.visititems(visit)
