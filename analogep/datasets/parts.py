"""From raw images and labels to a data set: checks in the order of their cost, images converted last.

Shapes and types come first, then labels, then whether the network fits, then whether there is memory; images are read,
checked and converted in blocks, so that three gigabytes that nobody can use are never made twelve.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.datasets import memory
from analogep.datasets.data import Dataset, Images, Labels, Precision, stratified_split
from analogep.datasets.labels import class_labels
from analogep.datasets.raw import Raw
from analogep.errors import DataError, UsageError
from analogep.names import legible

Check = Callable[[str, int, int], None]
"""Called with the name, the features and the classes of a data set before its images are converted; raises where they
do not fit."""


@dataclass(frozen=True, eq=False)
class Part:
    """Images and labels of a training or a test part.

    Parameters
    ----------
    images : Raw (samples, ...)
        uint8, or numbers in [0, 1].
    labels : Raw (samples,), (samples, 1) or (samples, classes)
        What `class_labels` takes.
    """

    images: Raw
    labels: Raw

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one image."""
        return self.images.shape[1:]

    @property
    def features(self) -> int:
        """Values of one image."""
        return self.images.size // self.images.shape[0]

    def look(self) -> None:
        """Refuse arrays that cannot be images by their shape or their type.

        Raises
        ------
        DataError
            If they cannot.
        """
        images = self.images
        if len(images.shape) < 2 or images.size == 0:
            raise DataError(
                f"{images.name}: shape {images.shape}; expected (samples, features) or (samples, rows, columns), "
                "none of them 0"
            )
        if images.dtype.kind not in "buif":
            raise DataError(f"{images.name}: values of type {images.dtype}; expected uint8, or floats in [0, 1]")

    def unit_images(self, dtype: Precision) -> Images:
        """Flattened images (samples, features) in [0, 1]: uint8 divided by 255, other numbers as they are."""
        # Of zeros the system gives no memory until something is written.
        found: NDArray[Any] = np.zeros((self.images.shape[0], self.features), dtype)
        at, seen = 0, _Seen()
        for block in self.images.blocks():
            flat, part = block.reshape(len(block), -1), found[at : at + len(block)]
            at += len(block)
            if not seen.add(flat):
                continue
            if flat.dtype == np.uint8:
                np.divide(flat, 255, out=part, dtype=dtype)
            else:
                part[:] = flat
        seen.refuse(self.images)
        return found


@dataclass
class _Seen:
    """What has been seen of the values of an array."""

    wrong: int = 0
    lowest: float = np.inf
    highest: float = -np.inf

    def add(self, block: NDArray[Any]) -> bool:
        """Look at a block; whether it is worth converting."""
        if not block.any():
            self.lowest, self.highest = min(self.lowest, 0.0), max(self.highest, 0.0)
            return False
        if block.dtype.kind == "f":
            self.wrong += block.size - int(np.count_nonzero(np.isfinite(block)))
        if not self.wrong:
            self.lowest, self.highest = min(self.lowest, float(block.min())), max(self.highest, float(block.max()))
        return not self.wrong and (block.dtype == np.uint8 or (self.lowest >= 0.0 and self.highest <= 1.0))

    def refuse(self, images: Raw) -> None:
        """Refuse values that are not finite, not in [0, 1], or all dark."""
        if self.wrong:
            raise DataError(f"{images.name}: {self.wrong} values are NaN or infinite; replace or remove them")
        if self.highest == 0.0 == self.lowest:
            raise DataError(f"{images.name}: every value is 0, from which nothing can be learned")
        if images.dtype != np.uint8 and (self.lowest < 0.0 or self.highest > 1.0):
            raise DataError(
                f"{images.name}: values from {self.lowest:g} to {self.highest:g} of type {images.dtype}; expected 0 to "
                "1. Scale them, images by x / x.max(), columns of a table each by itself, (x - x.min(axis=0)) / "
                "(x.max(axis=0) - x.min(axis=0)), or give grey values 0 to 255 as uint8"
            )


def assemble(
    name: str,
    train: Part,
    test: Part | None,
    *,
    dtype: Precision,
    rng: np.random.Generator | None = None,
    check: Check | None = None,
    test_fraction: float = 0.2,
) -> Dataset:
    """Check the parts, one by one and against each other, and make the data set.

    Parameters
    ----------
    name : str
    train, test : Part
        Where there is no test part, `rng` splits the training part, stratified by class.
    dtype : float32 or float64
        Type of the images.
    rng : numpy.random.Generator or None
    check : callable or None
        Asked whether the network fits before images are converted.
    test_fraction : float
        Part of each class that goes to the test where there is none.

    Raises
    ------
    DataError
        If something cannot be used, or does not fit into memory.
    UsageError
        If there is neither a test part nor an `rng` to split one off.
    """
    parts = [train] if test is None else [train, test]
    for part in parts:
        part.look()
        if part.shape != train.shape:
            raise DataError(
                f"{part.images.name}: images of shape {part.shape}, but {train.shape} in {train.images.name}; "
                "training and test images must have the same shape"
            )
    labels, columns = zip(*(class_labels(part.labels, part.images) for part in parts), strict=True)
    classes = max(_count_classes(np.concatenate(labels), train.labels.name), *columns, 0)
    if check is not None:
        check(name, train.features, classes)
    _require_memory(parts, dtype)
    if test is None:
        if rng is None:
            raise UsageError(f"{train.images.name}: no test part; a generator is needed to split one off")
        kept, held_out = stratified_split(labels[0], rng, test_fraction)
        x, y = train.unit_images(dtype), labels[0]
        return Dataset(legible(name), x[kept], y[kept], x[held_out], y[held_out], classes, train.shape)
    train_x, test_x = (part.unit_images(dtype) for part in parts)
    return Dataset(legible(name), train_x, labels[0], test_x, labels[1], classes, train.shape)


def _require_memory(parts: list[Part], dtype: Precision) -> None:
    """All images, and once more where they are shared out to training and test."""
    values = sum(part.images.size for part in parts) * (2 if len(parts) == 1 else 1)
    first, kind = parts[0].images, np.dtype(dtype)
    what = f"{first.shape[0]} images of {parts[0].features} values as {kind.name}"
    memory.require(values * kind.itemsize, first.name, what)


def _count_classes(labels: Labels, name: str) -> int:
    """Largest label plus one; two classes at least must occur, and half of the numbers below the largest."""
    occurring = len(np.unique(labels))
    classes = int(labels.max()) + 1
    if occurring < 2:
        raise DataError(f"{name}: every label is {classes - 1}; expected at least 2 classes")
    if 2 * occurring < classes:
        raise DataError(
            f"{name}: only {occurring} different labels up to {classes - 1}; number the classes 0, 1, 2, ..."
        )
    return classes
