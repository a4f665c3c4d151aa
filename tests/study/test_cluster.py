"""A Dask cluster of two worker processes on loopback gives the arrays that one process gives."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path

import pytest
import xarray as xr

from analogep.errors import ResultError, UsageError
from analogep.study.cluster import connected

from .artificial import fast
from .small import quick, small


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """Address of a scheduler with two worker processes."""
    distributed = pytest.importorskip(
        "distributed", reason="dask.distributed is not installed: pip install 'analogep[cluster]'"
    )
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0", silence_logs=50
    ) as cluster:
        yield cluster.scheduler_address


def test_a_cluster_gives_identical_arrays(few: Path, tmp_path: Path, scheduler: str, here: Executor) -> None:
    whole = small(few).run(tmp_path / "whole", executor=here)
    xr.testing.assert_identical(small(few).run(tmp_path / "cluster", scheduler=scheduler), whole)


def test_a_scheduler_that_does_not_answer_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="dask.distributed is not installed: pip install 'analogep[cluster]'")
    monkeypatch.setattr("analogep.study.cluster._PATIENCE", 3.0)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ResultError, match=r"scheduler tcp://.*: does not answer within 3 s"):
            quick(fast).run(tmp_path, scheduler=address)


@pytest.mark.parametrize("address", ["nonsense://", "127.0.0.1", "tcp://host:port", "tcp://127.0.0.1"])
def test_an_address_that_is_none_is_a_sentence(address: str) -> None:
    pytest.importorskip("distributed", reason="dask.distributed is not installed: pip install 'analogep[cluster]'")
    with pytest.raises(UsageError, match=f"--scheduler {address}: "), connected(address):
        pass


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("analogep.study.cluster.importlib.import_module", absent)
    with pytest.raises(UsageError, match=r"pip install 'analogep\[cluster\]'"), connected("tcp://127.0.0.1:1"):
        pass
