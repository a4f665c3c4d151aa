"""Arrays in memory: all ways to give them mean the same data set; what cannot be used is refused with the way out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from numpy.typing import NDArray

from analogep.datasets import Dataset, load, memory
from analogep.datasets.parts import Part, assemble
from analogep.datasets.raw import Raw
from analogep.errors import AnalogepError, DataError

X, Y = np.linspace(0, 1, 60).reshape(12, 5), np.arange(12) % 3
XT, YT = X[::-2], Y[::-2]


def found(data: Any, **options: Any) -> Dataset:
    return load(data, np.random.default_rng(1), **options)


def archive(folder: Path, **members: Any) -> Path:
    np.savez(folder / "own.npz", **members)
    return folder / "own.npz"


def test_a_pair_is_split_as_an_archive_of_the_same_arrays(tmp_path: Path) -> None:
    data = found((X, Y))
    assert data.digest == found(archive(tmp_path, x=X, y=Y)).digest
    assert (data.name, data.shape, data.classes, data.train_x.dtype) == ("arrays", (5,), 3, np.float32)
    assert np.bincount(data.train_y).tolist() == [3, 3, 3]
    assert found((X, Y), name="wine", dtype=np.float64).name == "wine"


SPLIT = {
    "tuple": (X, Y, XT, YT),
    "list": [X, Y, XT, YT],
    "lists": (X.tolist(), Y.tolist(), XT.tolist(), YT.tolist()),
    "mapping": {"train_x": X, "train_y": Y, "test_x": XT, "test_y": YT},
    "Keras' names": {"y_test": YT, "x_test": XT, "y_train": Y, "x_train": X, "more": None},
    "pandas": (pd.DataFrame(X), pd.Series(Y), pd.DataFrame(XT), pd.Series(YT)),
    "xarray": (xr.DataArray(X), xr.DataArray(Y), xr.DataArray(XT), xr.DataArray(YT)),
    "xarray.Dataset": xr.Dataset(
        {"train_x": (("n", "f"), X), "train_y": ("n", Y), "test_x": (("m", "f"), XT), "test_y": ("m", YT)}
    ),
    "by columns": (np.asfortranarray(X), Y, np.asfortranarray(XT), YT),
    "float labels": (X, Y.astype(float), XT, YT.astype(np.float32)),
    "a column of labels": (X, Y[:, None], XT, pd.DataFrame({"class": YT})),
    "one-hot integers": (X, np.eye(3, dtype=int)[Y], XT, np.eye(3, dtype=np.uint8)[YT]),
    "one-hot floats": (X, np.eye(3)[Y], XT, np.eye(3, dtype=np.float32)[YT]),
    "one-hot booleans": (X, np.eye(3, dtype=bool)[Y], XT, pd.get_dummies(pd.Series(YT))),
    "Dataset": Dataset("own", X.astype(np.float32), Y.copy(), XT.astype(np.float32), YT.copy(), 3, (5,)),
}  # fmt: skip


@pytest.mark.parametrize("kind", SPLIT)
def test_all_ways_to_give_arrays_give_the_same_data(kind: str, tmp_path: Path) -> None:
    own = archive(tmp_path, train_x=X, train_y=Y, test_x=XT, test_y=YT)
    assert found(SPLIT[kind]).digest == found(own).digest


def test_a_dataset_is_taken_as_it_is_and_arrays_are_copied() -> None:
    own = SPLIT["Dataset"]
    assert found(own) is own
    x, y = X.astype(np.float32), Y.copy()
    data = found((x, y, x, y))
    digest = data.digest
    x[:], y[:] = 0.5, 0
    assert data.digest == digest
    assert not data.train_x.flags.writeable


def test_boolean_labels_are_two_classes_and_one_hot_columns_say_how_many() -> None:
    assert found((X, Y > 0)).train_y.sum() == 6
    few = np.eye(10)[Y]
    assert found((X, few)).classes == 10
    assert found((X, few, XT, np.eye(12)[YT])).classes == 12


def test_images_keep_their_shape_for_convolutions_and_grey_values_are_divided() -> None:
    grey = (X.reshape(12, 5, 1) * 255).astype(np.uint8)
    data = found((grey, Y, grey, Y), dtype=np.float64)
    assert (data.shape, data.features) == ((5, 1), 5)
    np.testing.assert_array_equal(data.train_x, grey.reshape(12, 5) / 255)


MASKED = np.ma.array(X, mask=X > 0.99)
REFUSED = {
    "one array": ((X,), r"data: 1 arrays; expected \(x, y\), of which 20 % become the test, or \(x, y, x_test, y_test"),
    "three arrays": ((X, Y, X), "data: 3 arrays"),
    "no pair": (X, r"data: ndarray is no source of samples with labels; give \(x, y\), .*a Dataset, or a path"),
    "a number": (5, "data: int is no source of samples"),
    "a frame": (pd.DataFrame(X), "data: DataFrame is no source of samples"),
    "names": ({"X": X, "y": Y}, "data: arrays X, y; expected train_x, train_y, test_x, test_y; or x_train"),
    "samples": ((X, Y[:-1]), r"data\[1\]: 11 labels for 12 images in data\[0\]"),
    "test samples": ((X, Y, XT, YT[1:]), r"data\[3\]: 5 labels for 6 images in data\[2\]"),
    "features": ((X, Y, XT[:, :4], YT), r"data\[2\]: images of shape \(4,\), but \(5,\) in data\[0\]"),
    "flat": ((X[:, 0], Y), r"data\[0\]: shape \(12,\); expected \(samples, features\)"),
    "empty": ((X[:0], Y[:0]), r"data\[0\]: shape \(0, 5\); expected \(samples, features\)"),
    "unequal lists": (([[1, 2], [3]], [0, 1]), r"data\[0\]: no array \(.*inhomogeneous"),
    "not an array": ((object(), Y), r"data\[0\]: object is nothing that NumPy takes as an array of numbers; .*toarray"),
    "objects": ((X.astype(object), Y), r"data\[0\]: values of type object; expected uint8, or floats in \[0, 1\]"),
    "text": ((X.astype(str), Y), r"data\[0\]: values of type <U\d+; expected uint8"),
    "masked": ((MASKED, Y), r"data\[0\]: 1 values are masked; fill them or leave their samples out"),
    "NaN": ((np.where(X < 0.01, np.nan, X), Y), r"data\[0\]: 1 values are NaN or infinite; replace or remove them"),
    "volts": ((X - 0.5, Y), r"data\[0\]: values from -0.5 to 0.5 of type float64; expected 0 to 1\. Scale them"),
    "grey": (({"x": X * 255, "y": Y}), r"data\['x'\]: values from 0 to 255 .* columns of a table each by itself"),
    "dark": ((X * 0, Y), r"data\[0\]: every value is 0, from which nothing can be learned"),
    "dark test": ((X, Y, XT * 0, YT), r"data\[2\]: every value is 0"),
    "labels in words": ((X, np.array(list("abcabcabcabc"))), r"data\[1\]: labels of type <U1; number the classes"),
    "label objects": ((X, pd.Series(list("abcabcabcabc"), dtype=object)), r"of type object; .*return_inverse=True"),
    "complex labels": ((X, Y * 1j), r"data\[1\]: labels of type complex128"),
    "label cube": ((X, Y.reshape(12, 1, 1)), r"data\[1\]: labels of shape \(12, 1, 1\); expected one integer"),
    "regression": ((X, X[:, 0]), r"labels are not whole numbers, the first is 0\.0847\d*; .*digitize"),
    "labels missing": ((X, np.where(Y > 1, np.nan, Y)), r"4 labels are not whole numbers, the first is nan"),
    "labels infinite": ((X, np.where(Y > 1, np.inf, Y)), r"4 labels are not whole numbers, the first is inf"),
    "signs": ((X, 2.0 * (Y > 0) - 1), r"data\[1\]: labels from -1 to 1; expected integers from 0 to classes - 1"),
    "soft targets": ((X, X), r"data\[1\]: labels of shape \(12, 5\) with the value 0\.0169\d* in .*argmax\("),
    "soft NaN": ((X, X * np.nan), r"with the value nan in row 0"),
    "several ones": ((X, np.eye(3)[Y] + np.eye(3)[0] * (Y > 0)[:, None]), r"with 2 ones in row 1; .*has one class"),
    "no one": ((X, np.eye(3)[Y] * (np.arange(12) < 7)[:, None]), r"with 0 ones in row 7; .*rows with a single 1"),
    "one class": ((X, Y * 0), "every label is 0; expected at least 2 classes"),
    "single samples": ((X, np.arange(12)), "every class has a single sample, so none can be held out"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_arrays_that_do_not_fit_are_refused_with_the_argument_and_the_remedy(kind: str) -> None:
    data, message = REFUSED[kind]
    with pytest.raises(DataError, match=message) as caught:
        found(data)
    assert "--" not in str(caught.value)


def watched(array: NDArray[Any], name: str, read: list[str]) -> Raw:
    """An array that says when it is read."""

    def blocks() -> Iterator[NDArray[Any]]:
        read.append(name)
        yield array

    return Raw(name, array.shape, array.dtype, blocks)


def refuse(name: str, features: int, classes: int) -> None:
    raise AnalogepError(f"{name}: {features} features, {classes} classes")


@pytest.mark.parametrize(
    ("change", "read", "message"),
    [
        ({"y": Y[1:]}, [], "11 labels for 12 images"),
        ({"x": X.astype(complex)}, [], "values of type complex128"),
        ({"y": Y * 0}, ["y"], "every label is 0"),
        ({"check": refuse}, ["y"], "own: 5 features, 3 classes"),
        (
            {"free": 479},
            ["y"],
            r"x: 12 images of 5 values as float32 take 4\.47e-07 GiB of memory, and 4\.46e-07 GiB are",
        ),
        ({"free": 480}, ["y", "x"], ""),
        ({"free": None}, ["y", "x"], ""),
    ],
)
def test_images_are_read_when_nothing_else_can_refuse_them(
    change: dict[str, Any], read: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three gigabytes of zeros would be twelve of single precision, and twice that while they are shared out."""
    monkeypatch.setattr(memory, "available", lambda: change.get("free", 10**9))
    done: list[str] = []
    train = Part(watched(change.get("x", X), "x", done), watched(change.get("y", Y), "y", done))

    def make() -> Dataset:
        rng = np.random.default_rng(1)
        return assemble("own", train, None, dtype=np.float32, rng=rng, check=change.get("check"))

    if message:
        with pytest.raises(AnalogepError, match=message):
            make()
    else:
        make()
    assert done == read


@pytest.mark.parametrize("source", ["arrays", "archive", "digits", "folder", "Dataset"])
def test_every_source_asks_whether_the_network_fits(source: str, tmp_path: Path, idx_folder: Path) -> None:
    own = {"arrays": (X, Y), "archive": archive(tmp_path, x=X, y=Y), "digits": None, "folder": idx_folder}
    said = {"arrays": "arrays: 5 f", "archive": "own: 5 f", "digits": "digits: 64 f", "folder": "small: 6 f"}
    with pytest.raises(AnalogepError, match=said.get(source, "own: 5 features, 3 classes")):
        found(own.get(source, SPLIT["Dataset"]), check=refuse)


def test_an_array_that_is_read_in_blocks_is_the_whole_array(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    whole = found((X, Y, XT, YT)).digest
    monkeypatch.setattr("analogep.datasets.raw._BLOCK", 100)
    assert found((X, Y, XT, YT)).digest == whole
    assert found(archive(tmp_path, train_x=X, train_y=Y, test_x=XT, test_y=YT)).digest == whole
    columns = archive(tmp_path, train_x=np.asfortranarray(X), train_y=Y, test_x=np.asfortranarray(XT), test_y=YT)
    assert found(columns).digest == whole


def test_free_memory_is_that_of_the_machine_or_of_the_container(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    machine, group = tmp_path / "meminfo", tmp_path / "cgroup"
    monkeypatch.setattr(memory, "_MEMINFO", machine)
    monkeypatch.setattr(memory, "_GROUP", group)
    assert memory.available() is None
    machine.write_text("MemTotal: 9 kB\nMemAvailable:   5 kB\n")
    assert memory.available() == 5120
    group.mkdir()
    for name, text in (
        ("memory.max", "4000\n"),
        ("memory.current", "3000\n"),
        ("memory.stat", "anon 1\ninactive_file 500\n"),
    ):
        (group / name).write_text(text)
    assert memory.available() == 1500
    (group / "memory.max").write_text("max\n")
    assert memory.available() == 5120
    machine.write_text("nonsense\nMemAvailable:\n")
    assert memory.available() is None
