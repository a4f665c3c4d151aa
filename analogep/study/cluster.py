"""A Dask cluster as executor."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import os
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from typing import Any, Final
from urllib.parse import urlsplit

from analogep.errors import ResultError, UsageError

PATIENCE: Final = 10.0
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
def connected(address: str, patience: float = PATIENCE) -> Iterator[tuple[Executor, int]]:
    """Executor of the cluster whose scheduler is at `address`, and how many jobs keep it busy.

    Parameters
    ----------
    address : str
        Such as `tcp://127.0.0.1:8786`.
    patience : float
        Time that the scheduler has to answer [s].

    Raises
    ------
    UsageError
        If Dask is not installed, or the address is not that of a scheduler.
    ResultError
        If nothing answers, or what answers is not a scheduler.
    """
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError:
        raise UsageError("--scheduler needs dask.distributed: pip install 'analogep[cluster]'") from None
    _check_address(address)
    with _quiet():
        _knock(distributed, address, patience)
        with _client(distributed, address, patience) as client:
            threads = sum(client.nthreads().values())
            if not threads:
                raise ResultError(f"scheduler {address}: has no workers; start some with 'dask worker {address}'")
            _set_up(client, address)
            executor = client.get_executor()
            try:
                yield executor, 2 * threads
            finally:
                executor.shutdown(wait=False)


def _check_address(address: str) -> None:
    try:
        parts = urlsplit(address)
        known = parts.scheme in ("tcp", "tls") and parts.hostname and parts.port is not None
    except ValueError:
        known = False
    if not known:
        raise UsageError(
            f"--scheduler {address}: is no address of a scheduler; give an address such as tcp://127.0.0.1:8786"
        )


def _knock(distributed: Any, address: str, patience: float) -> None:
    """See whether a scheduler speaks there, before a client is made.

    A client waits for ever for a server that accepts its connection and says nothing, and complains at exit of one
    that speaks another language.
    """
    answer: Future[Any] = Future()

    def ask() -> None:
        try:
            answer.set_result(asyncio.run(asyncio.wait_for(_identity(distributed, address, patience), patience)))
        except BaseException as error:
            answer.set_exception(error)

    # A thread of its own, as a notebook has a running loop in this one; left behind where a name server hangs.
    threading.Thread(target=ask, daemon=True).start()
    try:
        found = answer.result(patience + 1.0)
    except (OSError, TimeoutError) as error:
        raise _silent(address, patience, error) from None
    except Exception:
        # Dask takes the first bytes of whatever else speaks there for the length of a message: MemoryError and others.
        found = None
    if not (isinstance(found, dict) and found.get("type") == "Scheduler"):
        raise ResultError(
            f"scheduler {address}: what answers there is no Dask scheduler; give the address that 'dask scheduler' "
            "printed"
        )


async def _identity(distributed: Any, address: str, patience: float) -> Any:
    """What the server says that it is."""
    options = distributed.Security().get_connection_args("client")
    comm = await distributed.comm.connect(address, timeout=patience, **options)
    try:
        await comm.write({"op": "identity", "reply": True})
        return await comm.read()
    finally:
        comm.abort()


def _silent(address: str, patience: float, error: BaseException) -> ResultError:
    return ResultError(
        f"scheduler {address}: does not answer within {patience:.0f} s ({type(error).__name__}); start "
        "one with 'dask scheduler', and workers with 'dask worker ADDRESS'"
    )


@contextlib.contextmanager
def _client(distributed: Any, address: str, patience: float) -> Iterator[Any]:
    try:
        # A client that fails waits twice as long again until it has closed itself.
        client = distributed.Client(address, timeout=patience / 3, set_as_default=False)
    except OSError as error:
        raise _silent(address, patience, error) from None
    try:
        yield client
    finally:
        client.close(timeout=2)
