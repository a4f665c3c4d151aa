"""Numbers of options, as people write them, and of answers, as programs read them."""

from __future__ import annotations

import math
from typing import Any


def finite(value: Any) -> Any:
    """Numbers, arrays, lists and dicts of them as JSON takes them: null where a number is not finite."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, dict):
        return {key: finite(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def plain(text: str) -> float:
    """The number that a text is, without the `nan`, `1_0` and ` 1` that float() takes; -1 where it is none."""
    if not text or not text.isascii() or not set(text) <= set("0123456789.e-+"):
        return -1.0
    try:
        return float(text)
    except ValueError:
        return -1.0
