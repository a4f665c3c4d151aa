"""Durations as people say them, from nanoseconds to years."""

from __future__ import annotations

from typing import Final

from analogep.units import format_si

_LONG: Final = (("years", 365.25 * 86400.0), ("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0))


def spoken(seconds: float) -> str:
    """A duration with three digits, in years, days, hours or minutes from two of them on, else in SI: '126 days'.

    Parameters
    ----------
    seconds : float [s]
    """
    for unit, size in _LONG:
        if seconds >= 2.0 * size:
            return f"{seconds / size:.3g} {unit}"
    return format_si(float(f"{seconds:.3g}"), "s")
