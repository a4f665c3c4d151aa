"""IDX folders: the real ones, the spellings, and every way to be damaged."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from analogep.datasets import idx
from analogep.errors import DataError

from .conftest import NAMES, idx_bytes, small_parts

IMAGES, LABELS = NAMES[0], NAMES[1]


@pytest.mark.parametrize(("name", "first"), [("mnist", [5, 0, 4, 1, 9]), ("fashion-mnist", [9, 0, 0, 3, 0])])
def test_real_data_are_recognised_by_their_content(
    real_data: Callable[[str], Path], tmp_path: Path, name: str, first: list[int]
) -> None:
    (tmp_path / "renamed").symlink_to(real_data(name))
    data = idx.load(tmp_path / "renamed")
    assert data.name == name
    assert data.citation
    assert (data.train_x.shape, data.test_x.shape) == ((60000, 784), (10000, 784))
    assert (data.classes, data.shape, data.train_x.dtype) == (10, (28, 28), np.float32)
    assert (data.train_x.min(), data.train_x.max()) == (0, 1)
    assert data.train_y[:5].tolist() == first


def test_values_are_grey_levels_over_255_and_keep_their_order(idx_folder: Path) -> None:
    data = idx.load(idx_folder, dtype=np.float64)
    images, labels, *_ = small_parts()
    np.testing.assert_array_equal(data.train_x, images.reshape(6, 6) / 255)
    np.testing.assert_array_equal(data.train_y, labels)
    assert (data.name, data.citation, data.shape, data.classes) == ("small", "", (2, 3), 2)


@pytest.mark.parametrize("end", ["", ".gz"])
@pytest.mark.parametrize("mark", ["-", "."])
def test_four_spellings_hold_the_same_data(idx_folder: Path, mark: str, end: str) -> None:
    expected = idx.load(idx_folder).digest
    for name in NAMES:
        content = (idx_folder / name).read_bytes()
        (idx_folder / name).unlink()
        spelled = name.replace("-idx", f"{mark}idx") + end
        (idx_folder / spelled).write_bytes(gzip.compress(content) if end else content)
    assert idx.load(idx_folder).digest == expected


def test_a_missing_folder_and_a_missing_file_are_named(idx_folder: Path) -> None:
    with pytest.raises(DataError, match="gone: no such folder; expected a folder of four IDX files"):
        idx.load(idx_folder / "gone")
    (idx_folder / LABELS).unlink()
    looked_for = (
        "no train-labels file; looked for train-labels-idx1-ubyte, train-labels-idx1-ubyte.gz, "
        "train-labels.idx1-ubyte, train-labels.idx1-ubyte.gz"
    )
    with pytest.raises(DataError, match=looked_for):
        idx.load(idx_folder)


def header(*shape: int) -> bytes:
    return bytes((0, 0, 8, len(shape))) + struct.pack(f">{len(shape)}I", *shape)


SMALL = idx_bytes(small_parts()[0])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (SMALL[:-1], "truncated; the header promises 52 bytes, found 51"),
        (SMALL + b"xyz", "too long; the header promises 52 bytes, found 55"),
        (SMALL[:9], "truncated; the header has 16 bytes, found 9"),
        (b"", "truncated; the header has 16 bytes, found 0"),
        (b"PK\3\4" + SMALL, r"magic number 0x504b0304; expected 0x00000803 \(IDX, uint8, 3 dimensions\)"),
        (idx_bytes(np.zeros((6, 6))), "magic number 0x00000802; expected 0x00000803"),
        (b"\0\0\x0d\3" + SMALL[4:], "magic number 0x00000d03"),
        (
            gzip.compress(SMALL, mtime=0),
            r"a gzip file without \.gz in its name; rename it to train-images-idx3-ubyte\.gz",
        ),
        (header(2**32 - 1, 28, 28), r"3367254359296 bytes; at most 4294967296 bytes \(4 GiB\) are read"),
        (header(60000, 28, 28), "truncated; the header promises 47040016 bytes, found 16"),
        (header(0, 2, 3), r"shape \(0, 2, 3\); expected \(samples, features\)"),
        (header(6, 0, 3), r"shape \(6, 0, 3\); expected \(samples, features\)"),
        (header(5, 2, 3) + bytes(30), "train-labels-idx1-ubyte: 6 labels for 5 images in .*train-images"),
        (header(6, 3, 2) + bytes(36), r"t10k-images-idx3-ubyte: images of shape \(2, 3\), but \(3, 2\)"),
    ],
)
def test_damaged_images_are_refused_with_the_numbers(idx_folder: Path, content: bytes, message: str) -> None:
    (idx_folder / IMAGES).write_bytes(content)
    with pytest.raises(DataError, match=message):
        idx.load(idx_folder)


def test_labels_of_one_class_are_refused(idx_folder: Path) -> None:
    for name, count in ((LABELS, 6), (NAMES[3], 4)):
        (idx_folder / name).write_bytes(idx_bytes(np.full(count, 3)))
    with pytest.raises(DataError, match="every label is 3; expected at least 2 classes"):
        idx.load(idx_folder)


def test_labels_that_leave_most_classes_out_are_refused(idx_folder: Path) -> None:
    (idx_folder / LABELS).write_bytes(idx_bytes(np.array([0, 1, 0, 1, 0, 200])))
    with pytest.raises(DataError, match="only 3 different labels up to 200; number the classes 0, 1, 2"):
        idx.load(idx_folder)


def test_every_truncation_and_every_flipped_byte_of_a_gzip_file_gives_a_data_error(idx_folder: Path) -> None:
    whole = gzip.compress(SMALL, mtime=0)
    (idx_folder / IMAGES).unlink()
    damaged = [whole[:end] for end in range(1, len(whole))]
    # Bytes 4 to 9 are date, compression level and system, which change nothing in the content.
    flips = [0, 1, 2, *range(10, len(whole))]
    damaged += [whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :] for at in flips]
    for content in damaged:
        (idx_folder / f"{IMAGES}.gz").write_bytes(content)
        with pytest.raises(DataError, match=r"train-images-idx3-ubyte\.gz"):
            idx.load(idx_folder)


def test_a_truncated_gzip_file_is_called_damaged(idx_folder: Path) -> None:
    (idx_folder / IMAGES).unlink()
    (idx_folder / f"{IMAGES}.gz").write_bytes(gzip.compress(SMALL, mtime=0)[:-9])
    with pytest.raises(DataError, match=r"damaged gzip file \(.*\); fetch it again"):
        idx.load(idx_folder)
