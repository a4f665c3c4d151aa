"""What every data set is here: images in [0, 1], labels from 0, a training part and a test part.

The loaders (`digits`, `idx`, `arrays`) bring raw images and labels as `Part`s; `assemble` checks them against
each other and makes the `Dataset`. `stratified_split` and `batches` draw from the generator they are given.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.errors import DataError, UsageError
from analogep.names import legible

Images = NDArray[np.float32] | NDArray[np.float64]
Labels = NDArray[np.int64]
Indices = NDArray[np.int64]
Precision = type[np.float32] | type[np.float64]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images and labels for training and for the test, read-only.

    The arrays are taken over, not copied: they are read-only from then on.

    Parameters
    ----------
    name : str
        Name of the data set, `digits` or `mnist` for instance.
    train_x : ndarray (samples, features) [1]
        Training images, flattened, values in [0, 1], float64 or float32.
    train_y : ndarray (samples,) of int64
        Class of each training image, 0 to `classes` - 1.
    test_x : ndarray (test samples, features) [1]
        Test images, as `train_x`.
    test_y : ndarray (test samples,) of int64
        Class of each test image.
    classes : int
        Number of classes: the largest label plus one.
    shape : tuple of int
        Shape of one image before flattening; its product is the number of features.
    citation : str
        Whom to cite; empty where the file does not say.
    """

    name: str
    train_x: Images = field(repr=False)
    train_y: Labels = field(repr=False)
    test_x: Images = field(repr=False)
    test_y: Labels = field(repr=False)
    classes: int
    shape: tuple[int, ...]
    citation: str = ""

    def __post_init__(self) -> None:
        for array in self._arrays():
            array.setflags(write=False)

    def __setstate__(self, state: dict[str, Any]) -> None:
        # A pickled array comes back writeable; a worker's copy is to be as read-only as ours.
        self.__dict__.update(state)
        self.__post_init__()

    def _arrays(self) -> tuple[NDArray[Any], ...]:
        return self.train_x, self.train_y, self.test_x, self.test_y

    @property
    def features(self) -> int:
        """Values per image."""
        return int(self.train_x.shape[1])

    @cached_property
    def digest(self) -> str:
        """SHA-256 over type, shape and content of the arrays, 64 hex digits: names what a run trained on."""
        sha = hashlib.sha256()
        for array in self._arrays():
            little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
            sha.update(f"{little.dtype.str} {little.shape}\n".encode())
            sha.update(little.reshape(-1).data)
        return sha.hexdigest()


@dataclass(frozen=True, eq=False)
class Part:
    """Raw images and labels as a file holds them, each with the name that messages give it.

    Parameters
    ----------
    images : ndarray (samples, ...)
        uint8, or numbers in [0, 1].
    labels : ndarray (samples,) or (samples, 1)
        Non-negative integers.
    images_name, labels_name : str
        File, or file and array, that they come from.
    """

    images: NDArray[Any]
    labels: NDArray[Any]
    images_name: str
    labels_name: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one image."""
        return tuple(self.images.shape[1:])

    def unit_images(self, dtype: Precision) -> Images:
        """Flattened images (samples, features) in [0, 1]: uint8 divided by 255, other numbers as they are."""
        images, name = self.images, self.images_name
        if images.ndim < 2 or images.size == 0:
            raise DataError(
                f"{name}: shape {images.shape}; expected (samples, features) or (samples, rows, columns), "
                "none of them 0"
            )
        flat = images.reshape(len(images), -1)
        if flat.dtype == np.uint8:
            return np.asarray(np.divide(flat, 255, dtype=dtype))
        if flat.dtype.kind not in "buif":
            raise DataError(f"{name}: values of type {flat.dtype}; expected uint8, or floats in [0, 1]")
        _check_unit_range(flat, name)
        return np.asarray(flat.astype(dtype))

    def class_labels(self) -> Labels:
        """Labels as ndarray (samples,) of int64, as many as there are images."""
        labels, name = self.labels, self.labels_name
        if labels.dtype.kind not in "iu":
            raise DataError(f"{name}: labels of type {labels.dtype}; expected integers from 0 to classes - 1")
        if labels.shape not in ((labels.size,), (labels.size, 1)):
            raise DataError(f"{name}: labels of shape {labels.shape}; expected one integer per image, (samples,)")
        if labels.size != len(self.images):
            raise DataError(f"{name}: {labels.size} labels for {len(self.images)} images in {self.images_name}")
        lowest, highest = int(labels.min()), int(labels.max())
        if lowest < 0 or highest > np.iinfo(np.int32).max:
            raise DataError(f"{name}: labels from {lowest} to {highest}; expected integers from 0 to classes - 1")
        return np.asarray(labels.reshape(-1).astype(np.int64))


def _check_unit_range(values: NDArray[Any], name: str) -> None:
    """Refuse numbers that are not finite or not in [0, 1]."""
    wrong = int(np.count_nonzero(~np.isfinite(values)))
    if wrong:
        raise DataError(f"{name}: {wrong} values are NaN or infinite; replace or remove them")
    lowest, highest = float(values.min()), float(values.max())
    if lowest < 0 or highest > 1:
        raise DataError(
            f"{name}: values from {lowest:g} to {highest:g} of type {values.dtype}; expected 0 to 1. "
            "Scale them before saving, (x - min) / (max - min), or save grey values 0 to 255 as uint8"
        )


def assemble(
    name: str,
    train: Part,
    test: Part | None,
    *,
    dtype: Precision,
    rng: np.random.Generator | None = None,
    test_fraction: float = 0.2,
    citation: str = "",
) -> Dataset:
    """Check the parts, one by one and against each other, and make the data set.

    Where there is no test part, `rng` splits the training part, stratified by class.
    """
    train_x, train_y = train.unit_images(dtype), train.class_labels()
    if test is not None:
        test_x, test_y = test.unit_images(dtype), test.class_labels()
        if train.shape != test.shape:
            raise DataError(
                f"{test.images_name}: images of shape {test.shape}, but {train.shape} in {train.images_name}"
                "; training and test images must have the same shape"
            )
        classes = _count_classes(np.concatenate([train_y, test_y]), train.labels_name)
    else:
        if rng is None:
            raise UsageError(f"{train.images_name}: no test part; a generator is needed to split one off")
        classes = _count_classes(train_y, train.labels_name)
        kept, held_out = stratified_split(train_y, rng, test_fraction)
        test_x, test_y = train_x[held_out], train_y[held_out]
        train_x, train_y = train_x[kept], train_y[kept]
    return Dataset(legible(name), train_x, train_y, test_x, test_y, classes, train.shape, citation)


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


def stratified_split(labels: Labels, rng: np.random.Generator, test_fraction: float = 0.2) -> tuple[Indices, Indices]:
    """Split samples at random into training and test so that each class is shared in the same proportion.

    Parameters
    ----------
    labels : ndarray (samples,) of int64
        Class of each sample.
    rng : numpy.random.Generator
        Draws which samples are held out, and the order of both parts.
    test_fraction : float
        Part of each class that goes to the test, between 0 and 1, rounded to whole samples. A class of two or
        more samples gives at least one and keeps at least one; a class of one sample stays in training.

    Returns
    -------
    train, test : ndarray (samples of the part,) of int64
        Indices into `labels`, shuffled. Together they are all samples.
    """
    if not 0 < test_fraction < 1:
        raise UsageError(f"test_fraction is {test_fraction:g}; expected a number between 0 and 1, 0.2 for instance")
    kept, held_out = [], []
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        count = min(len(members) - 1, max(1, round(test_fraction * len(members))))
        held_out.append(members[:count])
        kept.append(members[count:])
    train, test = np.concatenate(kept), np.concatenate(held_out)
    if test.size == 0:
        raise DataError("every class has a single sample, so none can be held out; give a test part of its own")
    return rng.permutation(train), rng.permutation(test)


def batches(n: int, size: int, rng: np.random.Generator) -> Iterator[Indices]:
    """Go once through n samples in random order, `size` at a time.

    Parameters
    ----------
    n : int
        Number of samples.
    size : int
        Samples per batch; the last batch has fewer where `size` does not divide `n`.
    rng : numpy.random.Generator
        Draws the order, at once and in a single call.

    Returns
    -------
    iterator of ndarray (size,) of int64
        Indices of the samples of one batch.
    """
    if n < 1 or size < 1:
        raise UsageError(f"batches of {size} out of {n} samples: both must be at least 1")
    order = rng.permutation(n)
    return (order[start : start + size] for start in range(0, n, size))
