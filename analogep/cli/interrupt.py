"""Ctrl-C ends a command wherever it arrives.

Python raises `KeyboardInterrupt` between any two instructions of the main thread. Where that happens to be a callback
of a weak reference or a finalizer (the import system has one for every module that it loads), the exception cannot
travel on: Python prints "Exception ignored in ..." and the program goes on as if nobody had pressed a key
(`sys.unraisablehook`).
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator

_SOON = 0.02  # s: after the callback, whose end the exception cannot pass


@contextlib.contextmanager
def heard() -> Iterator[None]:
    """While this lasts, an interrupt that Python had to drop is raised once more, and nothing is printed about it."""
    before = sys.unraisablehook

    def again(dropped: sys.UnraisableHookArgs) -> None:
        if not issubclass(dropped.exc_type, KeyboardInterrupt):
            before(dropped)
            return
        # A signal of its own: it also wakes a main thread that waits for workers.
        main = threading.main_thread().ident or 0
        timer = threading.Timer(_SOON, signal.pthread_kill, (main, signal.SIGINT))
        timer.daemon = True
        timer.start()

    sys.unraisablehook = again
    try:
        yield
    finally:
        sys.unraisablehook = before
