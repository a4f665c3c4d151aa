"""Raw files of SPICE: what ngspice writes with `-r`, ASCII or binary, real numbers.

A file holds plots one after the other. A plot is a header of `Key: value` lines, one line per variable (index, name,
kind), and the numbers point by point: after `Values:` as text, after `Binary:` as little-endian doubles.

Source: ngspice user's manual, "Output file formats".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analogep.errors import SimulationError

Floats = NDArray[np.float64]

UNITS = {"time": "s", "voltage": "V", "current": "A", "frequency": "Hz"}
"""Kind of a variable in the file -> unit of its numbers."""


@dataclass(frozen=True)
class Plot:
    """One analysis.

    Attributes
    ----------
    name : str
        `Operating Point`, `Transient Analysis` and so on.
    values : dict of str to ndarray (points,)
        Numbers of each variable in lower case, such as `v(h1_1)`, in `units`.
    units : dict of str to str
        `V`, `A`, `s`; empty for kinds that `UNITS` does not know.
    """

    name: str
    values: dict[str, Floats]
    units: dict[str, str]

    @property
    def points(self) -> int:
        """Number of points."""
        return next((column.size for column in self.values.values()), 0)


def read_raw(data: bytes) -> list[Plot]:
    """Read all plots of a raw file.

    Parameters
    ----------
    data : bytes
        Content of the file.

    Raises
    ------
    SimulationError
        If the file is cut off, is no raw file, or holds complex numbers.
    """
    plots, position = [], 0
    while data[position:].strip():
        plot, position = _plot(data, position)
        plots.append(plot)
    return plots


def _plot(data: bytes, position: int) -> tuple[Plot, int]:
    header: dict[str, str] = {}
    names: list[str] = []
    kinds: list[str] = []
    while True:
        line, position = _line(data, position)
        key, colon, value = line.partition(":")
        if not colon:
            raise SimulationError(f"raw file: the line '{line[:60]}' has no place in a header; the file is damaged")
        key = key.strip().lower()
        if key == "variables":
            names, kinds, position = _variables(data, position, header)
        elif key in ("binary", "values"):
            break
        else:
            header[key] = value.strip()
    if "complex" in header.get("flags", ""):
        raise SimulationError("raw file: holds complex numbers (an .ac analysis); .op and .tran give real ones")
    shape = (_count(header, "no. points"), len(names))
    read = _binary if key == "binary" else _text
    table, position = read(data, position, shape)
    values = {name: np.ascontiguousarray(table[:, k]) for k, name in enumerate(names)}
    units = {name: UNITS.get(kind, "") for name, kind in zip(names, kinds, strict=True)}
    return Plot(header.get("plotname", ""), values, units), position


def _line(data: bytes, position: int) -> tuple[str, int]:
    end = data.find(b"\n", position)
    if end < 0:
        raise SimulationError(f"raw file: ends in the middle of a line, after {len(data)} bytes")
    return data[position:end].decode("utf-8", "replace").rstrip("\r"), end + 1


def _count(header: dict[str, str], key: str) -> int:
    value = header.get(key, "")
    if not (value.isascii() and value.isdigit()):
        raise SimulationError(f"raw file: '{key.capitalize()}' should be a whole number and is '{value}'")
    return int(value)


def _variables(data: bytes, position: int, header: dict[str, str]) -> tuple[list[str], list[str], int]:
    names, kinds = [], []
    for k in range(_count(header, "no. variables")):
        line, position = _line(data, position)
        words = line.split()
        if len(words) < 3 or words[0] != str(k):
            raise SimulationError(f"raw file: variable {k} should have index, name and kind, its line is '{line[:60]}'")
        names.append(words[1].lower())
        kinds.append(words[2])
    return names, kinds, position


def _binary(data: bytes, position: int, shape: tuple[int, int]) -> tuple[Floats, int]:
    need = 8 * shape[0] * shape[1]
    found = data[position : position + need]
    if len(found) < need:
        raise SimulationError(f"raw file: cut off, {len(found)} of {need} bytes of numbers are there")
    return np.frombuffer(found, dtype="<f8").reshape(shape).astype(np.float64), position + need


def _text(data: bytes, position: int, shape: tuple[int, int]) -> tuple[Floats, int]:
    points, variables = shape
    rows = np.empty(shape)
    for k in range(points):
        words: list[str] = []
        while len(words) < variables + 1:
            if position >= len(data):
                raise SimulationError(f"raw file: cut off, {k} of {points} points are there")
            line, position = _line(data, position)
            words.extend(line.split())
        try:
            rows[k] = [float(word) for word in words[1:]]
        except ValueError:
            raise SimulationError(f"raw file: point {k} should be {variables} numbers, found '{words[:4]}'") from None
    return rows, position
