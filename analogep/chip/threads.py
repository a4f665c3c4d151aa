"""One BLAS thread while anything runs: sums in another order would make other numbers."""

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

    The limit is the process's, so runs in several Python threads share it: the first one sets it and the last one
    gives back what was before. Each for itself would lift it while another is still computing.
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
