"""What every data set is here: images in [0, 1], labels from 0, a training part, a test part, and a validation part.

Choices are made on the validation part, which is taken from the training samples: beside the test part
(`Dataset.with_validation`), or in its place where no test sample is to be seen at all (`Dataset.held_out`). The loaders
bring raw images and labels, which `parts.assemble` checks against each other and makes the `Dataset` of.
`stratified_split` and `batches` draw from the generator they are given.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.display import table
from analogep.errors import DataError, UsageError
from analogep.streams import Streams

Images = NDArray[np.float32] | NDArray[np.float64]
Labels = NDArray[np.int64]
Indices = NDArray[np.int64]
Precision = type[np.float32] | type[np.float64]

MOST_HELD_OUT = 10_000
"""Training samples that are held out of a file which has an order of its own, unless told otherwise."""


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
    ordered : bool
        Whether the source says which samples come last, as MNIST does, whose last 10,000 training images are what
        people hold out; otherwise a part of every class is drawn.
    validation_x : ndarray (validation samples, features) [1] or None
        Images that are neither learned nor tested on, as `train_x`: what choices may look at. None for no such part.
    validation_y : ndarray (validation samples,) of int64 or None
        Class of each validation image.
    """

    name: str
    train_x: Images = field(repr=False)
    train_y: Labels = field(repr=False)
    test_x: Images = field(repr=False)
    test_y: Labels = field(repr=False)
    classes: int
    shape: tuple[int, ...]
    citation: str = ""
    ordered: bool = False
    validation_x: Images | None = field(default=None, repr=False)
    validation_y: Labels | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for array in self._arrays():
            array.setflags(write=False)

    def __setstate__(self, state: dict[str, Any]) -> None:
        # A pickled array comes back writeable; a worker's copy is to be as read-only as ours.
        self.__dict__.update(state)
        self.__post_init__()

    def _repr_html_(self) -> str:
        rows = {
            "training samples": f"{len(self.train_y)}",
            "test samples": f"{len(self.test_y)}",
            "shape": " × ".join(map(str, self.shape)),
            "classes": f"{self.classes}",
            "to be cited": self.citation or "unknown",
        }
        return table(f"Data set: {self.name}", rows)

    def _arrays(self) -> tuple[NDArray[Any], ...]:
        parts = (self.train_x, self.train_y, self.test_x, self.test_y)
        if self.validation_x is None or self.validation_y is None:
            return parts
        return (*parts, self.validation_x, self.validation_y)

    @property
    def sizes(self) -> str:
        """Samples of the parts in words: `1438 training and 359 test samples`."""
        held = "" if self.validation_y is None else f", {len(self.validation_y)} validation"
        return f"{len(self.train_y)} training{held} and {len(self.test_y)} test samples"

    @property
    def watched(self) -> tuple[Images, Labels]:
        """What a training is looked at by while it goes on: images (samples, features) [1] and classes (samples,).

        The validation part; the test part of a data set that has none.
        """
        if self.validation_x is None or self.validation_y is None:
            return self.test_x, self.test_y
        return self.validation_x, self.validation_y

    @property
    def features(self) -> int:
        """Values per image."""
        return int(self.train_x.shape[1])

    def batches(self, size: int, seed: int = 0, epoch: int = 0) -> Iterator[tuple[Images, Labels]]:
        """Go once through the training samples in random order; a run of this data seed has the same in its epoch.

        Parameters
        ----------
        size : int
            Samples of a batch; the last one may have fewer.
        seed, epoch : int
            Data seed, and which of its orders, from 0.

        Returns
        -------
        iterator of (ndarray (samples, features) [1], ndarray (samples,))
        """
        order = batches(len(self.train_y), size, Streams(seed).rng("order", epoch))
        return ((self.train_x[chosen], self.train_y[chosen]) for chosen in order)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over type, shape and content of the arrays, 64 hex digits: names what a run trained on."""
        return _sha256(*self._arrays())

    @property
    def part_digests(self) -> tuple[str, str]:
        """SHA-256 of the training part and of the part that it is tested on, as `digest` makes them."""
        return _sha256(self.train_x, self.train_y), _sha256(self.test_x, self.test_y)

    @property
    def digests(self) -> dict[str, str]:
        """SHA-256 of each part, as `digest` makes them: `training`, `validation` where there is one, `test`."""
        training, test = self.part_digests
        if self.validation_x is None or self.validation_y is None:
            return {"training": training, "test": test}
        return {"training": training, "validation": _sha256(self.validation_x, self.validation_y), "test": test}

    def with_validation(self, rng: np.random.Generator, samples: int | None = None) -> Dataset:
        """Hold out a validation part of the training samples, beside the test part, which stays as it is.

        Parameters
        ----------
        rng, samples
            As in `held_out`, which holds out the same samples.

        Returns
        -------
        Dataset
            `validation_x`, `validation_y` are held out, `train_x`, `train_y` what is left.

        Raises
        ------
        UsageError
            If that many samples cannot be held out, or there is a validation part already.
        DataError
            If the last samples of an ordered file do not have every class.
        """
        if self.validation_x is not None:
            raise UsageError(f"'{self.name}' has a validation part already; hold none out, or give data without one")
        parts = self.held_out(rng, samples)
        return replace(
            self,
            train_x=parts.train_x,
            train_y=parts.train_y,
            validation_x=parts.test_x,
            validation_y=parts.test_y,
        )

    def held_out(self, rng: np.random.Generator, samples: int | None = None) -> Dataset:
        """Hold out a validation part of the training samples: what choices may look at.

        The validation part takes the place of the test part, of which no sample is left. As many samples are held out
        as the test part has, at most a quarter of the training samples: a source without a test part, such as the
        bundled digits, is shared 60/20/20 in all. Each class is shared in the same proportion, in whole samples, but
        for files that are `ordered`: of these the last samples are held out, 10,000 at most.

        Parameters
        ----------
        rng : numpy.random.Generator
            Draws the part where the source says no order; the split of a data seed is `Seeds.of(seed).data.rng(
            "validation")`.
        samples : int or None
            Samples to hold out instead.

        Returns
        -------
        Dataset
            `train_x`, `train_y` are what is left of the training samples, `test_x`, `test_y` the validation part.

        Raises
        ------
        UsageError
            If that many samples cannot be held out.
        DataError
            If the last samples of an ordered file do not have every class.
        """
        total = len(self.train_y)
        most = MOST_HELD_OUT if self.ordered else total
        wanted = max(1, min(len(self.test_y), total // 4, most)) if samples is None else samples
        if not 0 < wanted < total:
            raise UsageError(f"{wanted} of the {total} training samples of '{self.name}' cannot be held out")
        kept, held = self._parted(wanted, rng)
        return replace(
            self,
            name=f"{self.name} (validation)",
            train_x=self.train_x[kept],
            train_y=self.train_y[kept],
            test_x=self.train_x[held],
            test_y=self.train_y[held],
        )

    def _parted(self, wanted: int, rng: np.random.Generator) -> tuple[Indices | slice, Indices | slice]:
        """Which training samples stay, and which are held out."""
        if not self.ordered:
            return stratified_split(self.train_y, rng, wanted / len(self.train_y))
        missing = np.setdiff1d(self.train_y, self.train_y[-wanted:])
        if missing.size and wanted >= self.classes:
            raise DataError(
                f"{self.name}: the last {wanted} training samples have none of class {missing[0]}; shuffle the file, "
                "or give an NPZ file, of whose classes equal shares are held out"
            )
        return slice(0, -wanted), slice(-wanted, None)


def _sha256(*arrays: NDArray[Any]) -> str:
    """SHA-256 over type, shape and content of arrays of any shape and unit, 64 hex digits."""
    sha = hashlib.sha256()
    for array in arrays:
        little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        sha.update(f"{little.dtype.str} {little.shape}\n".encode())
        sha.update(little.reshape(-1).data)
    return sha.hexdigest()


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

    Raises
    ------
    UsageError
        If `test_fraction` is not between 0 and 1.
    DataError
        If every class has a single sample.
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

    Raises
    ------
    UsageError
        If `n` or `size` is below 1.
    """
    if n < 1 or size < 1:
        raise UsageError(f"batches of {size} out of {n} samples: both must be at least 1")
    order = rng.permutation(n)
    return (order[start : start + size] for start in range(0, n, size))
