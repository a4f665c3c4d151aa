"""Layouts of all that is not a ramp: cycles, sweeps, tables of devices, readings over time, tables of steps."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from analogep.fit.headings import READINGS, Heading, unit_of
from analogep.fit.quantities import UNSAID, converted, headless, real_of, values_of, volts_of
from analogep.fit.ramps import FitError
from analogep.fit.reading import Options
from analogep.fit.records import AnyRecord, Devices, Endurance, Reads, Retention, Steps, Sweep
from analogep.fit.sheet import Sheet

Floats = NDArray[np.float64]


def endurance(sheet: Sheet, options: Options, layout: str) -> AnyRecord | None:
    """Both states of a cell, cycle by cycle, by the names of their columns.

    Raises
    ------
    FitError
        If it is of this layout and cannot be read.
    """
    low, high = sheet.by("low"), sheet.by("high")
    if not (low and high):
        return None
    quantity = {"i": "current", "r": "resistance", "g": "conductance"}.get(low[0].word[:1], "unknown")
    columns = [values_of(sheet, one, options)[0] for one in (low[0], high[0])]
    both = [converted(values, low[0].kind or quantity, volts_of(sheet, options)) for values in columns]
    cycles = sheet.column(sheet.by("cycle")[0].index) if sheet.by("cycle") else np.arange(1.0, len(sheet.rows) + 1.0)
    nothing = np.full(len(sheet.rows), np.nan)
    named = [sheet.by(role) for role in ("v_set", "v_reset")]
    volts = [values_of(sheet, one[0], Options())[0] if one else nothing for one in named]
    keep = np.isfinite(cycles) & (np.isfinite(both[0][0]) | np.isfinite(both[1][0]))
    if keep.sum() < 10:
        raise FitError(f"{sheet.name}: {int(keep.sum())} cycles hold both states; at least 10 tell how they change")
    remarks = () if len(low) == 1 else (f"the first of {len(low)} columns of each state was taken",)
    if both[0][1] == "current":
        remarks = (*remarks, "currents without a read voltage: give --read-voltage for conductances")
    return Endurance(
        sheet.source, layout, remarks, cycles[keep], both[0][0][keep], both[1][0][keep], volts[0][keep], volts[1][keep],
        both[0][1],
    )  # fmt: skip


def sweep(sheet: Sheet, options: Options, layout: str) -> AnyRecord | None:
    """Voltage and current by the names of their columns, the voltage changing from line to line.

    Raises
    ------
    FitError
        If it is of this layout and cannot be read.
    """
    if not sheet.names or sheet.by("pulse") or sheet.by("amplitude") or sheet.by("low"):
        return None
    v, i = sheet.by("voltage"), sheet.by("current")
    if len(v) != 1 or not i or np.unique(real_of(sheet, v[0])).size < 8:
        return None
    volts, amperes = values_of(sheet, v[0], Options())[0], values_of(sheet, i[0], options)[0]
    there = np.isfinite(volts) & np.isfinite(amperes)
    if there.sum() < 10:
        raise FitError(f"{sheet.name}: {int(there.sum())} points hold voltage and current; a curve needs at least 10")
    return Sweep(sheet.source, layout, (), volts[there], amperes[there])


def devices(sheet: Sheet, options: Options, layout: str) -> AnyRecord | None:
    """A reading of each device, a line for each name.

    Raises
    ------
    FitError
        If it is of this layout and cannot be read.
    """
    name = sheet.by("device")
    if not name or sheet.by("pulse") or sheet.by("time") or sheet.by("cycle") or sheet.by("direction"):
        return None
    texts = sheet.texts(name[0].index)
    columns = [one for one in sheet.headings if one.role in READINGS and not _is_error(one)]
    if len(set(texts)) < len(texts) or not columns:
        return None
    one = columns[0]
    values, quantity = values_of(sheet, one, options)
    values, final = converted(values, quantity, volts_of(sheet, options))
    raw = sheet.column(one.index)
    error = np.zeros_like(values)
    for other in sheet.headings:
        if _is_error(other) and other.word.startswith(one.word):
            count = next((h for h in sheet.headings if h.word.startswith(one.word) and "num" in h.word), None)
            reads = 1.0 if count is None else np.maximum(sheet.column(count.index), 1.0)
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                error = sheet.column(other.index) / np.abs(raw) / np.sqrt(reads)
            break
    keep = np.isfinite(values) & (values > 0.0)
    if keep.sum() < 3:
        raise FitError(f"{sheet.name}: {int(keep.sum())} devices have a reading; at least 3 tell a spread")
    return Devices(sheet.source, layout, (), values[keep], np.nan_to_num(error[keep]), final)


def _is_error(one: Heading) -> bool:
    return bool(re.search(r"(std|stddev|sd|sigma|err|error)$", one.word))


def retention(sheet: Sheet, options: Options, layout: str) -> AnyRecord | None:
    """A reading over time, or many of them at even times.

    Raises
    ------
    FitError
        If it is of this layout and cannot be read.
    """
    time = sheet.by("time")
    values = [
        one for one in sheet.headings if one.role in READINGS and one.word.rsplit("_", 1)[-1] not in ("min", "max")
    ]
    if len(time) != 1 or not values or sheet.by("pulse") or sheet.by("amplitude") or time[0].tag or sheet.by("voltage"):
        return None
    seconds = values_of(sheet, time[0], Options())[0]
    columns = [values_of(sheet, one, options) for one in values]
    there = np.isfinite(seconds) & np.all([np.isfinite(one) for one, _ in columns], axis=0)
    seconds = seconds[there]
    if seconds.size < 8:
        raise FitError(f"{sheet.name}: {seconds.size} readings over time; retention needs at least 8")
    steps = np.diff(seconds)
    if np.any(steps < 0.0):
        raise FitError(f"{sheet.name}: time runs backwards in column '{time[0].name}'; sort the file by time")
    found = [converted(one[there], quantity, volts_of(sheet, options)) for one, quantity in columns]
    even = bool(steps.size and np.ptp(steps) < 0.2 * steps.mean())
    if even and seconds.size >= 200:
        cells = tuple(one.name for one in values)
        block = np.array([one for one, _ in found])
        return Reads(
            sheet.source, "reads over time, a column for each cell", (), cells, block, found[0][1], float(steps.mean())
        )
    return Retention(sheet.source, layout, (), seconds, found[0][0], found[0][1], False)


def relaxation(sheet: Sheet, options: Options, layout: str) -> AnyRecord | None:
    """Time, reading, voltage: without a header, or by name; what follows the last drive relaxes."""
    if sheet.names:
        columns = [sheet.by("time"), [one for one in sheet.headings if one.role in READINGS], sheet.by("voltage")]
        if not all(columns) or sheet.by("pulse"):
            return None
        seconds, volts = (values_of(sheet, columns[k][0], Options())[0] for k in (0, 2))
        values, quantity = values_of(sheet, columns[1][0], options)
    else:
        if not headless(sheet, 3):
            return None
        seconds, values, volts = sheet.numbers.T
        unit = unit_of(options.unit) if options.unit else None
        values, quantity = (values, "unknown") if unit is None else (values * unit[1], unit[0])
    there = np.isfinite(seconds) & np.isfinite(values) & np.isfinite(volts)
    seconds, values, volts = seconds[there], values[there], volts[there]
    levels = np.unique(volts)
    if seconds.size < 20 or levels.size != 2 or np.any(np.diff(seconds) <= 0.0):
        return None
    driven = np.flatnonzero(np.abs(volts) == np.abs(levels).max())
    last = int(driven[-1])
    if np.abs(levels).max() < 2.0 * np.abs(levels).min() or values.size - last < 10:
        return None
    rest, final = converted(values[last + 1 :], quantity, options.read_voltage)
    remarks = () if final != "unknown" else (UNSAID,)
    return Retention(sheet.source, layout, remarks, seconds[last + 1 :] - seconds[last + 1], rest, final, True)


def steps(sheet: Sheet, options: Options, layout: str) -> AnyRecord | None:
    """Two short columns of small positive fractions, one falling and one rising."""
    if not headless(sheet, 2) or not 4 <= len(sheet.rows) <= 200:
        return None
    first, second = sheet.numbers.T
    if min(first.min(), second.min()) < 0.0 or max(first.max(), second.max()) > 0.5 or options.unit:
        return None
    trend = [float(np.polyfit(np.linspace(0.0, 1.0, one.size), one, 1)[0]) for one in (first, second)]
    if trend[0] >= 0.0 or trend[1] <= 0.0:
        return None
    said = "two columns without names: steps up and down, from the lower to the upper end of the window"
    return Steps(sheet.source, layout, (said,), first, second)
