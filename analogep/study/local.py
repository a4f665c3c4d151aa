"""Worker processes of this machine, as an executor that survives the death of any of them."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from analogep.errors import UsageError

_CONTEXT = "forkserver" if sys.platform == "linux" else "spawn"
"""Linux forks workers off a process that has imported everything once and runs no threads of ours; elsewhere system
libraries do not survive a fork."""
PRELOADED = ("analogep.study.work", "analogep.run.epoch")
"""What that process imports: the work, and all that it imports itself only when training begins."""
_STILLBORN = 3


def _begin() -> None:
    """Set up a worker: one thread of everything, no Ctrl-C of its own, no life without the study."""
    from threadpoolctl import threadpool_limits

    os.environ["ANALOGEP_THREADS"] = "1"
    threadpool_limits(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent.join,), daemon=True).start()


def _follow(parent_ends: Callable[[], None]) -> None:
    """End with the parent: workers of a killed study would otherwise wait for work for ever."""
    parent_ends()
    os._exit(1)


class _Slot:
    """One worker process, started when it is needed and again when it has died."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._process: set[Any] = set()
        self._hello: Future[int] | None = None
        self.waiting: list[Future[Any]] = []

    def load(self) -> int:
        """Jobs that are not done."""
        self.waiting = [future for future in self.waiting if not future.done()]
        return len(self.waiting)

    def submit(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Future[Any]:
        """Start a job."""
        future = self.pool().submit(fn, *args, **kwargs)
        self.waiting.append(future)
        return future

    def pool(self) -> ProcessPoolExecutor:
        """The pool of this slot, a new one if there is none."""
        if self._pool is None:
            context = multiprocessing.get_context(_CONTEXT)
            if _CONTEXT == "forkserver":
                multiprocessing.set_forkserver_preload(list(PRELOADED))
            before = set(multiprocessing.active_children())
            self._pool = ProcessPoolExecutor(1, mp_context=context, initializer=_begin)
            self._hello = self._pool.submit(os.getpid)
            self._process = set(multiprocessing.active_children()) - before
        return self._pool

    def drop(self) -> bool:
        """Forget a pool that has broken; returns whether its process ever ran."""
        alive = self._hello is not None and self._hello.done() and self._hello.exception() is None
        self.kill()
        return alive

    def kill(self) -> None:
        """End the process at once."""
        for process in self._process:
            with contextlib.suppress(OSError, ValueError):
                process.kill()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool, self._process, self._hello = None, set(), None


class LocalWorkers(Executor):
    """Executor of `count` processes, each a pool of its own: one that is killed takes only its own job with it.

    The future of that job raises `BrokenProcessPool`; the next `submit` starts a new process. `shutdown` ends the
    processes at once, in the middle of a job if there is one.

    Parameters
    ----------
    count : int
    """

    def __init__(self, count: int) -> None:
        self._slots = [_Slot() for _ in range(count)]
        self._stillborn = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Start a job on the process that has least to do.

        Raises
        ------
        UsageError
            If processes end before they begin.
        """
        slot = min(self._slots, key=_Slot.load)
        while True:
            try:
                return slot.submit(fn, *args, **kwargs)
            except BrokenProcessPool:
                self._stillborn = 0 if slot.drop() else self._stillborn + 1
            if self._stillborn >= _STILLBORN:
                raise UsageError(
                    "worker processes end before they begin; in a script, call the study under "
                    "`if __name__ == '__main__':`, as workers import the script"
                )

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End all processes."""
        for slot in self._slots:
            slot.kill()
