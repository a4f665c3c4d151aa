"""NetCDF files that are either whole or absent: written beside their place, synchronised, then renamed."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from analogep.errors import ResultError
from analogep.results.netcdf import WITHOUT_VARIABLE, stored

if TYPE_CHECKING:
    import h5py
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
    # In memory first: on a full disk HDF5 prints tracebacks of its own while it closes the file, or crashes.
    write_bytes(path, _packed(dataset))


def _packed(dataset: xr.Dataset) -> bytes:
    """The file of a Dataset as `Dataset.to_netcdf` makes it, five times as fast: a run keeps its state every epoch."""
    import h5py
    from xarray import conventions

    variables, attributes = conventions.encode_dataset_coordinates(dataset)
    with h5py.File(memory := io.BytesIO(), "w", track_order=True) as file:
        _describe(file, attributes)
        made = {name: _entry(file, str(name), conventions.encode_cf_variable(v)) for name, v in variables.items()}
        for number, (name, size) in enumerate(dataset.sizes.items()):
            scale = made.get(name)
            if scale is None:
                scale = made[name] = file.create_dataset(str(name), (size,), ">f4")
                scale.make_scale(f"{WITHOUT_VARIABLE}.{size:10d}")
            else:
                scale.make_scale(str(name))
            scale.attrs["_Netcdf4Dimid"] = np.int32(number)
        for name, variable in variables.items():
            for axis, dimension in enumerate(variable.dims):
                if dimension != name:
                    made[name].dims[axis].attach_scale(made[dimension])
    return memory.getvalue()


def _entry(file: h5py.File, name: str, variable: xr.Variable) -> h5py.Dataset:
    import h5py

    values = variable.values
    options: dict[str, Any] = {}
    if values.dtype.kind in "OSU":
        values, options = values.astype(object), {"dtype": h5py.string_dtype()}
    elif values.size > 64:
        options = {"compression": "gzip", "compression_opts": 1}
    entry = file.create_dataset(name, data=values, **options)
    _describe(entry, variable.attrs)
    return entry


def _describe(entry: h5py.File | h5py.Dataset, attributes: Mapping[Any, Any]) -> None:
    for name, value in attributes.items():
        entry.attrs[name] = value if isinstance(value, str) else np.atleast_1d(value)


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
    with _damage_in_words(path):
        return cast("xr.Dataset", stored(path))


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
