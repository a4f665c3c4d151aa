"""Labels of any kind that name one class for each sample, as numbers from 0; others are refused with advice."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.datasets.data import Labels
from analogep.datasets.raw import Raw
from analogep.errors import DataError

_NUMBER_THEM = "number the classes 0, 1, 2, ...: y = numpy.unique(y, return_inverse=True)[1]"


def class_labels(raw: Raw, images: Raw) -> tuple[Labels, int]:
    """Class of each sample (samples,), and the number of classes that one-hot columns say, or 0.

    Integers, booleans and floats that are whole numbers are classes as they are, (samples,) or (samples, 1). Rows
    (samples, classes) with a single 1 among zeros, of any of these types, are the number of its column.

    Parameters
    ----------
    raw, images : Raw
        The labels, and what they belong to.

    Raises
    ------
    DataError
        If they say no class, or not one for each sample.
    """
    if raw.dtype.kind not in "biuf":
        raise DataError(f"{raw.name}: labels of type {raw.dtype}; {_NUMBER_THEM}")
    if not 1 <= len(raw.shape) <= 2:
        raise DataError(f"{raw.name}: labels of shape {raw.shape}; expected one integer per image, (samples,)")
    if raw.shape[0] != images.shape[0]:
        raise DataError(f"{raw.name}: {raw.shape[0]} labels for {images.shape[0]} images in {images.name}")
    if len(raw.shape) == 2 and raw.shape[1] != 1:
        return _from_one_hot(raw), raw.shape[1]
    return _from_numbers(raw.read().reshape(-1), raw.name), 0


def _from_numbers(labels: NDArray[Any], name: str) -> Labels:
    """Whole numbers from 0, of any type."""
    if labels.dtype.kind == "f":
        wrong = np.flatnonzero(labels != np.trunc(np.nan_to_num(labels, nan=0.5, posinf=0.5, neginf=0.5)))
        if wrong.size:
            raise DataError(
                f"{name}: {wrong.size} labels are not whole numbers, the first is {labels[wrong[0]]:g}; analogep "
                "classifies: give the number of a class, 0, 1, 2, ..., and for numbers to be predicted intervals, such "
                "as numpy.digitize(y, edges)"
            )
    lowest, highest = int(labels.min()), int(labels.max())
    if lowest < 0 or highest > np.iinfo(np.int32).max:
        raise DataError(
            f"{name}: labels from {lowest} to {highest}; expected integers from 0 to classes - 1: {_NUMBER_THEM}"
        )
    return labels.astype(np.int64)


def _from_one_hot(raw: Raw) -> Labels:
    """Number of the column in which each row has its 1."""
    found, at = np.empty(raw.shape[0], np.int64), 0
    for block in raw.blocks():
        ones = block == 1
        if not (ones | (block == 0)).all():
            i, j = (int(k) for k in np.argwhere(~(ones | (block == 0)))[0])
            raise DataError(
                f"{raw.name}: labels of shape {raw.shape} with the value {block[i, j]:g} in row {at + i}; expected one "
                "integer per image, (samples,), or one-hot rows of 0 and 1. analogep learns one class for each image: "
                "of soft targets or scores give y.argmax(axis=1)"
            )
        several = np.flatnonzero(ones.sum(axis=1) != 1)
        if several.size:
            i = int(several[0])
            raise DataError(
                f"{raw.name}: labels of shape {raw.shape} with {int(ones[i].sum())} ones in row {at + i}; expected one "
                "integer per image, (samples,), or one-hot rows with a single 1: an image has one class"
            )
        found[at : at + len(block)] = ones.argmax(axis=1)
        at += len(block)
    return found
