"""An array that has a name and a shape before anybody has read it: in memory, in an archive, in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BLOCK = 2**24
"""Bytes of one block, about."""


@dataclass(frozen=True, eq=False)
class Raw:
    """Numbers as they come, not converted and perhaps not read yet.

    Parameters
    ----------
    name : str
        What messages call it: an argument, a file, or a file and an array in it.
    shape : tuple of int
    dtype : dtype
    blocks : callable
        Gives the array in blocks of rows, from the first to the last.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    blocks: Callable[[], Iterator[NDArray[Any]]]

    @classmethod
    def of(cls, array: NDArray[Any], name: str) -> Raw:
        """An `array` that lies in memory, of any shape and unit; messages call it `name`."""

        def blocks() -> Iterator[NDArray[Any]]:
            step = rows_of_block(array.shape, array.dtype)
            return (array[start : start + step] for start in range(0, len(array), step))

        return cls(name, array.shape, array.dtype, blocks)

    @property
    def size(self) -> int:
        """Number of values."""
        return int(np.prod(self.shape, dtype=object))

    def read(self) -> NDArray[Any]:
        """The whole array, of the shape `shape`, in the unit that it was given in."""
        return np.concatenate(list(self.blocks()))


def rows_of_block(shape: tuple[int, ...], dtype: np.dtype[Any]) -> int:
    """Rows of one block of an array: some 16 MB."""
    row = int(np.prod(shape[1:], dtype=object)) * dtype.itemsize
    return max(1, _BLOCK // max(row, 1))
