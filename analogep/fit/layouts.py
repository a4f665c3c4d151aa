"""The layouts that are recognised: a table of readers, tried in this order, each of which says no or makes a record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from analogep.fit import layouts_other, layouts_pulses
from analogep.fit.columns import columns, reading_column
from analogep.fit.ramps import FitError
from analogep.fit.reading import Options
from analogep.fit.records import AnyRecord
from analogep.fit.sheet import Sheet


@dataclass(frozen=True)
class Layout:
    """A layout: its name, which is said when it is used, and what reads it (None where a sheet is not of it)."""

    name: str
    read: Callable[[Sheet, Options, str], AnyRecord | None]


LAYOUTS: Final[tuple[Layout, ...]] = (
    Layout("one ramp a row, with tags", layouts_pulses.rows),
    Layout("cycles between two states", layouts_other.endurance),
    Layout("current against voltage", layouts_other.sweep),
    Layout("table of devices", layouts_other.devices),
    Layout("drive and relaxation over time", layouts_other.relaxation),
    Layout("a reading over time", layouts_other.retention),
    Layout("LTP and LTD side by side", layouts_pulses.paired),
    Layout("pulses of changing amplitude", layouts_pulses.kinetics),
    Layout("steps against state", layouts_other.steps),
    Layout("one column, pulses up and then down", layouts_pulses.single),
    Layout("table of pulses", layouts_pulses.table),
)
"""Tried from the first to the last; the last one says what is wrong where nothing fits."""


def recognised(sheet: Sheet, options: Options) -> AnyRecord:
    """The record of the first layout that the sheet has.

    Raises
    ------
    FitError
        With the columns that were understood and the option that would help.
    """
    if options.column is not None:
        table = sheet.table()
        reading_column(columns(table), table, options.column)
        sheet = replace(sheet, chosen=options.column)
    for layout in LAYOUTS:
        found = layout.read(sheet, options, layout.name)
        if found is not None:
            return found
    raise FitError(f"{sheet.name}: no layout that is known; give --column NAME for the readings")
