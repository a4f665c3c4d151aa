"""The file of one point: NetCDF, a few kilobytes, read and written in about a millisecond.

A study has thousands of these, each with some twenty small arrays, for which NetCDF-4 takes 50 ms and more. They are
therefore classic NetCDF (64-bit offsets), in doubles, with a checksum over all numbers, which NetCDF itself has not.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Array:
    """A variable."""

    dims: tuple[str, ...]
    values: Floats
    """Of the shape of `dims`, in the unit `units`."""
    units: str
    long_name: str


@dataclass(frozen=True)
class Stored:
    """Content of the file of a point.

    Attributes
    ----------
    arrays : dict of str to Array
    coordinates : dict of str to list
        Names or numbers along dimensions that have any.
    attributes : dict
        What the result said about itself, without cards and citations.
    about : dict
        Digest, axis values, chip, seed, seconds of computation.
    """

    arrays: Mapping[str, Array]
    coordinates: Mapping[str, list[Any]]
    attributes: Mapping[str, Any]
    about: Mapping[str, Any]


_TEXTS = ("coordinates", "attributes", "about")
_LONG = (
    *(f"{kind}_{part}" for kind in ("device", "circuit") for part in ("card", "values", "overrides", "changes")),
    *("citations", "overrides", "digest", "title", "seeds", "date", "wall_seconds"),
)


def prepare() -> None:
    """Import what reads and collects points, before any is worked on.

    While a library is imported a Ctrl-C may be lost: some of them catch everything there.
    """
    import scipy.io  # noqa: F401
    import xarray  # noqa: F401


def _kept(name: str, keep: Sequence[str]) -> bool:
    if name.startswith("trace_"):
        return "traces" in keep
    if name.startswith(("g_", "mirror_g_")):
        return "conductances" in keep
    return True


def of(dataset: xr.Dataset, keep: Sequence[str], about: Mapping[str, Any]) -> Stored:
    """The part of a result that a study keeps: all but conductances and traces, unless `keep` names them."""
    arrays = {
        str(name): Array(
            tuple(str(dim) for dim in array.dims),
            np.asarray(array.values, dtype=np.float64),
            str(array.attrs.get("units", "1")),
            str(array.attrs.get("long_name", name)),
        )
        for name, array in dataset.data_vars.items()
        if _kept(str(name), keep)
    }
    dims = {dim for array in arrays.values() for dim in array.dims}
    coordinates = {str(name): list(array.values.tolist()) for name, array in dataset.coords.items() if name in dims}
    attributes = {str(key): _plain(value) for key, value in dataset.attrs.items() if key not in _LONG}
    return Stored(arrays, coordinates, attributes, about)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _checksum(arrays: Mapping[str, Array], texts: Sequence[str]) -> str:
    found = hashlib.sha256()
    for name in sorted(arrays):
        array = arrays[name]
        found.update(f"{name} {array.dims} {array.values.shape} {array.units} {array.long_name};".encode())
        found.update(np.ascontiguousarray(array.values, dtype="<f8").tobytes())
    for text in texts:
        found.update(text.encode())
    return found.hexdigest()


def pack(stored: Stored) -> bytes:
    """The file's content."""
    from scipy.io import netcdf_file

    texts = [json.dumps(getattr(stored, name), sort_keys=True) for name in _TEXTS]
    memory = io.BytesIO()
    file = netcdf_file(memory, "w", version=2)
    for name, text in zip(_TEXTS, texts, strict=True):
        setattr(file, name, text.encode())
    file.checksum = _checksum(stored.arrays, texts).encode()
    for name, array in stored.arrays.items():
        for dim, size in zip(array.dims, array.values.shape, strict=True):
            if dim not in file.dimensions:
                file.createDimension(dim, size)
        variable = file.createVariable(name, "d", array.dims)
        variable[...] = array.values
        variable.units, variable.long_name = array.units.encode(), array.long_name.encode()
    file.flush()
    return memory.getvalue()


def unpack(content: bytes) -> Stored:
    """Read what `pack` wrote.

    Raises
    ------
    ValueError
        If a single bit of it has changed.
    """
    from scipy.io import netcdf_file

    try:
        file = netcdf_file(io.BytesIO(content), "r", mmap=False)
        texts = [getattr(file, name).decode() for name in _TEXTS]
        arrays = {
            name: Array(
                tuple(variable.dimensions),
                np.array(variable.data, dtype=np.float64),
                variable.units.decode(),
                variable.long_name.decode(),
            )
            for name, variable in file.variables.items()
        }
        checksum = file.checksum.decode()
    except Exception as error:
        # SciPy raises whatever its parser stumbles over: ValueError, KeyError, IndexError, TypeError, OverflowError...
        raise ValueError(f"is damaged or no point of a study: {error}") from error
    if checksum != _checksum(arrays, texts):
        raise ValueError("is damaged: its checksum does not hold")
    return Stored(arrays, *(json.loads(text) for text in texts))
