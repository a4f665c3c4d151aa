"""Numbers of options, as people write them, and of answers, as programs read them."""

from __future__ import annotations

import math
from typing import Any


def finite(value: Any) -> float | None:
    """A number for JSON, which has no other."""
    return float(value) if math.isfinite(float(value)) else None


def plain(text: str) -> float:
    """The number that a text is, without the `nan`, `1_0` and ` 1` that float() takes; -1 where it is none."""
    if not text or not text.isascii() or not set(text) <= set("0123456789.e-+"):
        return -1.0
    try:
        return float(text)
    except ValueError:
        return -1.0
