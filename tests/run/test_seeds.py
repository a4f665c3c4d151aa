"""Same seeds, same arrays, whatever the threads and workers; each seed changes what is its own and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from threadpoolctl import threadpool_info, threadpool_limits

from analogep import results
from analogep.chip.threads import one_blas_thread
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.network import Hardware
from analogep.run import Run
from analogep.streams import Seeds

from .tiny import VARIANTS, tiny


def execute(seed: int, name: str) -> xr.Dataset:
    """Of the module, so that a process pool finds it."""
    return tiny(*VARIANTS[name], seed=seed).execute()


@pytest.mark.parametrize("name", VARIANTS)
def test_the_same_seed_gives_the_same_arrays_and_another_one_others(name: str) -> None:
    first = execute(1, name)
    xr.testing.assert_identical(execute(1, name), first)
    other = execute(2, name)
    fixed = {
        "trace_time",
        "trace_beta",
        "duration",
        "unsettled",
        "accuracy",
        "train_accuracy",
        "pulses",
        "worn",
        "spikes",
    }
    fixed |= {"wire_error", "stuck"}  # 0 without wires and faults
    fixed |= {"inference_seconds"}  # as long as phases are
    same = {key for key in first.data_vars if first[key].equals(other[key])}
    assert same <= fixed


def fabricated(seeds: Seeds) -> list[np.ndarray]:
    hardware = Hardware(DeviceCard.load("rram"), CircuitCard.load("digits", ("layers=[64,8,10]",)), seeds)
    return [array.g_max for pair in hardware.pairs for array in (pair.plus, pair.minus)]


def split(seeds: Seeds) -> np.ndarray:
    return Run(DeviceCard.load("rram"), CircuitCard.load("digits"), seeds).data.train_x


def equal(one: object, other: object) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))  # type: ignore[call-overload]


@pytest.mark.parametrize("moved", ["fabrication", "operation", "data"])
def test_each_seed_alone_changes_the_result_and_only_its_own_part_of_the_setting(moved: str) -> None:
    one, other = Seeds.of(1), Seeds.of(1, **{moved: 2})
    assert equal(fabricated(one), fabricated(other)) == (moved != "fabrication")
    assert np.array_equal(split(one), split(other)) == (moved != "data")
    first, second = (tiny(seed=seeds).execute() for seeds in (one, other))
    assert not first["g_plus_1"].equals(second["g_plus_1"])
    assert not first["train_cost"].equals(second["train_cost"])


def test_an_ideal_device_is_the_same_from_every_fabrication() -> None:
    first, second = (tiny(card="ideal", seed=Seeds.of(1, fabrication=seed)).execute() for seed in (1, 2))
    xr.testing.assert_equal(first, second)


def threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(2)


def processes() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(2, get_context("spawn"))


@pytest.mark.parametrize("pool", [threads, processes])
def test_two_workers_give_the_arrays_of_one(pool: Callable[[], Executor]) -> None:
    name = "closed loop, mirrored"
    with pool() as executor:
        found = list(executor.map(execute, [1, 2, 1], 3 * [name]))
    for seed, dataset in zip([1, 2, 1], found, strict=True):
        here = execute(seed, name)
        for one in (dataset, here):  # another process has the clock of the day
            del one.attrs["date"], one.attrs["wall_seconds"]
        xr.testing.assert_identical(dataset, here)


PROGRAM = """
import sys
from pathlib import Path
from threadpoolctl import threadpool_info
from analogep import CircuitCard, DeviceCard, Run
from tests.run.tiny import tiny
print({info["num_threads"] for info in threadpool_info() if info["user_api"] == "blas"})
tiny("layers=[64,40,10]", "learning.epochs=1", seed=1).execute(Path(sys.argv[1]))
"""


def test_the_number_of_threads_changes_no_bit(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    names = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS")
    surroundings = os.environ | dict.fromkeys(names, "2") | {"PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "two")], env=surroundings, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    # On a machine with one core there is one thread whatever is asked for.
    assert done.stdout.strip() in ("{2}", "{1}")
    two = results.read(tmp_path / "two" / "result.nc")
    with threadpool_limits(1):
        one = tiny("layers=[64,40,10]", "learning.epochs=1", seed=1).execute()
    for found in (one, two):  # another process has the clock of the day
        del found.attrs["date"], found.attrs["wall_seconds"]
    xr.testing.assert_identical(one, two)


def blas_threads() -> set[int]:
    return {info["num_threads"] for info in threadpool_info() if info["user_api"] == "blas"}


def test_blas_keeps_to_one_thread_until_the_last_run_of_the_process_has_ended() -> None:
    with threadpool_limits(2):
        before = blas_threads()
        first, second = one_blas_thread(), one_blas_thread()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert blas_threads() == {1}
        second.__exit__(None, None, None)
        assert blas_threads() == before
