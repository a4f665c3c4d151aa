"""One Dataset, whoever computed its points, in whatever order, in one go or in many."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import tempfile
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from analogep import CircuitCard, DeviceCard, Run, results
from analogep.errors import ResultError, UsageError
from analogep.study import Study, StudyProgress

from .artificial import deadly, failing, fast, longer
from .small import SET, quick, small


@pytest.fixture(scope="module")
def one_worker(few: Path, tmp_path_factory: pytest.TempPathFactory) -> xr.Dataset:
    """The small study by one process."""
    return small(few).run(tmp_path_factory.mktemp("one"), workers=1)


def test_chip_0_and_seed_0_are_what_a_run_gives_bit_for_bit(few: Path, one_worker: xr.Dataset) -> None:
    texts = [f"{key}={value}" for key, value in SET.items()]
    for beta, noise in ((0.2, "0 %"), (0.5, "5 %")):
        device = DeviceCard.load("rram", [f"read.noise.sigma={noise}"])
        run = Run(device, CircuitCard.load("digits", [*texts, f"nudging.beta={beta}"]), 0, few).execute()
        point = one_worker.sel({"nudging.beta": beta, "read.noise.sigma": float(noise[0]) / 100}).isel(chip=0, seed=0)
        for name in ("accuracy", "energy", "pulses", "cosine", "conductance_count", "confusion", "duration"):
            np.testing.assert_array_equal(point[name].values, run[name].values)


def test_chips_and_seeds_are_samples_of_their_own_streams(few: Path, tmp_path: Path, here: Executor) -> None:
    data = small(few, vary={"nudging.beta": [0.5]}, chips=2, seeds=2).run(tmp_path, executor=here)
    edges = data["conductance_edge"].isel({"nudging.beta": 0})
    np.testing.assert_array_equal(edges.isel(seed=0), edges.isel(seed=1))
    assert not np.array_equal(edges.isel(chip=0), edges.isel(chip=1))
    pulses = data["pulses"].isel({"nudging.beta": 0})
    assert not np.array_equal(pulses.isel(seed=0), pulses.isel(seed=1))


@pytest.mark.parametrize("workers", [pytest.param(2, marks=pytest.mark.slow), 4])
def test_any_number_of_workers_gives_identical_arrays(
    few: Path, tmp_path: Path, one_worker: xr.Dataset, workers: int
) -> None:
    xr.testing.assert_identical(small(few).run(tmp_path, workers=workers), one_worker)
    xr.testing.assert_identical(results.read(tmp_path / "study.nc"), one_worker)


def test_parts_make_the_whole(few: Path, tmp_path: Path, one_worker: xr.Dataset, here: Executor) -> None:
    for part in (3, 1, 2):
        found = small(few).run(tmp_path, shard=(part, 3), executor=here)
    xr.testing.assert_identical(found, one_worker)
    xr.testing.assert_identical(results.read(tmp_path / "study.nc"), one_worker)


def test_a_part_leaves_the_rest_and_writes_no_result(tmp_path: Path, here: Executor) -> None:
    found = quick(fast).run(tmp_path, shard=(2, 5), executor=here)
    assert (int((found["state"] == 1).sum()), found.attrs["not_run"]) == (5, 19)
    assert not (tmp_path / "study.nc").exists()
    with pytest.raises(UsageError, match="cannot know when the target is reached"):
        quick(fast, seeds=None, target={"standard_error": "1 %"}).run(tmp_path, shard=(1, 2))


def test_a_part_removes_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="must not remove what other parts have done"):
        quick(fast).run(tmp_path, shard=(1, 2), force=True)


def test_an_executor_that_breaks_is_a_sentence_and_what_is_done_is_kept(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool, pytest.raises(ResultError, match="takes no more points"):
        quick(deadly).run(tmp_path, executor=pool)


def test_dimensions_are_axes_chip_seed_and_those_of_a_run(one_worker: xr.Dataset) -> None:
    head = ("nudging.beta", "read.noise.sigma", "chip", "seed")
    assert one_worker["accuracy"].dims == (*head, "epoch")
    assert one_worker["energy"].dims == (*head, "epoch", "component", "phase")
    assert one_worker["pulses"].dims == (*head, "epoch", "layer")
    for name, array in one_worker.data_vars.items():
        assert {"units", "long_name"} <= set(array.attrs), name
    for name in head:
        assert one_worker[name].attrs["units"] == "1"
    assert list(one_worker["read.noise.sigma"].values) == [0.0, 0.05]
    assert list(one_worker["epoch"].values) == [1, 2]
    assert "g_plus_1" not in one_worker
    assert "trace_voltage" not in one_worker
    said = one_worker.attrs
    assert set(json.loads(said["device_cards"])) == {"rram"}
    assert json.loads(said["axes"])["nudging.beta"] == {"nudging.beta": ["0.2", "0.5"]}
    assert json.loads(said["failed"]) == []
    assert said["train_samples"] == 60
    assert said["circuit"] == "digits"
    assert "beta" not in said


def test_large_parts_and_ages_are_kept_where_asked_for(few: Path, tmp_path: Path, here: Executor) -> None:
    study = small(few, vary={"nudging.beta": [0.5]}, chips=1, keep=["conductances", "traces"], ages=["0 s", "1 d"])
    found = study.run(tmp_path, executor=here)
    assert found["g_plus_1"].shape == (1, 1, 1, 65, 6)
    assert found["trace_voltage"].dims[-2:] == ("point", "node")
    assert list(found["age"].values) == [0.0, 86400.0]
    assert found["aged_accuracy"].shape == (1, 1, 1, 2)


def test_a_study_that_is_not_stored_gives_the_same_and_leaves_nothing(
    tmp_path: Path, here: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = quick(fast).run(tmp_path / "stored", executor=here)
    (tmp_path / "bare").mkdir()
    (tmp_path / "scratch").mkdir()
    monkeypatch.chdir(tmp_path / "bare")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    xr.testing.assert_identical(quick(fast).run(store=False, executor=here), stored)
    assert list((tmp_path / "bare").iterdir()) == list((tmp_path / "scratch").iterdir()) == []
    for asked in ({"out": tmp_path / "a"}, {"shard": (1, 2)}):
        with pytest.raises(UsageError, match="has no folder, and a part of it would be lost"):
            quick(fast).run(store=False, **asked)


def test_the_same_study_computes_nothing_twice(tmp_path: Path, here: Executor) -> None:
    first = quick(fast).run(tmp_path, executor=here)
    record: list[StudyProgress] = []
    again = quick(fast).run(tmp_path, report=record.append)  # no executor is started
    xr.testing.assert_identical(again, first)
    assert record == [StudyProgress(24, 0, 24, 24)]


def test_more_chips_and_seeds_go_on_in_the_same_folder(tmp_path: Path, here: Executor) -> None:
    few_points = quick(fast).run(tmp_path, executor=here)
    record: list[StudyProgress] = []
    more = quick(fast, chips=3, seeds=4).run(tmp_path, executor=here, report=record.append)
    assert (record[0].found, record[-1].done) == (24, 48)
    xr.testing.assert_equal(more.isel(chip=slice(2), seed=slice(3)), few_points)


def test_damaged_points_are_done_again(tmp_path: Path, here: Executor) -> None:
    whole = quick(fast).run(tmp_path, executor=here)
    files = sorted((tmp_path / "points").iterdir())
    rng = random.Random(5)
    content = files[0].read_bytes()
    files[0].write_bytes(b"")
    files[1].write_bytes(files[1].read_bytes()[: len(content) // 2])
    files[2].write_bytes(rng.randbytes(len(content)))
    files[3].write_bytes(content)  # another point's
    for number, file in enumerate(files[4:16]):
        flipped = bytearray(file.read_bytes())
        flipped[rng.randrange(len(flipped) * number // 12, len(flipped))] ^= 1 << rng.randrange(8)
        file.write_bytes(bytes(flipped))
    record: list[StudyProgress] = []
    xr.testing.assert_identical(quick(fast).run(tmp_path, executor=here, report=record.append), whole)
    # a bit that changes neither numbers nor texts, as in padding, does no harm
    assert 8 <= record[0].found <= 11


def test_points_that_fail_are_recorded_and_stop_nothing(tmp_path: Path, here: Executor) -> None:
    found = quick(failing, seeds=2).run(tmp_path, executor=here)
    failed = json.loads(found.attrs["failed"])
    assert len(failed) == 6
    assert {"at": {"nudging.beta": "0.3"}, "chip": 1, "seed": 0, "reason": "it diverged"} in failed
    fault = {"at": {"nudging.beta": "0.2"}, "chip": 1, "seed": 1, "reason": "ZeroDivisionError: division by zero"}
    assert fault in failed
    state = found["state"].values
    assert (state == 2).sum() == 6
    np.testing.assert_array_equal(np.isnan(found["accuracy"].values).all(axis=-1), state == 2)
    xr.testing.assert_identical(results.read(tmp_path / "study.nc"), found)


def test_only_what_may_go_better_is_tried_again_until_all_is_asked_for(tmp_path: Path, here: Executor) -> None:
    def tried(**options: Any) -> int:
        record: list[StudyProgress] = []
        quick(failing, seeds=1).run(tmp_path, executor=here, report=record.append, **options)
        assert (record[-1].done, record[-1].failed) == (5, 3)
        return record[-1].done + record[-1].failed - record[0].done - record[0].failed

    assert tried() == 8
    assert tried() == 1  # the fault of the program; two that diverge would diverge again
    assert tried(retry=True) == 3


def test_axes_that_change_the_number_of_epochs_leave_the_rest_missing(tmp_path: Path, here: Executor) -> None:
    found = quick(longer, vary={"learning.epochs": [1, 3, 2]}, chips=1, seeds=1).run(tmp_path, executor=here)
    known = ~np.isnan(found["accuracy"].values[:, 0, 0])
    assert known.tolist() == [[True, False, False], [True, True, True], [True, True, False]]
    assert list(found["epoch"].values) == [1, 2, 3]


def test_whole_cards_are_an_axis_and_all_of_them_are_in_the_result(tmp_path: Path, here: Executor) -> None:
    found = quick(fast, device=None, vary={"device": ["rram", "ideal"]}).run(tmp_path, executor=here)
    assert list(found["device"].values) == ["rram", "ideal"]
    assert set(json.loads(found.attrs["device_cards"])) == {"rram", "ideal"}
    assert "device" not in found.attrs


def test_another_studys_folder_is_refused_by_what_differs_unless_forced(tmp_path: Path, here: Executor) -> None:
    quick(fast).run(tmp_path, executor=here)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.nc")}
    with pytest.raises(ResultError, match=r"belongs to another study \(seed: 0 there, 1 here\); choose another --out"):
        quick(fast, seed=1).run(tmp_path, executor=here)
    with pytest.raises(ResultError, match=r"\(work: tests.study.artificial.fast there, .*longer here\)"):
        quick(longer).run(tmp_path, executor=here)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.nc")} == before
    record: list[StudyProgress] = []
    quick(fast, seed=1).run(tmp_path, executor=here, force=True, report=record.append)
    assert record[0].found == 0
    assert len(list((tmp_path / "points").iterdir())) == 24


def test_a_folder_that_is_no_studys_is_never_touched(tmp_path: Path, here: Executor) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    for force in (False, True):
        with pytest.raises(ResultError, match=r"holds 'thesis.tex' and no study of analogep"):
            quick(fast).run(tmp_path, executor=here, force=force)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize(
    ("writes", "points", "sentence"),
    [
        (0, 0, r"study\.json: cannot be written: No space left on device; choose another --out$"),
        (
            12,
            5,
            r"[0-9a-f]{40}\.nc: cannot be written: No space left on device; make room, and the same command goes on",
        ),
        (
            50,
            24,
            r"study\.nc: cannot be written: No space left on device; make room, and the same command goes on from",
        ),
    ],
    ids=["identity", "point", "result"],
)
def test_a_full_disk_is_one_sentence_and_keeps_what_is_done(
    tmp_path: Path, here: Executor, monkeypatch: pytest.MonkeyPatch, writes: int, points: int, sentence: str
) -> None:
    whole = quick(fast).run(tmp_path / "whole", executor=here)
    # Each file is synchronised, and then its folder.
    real, left = os.fsync, [writes]

    def full(descriptor: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, "No space left on device")
        real(descriptor)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(ResultError, match=rf"^{tmp_path}/full/(points/)?{sentence}"):
            quick(fast).run(tmp_path / "full", executor=here)
    kept = [path.name for path in (tmp_path / "full").rglob("*") if path.is_file() and path.name != ".lock"]
    assert sorted(Path(name).suffix for name in kept) == [*([".json"] if writes else []), *points * [".nc"]]
    assert "study.nc" not in kept
    record: list[StudyProgress] = []
    xr.testing.assert_identical(quick(fast).run(tmp_path / "full", executor=here, report=record.append), whole)
    assert record[0].found == points


def test_a_failure_that_a_full_disk_does_not_take_is_one_sentence(
    tmp_path: Path, here: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync

    def full(descriptor: int) -> None:
        if any((tmp_path / "points").glob(".*.json.*.part")):
            raise OSError(28, "No space left on device")
        real(descriptor)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(
            ResultError, match=r"points/[0-9a-f]{40}\.json: cannot be written: No space left on device; "
        ):
            quick(failing).run(tmp_path, executor=here)
    assert len(json.loads(quick(failing).run(tmp_path, executor=here).attrs["failed"])) == 9


def test_a_folder_that_a_killed_part_left_with_locks_alone_is_free(tmp_path: Path, here: Executor) -> None:
    (tmp_path / "points").mkdir()
    for name in (".lock", ".lock-1-of-4", ".study.json.abc_1.part", ".report.html.abc.part"):
        (tmp_path / name).write_text("")
    quick(fast).run(tmp_path, executor=here)
    assert not list(tmp_path.glob(".*.part"))


def test_seeds_are_added_until_each_combination_reaches_its_standard_error(tmp_path: Path, here: Executor) -> None:
    given = {"chips": 1, "seeds": None, "target": {"standard_error": "0.04 %", "most": 8}}
    found = quick(fast, **given).run(tmp_path, executor=here)
    assert 3 <= found.sizes["seed"] <= 8
    states = found["state"].isel(chip=0).values
    accuracy = found["accuracy"].isel(chip=0, epoch=-1).values
    for state, values in zip(states, accuracy, strict=True):
        done = int((state == 1).sum())
        assert (state[:done] == 1).all()
        errors = [values[:n].std(ddof=1) / np.sqrt(n) for n in range(3, done + 1)]
        assert all(error > 4e-4 for error in errors[:-1])
        assert errors[-1] <= 4e-4 or done == 8
    record: list[StudyProgress] = []
    xr.testing.assert_identical(quick(fast, **given).run(tmp_path, report=record.append), found)
    assert record[-1].found == record[-1].total


def test_combinations_that_always_fail_need_no_further_seed(tmp_path: Path, here: Executor) -> None:
    given = {"chips": 1, "seeds": None, "target": {"standard_error": "0.0001 %", "most": 5}}
    found = quick(failing, vary={"nudging.beta": [0.1, 0.3]}, **given).run(tmp_path, executor=here)
    assert found["state"].isel(chip=0).values.tolist() == [[1, 1, 1, 1, 1], [2, 2, 2, 0, 0]]


def test_options_that_exclude_each_other_are_refused(tmp_path: Path, here: Executor) -> None:
    with pytest.raises(UsageError, match="one of them"):
        quick(fast).run(tmp_path, workers=2, executor=here)


def test_values_may_be_arrays(tmp_path: Path, here: Executor) -> None:
    study = Study(device="rram", vary={"nudging.beta": np.linspace(0.1, 0.3, 3)}, work=fast)
    found = study.run(tmp_path, executor=here)
    np.testing.assert_allclose(found["nudging.beta"].values, [0.1, 0.2, 0.3], rtol=1e-15)
