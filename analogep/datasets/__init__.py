"""Data sets: the bundled digits, folders of IDX files (MNIST, Fashion-MNIST), NPZ archives, arrays in memory.

A source is a word, a path, or arrays; what comes back is a `Dataset`: images in [0, 1], labels from 0, read-only.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from analogep.datasets import arrays, digits, given, idx
from analogep.datasets.data import Dataset, Precision, batches, stratified_split
from analogep.datasets.parts import Check
from analogep.errors import DataError, UsageError
from analogep.streams import Seeds

__all__ = [
    "IMAGES",
    "Check",
    "Dataset",
    "HeldOut",
    "Source",
    "arrays",
    "batches",
    "digits",
    "given",
    "held",
    "idx",
    "load",
    "load_data",
    "load_validation",
    "stratified_split",
]

Source = str | os.PathLike[str] | Dataset | Sequence[Any] | Mapping[str, Any] | None
"""Where samples come from: see `load`."""
HeldOut = int | Literal["auto"] | None
"""Training samples of a validation part: how many, 'auto' for as many as `Dataset.held_out` says, None for none."""

_ACCEPTED = "expected 'digits', a folder of IDX files (MNIST, Fashion-MNIST), or a .npz file"
IMAGES = (
    "MNIST is four files, train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz and two that begin with t10k-, of "
    "yann.lecun.com/exdb/mnist and its many copies; Fashion-MNIST has the same names at "
    "github.com/zalandoresearch/fashion-mnist. Put them into a folder and give --data FOLDER"
)
"""Where people find the images that are not bundled."""


def load(
    source: Source,
    rng: np.random.Generator,
    *,
    dtype: Precision = np.float32,
    check: Check | None = None,
    name: str = "arrays",
) -> Dataset:
    """Load a data set from wherever `source` says.

    Parameters
    ----------
    source : str, path, Dataset, sequence, mapping or None
        None or the word `digits` for the bundled digits (a folder of that name is `./digits`); a folder
        of IDX files; a `.npz` file; arrays `(x, y)` or `(x, y, x_test, y_test)`, or a mapping with the names of an
        archive; a `Dataset`, which is taken as it is.
    rng : numpy.random.Generator
        Draws the split where the source has no test part of its own.
    dtype : float32 or float64
        Type of the images of a folder, an archive or arrays; the bundled digits are float64 always.
    check : callable or None
        Called with name, features and classes before images are read and converted; raises where they do not fit.
    name : str
        Name of a data set of arrays; files have their own.

    Returns
    -------
    Dataset
        Images (samples, features) in [0, 1], labels (samples,).

    Raises
    ------
    DataError
        Saying what is wrong with which file or argument, and what to do.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x, y = rng.random((50, 4)), np.arange(50) % 2
    >>> data = load((x, y), rng)
    >>> data.train_x.shape, data.test_x.shape, data.classes
    ((40, 4), (10, 4), 2)
    """
    found = _loaded(source, rng, dtype, check, name)
    if check is not None:
        check(found.name, found.features, found.classes)
    return found


def _loaded(source: Source, rng: np.random.Generator, dtype: Precision, check: Check | None, name: str) -> Dataset:
    if isinstance(source, Dataset):
        return source
    if source is None or (isinstance(source, str) and source == "digits"):
        return digits.load(rng)
    if isinstance(source, Mapping | tuple | list):
        return given.load(source, rng, dtype=dtype, check=check, name=name)
    if not isinstance(source, str | os.PathLike):
        raise DataError(
            f"data: {type(source).__name__} is no source of samples with labels; give (x, y), (x, y, x_test, y_test), "
            "a mapping of these, a Dataset, or a path"
        )
    path = Path(source).expanduser()
    if path.is_dir():
        return idx.load(path, dtype=dtype, check=check)
    if path.suffix.lower() == ".npz":
        return arrays.load(path, rng, dtype=dtype, check=check)
    if "mnist" in path.name.lower() and not path.exists():
        raise DataError(f"{source}: no such folder, and images are not bundled. {IMAGES}")
    what = "neither of them" if path.exists() else "no such file or folder"
    raise DataError(f"{source}: {what}; {_ACCEPTED}")


def load_data(source: Source = None, seed: int = 0, held_out: HeldOut = None) -> Dataset:
    """Load a data set as a run of this data seed does: the same training, validation and test samples.

    Parameters
    ----------
    source : str, Path, arrays or None
        As in `load`.
    seed : int
        Data seed; draws the split where the source has no test part of its own.
    held_out : int, 'auto' or None
        Training samples to hold out as a validation part, as in `Run`.

    Returns
    -------
    Dataset
        `train_x`, `test_x` (samples, features) in [0, 1], `train_y`, `test_y` (samples,); `validation_x` and
        `validation_y` where samples are held out.

    Examples
    --------
    >>> load_data("digits", seed=1).train_x.shape
    (1438, 64)
    >>> load_data("digits", seed=1, held_out="auto").validation_x.shape
    (357, 64)
    """
    streams = Seeds.of(seed).data
    return held(load(source, streams.rng("split")), streams.rng("validation"), held_out)


def held(data: Dataset, rng: np.random.Generator, held_out: HeldOut) -> Dataset:
    """Hold out a validation part of the training samples where that is wanted.

    Parameters
    ----------
    data : Dataset
    rng : numpy.random.Generator
        Draws the part where the source says no order; that of a run is `Seeds.of(seed).data.rng("validation")`.
    held_out : int, 'auto' or None
        Samples; 'auto' for as many as `Dataset.held_out` says, None for no validation part.

    Raises
    ------
    UsageError
        If that many samples cannot be held out, or there is a validation part already.
    """
    if held_out is None:
        return data
    if held_out != "auto" and (isinstance(held_out, bool) or not isinstance(held_out, int)):
        raise UsageError(f"held_out is {held_out!r}; give a number of training samples, 'auto', or None for none")
    return data.with_validation(rng, None if held_out == "auto" else held_out)


def load_validation(
    source: Source = None, seed: int = 0, samples: int | None = None, *, check: Check | None = None
) -> Dataset:
    """Load a data set for choices: its training samples but for a validation part, and that part as the test.

    Parameters
    ----------
    source : str, Path, arrays or None
        As in `load`.
    seed : int
        Data seed: the test samples of its runs are in neither part.
    samples : int or None
        Samples to hold out, as in `Dataset.held_out`.
    check : callable or None
        As in `load`.

    Returns
    -------
    Dataset
        `train_x`, `test_x` (samples, features) in [0, 1], `train_y`, `test_y` (samples,).

    Examples
    --------
    >>> data = load_validation("digits", seed=1)
    >>> len(data.train_y), len(data.test_y)
    (1081, 357)
    """
    streams = Seeds.of(seed).data
    return load(source, streams.rng("split"), check=check).held_out(streams.rng("validation"), samples)
