"""Arrays that a program holds already: NumPy's own, and whatever NumPy takes as such."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.datasets.arrays import parts_of
from analogep.datasets.data import Dataset, Precision
from analogep.datasets.parts import Check, Part, assemble
from analogep.datasets.raw import Raw
from analogep.errors import DataError

_ACCEPTED = "expected (x, y), of which 20 % become the test, or (x, y, x_test, y_test)"


def load(
    data: Sequence[Any] | Mapping[str, Any],
    rng: np.random.Generator,
    *,
    dtype: Precision = np.float32,
    check: Check | None = None,
    name: str = "arrays",
) -> Dataset:
    """Make a data set of arrays in memory, which stay as they are.

    Parameters
    ----------
    data : sequence or mapping
        (x, y), (x, y, x_test, y_test), or a mapping with the names of an NPZ archive. Images (samples, ...) are uint8,
        which is divided by 255, or numbers in [0, 1]; labels are integers from 0, or what else `labels.class_labels`
        takes.
    rng : numpy.random.Generator
        Splits `(x, y)` as it splits those of an archive; unused where there is a test part.
    dtype : float32 or float64
        Type of the images.
    check : callable or None
        Called with name, features and classes before images are converted.
    name : str
        Name of the data set in results.

    Returns
    -------
    Dataset
    """
    if isinstance(data, Mapping):
        train, test = parts_of([str(key) for key in data], "data", lambda key: _raw(data[key], f"data['{key}']"))
    else:
        train, test = _parts(data)
    return assemble(name, train, test, dtype=dtype, rng=rng, check=check)


def _parts(data: Sequence[Any]) -> tuple[Part, Part | None]:
    if len(data) not in (2, 4):
        raise DataError(f"data: {len(data)} arrays; {_ACCEPTED}")
    raw = [_raw(array, f"data[{k}]") for k, array in enumerate(data)]
    return Part(raw[0], raw[1]), Part(raw[2], raw[3]) if len(raw) == 4 else None


def _raw(given: Any, name: str) -> Raw:
    """Anything that NumPy takes as an array."""
    if isinstance(given, np.ma.MaskedArray) and np.ma.is_masked(given):
        masked = int(np.count_nonzero(np.ma.getmaskarray(given)))
        raise DataError(f"{name}: {masked} values are masked; fill them or leave their samples out")
    try:
        array: NDArray[Any] = np.asarray(given)
    except Exception as error:  # lists of unequal length, tensors of another device: what __array__ raises is its own
        raise DataError(f"{name}: no array ({' '.join(str(error).split())})") from error
    if array.dtype == object and array.ndim == 0:
        raise DataError(
            f"{name}: {type(given).__name__} is nothing that NumPy takes as an array of numbers; convert it first, a "
            "sparse matrix by x.toarray()"
        )
    return Raw.of(array, name)
