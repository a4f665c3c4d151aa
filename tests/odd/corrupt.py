"""Results changed at random, as hands, other programs and failing disks change them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

Rng = np.random.Generator

TEXTS = (
    "",
    "garbage",
    "{not: json",
    "[" * 100_000,
    '{"a": NaN}',
    '{"a": -1e400}',
    "[1, 2]",
    '[[["a"]], null]',
    '"a"',
    "null",
    "\udcff\ud800",
    r"a$\frac{b$ \undefined ^_ %",
    "a\x00b\x1b[31m\x07",
    "电阻 🙂 \u202e",
    "<b>&'\"",
    "x" * 20_000,
    "\n\n",
)
NUMBERS = (0.0, -1.0, 1e300, -1e300, 10**30, float("nan"), float("inf"), float("-inf"), 0.5, True)
OTHERS = (np.zeros(3), np.zeros((2, 2)), b"\xff\xfe", np.array([], dtype=np.float64), np.array("x", dtype=object))


def one_of(rng: Rng, choices: tuple[object, ...]) -> object:
    """One of the choices, as it is."""
    return choices[int(rng.integers(len(choices)))]


def attribute(data: xr.Dataset, rng: Rng) -> None:
    """An attribute removed, or replaced by something of any kind."""
    name = str(one_of(rng, tuple(data.attrs)))
    kind = rng.integers(6)
    if kind == 0:
        del data.attrs[name]
    elif kind < 4:
        data.attrs[name] = one_of(rng, TEXTS)
    else:
        data.attrs[name] = one_of(rng, NUMBERS if kind == 4 else OTHERS)


def _replaced(data: xr.Dataset, name: str, values: np.ndarray) -> xr.Dataset:
    return data.assign({name: (data[name].dims, values, data[name].attrs)})


def values(data: xr.Dataset, rng: Rng) -> xr.Dataset:
    """One entry of a variable, or all, is no number, infinite, negative or huge."""
    name = str(one_of(rng, tuple(data.data_vars)))
    numbers = data[name].dtype.kind in "fiub"
    changed = np.array(data[name].values if numbers else np.zeros(data[name].shape), dtype=np.float64)
    number = float(one_of(rng, NUMBERS))  # type: ignore[arg-type]
    if rng.random() < 0.5 or not changed.size:
        changed[...] = number
    else:
        changed.flat[int(rng.integers(changed.size))] = number
    return _replaced(data, name, changed)


def kind(data: xr.Dataset, rng: Rng) -> xr.Dataset:
    """A variable of another type."""
    name = str(one_of(rng, tuple(data.data_vars)))
    old = data[name].values if data[name].dtype.kind in "fiub" else np.zeros(data[name].shape)
    makers: tuple[Callable[[np.ndarray], np.ndarray], ...] = (
        lambda v: v.astype(str),
        lambda v: np.full(v.shape, "a$\\frac{", dtype=object),
        lambda v: v.astype(bool),
        lambda v: v.astype(np.complex128),
        lambda v: v.astype(np.float32),
        lambda v: np.nan_to_num(v).astype(np.int8),
        lambda v: np.full(v.shape, np.datetime64("2020-01-01", "ns")),
        lambda v: np.full(v.shape, np.timedelta64(1, "ns")),
    )
    with np.errstate(all="ignore"):
        return _replaced(data, name, makers[int(rng.integers(len(makers)))](old))


def layout(data: xr.Dataset, rng: Rng) -> xr.Dataset:
    """A variable removed, renamed, transposed or without one of its dimensions; a dimension of no length or renamed."""
    name, dim = str(one_of(rng, tuple(data.data_vars))), str(one_of(rng, tuple(data.dims)))
    choice = rng.integers(8)
    if choice == 0:
        return data.drop_vars(name)
    if choice == 1:
        return data.rename({name: str(one_of(rng, ("other", "a$b", "x\udcff")))})
    if choice == 2:
        return data.assign({name: data[name].transpose(*reversed(data[name].dims))})
    if choice == 3:
        return data.assign({name: data[name].isel({data[name].dims[0]: 0}, drop=True) if data[name].size > 1 else 0.0})
    if choice == 4:
        return data.isel({dim: slice(0, 0)})
    if choice == 5:
        return data.isel({dim: slice(0, 1)})
    if choice == 6:
        return data.isel({dim: slice(None, None, -1)})
    return data.rename_dims({dim: f"not {dim}"}) if dim not in data.coords else data.rename({dim: f"not {dim}"})


def labels(data: xr.Dataset, rng: Rng) -> xr.Dataset:
    """A coordinate removed, mixed, or of other labels; an odd attribute of a variable."""
    name = str(one_of(rng, tuple(data.coords)))
    choice, found = rng.integers(5), data[name]
    if choice == 0:
        return data.drop_vars(name)
    if choice == 1:
        return data.assign_coords({name: (found.dims, rng.permutation(found.values))})
    if choice == 2:
        text = str(one_of(rng, TEXTS))
        new = np.array([f"{text} {k}" for k in range(found.size)], dtype=object).reshape(found.shape)
        return data.assign_coords({name: (found.dims, new)})
    if choice == 3:
        number = float(one_of(rng, NUMBERS))  # type: ignore[arg-type]
        return data.assign_coords({name: (found.dims, np.full(found.shape, number))})
    variable = str(one_of(rng, tuple(data.variables)))
    changed = data.copy()
    changed[variable].attrs[str(one_of(rng, ("units", "long_name", "x\udcff")))] = one_of(rng, TEXTS + OTHERS)
    return changed


def corrupted(data: xr.Dataset, rng: Rng) -> xr.Dataset:
    """The result with one to three random changes; the given one stays as it is."""
    changed = data.copy()
    changed.attrs = dict(data.attrs)
    for _ in range(int(rng.choice([1, 2, 3], p=[0.7, 0.2, 0.1]))):
        if rng.random() < 0.4:
            attribute(changed, rng)
        else:
            change = (values, kind, layout, labels)[int(rng.integers(4))]
            changed = change(changed, rng)
    return changed
