"""The bundled digits and the command that makes them."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from analogep.datasets import digits
from analogep.datasets.make_digits import COUNTS, main, read_table
from analogep.errors import DataError


def bundled() -> tuple[np.ndarray, np.ndarray]:
    with np.load(digits.BUNDLED, allow_pickle=False) as archive:
        return archive["x"], archive["y"]


def table_rows() -> list[str]:
    x, y = bundled()
    return [",".join(map(str, row)) for row in np.column_stack([x, y])]


def test_digits_are_1797_images_of_64_values_in_0_to_1() -> None:
    data = digits.load(np.random.default_rng(0))
    assert len(data.train_x) + len(data.test_x) == 1797
    assert (data.features, data.shape, data.classes) == (64, (8, 8), 10)
    assert data.train_x.dtype == np.float64
    assert data.train_y.dtype == np.int64
    assert (data.train_x.min(), data.train_x.max()) == (0, 1)
    assert "10.24432/C50P49" in data.citation


def test_the_test_part_holds_a_fifth_of_every_digit() -> None:
    data = digits.load(np.random.default_rng(0))
    assert np.bincount(data.test_y).tolist() == [round(0.2 * count) for count in COUNTS]
    assert len(digits.load(np.random.default_rng(0), 0.5).test_x) == pytest.approx(1797 / 2, abs=10)


def test_the_split_follows_the_generator_alone() -> None:
    first, again, other = (digits.load(np.random.default_rng(seed)).digest for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_the_first_image_is_the_zero_that_the_source_begins_with() -> None:
    x, y = bundled()
    assert x[0, :16].tolist() == [0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0]
    assert y[:10].tolist() == list(range(10))


@pytest.mark.parametrize("compressed", [False, True])
def test_the_table_becomes_the_bundled_arrays_and_the_same_bytes_each_time(tmp_path: Path, compressed: bool) -> None:
    content = "\n".join(table_rows()).encode()
    table = tmp_path / "optdigits.tes"
    table.write_bytes(gzip.compress(content) if compressed else content)
    for name in ("a.npz", "b.npz"):
        main([str(table), "--output", str(tmp_path / name)])
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    with np.load(tmp_path / "a.npz") as archive:
        np.testing.assert_array_equal(archive["x"], bundled()[0])
        np.testing.assert_array_equal(archive["y"], bundled()[1])


def with_row(row: str) -> str:
    return "\n".join([row, *table_rows()[1:]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"a table of \(0, 1\); expected \(1797, 65\)"),
        ("1,2,3\n1,2\n", "not a table of integers separated by commas"),
        ("a,b", "not a table of integers separated by commas"),
        ("\n".join(table_rows()[:-1]), r"a table of \(1796, 65\)"),
        (with_row("17," * 64 + "0"), "grey values from 0 to 17; expected 0 to 16"),
        (with_row("1," * 64 + "10"), "digits from 0 to 10; expected 0 to 9"),
        (with_row("1," * 64 + "1"), r"\(177, 183, .* images of the digits 0 to 9; expected \(178, 182"),
        ("1" * 2**20 + "1", "more than 1048576 bytes"),
    ],
)
def test_another_table_is_refused(tmp_path: Path, text: str, message: str) -> None:
    table = tmp_path / "table"
    table.write_text(text)
    with pytest.raises(DataError, match=message):
        read_table(table)


def test_the_command_ends_with_one_sentence_where_the_table_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"error: .*gone: cannot be read"):
        main([str(tmp_path / "gone")])
    (tmp_path / "cut.gz").write_bytes(gzip.compress(b"1,2,3" * 100)[:20])
    with pytest.raises(SystemExit, match=r"error: .*cut\.gz: cannot be read"):
        main([str(tmp_path / "cut.gz")])
