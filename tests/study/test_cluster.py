"""A Dask cluster of two worker processes on loopback gives the arrays that one process gives."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path

import pytest
import xarray as xr

from analogep.errors import ResultError, UsageError
from analogep.study.cluster import connected

from ..cli.commands import command
from .small import small


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


@contextlib.contextmanager
def server(greeting: bytes | None) -> Iterator[str]:
    """Address of a server that accepts everybody, reads, and then says the greeting, or never anything."""
    accepted: list[socket.socket] = []

    def serve(listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                accepted.append(connection)
                if greeting is not None:
                    connection.recv(1000)
                    connection.sendall(greeting)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        try:
            yield f"tcp://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()
            for connection in accepted:
                connection.close()


def test_a_port_where_nothing_listens_is_a_sentence() -> None:
    pytest.importorskip("distributed", reason="dask.distributed is not installed: pip install 'analogep[cluster]'")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{closed.getsockname()[1]}"
        with (
            pytest.raises(ResultError, match=r"scheduler tcp://.*: does not answer within 1 s \(\w+\); start one with"),
            connected(address, patience=1.0),
        ):
            pass


def test_a_server_that_accepts_and_never_speaks_is_given_up() -> None:
    pytest.importorskip("distributed", reason="dask.distributed is not installed: pip install 'analogep[cluster]'")
    with (
        server(None) as address,
        pytest.raises(ResultError, match=r"scheduler tcp://.*: does not answer within 1 s \(TimeoutError\); start one"),
        connected(address, patience=1.0),
    ):
        pass


@pytest.mark.parametrize(
    "greeting",
    [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x01" + bytes(7) + b"\x00", b"\xff" * 64],
    ids=["HTTP", "short", "bytes"],
)
def test_a_server_of_another_language_is_a_sentence_and_no_traceback(greeting: bytes, tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="dask.distributed is not installed: pip install 'analogep[cluster]'")
    with server(greeting) as address:
        said = command("study", "rram", "--vary", "nudging.beta=0.5", "--scheduler", address, cwd=tmp_path)
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == (
        f"analogep: scheduler {address}: what answers there is no Dask scheduler; give the address that "
        "'dask scheduler' printed\n"
    )


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
