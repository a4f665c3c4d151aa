"""The Dataset itself, the split, the batches, and the choice of the loader."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from analogep.datasets import Dataset, batches, load, stratified_split
from analogep.errors import DataError, UsageError


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def small(dtype: type = np.float64) -> Dataset:
    x, y = np.linspace(0, 1, 8, dtype=dtype).reshape(4, 2), np.array([0, 1, 0, 1])
    return Dataset("small", x, y, x[:2].copy(), y[:2].copy(), 2, (2,))


def test_arrays_are_read_only_even_after_pickling() -> None:
    for dataset in (small(), pickle.loads(pickle.dumps(small()))):
        for array in (dataset.train_x, dataset.train_y, dataset.test_x, dataset.test_y):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 0


def test_equal_arrays_have_equal_digests_and_any_change_shows() -> None:
    assert small().digest == small().digest
    assert len(small().digest) == 64
    assert small().digest != small(np.float32).digest
    other = small()
    y = other.train_y.copy()
    y[0] = 1
    changed = Dataset("small", other.train_x, y, other.test_x, other.test_y, 2, (2,))
    assert changed.digest != other.digest


def test_digest_does_not_depend_on_the_memory_layout() -> None:
    data = small()
    fortran = np.asfortranarray(data.train_x)
    assert Dataset("f", fortran, data.train_y, data.test_x, data.test_y, 2, (2,)).digest == data.digest


def test_split_takes_the_fraction_of_every_class_and_loses_no_sample() -> None:
    labels = np.repeat([0, 1, 2], [50, 10, 100])
    train, test = stratified_split(labels, rng(), 0.2)
    assert np.bincount(labels[test]).tolist() == [10, 2, 20]
    assert sorted([*train, *test]) == list(range(160))


def test_split_is_repeated_by_the_same_seed_only() -> None:
    labels = np.arange(100) % 4
    first, again, other = (stratified_split(labels, rng(seed))[1] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_split_shuffles_so_that_a_head_of_it_holds_every_class() -> None:
    train, _ = stratified_split(np.repeat([0, 1], 500), rng())
    assert 20 < np.count_nonzero(train[:100] < 500) < 80


def test_split_of_small_classes_gives_one_and_keeps_one() -> None:
    labels = np.array([0, 0, 1, 1, 2])
    for fraction in (0.01, 0.99):
        train, test = stratified_split(labels, rng(), fraction)
        assert np.bincount(labels[test], minlength=3).tolist() == [1, 1, 0]
        assert np.bincount(labels[train], minlength=3).tolist() == [1, 1, 1]


def test_split_of_single_samples_is_refused() -> None:
    with pytest.raises(DataError, match="every class has a single sample"):
        stratified_split(np.arange(5), rng())


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, float("nan")])
def test_split_refuses_a_fraction_outside_0_to_1(fraction: float) -> None:
    with pytest.raises(UsageError, match="expected a number between 0 and 1"):
        stratified_split(np.array([0, 0, 1, 1]), rng(), fraction)


def test_batches_go_through_every_sample_once_and_the_last_may_be_smaller() -> None:
    parts = list(batches(10, 4, rng()))
    assert [len(part) for part in parts] == [4, 4, 2]
    assert sorted(np.concatenate(parts)) == list(range(10))


def test_order_does_not_depend_on_the_batch_size() -> None:
    orders = [np.concatenate(list(batches(100, size, rng()))) for size in (1, 7, 1000)]
    np.testing.assert_array_equal(orders[0], orders[1])
    np.testing.assert_array_equal(orders[0], orders[2])
    assert not np.array_equal(orders[0], np.arange(100))


@pytest.mark.parametrize(("n", "size"), [(0, 1), (5, 0)])
def test_batches_of_nothing_are_refused_at_the_call(n: int, size: int) -> None:
    with pytest.raises(UsageError, match="both must be at least 1"):
        batches(n, size, rng())


@pytest.mark.parametrize("source", [None, "digits"])
def test_no_source_and_the_word_digits_mean_the_bundled_digits(source: str | None) -> None:
    assert load(source, rng()).name == "digits"


def test_a_folder_is_read_as_idx_and_an_archive_as_npz(idx_folder: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "own.npz", x=np.eye(6), y=np.arange(6) % 2)
    assert load(str(idx_folder), rng()).name == "small"
    assert load(tmp_path / "own.npz", rng()).name == "own"
    assert load(idx_folder, rng(), dtype=np.float64).train_x.dtype == np.float64


def test_a_folder_called_digits_is_reached_as_a_path(idx_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    idx_folder.rename(idx_folder.with_name("digits"))
    monkeypatch.chdir(idx_folder.parent)
    assert load("./digits", rng()).features == 6
    assert load(Path("digits"), rng()).features == 6
    assert load("digits", rng()).features == 64


def test_any_other_source_is_answered_with_what_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("1,2")
    with pytest.raises(DataError, match=r"table\.csv: neither of them; expected 'digits', a folder of IDX"):
        load(tmp_path / "table.csv", rng())
    with pytest.raises(DataError, match="mnits: no such file or folder; expected 'digits'"):
        load("mnits", rng())
    with pytest.raises(DataError, match=r"gone\.npz: no such file"):
        load(tmp_path / "gone.npz", rng())
