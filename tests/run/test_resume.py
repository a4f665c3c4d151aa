"""A run that was interrupted anywhere, any number of times, ends with the very arrays of one that was not."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from analogep import results
from analogep.errors import ResultError
from analogep.run import CHECKPOINT, CHIP, RESULT, Progress, Run

from .tiny import EPOCHS, VARIANTS, network, tiny

REPORTS = 1 + 6 * EPOCHS
"""Reports of a run: the start, and in each epoch four around its batches, the test, and the end."""


@functools.cache
def whole(name: str) -> xr.Dataset:
    return tiny(*VARIANTS[name]).execute()


def interrupting(after: int) -> Callable[[Progress], None]:
    """A report that is interrupted when it is called for the time `after`, counted from 0."""
    calls = iter(range(10**6))

    def report(_progress: Progress) -> None:
        if next(calls) == after:
            raise KeyboardInterrupt

    return report


def stages(record: list[Progress]) -> list[tuple[int, str]]:
    return [(progress.epoch, progress.stage) for progress in record]


@pytest.mark.parametrize("after", [0, 3, 5, 6, 7, 10, 11, 12, REPORTS - 1])
def test_an_interrupt_at_any_report_changes_no_number(tmp_path: Path, after: int) -> None:
    name = "closed loop, mirrored"
    with pytest.raises(KeyboardInterrupt):
        tiny(*VARIANTS[name]).execute(tmp_path, report=interrupting(after))
    assert not (tmp_path / RESULT).exists()
    xr.testing.assert_identical(tiny(*VARIANTS[name]).execute(tmp_path), whole(name))


@pytest.mark.parametrize("name", VARIANTS)
def test_a_run_that_is_interrupted_in_every_epoch_changes_no_number(tmp_path: Path, name: str) -> None:
    # 0 start, 1 to 4 batches, 5 test, 6 done, 7 first batch of the next epoch: one epoch is kept each time
    for after in (3, 8, 9, 2):
        with pytest.raises(KeyboardInterrupt):
            tiny(*VARIANTS[name]).execute(tmp_path, report=interrupting(after))
    xr.testing.assert_identical(tiny(*VARIANTS[name]).execute(tmp_path), whole(name))


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("resistive", "{rule: mixed_precision, threshold: 2}"),
        ("resistive, wires", "{rule: stochastic}"),
        ("passive, separate, mirrored", "{rule: closed_loop, threshold: 2}"),
        ("rc, wires", "{rule: stochastic}"),
    ],
)
def test_a_network_of_any_kind_goes_on_after_each_epoch_with_the_same_numbers(
    tmp_path: Path, name: str, rule: str
) -> None:
    """Noisy, and interrupted at the second batch and after the first and second epoch: also between two reductions of
    the arrays' wires."""

    def run() -> Run:
        return network(
            name,
            f"update={rule}",
            seed=4,
            quiet=False,
            device=("variation.cycle_to_cycle={kind: range, sigma: 0.1 %}",),
        )

    for after in (2, 7, 7):
        with pytest.raises(KeyboardInterrupt):
            run().execute(tmp_path, report=interrupting(after))
    found = run().execute(tmp_path)
    assert found.sizes["epoch"] == EPOCHS
    xr.testing.assert_identical(found, run().execute())


def test_epochs_that_are_kept_are_not_done_again(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        tiny(*VARIANTS["stochastic"]).execute(tmp_path, report=interrupting(7))
    record: list[Progress] = []
    tiny(*VARIANTS["stochastic"]).execute(tmp_path, report=record.append)
    assert stages(record)[:2] == [(1, "start"), (2, "train")]
    assert record[1].accuracy == whole("stochastic")["accuracy"].values[0]


def test_the_checkpoint_goes_when_the_result_is_there(tmp_path: Path) -> None:
    tiny(*VARIANTS["stochastic"]).execute(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {RESULT, CHIP, "run.json", ".lock"}


@pytest.mark.parametrize("damage", ["truncated", "empty", "garbage"])
def test_a_damaged_checkpoint_is_done_again(tmp_path: Path, damage: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        tiny(*VARIANTS["mixed precision"]).execute(tmp_path, report=interrupting(15))
    content = (tmp_path / CHECKPOINT).read_bytes()
    changed = {"truncated": content[: len(content) // 2], "empty": b"", "garbage": b"garbage" * 1000}[damage]
    (tmp_path / CHECKPOINT).write_bytes(changed)
    record: list[Progress] = []
    found = tiny(*VARIANTS["mixed precision"]).execute(tmp_path, report=record.append)
    assert stages(record)[1] == (1, "train")
    xr.testing.assert_identical(found, whole("mixed precision"))


def test_a_checkpoint_of_something_else_is_called_so(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        tiny(*VARIANTS["mixed precision"]).execute(tmp_path, report=interrupting(15))
    results.write(xr.Dataset({"other": ("x", np.arange(3))}), tmp_path / CHECKPOINT)
    with pytest.raises(ResultError, match=r"checkpoint\.nc: does not fit this run \(.*\); remove it to start again"):
        tiny(*VARIANTS["mixed precision"]).execute(tmp_path)


def test_what_a_killed_run_left_half_written_is_removed(tmp_path: Path) -> None:
    left = [
        ".checkpoint.nc.x8_1a2b3.part",
        ".result.nc.abcdefgh.part",
        ".run.json.12345678.part",
        ".energy.png.a_b.part",
    ]
    with pytest.raises(KeyboardInterrupt):
        tiny(*VARIANTS["stochastic"]).execute(tmp_path, report=interrupting(8))
    for name in left:
        (tmp_path / name).write_bytes(b"half")
    xr.testing.assert_identical(tiny(*VARIANTS["stochastic"]).execute(tmp_path), whole("stochastic"))
    assert {path.name for path in tmp_path.iterdir()} == {RESULT, CHIP, "run.json", ".lock"}


def test_a_run_killed_before_it_named_the_folder_its_own_can_be_started_again(tmp_path: Path) -> None:
    (tmp_path / ".lock").touch()
    (tmp_path / ".run.json.12345678.part").write_bytes(b"{")
    xr.testing.assert_identical(tiny(*VARIANTS["stochastic"]).execute(tmp_path), whole("stochastic"))
    assert {path.name for path in tmp_path.iterdir()} == {RESULT, CHIP, "run.json", ".lock"}
