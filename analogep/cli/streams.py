"""stdout and stderr of a command: closed, broken, full, or unable to write a letter, and never a traceback for it."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import warnings
from collections.abc import Iterator
from typing import Any, TextIO

from analogep.cautions import AnalogepWarning


def prepare() -> None:
    """Make stdout and stderr take whatever a command writes.

    What goes to a closed stream (`>&-`, in whose place Python has None) goes nowhere. Letters that a stream has no
    bytes for, such as a Greek one where the environment says ASCII, are written as their number with a backslash.
    """
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in ("strict", "surrogateescape"):
            stream.reconfigure(errors="backslashreplace")


def say(sentence: str) -> None:
    """Write a last line to stderr, if it still takes one."""
    try:
        print(sentence, file=sys.stderr, flush=True)
    except OSError:
        _forget(sys.stderr)


def drop() -> None:
    """Forget what stdout and stderr did not take, so that Python does not try again at exit."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            _forget(stream)


def _forget(stream: TextIO) -> None:
    with contextlib.suppress(OSError):  # a stream that is no file, as under a notebook
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextlib.contextmanager
def cautions(*, quiet: bool) -> Iterator[None]:
    """Show the library's cautions as commands show theirs: one line that opens with `warning:`; with `quiet` none."""
    with warnings.catch_warnings():
        before = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *rest: Any, **more: Any) -> None:
            if not issubclass(category, AnalogepWarning):
                before(message, category, *rest, **more)
            elif not quiet:
                say(f"warning: {message}")

        warnings.showwarning = show
        yield
