"""One BLAS thread while a chip computes: sums in another order would give other numbers."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadpoolctl import threadpool_limits

_door = threading.Lock()
_inside = 0
_limit: threadpool_limits | None = None


@contextlib.contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold BLAS at one thread; these matrices gain nothing by two.

    The limit holds for the process, so that runs in several Python threads share it: the first one sets it and the last
    one restores what was before. If each restored it, one would lift the limit while another still computes.
    """
    from threadpoolctl import threadpool_limits

    global _inside, _limit
    with _door:
        if _inside == 0:
            _limit = threadpool_limits(1)
        _inside += 1
    try:
        yield
    finally:
        with _door:
            _inside -= 1
            if _inside == 0 and _limit is not None:
                _limit.restore_original_limits()
                _limit = None
