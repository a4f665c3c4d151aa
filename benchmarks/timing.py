"""What the benchmarks share: how long a call takes, and how a script says what it has found.

With `--json` the last line of a script's output is one JSON object: names -> numbers, `..._over_...` are ratios of one
run. Above it stand the tables for people, as without.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Mapping


def options(doc: str | None) -> argparse.ArgumentParser:
    """Parser of a benchmark's options, with its docstring as help."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    return parser


def report(parsed: argparse.Namespace, found: Mapping[str, float]) -> None:
    """End with one line of JSON, if that was asked for."""
    if parsed.json:
        print(json.dumps({name: float(value) for name, value in found.items()}), flush=True)


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
