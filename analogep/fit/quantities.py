"""Columns of a sheet as SI numbers: by their units, by `--unit`, by the read voltage."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from analogep.fit.headings import READINGS, Heading, unit_of
from analogep.fit.ramps import LARGEST, FitError
from analogep.fit.reading import Options
from analogep.fit.records import Quantity
from analogep.fit.sheet import Sheet

Floats = NDArray[np.float64]

UNSAID: Final = "the file names no unit: values are taken in SI units; give --unit if they are not"


def converted(values: Floats, quantity: str, volts: float | None) -> tuple[Floats, Quantity]:
    """(readings, quantity) of the readings `values` of a `quantity` (readings,) [SI], in their shape.

    Conductances [S] where that can be said, else what the file holds: a current without a voltage stays a current.
    """
    if quantity == "conductance":
        return values, "conductance"
    if quantity == "resistance":
        with np.errstate(divide="ignore", over="ignore"):
            return 1.0 / values, "conductance"
    if quantity == "current" and volts is not None:
        return values / volts, "conductance"
    return values, "current" if quantity == "current" else "unknown"


def values_of(sheet: Sheet, one: Heading, options: Options) -> tuple[Floats, str]:
    """(readings (rows,) [SI], quantity) of a column; `--unit` speaks for columns whose header names none."""
    values, role = sheet.column(one.index), one.role if one.role in READINGS else "unknown"
    if one.scale is not None:
        return values * one.scale, role
    if options.unit is not None and (unit := unit_of(options.unit)) is not None:
        return values * unit[1], unit[0] if role == "unknown" else role
    return values, role


def volts_of(sheet: Sheet, options: Options) -> float | None:
    """Read voltage: of the option, or of a constant column."""
    if options.read_voltage is not None:
        return options.read_voltage
    found = sheet.by("read_voltage") or [one for one in sheet.by("voltage") if np.ptp(real_of(sheet, one)) == 0.0]
    value = float(np.median(real_of(sheet, found[0]))) if found else 0.0
    return value or None


def real_of(sheet: Sheet, one: Heading) -> Floats:
    """Numbers of a column (filled rows,) [SI], empty cells left out; one zero where there are none."""
    values = sheet.column(one.index)
    values = values[np.isfinite(values)] * (one.scale or 1.0)
    return values if values.size else np.zeros(1)


def headless(sheet: Sheet, columns: int) -> bool:
    """Whether a sheet is so many columns of numbers without names."""
    return not sheet.names and sheet.width == columns and bool(np.all(np.isfinite(sheet.numbers)))


def plausible(values: Floats, where: str, stated: bool) -> None:
    """Refuse conductances `values` (readings,) [S] that no cell has.

    Raises
    ------
    FitError
        Naming the place, and `--unit` where none was `stated`.
    """
    if values.size and (values.min() < 0.0 or values.max() > LARGEST):
        what = "negative" if values.min() < 0.0 else "above 1 S"
        hint = "" if stated else "; if the unit is not S, give --unit, such as --unit uS"
        raise FitError(f"{where}: holds a conductance that is {what}, which no memory cell has{hint}")
