"""Ramps that are written one a line, ragged, with tags such as `Gprog` or `tprog=0.0002` before their readings."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analogep.device.laws import Direction
from analogep.fit.sheet import Sheet
from analogep.fit.table import value_of

Floats = NDArray[np.float64]

_LEAST = 8
"""Readings of a line from which it is a ramp."""
_TIME = re.compile(r"t\s*_?(prog|program|erase|set|reset|pulse|up|down)\s*[:=]\s*([0-9.eE+-]+)", re.IGNORECASE)


@dataclass(frozen=True)
class RowRamp:
    """A line of readings.

    Parameters
    ----------
    device : str
        Of its tag.
    direction : {'up', 'down'}
    values : ndarray (readings,) [S]
    width : float or None
        Of the pulses, where a tag says it [s].
    where : str
        File and line.
    """

    device: str
    direction: Direction
    values: Floats
    width: float | None
    where: str


def ramps_in_rows(sheet: Sheet) -> list[RowRamp] | None:
    """Ramps of a sheet that has one a line; None where it has not.

    Lines without readings are tags of the lines below them. A device is what stands in brackets; without any the lines
    are of one device.
    """
    lines = [(list(sheet.names), 0)] if sheet.names else []
    lines += [(row.cells, row.line) for row in sheet.rows]
    found, tags = [], ""
    for cells, line in lines:
        numbers = [value for cell in cells if (value := value_of(cell, sheet.comma)) is not None]
        words = ",".join(cell for cell in cells if cell and value_of(cell, sheet.comma) is None)
        if len(numbers) < _LEAST:
            tags = ",".join(cells)
            continue
        values = np.array(_readings(cells, sheet.comma))
        if not words or values.size < _LEAST:
            return None
        inside = re.search(r"\(([^)]*)\)", ",".join(cells[:6]) + tags)
        device = inside[1] if inside else ""
        way: Direction = "up" if values[-1] > values[0] else "down"
        found.append(RowRamp(device, way, values, _width(words, tags), f"{sheet.name}:{line or 1}"))
    if len(found) < 2 or 2 * len(found) < len(lines) - 1:
        return None
    return found


def _readings(cells: list[str], comma: bool) -> list[float]:
    """Numbers behind the last word of a line."""
    values = [value_of(cell, comma) for cell in cells]
    last = max(
        (k for k, (cell, value) in enumerate(zip(cells, values, strict=True)) if cell and value is None), default=-1
    )
    return [value for value in values[last + 1 :] if value is not None and np.isfinite(value)]


def _width(words: str, tags: str) -> float | None:
    """Pulse width that the line says, or the tag line above it for its kind [s]."""
    own = _TIME.search(words)
    if own is None:
        kind = re.search(r"(prog|erase|set|reset|up|down)", words, re.IGNORECASE)
        own = next((one for one in _TIME.finditer(tags) if kind and one[1].lower().startswith(kind[1].lower())), None)
    try:
        return float(own[2]) if own else None
    except ValueError:
        return None
