"""NPZ archives: the accepted names and types, and every way to be damaged."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analogep.datasets import arrays
from analogep.errors import DataError

X, Y = np.linspace(0, 1, 60).reshape(10, 2, 3), np.arange(10) % 2


def save(folder: Path, **members: Any) -> Path:
    path = folder / "own.npz"
    np.savez_compressed(path, **members)
    return path


def load(path: Path, seed: int = 1, **options: Any) -> Any:
    return arrays.load(path, np.random.default_rng(seed), **options)


@pytest.mark.parametrize(
    "names", [("train_x", "train_y", "test_x", "test_y"), ("x_train", "y_train", "x_test", "y_test")]
)
def test_a_split_archive_keeps_its_split_and_order(tmp_path: Path, names: tuple[str, ...]) -> None:
    path = save(tmp_path, **dict(zip(names, (X, Y, X[:4], Y[:4]), strict=True)))
    data = load(path, dtype=np.float64)
    np.testing.assert_array_equal(data.train_x, X.reshape(10, 6))
    np.testing.assert_array_equal(data.test_x, X[:4].reshape(4, 6))
    assert data.digest == load(path, seed=2, dtype=np.float64).digest
    assert (data.name, data.shape, data.classes, data.train_y.dtype) == ("own", (2, 3), 2, np.int64)


def test_a_whole_archive_gives_a_fifth_of_each_class_to_the_test(tmp_path: Path) -> None:
    path = save(tmp_path, x=X, y=Y)
    data = load(path)
    assert np.bincount(data.train_y).tolist() == [4, 4]
    assert np.bincount(data.test_y).tolist() == [1, 1]
    assert data.digest == load(path).digest
    assert data.digest != load(path, seed=2).digest
    assert data.train_x.dtype == np.float32


def test_images_keep_their_labels_through_the_split(tmp_path: Path) -> None:
    y = np.arange(40) % 4
    data = load(save(tmp_path, x=np.column_stack([y / 4, np.zeros(40)]), y=y))
    np.testing.assert_array_equal(data.train_x[:, 0] * 4, data.train_y)
    np.testing.assert_array_equal(data.test_x[:, 0] * 4, data.test_y)


def test_uint8_is_divided_by_255_and_other_numbers_are_not(tmp_path: Path) -> None:
    grey = np.full((4, 2), 51, np.uint8)
    y = np.array([0, 1, 0, 1], np.uint8)
    assert np.unique(load(save(tmp_path, x=grey, y=y), dtype=np.float64).train_x) == 51 / 255
    for dtype in (np.float16, ">f8", np.int64, bool):
        assert np.unique(load(save(tmp_path, x=np.ones((4, 2), dtype), y=y)).train_x) == 1


def test_labels_may_stand_in_a_column(tmp_path: Path) -> None:
    assert load(save(tmp_path, x=X, y=Y[:, None])).train_y.shape == (8,)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (X * 2 - 1, Y, r"own\.npz: x: values from -1 to 1 of type float64; expected 0 to 1\. Scale them"),
        (
            np.full((10, 2), 255),
            Y,
            "values from 255 to 255 of type int64; .*give grey values 0 to 255 as uint8",
        ),
        (np.where(X == 1, np.nan, X), Y, "1 values are NaN or infinite"),
        (np.where(X == 1, np.inf, X), Y, "1 values are NaN or infinite"),
        (X.astype(complex), Y, "values of type complex128; expected uint8, or floats"),
        (X.astype(str), Y, "values of type <U.*; expected uint8, or floats"),
        (X[:, 0, 0], Y, r"shape \(10,\); expected \(samples, features\)"),
        (X[:0], Y[:0], r"shape \(0, 2, 3\); expected \(samples, features\)"),
        (np.float64(0.5), Y, r"shape \(\); expected \(samples, features\)"),
        (X, Y[:-1], r"own\.npz: y: 9 labels for 10 images in .*own\.npz: x"),
        (X, Y + 0.5, r"10 labels are not whole numbers, the first is 0\.5; analogep classifies: give the number of a"),
        (X, X.reshape(10, 6), r"labels of shape \(10, 6\) with the value 0\.0169\d* in row 0; .*y\.argmax\(axis=1\)"),
        (X, np.ones((10, 6), int), r"labels of shape \(10, 6\) with 6 ones in row 0; expected one integer per image"),
        (X, Y - 1, r"labels from -1 to 0; expected integers from 0 to classes - 1: .*unique\(y, return_inverse=True"),
        (X, Y.astype(np.uint64) + np.uint64(2**63), "labels from 9223372036854775808 to"),
        (X, Y * 0, "every label is 0; expected at least 2 classes"),
        (X, Y * 1000, "only 2 different labels up to 1000; number the classes 0, 1, 2"),
        (X, np.array([None] * 10), "y holds Python objects, which are never loaded"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_with_the_reason(tmp_path: Path, x: Any, y: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load(save(tmp_path, x=x, y=y))


def test_images_of_another_shape_in_the_test_part_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"test_x: images of shape \(6,\), but \(2, 3\)"):
        load(save(tmp_path, train_x=X, train_y=Y, test_x=X.reshape(10, 6), test_y=Y))


def test_classes_count_over_both_parts(tmp_path: Path) -> None:
    assert load(save(tmp_path, train_x=X, train_y=Y, test_x=X, test_y=Y + 1)).classes == 3


def test_missing_arrays_are_answered_with_the_accepted_names(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match="arrays images, train_x; expected train_x, train_y, test_x, test_y; or x_train"
    ):
        load(save(tmp_path, train_x=X, images=X))
    with pytest.raises(DataError, match="arrays none; expected"):
        load(save(tmp_path))


def test_a_file_that_is_no_archive_is_called_so(tmp_path: Path) -> None:
    path = tmp_path / "own.npz"
    with path.open("wb") as stream:
        np.save(stream, X)
    with pytest.raises(DataError, match="not an NPZ archive, or damaged"):
        load(path)
    with pytest.raises(DataError, match=r"gone\.npz: no such file"):
        load(tmp_path / "gone.npz")


def test_an_archive_that_promises_more_than_4_gib_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path, x=X, y=Y)
    monkeypatch.setattr(arrays, "LARGEST", 100)
    with pytest.raises(DataError, match="unpacks to 816 bytes; at most 100 bytes"):
        load(path)


def npy_header(text: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


@pytest.mark.parametrize(
    "member",
    [
        b"",
        b"not numpy",
        npy_header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 8)}\n"),
        npy_header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}\n"),
        npy_header("{'descr': '<f8', 'shape': (2, 2)}\n") + bytes(32),
        npy_header("((((((((((("),
        npy_header("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2)}\n") + bytes(33),
        npy_header("#" * 20000),
    ],
)
def test_a_forged_member_gives_a_data_error(tmp_path: Path, member: bytes) -> None:
    buffer = io.BytesIO()
    np.save(buffer, Y)
    path = tmp_path / "own.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", member)
        archive.writestr("y.npy", buffer.getvalue())
    with pytest.raises(DataError, match=r"own\.npz: x is damaged \(.+\)"):
        load(path)


def test_every_truncation_and_any_flipped_byte_gives_a_data_error_or_the_same_data(tmp_path: Path) -> None:
    path = save(tmp_path, x=X, y=Y)
    whole, expected = path.read_bytes(), load(path).digest
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        with pytest.raises(DataError, match=r"own\.npz: "):
            load(path)
    refused = 0
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            assert load(path).digest == expected
        except DataError:
            refused += 1
    assert refused > len(whole) / 2
