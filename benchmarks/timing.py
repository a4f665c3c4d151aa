"""How long a call takes: what the benchmarks share."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def seconds(call: Callable[[], object], repeat: int, *, warm: bool = True) -> float:
    """Median duration of a call [s].

    Parameters
    ----------
    call : callable
    repeat : int
        Calls that count.
    warm : bool
        Whether one call goes before them, which compiles and fills caches; not where a single call takes minutes.
    """
    if warm:
        call()
    taken = []
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def milliseconds(call: Callable[[], object], repeat: int, *, warm: bool = True) -> float:
    """The same in thousandths of a second [ms]."""
    return 1e3 * seconds(call, repeat, warm=warm)
