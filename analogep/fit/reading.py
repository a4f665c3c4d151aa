"""From CSV files to ramps: long files by the names of their columns, wide ones with one ramp per column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analogep.cards.wording import printable
from analogep.device.laws import Direction
from analogep.errors import UsageError
from analogep.fit.columns import VALUES, Column, columns, direction_of, reading_column, unit_option
from analogep.fit.ramps import LARGEST, FitError, Measurement, Ramp, Source, checked
from analogep.fit.table import Row, Table, read_table, table_of
from analogep.names import legible
from analogep.units import Quantity, format_si

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Options:
    """How files are to be understood.

    Parameters
    ----------
    unit : str or None
        Unit of readings whose header names none; SI without it.
    read_voltage : float or None
        Voltage that currents were read at [V].
    column : str or None
        Column of the readings of a long file.
    device_per_file : bool
        Whether each file is a device of its own.
    scale : tuple of float or None
        (a, b, G_a, G_b): readings without a unit that run from a to b stand for G_a to G_b [S] (`parse_scale`).
    """

    unit: str | None = None
    read_voltage: float | None = None
    column: str | None = None
    device_per_file: bool = False
    scale: tuple[float, float, float, float] | None = None

    def siemens(self, values: Floats) -> Floats:
        """Conductances (readings,) [S] of the readings `values` (readings,) [1], by the scale or else in `unit`."""
        if self.scale is None:
            return values * (1.0 if self.unit is None else unit_option(self.unit)[1])
        low, high, first, last = self.scale
        return np.asarray(first + (values - low) / (high - low) * (last - first))


def parse_scale(text: str) -> tuple[float, float, float, float]:
    """(a, b, G_a, G_b) of `-1..1 = 1 uS..10 uS`.

    Raises
    ------
    UsageError
        If it is not of this form, or its ends fall together.
    """
    example = "such as --scale '-1..1 = 1 uS..10 uS'"
    sides = [[part.strip() for part in side.split("..")] for side in text.split("=")]
    if [len(side) for side in sides] != [2, 2]:
        raise UsageError(f"--scale {printable(text)}: needs readings and conductances with their ends, {example}")
    try:
        low, high = (float(part) for part in sides[0])
        first, last = (Quantity("S", "conductance", "siemens", "1 uS").parse(part) for part in sides[1])
    except ValueError as error:
        raise UsageError(f"--scale {printable(text)}: {printable(str(error), 120)}; write it {example}") from None
    if not (np.isfinite([low, high]).all() and low != high and first > 0.0 and last > 0.0 and first != last):
        raise UsageError(f"--scale {printable(text)}: its ends must differ, and conductances be above 0 S, {example}")
    return low, high, first, last


@dataclass(frozen=True)
class _Cell:
    """A reading of a long file."""

    row: Row
    device: str
    direction: Direction | None
    ramp: str
    pulse: int | None
    value: float


def read_pulses(
    files: Sequence[Path], up: Sequence[Path] = (), down: Sequence[Path] = (), options: Options | None = None
) -> Measurement:
    """Read pulse responses.

    Parameters
    ----------
    files : sequence of Path
        Files whose columns or trends say the direction.
    up, down : sequence of Path
        Files with ramps of one direction only.
    options : Options

    Raises
    ------
    FitError
        Naming file, line, column and value, and what to try.
    """
    options = options or Options()
    ramps: list[Ramp] = []
    sources: list[Source] = []
    given: list[tuple[Path, Direction | None]] = [
        *((path, None) for path in files), *((path, "up") for path in up), *((path, "down") for path in down),
    ]  # fmt: skip
    for path, direction in given:
        table = read_table(path)
        sources.append(table.source)
        device = legible(Path(path).stem) if options.device_per_file else ""
        ramps.extend(_ramps(table, direction, device, options))
    return Measurement(tuple(ramps), tuple(sources))


def from_text(text: str, name: str = "pulses.csv", options: Options | None = None) -> Measurement:
    """Read pulse responses that are given as the text of a CSV file.

    Parameters
    ----------
    text : str
        What the file would hold.
    name : str
        Stands for the file in messages and in the card that is made of it.
    options : Options

    Raises
    ------
    FitError
        As `read_pulses`.
    """
    table = table_of(text.encode("utf-8", "replace"), printable(name, 200), name)
    return Measurement(tuple(_ramps(table, None, "", options or Options())), (table.source,))


def measured(table: Table, options: Options, volts: float | None) -> list[Ramp]:
    """Ramps of a long or wide table whose currents were read at `volts` [V].

    Raises
    ------
    FitError
        As `read_pulses`.
    """
    return _ramps(table, None, "", replace(options, read_voltage=volts))


def _ramps(table: Table, direction: Direction | None, device: str, options: Options) -> list[Ramp]:
    found = columns(table)
    reading = reading_column(found, table, options.column)
    option = f"--{direction}" if direction else ""
    if reading is None:
        return list(_wide(table, found, direction, device, options, option))
    return list(_long(table, found, reading, direction, device, options))


def _siemens(table: Table, row: Row, column: Column, options: Options) -> float:
    """Conductance of a cell [S], checked for plausibility."""
    value = table.number(row, column.index)
    if options.scale is not None:
        return float(options.siemens(np.array([value]))[0])
    role: str = column.role if column.role in VALUES else "conductance"
    scale = column.scale
    if scale is None and options.unit is not None:
        kind, scale = unit_option(options.unit)
        if column.role is None:
            role = kind
        elif kind != role:
            raise FitError(
                f"{table.name}: column '{column.name}' holds a {role}, --unit {options.unit} is one of {kind}"
            )
    text = row.cells[column.index]
    where = table.where(row, column.index)
    siemens = _converted(value * (1.0 if scale is None else scale), role, text, where, options)
    if siemens < 0.0:
        raise FitError(
            f"{where}: negative conductance {text}; subtract the instrument's offset, or check the sign of "
            "the read voltage"
        )
    if siemens > LARGEST:
        how = f"{text} was read as {format_si(siemens, 'S')}" + ("" if scale is not None else ", for want of a unit")
        unit = {"current": "uA", "resistance": "kohm"}.get(role, "uS")
        raise FitError(
            f"{where}: {how}, which no memory cell has; if it is in {unit}, give --unit {unit} or write it in "
            "the header"
        )
    return siemens


def _converted(value: float, role: str, text: str, where: str, options: Options) -> float:
    if role == "current":
        if options.read_voltage is None:
            raise FitError(f"{where}: is a current; give --read-voltage, such as --read-voltage '0.1 V'")
        return value / options.read_voltage
    if role == "resistance":
        if value == 0.0:
            raise FitError(f"{where}: a resistance of {text} is no conductance")
        return 1.0 / value
    return value


def _wide(
    table: Table, found: list[Column], direction: Direction | None, device: str, options: Options, option: str
) -> Iterator[Ramp]:
    """One ramp per column; a column may end early."""
    index = [one for one in found if one.role == "pulse"]
    for one in found:
        if one.role is not None and one.role not in VALUES:
            continue
        filled = [row for row in table.rows if one.index < len(row.cells) and row.cells[one.index]]
        if not filled:
            raise FitError(f"{table.name}: column '{one.name}' is empty; remove it")
        until = table.rows.index(filled[-1])
        for row in table.rows[:until]:
            if one.index >= len(row.cells) or not row.cells[one.index]:
                raise FitError(
                    f"{table.name}:{row.line}, column '{one.name}': is empty, but line {filled[-1].line} is not; "
                    "a ramp may end early and must not have gaps"
                )
        if index:
            _consecutive(table, [(row, int(table.number(row, index[0].index))) for row in filled], index[0].name)
        values = np.array([_siemens(table, row, one, options) for row in filled])
        yield checked(device, direction, values, f"{table.name}, column '{one.name}'", option)


def _consecutive(table: Table, pulses: list[tuple[Row, int]], name: str) -> None:
    """Refuse pulses that are missing or stand twice."""
    for (before, last), (row, pulse) in pairwise(pulses):
        if pulse == last + 1:
            continue
        if pulse > last:
            missing = f"pulse {last + 1} is" if pulse == last + 2 else f"pulses {last + 1} to {pulse - 1} are"
            raise FitError(
                f"{table.name}:{row.line}, column '{name}': {missing} missing: {pulse} follows {last} of line "
                f"{before.line}; a reading is needed after every pulse"
            )
        raise FitError(
            f"{table.name}:{row.line}, column '{name}': pulse {pulse} follows {last} of line {before.line}; number the "
            "pulses of a ramp upwards"
        )


def _long(
    table: Table, found: list[Column], reading: Column, direction: Direction | None, device: str, options: Options
) -> Iterator[Ramp]:
    """One reading per line; ramps by their number, or where the pulse number starts again or the direction changes."""
    by: dict[str, Column] = {one.role: one for one in found if one.role is not None and one.index != reading.index}
    cells = [_cell(table, row, by, reading, direction, device, options) for row in table.rows]
    groups: dict[tuple[str, Direction | None, str, int], list[_Cell]] = {}
    part, last = 0, None
    for cell in cells:
        if last is not None and _begins(last, cell, "ramp" in by):
            part += 1
        key = (cell.device, cell.direction, cell.ramp, 0 if "ramp" in by else part)
        groups.setdefault(key, []).append(cell)
        last = cell
    for (name, given, ramp, _), members in groups.items():
        if members[0].pulse is not None:
            _consecutive(table, [(cell.row, int(cell.pulse or 0)) for cell in members], by["pulse"].name)
        number = f", ramp {ramp}" if ramp else ""
        where = f"{table.name}:{members[0].row.line}-{members[-1].row.line}{number}"
        source = f"the column '{by['direction'].name}'" if "direction" in by else f"--{direction}"
        yield checked(name, given, np.array([cell.value for cell in members]), where, source)


def _begins(last: _Cell, cell: _Cell, numbered: bool) -> bool:
    """Whether a new ramp begins with `cell` in a file that does not number its ramps."""
    if numbered:
        return False
    restarted = cell.pulse is not None and last.pulse is not None and cell.pulse < last.pulse and cell.pulse <= 1
    return restarted or (last.device, last.direction) != (cell.device, cell.direction)


def _cell(
    table: Table,
    row: Row,
    by: dict[str, Column],
    reading: Column,
    direction: Direction | None,
    device: str,
    options: Options,
) -> _Cell:
    def text(role: str) -> str:
        one = by.get(role)
        if one is None:
            return ""
        if one.index >= len(row.cells) or not row.cells[one.index]:
            raise FitError(f"{table.where(row, one.index)}: is empty; a long file names it in every line")
        return row.cells[one.index]

    if reading.index >= len(row.cells):
        raise FitError(f"{table.name}:{row.line}: has {len(row.cells)} cells, no reading in column '{reading.name}'")
    word = text("direction")
    way = direction_of(word, table.where(row, by["direction"].index)) if word else None
    if way is not None and direction is not None and way != direction:
        raise FitError(f"{table.where(row, by['direction'].index)}: says {way} in a file given as --{direction}")
    pulse: int | None = None
    if text("pulse"):
        number = table.number(row, by["pulse"].index)
        if number != int(number):
            raise FitError(f"{table.where(row, by['pulse'].index)}: {number:g} is not a whole number of pulses")
        pulse = int(number)
    name = "/".join(part for part in (device, text("device")) if part)
    return _Cell(row, name, way or direction, text("ramp"), pulse, _siemens(table, row, reading, options))
