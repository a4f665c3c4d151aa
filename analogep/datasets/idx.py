"""Folders of IDX files, the format of MNIST and Fashion-MNIST.

An IDX file is a magic number (two zero bytes, 0x08 for uint8, the number of dimensions), one big-endian
uint32 per dimension, and the values. Four files make a data set: images and labels for training (`train`) and
for the test (`t10k`).

Source: Y. LeCun, C. Cortes, C. J. C. Burges, The MNIST database of handwritten digits ("File formats").
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from analogep.datasets.data import Dataset, Precision
from analogep.datasets.parts import Check, Part, assemble
from analogep.datasets.raw import Raw, rows_of_block
from analogep.errors import DataError

LARGEST = 4 * 2**30
_PACKED = 1032
"""Bytes that one byte of a gzip file stands for at most."""
_CHUNK = 2**20
_FILES = (("train-images", 3), ("train-labels", 1), ("t10k-images", 3), ("t10k-labels", 1))


@dataclass(frozen=True)
class _Known:
    name: str
    citation: str
    md5: tuple[str, str, str, str]


_KNOWN = (
    _Known(
        "mnist",
        "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-based learning applied to document "
        "recognition, Proceedings of the IEEE 86 (1998) 2278-2324, doi 10.1109/5.726791 "
        "(MNIST: Y. LeCun, C. Cortes, C. J. C. Burges, CC BY-SA 3.0)",
        (
            "6bbc9ace898e44ae57da46a324031adb",
            "a25bea736e30d166cdddb491f175f624",
            "2646ac647ad5339dbf082846283269ea",
            "27ae3e4e09519cfbb04c329615203637",
        ),
    ),
    _Known(
        "fashion-mnist",
        "H. Xiao, K. Rasul, R. Vollgraf, Fashion-MNIST: a novel image dataset for benchmarking machine "
        "learning algorithms, arXiv:1708.07747 (2017) (Zalando SE, MIT licence)",
        (
            "f4a8712d7a061bf5bd6d2ca38dc4d50a",
            "9018921c3c673c538a1fc5bad174d6f9",
            "8181f5470baa50b63fa0f6fddb340f0a",
            "15d484375f8d13e6eb1aabb0c3f46965",
        ),
    ),
)


def load(folder: str | Path, *, dtype: Precision = np.float32, check: Check | None = None) -> Dataset:
    """Read a folder of four IDX files, each plain or gzip-compressed.

    MNIST and Fashion-MNIST are recognised by the checksums of their contents, however the folder is called;
    any other data set bears the name of its folder.

    Parameters
    ----------
    folder : str or Path
        Folder with `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
        `t10k-labels-idx1-ubyte`; `train-images.idx3-ubyte` is understood too, and `.gz` behind each.
    dtype : float32 or float64
        Type of the images.
    check : callable or None
        Called with name, features and classes before images are unpacked.

    Returns
    -------
    Dataset
        Images (samples, rows * columns), grey values divided by 255.

    Raises
    ------
    DataError
        If the folder or a file is missing or damaged, or the files do not go together.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; expected a folder of four IDX files, as MNIST has")
    files = [_File(_find(folder, stem, ndim), ndim) for stem, ndim in _FILES]
    raw = [file.raw() for file in files]
    found = assemble(folder.resolve().name, Part(*raw[:2]), Part(*raw[2:]), dtype=dtype, check=check)
    found = replace(found, ordered=True)
    md5 = tuple(file.md5 for file in files)
    known = next((known for known in _KNOWN if known.md5 == md5), None)
    return found if known is None else replace(found, name=known.name, citation=known.citation)


def _find(folder: Path, stem: str, ndim: int) -> Path:
    """First of the four spellings that exists."""
    names = [f"{stem}{mark}idx{ndim}-ubyte{end}" for mark in "-." for end in ("", ".gz")]
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise DataError(f"{folder}: no {stem} file; looked for {', '.join(names)}")


class _File:
    """An IDX file; `md5` is that of its content once that has been read."""

    def __init__(self, path: Path, ndim: int) -> None:
        self.path, self.ndim, self.md5 = path, ndim, ""

    def raw(self) -> Raw:
        """Its array, by its header; a plain file is as long as that says."""
        path = self.path
        with self._opened() as stream:
            header = stream.read(4 + 4 * self.ndim)
            shape = _shape(path, header, self.ndim)
            promised = len(header) + prod(shape)
            if promised > LARGEST:
                raise DataError(
                    f"{path}: the header promises {shape} values, {promised} bytes; at most {LARGEST} bytes (4 GiB) "
                    "are read"
                )
            stored = path.stat().st_size
            if path.suffix != ".gz":
                self._check_length(promised, stored)
            elif promised > _PACKED * stored:
                raise DataError(
                    f"{path}: truncated; the header promises {promised} bytes, which {stored} packed ones cannot hold"
                )
        return Raw(str(path), shape, np.dtype(np.uint8), lambda: self._blocks(shape, promised))

    def _blocks(self, shape: tuple[int, ...], promised: int) -> Iterator[NDArray[np.uint8]]:
        """Rows, block by block."""
        with self._opened() as stream:
            content = hashlib.md5(stream.read(4 + 4 * self.ndim), usedforsecurity=False)
            found, step = 4 + 4 * self.ndim, rows_of_block(shape, np.dtype(np.uint8))
            for start in range(0, shape[0], step):
                these = (min(step, shape[0] - start), *shape[1:])
                block = _exactly(stream, prod(these))
                found += len(block)
                if len(block) < prod(these):
                    self._check_length(promised, found)
                content.update(block)
                yield np.frombuffer(block, dtype=np.uint8).reshape(these)
            self._check_length(promised, found + _count_rest(stream))
        self.md5 = content.hexdigest()

    def _check_length(self, promised: int, found: int) -> None:
        if found != promised:
            kind = "truncated" if found < promised else "too long"
            raise DataError(f"{self.path}: {kind}; the header promises {promised} bytes, found {found}")

    @contextlib.contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        """Its content, with every failure of the file system and of gzip in one sentence."""
        try:
            with gzip.open(self.path, "rb") if self.path.suffix == ".gz" else self.path.open("rb") as stream:
                yield stream  # type: ignore[misc]
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataError(f"{self.path}: damaged gzip file ({error}); fetch it again") from error
        except OSError as error:
            raise DataError(f"{self.path}: cannot be read ({error.strerror or error})") from error


def _exactly(stream: IO[bytes], size: int) -> bytearray:
    """So many bytes, or all that there are."""
    content = bytearray()
    while len(content) < size and (chunk := stream.read(min(_CHUNK, size - len(content)))):
        content += chunk
    return content


def _shape(path: Path, header: bytes, ndim: int) -> tuple[int, ...]:
    magic = bytes((0, 0, 8, ndim))
    if header[:2] == b"\x1f\x8b":
        raise DataError(f"{path}: a gzip file without .gz in its name; rename it to {path.name}.gz")
    if header[:4] != magic[: len(header)]:
        raise DataError(
            f"{path}: magic number 0x{header[:4].hex()}; expected 0x{magic.hex()} "
            f"(IDX, uint8, {ndim} dimension{'s' if ndim > 1 else ''})"
        )
    if len(header) < 4 + 4 * ndim:
        raise DataError(f"{path}: truncated; the header has {4 + 4 * ndim} bytes, found {len(header)}")
    shape: NDArray[Any] = np.frombuffer(header, dtype=">u4", offset=4)
    return tuple(int(length) for length in shape)


def _count_rest(stream: IO[bytes]) -> int:
    """Bytes left in the stream, counted without keeping them and not beyond the limit of a file."""
    rest = 0
    while rest < LARGEST and (chunk := stream.read(_CHUNK)):
        rest += len(chunk)
    return rest
