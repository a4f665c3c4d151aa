"""The validation part: samples that choices may look at, of which none is a test sample."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analogep.datasets import Dataset, load_data, load_validation
from analogep.errors import DataError, UsageError

from .conftest import NAMES, idx_bytes, small_parts


def rows(x: np.ndarray) -> set[bytes]:
    return {row.tobytes() for row in np.asarray(x, np.float64)}


def numbered(total: int, test: int, *, ordered: bool = False, classes: int = 4) -> Dataset:
    """Every sample has a number of its own as its image."""
    x, labels = (np.arange(total + test) / 2**17)[:, None], np.arange(total + test) % classes
    return Dataset("own", x[:total], labels[:total], x[total:], labels[total:], classes, (1,), ordered=ordered)


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_digits_are_shared_60_20_20_by_class_and_no_test_sample_is_in_either_part() -> None:
    """Whole images tell samples apart: no image of the bundled digits is there twice."""
    whole, parts = load_data("digits", seed=3), load_validation("digits", seed=3)
    assert (len(parts.train_y), len(parts.test_y), len(whole.test_y)) == (1081, 357, 359)
    known, held, test = rows(parts.train_x), rows(parts.test_x), rows(whole.test_x)
    assert len(known) + len(held) + len(test) == 1797
    assert not any((known & held, known & test, held & test))
    assert known | held == rows(whole.train_x)
    counts = np.bincount(parts.test_y) / np.bincount(whole.train_y)
    np.testing.assert_allclose(counts, 0.25, atol=0.005)
    assert "validation" in parts.name


def test_the_data_seed_alone_decides_which_samples_are_held_out() -> None:
    first, again, other = (load_validation("digits", seed=seed).digest for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_runs_keep_their_own_split() -> None:
    assert load_data("digits", seed=1).digest == load_data("digits", seed=1).digest
    assert load_data("digits", seed=1).train_x.shape == (1438, 64)


def test_an_ordered_file_holds_out_its_last_samples() -> None:
    parts = numbered(60_000, 10_000, ordered=True).held_out(rng())
    np.testing.assert_array_equal(parts.test_x[:, 0] * 2**17, np.arange(50_000, 60_000))
    np.testing.assert_array_equal(parts.train_x[:, 0] * 2**17, np.arange(50_000))
    assert len(numbered(60_000, 20_000, ordered=True).held_out(rng()).test_y) == 10_000
    assert len(numbered(60_000, 10_000, ordered=True).held_out(rng(), 5000).test_y) == 5000


def test_a_source_without_an_order_gives_an_equal_share_of_every_class() -> None:
    parts = numbered(600, 100).held_out(rng())
    assert np.bincount(parts.test_y).tolist() == [25, 25, 25, 25]
    assert not rows(parts.train_x) & rows(parts.test_x)
    assert len(numbered(400, 400).held_out(rng()).test_y) == 100


def test_each_part_has_a_digest_of_its_own() -> None:
    one, other = numbered(600, 100).held_out(rng(1)), numbered(600, 100).held_out(rng(2))
    assert len({*one.part_digests, *other.part_digests}) == 4
    assert one.part_digests == numbered(600, 100).held_out(rng(1)).part_digests


@pytest.mark.parametrize("samples", [0, 600, -1])
def test_all_or_none_of_the_samples_cannot_be_held_out(samples: int) -> None:
    with pytest.raises(UsageError, match=rf"^{samples} of the 600 training samples of 'own' cannot be held out$"):
        numbered(600, 100).held_out(rng(), samples)


def test_a_folder_of_images_is_ordered_and_its_last_ones_must_have_every_class(tmp_path: Path) -> None:
    images, labels = np.arange(48).reshape(8, 2, 3), np.repeat([0, 1], 4)
    for name, values in zip(NAMES, [images, labels, *small_parts()[2:]], strict=True):
        (tmp_path / name).write_bytes(idx_bytes(values))
    assert load_data(tmp_path).ordered
    with pytest.raises(DataError, match="the last 2 training samples have none of class 0; shuffle the file"):
        load_validation(tmp_path)
