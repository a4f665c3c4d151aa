"""One BLAS thread while a chip computes: sums in another order would give other numbers."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

_door = threading.Lock()
_inside = 0
_before: list[tuple[Any, int]] = []
"""Libraries with more than one thread, and how many each had."""
_found: tuple[int, ThreadpoolController] | None = None
"""The libraries of this process, and how many modules there were when they were looked for."""


def _libraries() -> ThreadpoolController:
    """BLAS and its like, looked for again where modules have been imported since: that takes as long as a batch."""
    from threadpoolctl import ThreadpoolController

    global _found
    if _found is None or _found[0] != len(sys.modules):
        _found = len(sys.modules), ThreadpoolController()
    return _found[1]


@contextlib.contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold BLAS at one thread; these matrices gain nothing by two.

    The limit holds for the process, so that runs in several Python threads share it: the first one sets it and the last
    one restores what was before. If each restored it, one would lift the limit while another still computes.
    """
    global _inside, _before
    with _door:
        if _inside == 0:
            # By hand: `threadpool_limits` describes every library each time, which small batches would notice.
            many = [(one, one.get_num_threads()) for one in _libraries().lib_controllers]
            _before = [(one, threads) for one, threads in many if threads != 1]
            for one, _ in _before:
                one.set_num_threads(1)
        _inside += 1
    try:
        yield
    finally:
        with _door:
            _inside -= 1
            if _inside == 0:
                for one, threads in _before:
                    one.set_num_threads(threads)
