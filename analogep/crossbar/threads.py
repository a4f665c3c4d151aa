"""Threads for kernels that release the interpreter's lock: used for large arrays, the same numbers for any count."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial

LEAST_CELLS = 1 << 17
"""Cells of one call below which a thread costs more than it brings."""


def count() -> int:
    """Threads to use: the cores that this process may run on, or ANALOGEP_THREADS if that is less."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted = os.environ.get("ANALOGEP_THREADS", "")
    return max(1, min(cores, int(wanted))) if wanted.isdigit() else cores


def edges(rows: int, columns: int, cells: int) -> list[int]:
    """First row of each of several equal jobs of about `cells` cells, and the number of rows; threads play no part."""
    jobs = max(1, round(rows * columns / cells))
    return [rows * k // jobs for k in range(jobs + 1)]


@cache
def _pool(process: int, threads: int) -> ThreadPoolExecutor:
    """Pool of this process: threads do not survive a fork, so that a child makes its own."""
    return ThreadPoolExecutor(threads, thread_name_prefix="analogep")


def run(jobs: Sequence[Callable[[], None]], threads: int) -> None:
    """Run jobs that touch different memory, on this thread and `threads` - 1 others."""
    if threads <= 1 or len(jobs) <= 1:
        for job in jobs:
            job()
        return
    futures = [_pool(os.getpid(), threads).submit(job) for job in jobs[1:]]
    jobs[0]()
    for future in futures:
        future.result()


def share(job: Callable[[int], None], number: int, threads: int) -> None:
    """Run `job(k)` for k below `number`, every so many on one thread; the jobs touch different memory."""

    def some(first: int) -> None:
        for k in range(first, number, threads):
            job(k)

    run([partial(some, first) for first in range(min(threads, number))], threads)
