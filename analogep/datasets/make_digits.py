"""Make the bundled `digits.npz`: `python -m analogep.datasets.make_digits optdigits.tes`.

The file of the UCI repository has a row per image: 64 grey values from 0 to 16 and the digit, separated by
commas. It may be gzip-compressed.
"""

from __future__ import annotations

import argparse
import gzip
import sys
import warnings
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analogep.datasets.digits import BUNDLED, LEVELS
from analogep.errors import DataError

# Images per digit, 0 to 9, as optdigits.names states for the test part.
COUNTS = (178, 182, 177, 183, 181, 182, 181, 179, 174, 180)
_LARGEST = 2**20


def read_table(path: str | Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Read and check the table of the UCI repository.

    Parameters
    ----------
    path : str or Path
        `optdigits.tes`, plain or gzip-compressed.

    Returns
    -------
    images : ndarray (1797, 64) of uint8
        Grey values 0 to 16.
    labels : ndarray (1797,) of uint8
        The digits.

    Raises
    ------
    DataError
        If the file cannot be read or is another one.
    """
    path = Path(path)
    table = _parse(path, _text(path))
    expected = (sum(COUNTS), 65)
    if table.shape != expected:
        raise DataError(f"{path}: a table of {table.shape}; expected {expected}, 64 grey values and the digit a row")
    images, labels = table[:, :64], table[:, 64]
    if images.min() < 0 or images.max() > LEVELS:
        raise DataError(f"{path}: grey values from {images.min()} to {images.max()}; expected 0 to {LEVELS}")
    if labels.min() < 0 or labels.max() > 9:
        raise DataError(f"{path}: digits from {labels.min()} to {labels.max()}; expected 0 to 9")
    counts = tuple(np.bincount(labels, minlength=10).tolist())
    if counts != COUNTS:
        raise DataError(f"{path}: {counts} images of the digits 0 to 9; expected {COUNTS}, the file optdigits.tes")
    return images.astype(np.uint8), labels.astype(np.uint8)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            compressed = stream.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rb") if compressed else path.open("rb") as stream:
            content = bytes(stream.read(_LARGEST + 1))
        if len(content) > _LARGEST:
            raise DataError(f"{path}: more than {_LARGEST} bytes; optdigits.tes has a quarter of that")
        return content.decode("ascii")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read ({error})") from error


def _parse(path: Path, text: str) -> NDArray[np.int64]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an empty file only warns; the check of the shape says it better
            return np.loadtxt(text.splitlines(), delimiter=",", dtype=np.int64, ndmin=2)
    except ValueError as error:
        raise DataError(f"{path}: not a table of integers separated by commas ({error})") from error


def write(images: NDArray[np.uint8], labels: NDArray[np.uint8], path: str | Path = BUNDLED) -> None:
    """Write the archive of `images` (samples, 64), uint8 from 0 to 16, and `labels` (samples,).

    NumPy stamps its members with a fixed date, so that equal arrays give equal bytes.
    """
    np.savez_compressed(path, x=images, y=labels)


def main(arguments: list[str] | None = None) -> None:
    """Read the table named on the command line and write `digits.npz` beside this module, or where told."""
    parser = argparse.ArgumentParser(description="Make the bundled digits.npz from UCI's optdigits.tes")
    parser.add_argument("table", help="optdigits.tes, plain or gzip-compressed")
    parser.add_argument("--output", default=BUNDLED, help="where to write (default: %(default)s)")
    given = parser.parse_args(arguments)
    try:
        write(*read_table(given.table), given.output)
    except (DataError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
