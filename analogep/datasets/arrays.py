"""NPZ archives of NumPy arrays: any data set of one's own, and the `mnist.npz` of Keras.

Source: NumPy reference, `numpy.lib.format`. Pickled objects inside an archive are never loaded.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.datasets.data import Dataset, Part, Precision, assemble
from analogep.errors import DataError

LARGEST = 4 * 2**30
_SPLIT = (("train_x", "train_y", "test_x", "test_y"), ("x_train", "y_train", "x_test", "y_test"))
_WHOLE = ("x", "y")
_ACCEPTED = "train_x, train_y, test_x, test_y; or x_train, y_train, x_test, y_test; or x, y (20 % become the test)"


def load(path: str | Path, rng: np.random.Generator, *, dtype: Precision = np.float32) -> Dataset:
    """Read a data set from an NPZ archive.

    Parameters
    ----------
    path : str or Path
        Archive with the arrays `train_x`, `train_y`, `test_x`, `test_y`, or `x_train`, `y_train`, `x_test`,
        `y_test`, or `x`, `y`. Images (samples, ...) are uint8, which is divided by 255, or numbers in [0, 1];
        labels are integers from 0.
    rng : numpy.random.Generator
        Splits `x`, `y`, 20 % of each class for the test; unused where the archive has a test part.
    dtype : float32 or float64
        Type of the images.

    Returns
    -------
    Dataset
        Named after the file.
    """
    path = Path(path)
    found = names_in(path)
    for names in _SPLIT:
        if set(names) <= found:
            train_x, train_y, test_x, test_y = names
            train, test = _part(path, train_x, train_y), _part(path, test_x, test_y)
            return assemble(path.stem, train, test, dtype=dtype)
    if set(_WHOLE) <= found:
        return assemble(path.stem, _part(path, *_WHOLE), None, dtype=dtype, rng=rng)
    raise DataError(f"{path}: arrays {', '.join(sorted(found)) or 'none'}; expected {_ACCEPTED}")


def _part(path: Path, images: str, labels: str) -> Part:
    arrays = read(path, (images, labels))
    return Part(arrays[images], arrays[labels], f"{path}: {images}", f"{path}: {labels}")


def names_in(path: Path) -> set[str]:
    """Names of the arrays in an archive, after a check that it is one and what it unpacks to is bearable."""
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from error
    except Exception as error:  # zipfile lets struct, unicode and index errors of a forged directory through
        raise DataError(
            f"{path}: not an NPZ archive, or damaged ({_reason(error)}); save it with numpy.savez"
        ) from error
    size = sum(member.file_size for member in members)
    if size > LARGEST:
        raise DataError(f"{path}: unpacks to {size} bytes; at most {LARGEST} bytes (4 GiB) are read")
    return {member.filename.removesuffix(".npy") for member in members if member.filename.endswith(".npy")}


def read(path: Path, names: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    """Read the named arrays of an archive that `names_in` has accepted."""
    arrays = {}
    with zipfile.ZipFile(path) as archive:
        for name in names:
            arrays[name] = _member(archive, path, name)
    return arrays


def _member(archive: zipfile.ZipFile, path: Path, name: str) -> NDArray[Any]:
    try:
        with archive.open(f"{name}.npy") as stream:
            array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
            if stream.read(1):
                raise ValueError("bytes are left behind the array")
    except Exception as error:  # a forged header can raise nearly anything: zlib, tokenize, memory, key errors
        if "Object arrays" in str(error):
            raise DataError(
                f"{path}: {name} holds Python objects, which are never loaded; save it as an array of numbers"
            ) from error
        raise DataError(f"{path}: {name} is damaged ({_reason(error)})") from error
    return array


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
