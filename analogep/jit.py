"""Compiled kernels, and a cache of them that no change of the code outlives.

numba keeps a kernel on disk until the file that it stands in changes. What it calls in other files is compiled into it,
so that a change there would go unheard and the old code would run. The stamp of every kernel here is therefore that of
all files of the package with compiled functions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from numba import njit


@cache
def sources() -> str:
    """SHA-256 over the package's files that hold compiled functions, 64 hex digits; empty where none can be read."""
    sha, package = hashlib.sha256(), Path(__file__).parent
    try:
        for path in sorted(package.rglob("*.py")):
            text = path.read_bytes()
            if b"numba" in text or b"analogep.jit" in text:
                sha.update(f"{path.relative_to(package)} {len(text)}\n".encode() + text)
    except OSError:
        return ""
    return sha.hexdigest()


def kernel(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator of functions that Python calls: compiled on their first call, kept on disk, free of the lock.

    Functions that only compiled code calls take `numba.njit`.

    Parameters
    ----------
    **options
        As for `numba.njit`, beside `cache` and `nogil`.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        compiled: Callable[..., Any] = njit(cache=True, nogil=True, **options)(function)
        # Nothing is there when NUMBA_DISABLE_JIT leaves the function as it is.
        kept = getattr(getattr(compiled, "_cache", None), "_cache_file", None)
        if kept is not None:
            kept._source_stamp = (kept._source_stamp, sources())
        return compiled

    return decorate
