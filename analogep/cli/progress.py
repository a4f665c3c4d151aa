"""Lines beside a progress bar."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analogep.bars import Bar


def say(bar: Bar, line: str) -> None:
    """Write a line to stderr, above the bar if there is one."""
    if bar.drawn is None:
        print(line, file=sys.stderr)
    else:
        bar.drawn.write(line, file=sys.stderr)
