"""Data sets: the bundled digits, folders of IDX files (MNIST, Fashion-MNIST), NPZ archives.

A source is a word or a path; what comes back is a `Dataset`: images in [0, 1], labels from 0, read-only.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from analogep.datasets import arrays, digits, idx
from analogep.datasets.data import Dataset, Precision, batches, stratified_split
from analogep.errors import DataError
from analogep.streams import Seeds

__all__ = ["Dataset", "arrays", "batches", "digits", "idx", "load", "load_data", "stratified_split"]

_ACCEPTED = "expected 'digits', a folder of IDX files (MNIST, Fashion-MNIST), or a .npz file"


def load(source: str | Path | None, rng: np.random.Generator, *, dtype: Precision = np.float32) -> Dataset:
    """Load a data set from wherever `source` says.

    Parameters
    ----------
    source : str, Path or None
        None or the word `digits` for the bundled digits (a folder of that name is `./digits`); a folder
        of IDX files; a `.npz` file.
    rng : numpy.random.Generator
        Draws the split where the source has no test part of its own.
    dtype : float32 or float64
        Type of the images of a folder or an archive; the bundled digits are float64 always.

    Returns
    -------
    Dataset
        Images (samples, features) in [0, 1], labels (samples,).
    """
    if source is None or (isinstance(source, str) and source == "digits"):
        return digits.load(rng)
    path = Path(source).expanduser()
    if path.is_dir():
        return idx.load(path, dtype=dtype)
    if path.suffix.lower() == ".npz":
        return arrays.load(path, rng, dtype=dtype)
    what = "neither of them" if path.exists() else "no such file or folder"
    raise DataError(f"{source}: {what}; {_ACCEPTED}")


def load_data(source: str | Path | None = None, seed: int = 0) -> Dataset:
    """Load a data set as a run of this data seed does: the same training and test samples.

    Parameters
    ----------
    source : str, Path, arrays or None
        As in `load`.
    seed : int
        Data seed; draws the split where the source has no test part of its own.

    Returns
    -------
    Dataset
        `train_x`, `test_x` (samples, features) in [0, 1], `train_y`, `test_y` (samples,).

    Examples
    --------
    >>> load_data("digits", seed=1).train_x.shape
    (1438, 64)
    """
    return load(source, Seeds.of(seed).data.rng("split"))
