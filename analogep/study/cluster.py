"""A Dask cluster as executor."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import socket
from collections.abc import Iterator
from concurrent.futures import Executor
from typing import Any
from urllib.parse import urlsplit

from analogep.errors import ResultError, UsageError

_PATIENCE = 10.0
"""Time that a scheduler has to answer [s]."""


def _one_thread() -> None:
    """Compiled kernels on one thread in each worker process: the cluster has its own idea of cores."""
    os.environ["ANALOGEP_THREADS"] = "1"


def _set_up(client: Any, address: str) -> None:
    try:
        client.run(_one_thread)
    except Exception as error:
        # Whatever stops workers from importing the package: it is missing, or of another version.
        raise ResultError(
            f"scheduler {address}: its workers cannot run analogep ({type(error).__name__}: {error}); install this "
            "version of it there"
        ) from error


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """No tracebacks in Dask's log of a connection that is lost: our sentence says it."""
    log = logging.getLogger("distributed")
    before = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        log.setLevel(before)


@contextlib.contextmanager
def connected(address: str) -> Iterator[tuple[Executor, int]]:
    """Executor of the cluster whose scheduler is at `address`, and how many jobs keep it busy.

    Raises
    ------
    UsageError
        If Dask is not installed, or the address is none.
    ResultError
        If the scheduler does not answer.
    """
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError:
        raise UsageError("--scheduler needs dask.distributed: pip install 'analogep[cluster]'") from None
    with _quiet(), _client(distributed, address) as client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise ResultError(f"scheduler {address}: has no workers; start some with 'dask worker {address}'")
        _set_up(client, address)
        executor = client.get_executor()
        try:
            yield executor, 2 * threads
        finally:
            executor.shutdown(wait=False)


def _knock(address: str) -> None:
    """See whether anything listens there, before a client is made that takes its time to give up."""
    parts = urlsplit(address)
    if parts.scheme not in ("tcp", "tls") or not parts.hostname or parts.port is None:
        raise ValueError("is no address of a scheduler")
    socket.create_connection((parts.hostname, parts.port), timeout=_PATIENCE).close()


@contextlib.contextmanager
def _client(distributed: Any, address: str) -> Iterator[Any]:
    try:
        _knock(address)
        # A client that fails waits twice as long again until it has closed itself.
        client = distributed.Client(address, timeout=_PATIENCE / 3, set_as_default=False)
    except ValueError as error:
        raise UsageError(f"--scheduler {address}: {error}; give an address such as tcp://127.0.0.1:8786") from None
    except (OSError, MemoryError) as error:
        # Dask takes the first bytes of whatever else listens there for the length of a message: a MemoryError.
        raise ResultError(
            f"scheduler {address}: does not answer within {_PATIENCE:.0f} s ({type(error).__name__}); start "
            "one with 'dask scheduler', and workers with 'dask worker ADDRESS'"
        ) from None
    try:
        yield client
    finally:
        client.close(timeout=2)
