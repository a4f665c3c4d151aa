"""Threads for kernels that release the interpreter's lock: used for large arrays, the same numbers for any count."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from functools import cache
from queue import SimpleQueue
from threading import Thread

LEAST_CELLS = 1 << 17
"""Cells of one call below which a thread costs more than it brings."""


def count() -> int:
    """Threads to use: the cores that this process may run on, or ANALOGEP_THREADS if that is less."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted = os.environ.get("ANALOGEP_THREADS", "")
    return max(1, min(cores, int(wanted))) if wanted.isdigit() else cores


def worth(cells: int) -> int:
    """Number of threads that work on `cells` cells is worth: one below `LEAST_CELLS`."""
    return count() if cells >= LEAST_CELLS else 1


def edges(rows: int, columns: int, cells: int) -> list[int]:
    """First row of each of several equal jobs of about `cells` cells, and the number of rows, for any threads."""
    jobs = max(1, round(rows * columns / cells))
    return [rows * k // jobs for k in range(jobs + 1)]


class _Crew:
    """Threads that help with jobs: they wait for a call, and each job goes to whoever is free first.

    What an executor does for every future costs as much as a small job, and a thread that wakes late must not hold up
    work that was put aside for it.
    """

    def __init__(self, helpers: int) -> None:
        self._calls: SimpleQueue[_Call] = SimpleQueue()
        for k in range(helpers):
            Thread(target=self._help, name=f"analogep-{k}", daemon=True).start()

    def _help(self) -> None:
        while True:
            call = self._calls.get()
            call.ended.put(call.work())
            del call

    def share(self, job: Callable[[int], None], number: int, helpers: int) -> None:
        call = _Call(job, number)
        for _ in range(helpers):
            self._calls.put(call)
        problems = [call.work()]
        # Helpers still write into the caller's arrays: it waits for them whatever happened.
        problems += [call.ended.get() for _ in range(helpers)]
        for problem in problems:
            if problem is not None:
                raise problem


class _Call:
    """Jobs of one `share`, given out by number."""

    def __init__(self, job: Callable[[int], None], number: int) -> None:
        self._job, self._number, self._next = job, number, itertools.count()
        self.ended: SimpleQueue[BaseException | None] = SimpleQueue()

    def work(self) -> BaseException | None:
        """Do jobs until none is left; returns what went wrong, after which no new job is begun."""
        try:
            # The next number of a count is taken in one step of the interpreter, so that no two threads get the same.
            while (k := next(self._next)) < self._number:
                self._job(k)
        except BaseException as problem:
            self._number = 0
            return problem
        return None


@cache
def _crew(process: int, helpers: int) -> _Crew:
    """Crew of this process: threads do not survive a fork, so that a child makes its own."""
    return _Crew(helpers)


def share(job: Callable[[int], None], number: int, threads: int) -> None:
    """Run `job(k)` for k below `number` on this thread and `threads` - 1 others; the jobs touch different memory."""
    helpers = min(threads, number) - 1
    if helpers > 0:
        _crew(os.getpid(), threads - 1).share(job, number, helpers)
        return
    for k in range(number):
        job(k)
