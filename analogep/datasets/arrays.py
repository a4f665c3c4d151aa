"""NPZ archives of NumPy arrays: any data set of one's own, and the `mnist.npz` of Keras.

An archive packs zeros a thousand times smaller than they are, so that headers are read first: what they promise is
checked against the archive, against the labels and against the network before anything is unpacked.

Source: NumPy reference, `numpy.lib.format`. Pickled objects inside an archive are never loaded.
"""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Callable, Collection, Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from analogep.datasets.data import Dataset, Precision
from analogep.datasets.parts import Check, Part, assemble
from analogep.datasets.raw import Raw, rows_of_block
from analogep.errors import DataError

LARGEST = 4 * 2**30
_SPLIT = (("train_x", "train_y", "test_x", "test_y"), ("x_train", "y_train", "x_test", "y_test"))
_WHOLE = ("x", "y")
_ACCEPTED = "train_x, train_y, test_x, test_y; or x_train, y_train, x_test, y_test; or x, y (20 % become the test)"
_Header = tuple[tuple[int, ...], bool, np.dtype[Any]]


def load(
    path: str | Path, rng: np.random.Generator, *, dtype: Precision = np.float32, check: Check | None = None
) -> Dataset:
    """Read a data set from an NPZ archive.

    Parameters
    ----------
    path : str or Path
        Archive with the arrays `train_x`, `train_y`, `test_x`, `test_y`, or `x_train`, `y_train`, `x_test`,
        `y_test`, or `x`, `y`. Images (samples, ...) are uint8, which is divided by 255, or numbers in [0, 1];
        labels are integers from 0, or what else `labels.class_labels` takes.
    rng : numpy.random.Generator
        Splits `x`, `y`, 20 % of each class for the test; unused where the archive has a test part.
    dtype : float32 or float64
        Type of the images.
    check : callable or None
        Called with name, features and classes before images are unpacked.

    Returns
    -------
    Dataset
        Named after the file.
    """
    path = Path(path)
    train, test = parts_of(names_in(path), str(path), lambda name: member(path, name))
    return assemble(path.stem, train, test, dtype=dtype, rng=rng, check=check)


def parts_of(names: Collection[str], source: str, raw: Callable[[str], Raw]) -> tuple[Part, Part | None]:
    """Training and test part among arrays that have names, in an archive or in a mapping.

    Parameters
    ----------
    names : collection of str
    source : str
        What messages call it.
    raw : callable
        Gives the array of a name.

    Raises
    ------
    DataError
        If the names are not those of a data set.
    """
    for split in _SPLIT:
        if set(split) <= set(names):
            train_x, train_y, test_x, test_y = map(raw, split)
            return Part(train_x, train_y), Part(test_x, test_y)
    if set(_WHOLE) <= set(names):
        return Part(*map(raw, _WHOLE)), None
    raise DataError(f"{source}: arrays {', '.join(sorted(names)) or 'none'}; expected {_ACCEPTED}")


def names_in(path: Path) -> set[str]:
    """Names of the arrays in an archive, once it is known to be one and not to unpack to more than memory may hold.

    Raises
    ------
    DataError
        If the file is missing, cannot be read, is no archive, or unpacks to more than 4 GiB.
    """
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
    """Read the named arrays, whatever their shapes and units, of an archive that `names_in` has accepted."""
    return {name: member(path, name).read() for name in names}


def member(path: Path, name: str) -> Raw:
    """An array of an archive that `names_in` has accepted, by its header.

    Raises
    ------
    DataError
        If it holds Python objects, cannot be read, or is longer or shorter than its header says.
    """
    with _opened(path, name) as (stream, size):
        header = shape, _, dtype = _header(stream)
        if dtype.hasobject:
            raise DataError(
                f"{path}: {name} holds Python objects, which are never loaded; save it as an array of numbers"
            )
        promised = stream.tell() + int(np.prod(shape, dtype=object)) * dtype.itemsize
        if promised != size:
            raise ValueError(f"the header promises {promised} bytes, the archive holds {size}")
    return Raw(f"{path}: {name}", shape, dtype, partial(_blocks, path, name, header))


def _blocks(path: Path, name: str, header: _Header) -> Iterator[NDArray[Any]]:
    """Rows one block after the other; an array that is stored by columns in one piece."""
    shape, by_columns, dtype = header
    rows = shape[0] if shape else 1
    step = rows if by_columns else rows_of_block(shape, dtype)
    with _opened(path, name) as (stream, _):
        if _header(stream) != header:
            raise ValueError("it has changed while it was read")
        for start in range(0, rows, step):
            these = (min(step, rows - start), *shape[1:]) if shape else ()
            found: NDArray[Any] = np.empty(these, dtype, order="F" if by_columns else "C")
            _fill(stream, (found.T if by_columns else found).reshape(-1).view(np.uint8))
            yield found
        if stream.read(1):
            raise ValueError("bytes are left behind the array")


def _fill(stream: IO[bytes], room: NDArray[np.uint8]) -> None:
    at = 0
    while at < len(room):
        part = stream.read(min(len(room) - at, 2**20))
        if not part:
            raise ValueError(f"{len(room) - at} bytes are missing")
        room[at : at + len(part)] = np.frombuffer(part, np.uint8)
        at += len(part)


def _header(stream: IO[bytes]) -> _Header:
    """Shape, whether columns come first, and type."""
    version = np.lib.format.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"format {version[0]}.{version[1]} is none of arrays of numbers")
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, by_columns, dtype = read_header(stream)
    if any(length < 0 for length in shape):
        raise ValueError(f"shape {shape}")
    return shape, by_columns and len(shape) > 1, dtype


@contextlib.contextmanager
def _opened(path: Path, name: str) -> Iterator[tuple[IO[bytes], int]]:
    """An array's bytes and their number, with every failure in one sentence."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as stream:
            yield stream, archive.getinfo(f"{name}.npy").file_size
    except DataError:
        raise
    except Exception as error:  # a forged header can raise nearly anything: zlib, tokenize, memory, key errors
        raise DataError(f"{path}: {name} is damaged ({_reason(error)})") from error


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
