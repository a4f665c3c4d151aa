"""A result as its file holds it, by h5py alone: to answer from a finished run, xarray takes longer to import.

`Stored` and `Variable` have the part of the interface of `xarray.Dataset` and `xarray.DataArray` that summaries of a
run use, under the same names and with the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

WITHOUT_VARIABLE = "This is a netCDF dimension but not a netCDF variable"
"""What the scale of a dimension without labels is called, before its size."""
_OF_THE_FORMAT = ("CLASS", "NAME", "REFERENCE_LIST", "DIMENSION_LIST", "_FillValue")
"""Attributes that say how the file is made; those that begin with `_Netcdf4` and `_NC` do so too."""


class Variable:
    """Numbers or texts on named dimensions, with the labels along them.

    Parameters
    ----------
    dims : tuple of str
    values : ndarray, one axis for each of `dims`
        Of any shape; the unit is in `attrs`.
    attrs : mapping
    labels : mapping of ndarray (labels,), texts or numbers in units of their own
        Dimension -> its coordinate, where it has one.
    """

    def __init__(
        self, dims: tuple[str, ...], values: NDArray[Any], attrs: Mapping[str, Any], labels: Mapping[str, NDArray[Any]]
    ) -> None:
        self.dims, self.values, self.attrs, self._labels = dims, values, dict(attrs), labels
        self.shape, self.size, self.dtype = values.shape, values.size, values.dtype

    def isel(self, **places: int | Sequence[int]) -> Variable:
        """Choose by position along dimensions; those that it lacks are passed over."""
        values, dims, labels = self.values, list(self.dims), dict(self._labels)
        for name, place in places.items():
            if name in dims:
                values = values.take(place, axis=dims.index(name))
                if isinstance(place, int | np.integer):
                    dims.remove(name)
                elif name in labels:
                    labels[name] = labels[name].take(place)
        return Variable(tuple(dims), np.asarray(values), self.attrs, labels)

    def sel(self, **wanted: Any) -> Variable:
        """Choose by label along dimensions; KeyError for a label that is not there."""
        places = {}
        for name, labels in wanted.items():
            known = {label: place for place, label in enumerate(self._labels[name].tolist())}
            places[name] = [known[label] for label in labels] if isinstance(labels, list) else known[labels]
        return self.isel(**places)

    def sum(self, dim: str | None = None) -> Variable:
        """Sum over a dimension or all, without what is no number."""
        return self._reduced(np.nansum, dim)

    def mean(self, dim: str | None = None) -> Variable:
        """Mean over a dimension or all, without what is no number."""
        there = self._reduced(lambda values, axis: (~np.isnan(values)).sum(axis=axis), dim)
        with np.errstate(invalid="ignore", divide="ignore"):
            values = np.asarray(self.sum(dim).values / there.values)
        return Variable(there.dims, values, self.attrs, self._labels)

    def max(self, dim: str | None = None) -> Variable:
        """Largest over a dimension or all, without what is no number."""
        return self._reduced(np.fmax.reduce, dim)

    def min(self, dim: str | None = None) -> Variable:
        """Smallest over a dimension or all, without what is no number."""
        return self._reduced(np.fmin.reduce, dim)

    def _reduced(self, function: Any, dim: str | None) -> Variable:
        axis = None if dim is None else self.dims.index(dim)
        dims = () if dim is None else tuple(name for name in self.dims if name != dim)
        return Variable(dims, np.asarray(function(self.values, axis=axis)), self.attrs, self._labels)

    def __getitem__(self, key: Any) -> Variable:
        """The coordinate of that name, or the entry at that position of the first dimension."""
        if isinstance(key, str):
            return Variable((key,), self._labels[key], {}, self._labels)
        return self.isel(**{self.dims[0]: key})

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.values, dtype=dtype, copy=copy)

    def __float__(self) -> float:
        return float(self.values.item())

    def __int__(self) -> int:
        return int(self.values.item())

    def __len__(self) -> int:
        return len(self.values)


class Stored(Mapping[str, Variable]):
    """Variables and attributes of a file.

    Parameters
    ----------
    variables : mapping
        Coordinates among them, each with the name of its dimension.
    attrs : mapping
    sizes : mapping
        Of all dimensions.
    """

    def __init__(
        self, variables: Mapping[str, Variable], attrs: Mapping[str, Any], sizes: Mapping[str, int] | None = None
    ) -> None:
        self.variables, self.attrs = dict(variables), dict(attrs)
        found = {name: size for one in self.variables.values() for name, size in zip(one.dims, one.shape, strict=True)}
        self.sizes = self.dims = found | dict(sizes or {})

    @property
    def coords(self) -> dict[str, Variable]:
        """Variables that label a dimension."""
        return {name: one for name, one in self.variables.items() if one.dims == (name,)}

    @property
    def data_vars(self) -> dict[str, Variable]:
        """Variables that do not."""
        return {name: one for name, one in self.variables.items() if one.dims != (name,)}

    def isel(self, **places: int) -> Stored:
        """Choose by position along dimensions, in all variables that have them."""
        return Stored({name: one.isel(**places) for name, one in self.variables.items()}, self.attrs)

    def __getitem__(self, name: str) -> Variable:
        return self.variables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.data_vars)

    def __len__(self) -> int:
        return len(self.data_vars)

    def __contains__(self, name: object) -> bool:
        return name in self.variables


def stored(path: Path) -> Stored:
    """Read a file whole, and close it.

    Raises
    ------
    OSError, KeyError, ValueError, RuntimeError
        If it is missing or damaged, as the damage has it.
    """
    import h5py

    with h5py.File(path, "r") as file:
        attrs, sizes = _attributes(file), {}
        raw: dict[str, tuple[tuple[str, ...], NDArray[Any], dict[str, Any]]] = {}
        for name, entry in file.items():
            text = h5py.check_string_dtype(entry.dtype) is not None
            values = np.asarray(entry.asstr()[()], dtype=np.str_) if text else np.asarray(entry[()])
            if entry.is_scale:
                sizes[name] = entry.shape[0]
                if _label(entry).startswith(WITHOUT_VARIABLE):
                    continue
            own = _attributes(entry)
            # NetCDF has no type of truth values: xarray stores small integers, and says so.
            values = values.astype(bool) if str(own.pop("dtype", "")) == "bool" else values
            raw[name] = (_dimensions(entry, name), values, own)
    labels = {name: values for name, (dims, values, _) in raw.items() if dims == (name,)}
    variables = {name: Variable(dims, values, own, labels) for name, (dims, values, own) in raw.items()}
    return Stored(variables, attrs, sizes)


def _label(entry: Any) -> str:
    name = entry.attrs.get("NAME", b"")
    return name.decode() if isinstance(name, bytes) else str(name)


def _dimensions(entry: Any, name: str) -> tuple[str, ...]:
    if entry.is_scale:
        return (name,)
    return tuple(scales[0].name.removeprefix("/") for scales in entry.dims)


def _attributes(entry: Any) -> dict[str, Any]:
    """Attributes as xarray gives them: a list of one number is that number."""
    found = {}
    for name, value in entry.attrs.items():
        if name not in _OF_THE_FORMAT and not name.startswith(("_Netcdf4", "_NC")):
            single = isinstance(value, np.ndarray) and value.shape == (1,)
            found[name] = value[0] if single else value
    return found
