"""Layouts of pulses: ramps in rows, side by side, in one column, in tables, and trains of changing amplitude."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analogep.cards.wording import listed
from analogep.device.laws import Direction
from analogep.fit.columns import direction_of
from analogep.fit.headings import READINGS, unit_of
from analogep.fit.quantities import UNSAID, converted, headless, plausible, real_of, values_of, volts_of
from analogep.fit.ramps import LARGEST, FitError, Measurement, checked
from analogep.fit.reading import Options, measured
from analogep.fit.records import AnyRecord, Kinetics, Pulses, Reads
from analogep.fit.rows import ramps_in_rows
from analogep.fit.sheet import Sheet

Floats = NDArray[np.float64]


def rows(sheet: Sheet, options: Options, layout: str) -> AnyRecord | None:
    """One ramp a row, with tags before its readings."""
    ramps = ramps_in_rows(sheet)
    if ramps is None:
        return None
    found = [checked(one.device, one.direction, one.values, one.where, "the tag") for one in ramps]
    width: dict[Direction, float] = {}
    for one in ramps:
        if one.width is not None:
            width[one.direction] = one.width
    return Pulses(sheet.source, layout, (UNSAID,), Measurement(tuple(found), (sheet.source,)), {}, width)


def paired(sheet: Sheet, options: Options, layout: str) -> AnyRecord | None:
    """A column of readings for each direction, side by side.

    Raises
    ------
    FitError
        If it is of this layout and cannot be read.
    """
    values = [one for one in sheet.headings if one.tag and one.role in READINGS]
    if len(values) < 2 or len({one.tag for one in values}) < 2:
        return None
    ramps, remarks = [], []
    for one in values:
        column, quantity = values_of(sheet, one, options)
        column = column[np.isfinite(column)]
        column, final = converted(column, quantity, volts_of(sheet, options))
        if final != "conductance":
            raise FitError(f"{sheet.name}: column '{one.name}' is a current; give --read-voltage, such as '0.1 V'")
        where = f"{sheet.name}, column '{one.name}'"
        plausible(column, where, one.scale is not None)
        way: Direction = "up" if one.tag == "up" else "down"
        if column.size > 1 and (column[-1] > column[0]) != (way == "up"):
            column = column[::-1]
            remarks.append(f"column '{one.name}' was read from its last line to its first: pulses {way} lead there")
        ramps.append(checked("", way, column, where, "its name"))
    return Pulses(sheet.source, layout, tuple(remarks), Measurement(tuple(ramps), (sheet.source,)), {}, {})


def kinetics(sheet: Sheet, options: Options, layout: str) -> AnyRecord | None:
    """Pulses with a column of their amplitude, which changes.

    Raises
    ------
    FitError
        If it is of this layout and cannot be read.
    """
    amplitude = sheet.by("amplitude")
    if not amplitude or np.ptp(np.abs(real_of(sheet, amplitude[0]))) == 0.0:
        return None
    if sheet.by("direction") and len(set(sheet.texts(sheet.by("direction")[0].index))) > 1:
        return None
    values = [one for one in sheet.headings if one.role in READINGS]
    if not values:
        return None
    volts, widths = volts_of(sheet, options), sheet.by("width")
    quantity = values[0].role or "unknown"
    block = np.array([values_of(sheet, one, options)[0] for one in values if one.role == quantity])
    if quantity == "current" and volts is None:
        raise FitError(f"{sheet.name}: column '{values[0].name}' is a current; give --read-voltage, such as '0.1 V'")
    block, _ = converted(block, quantity, volts)
    drive = values_of(sheet, amplitude[0], Options())[0]
    width = values_of(sheet, widths[0], Options())[0] if widths else np.full_like(drive, np.nan)
    there = np.all(np.isfinite(block), axis=0) & np.isfinite(drive)
    block, drive, width = block[:, there], drive[there], width[there]
    if drive.size < 12:
        raise FitError(f"{sheet.name}: {drive.size} pulses with an amplitude; kinetics need at least 12")
    mean = block.mean(axis=0)
    plausible(mean, f"{sheet.name}, column '{values[0].name}'", values[0].scale is not None)
    with np.errstate(divide="ignore", invalid="ignore"):
        scatter = block.T / mean[:, None] if block.shape[0] > 1 else np.zeros((mean.size, 0))
    return Kinetics(sheet.source, layout, (), mean, scatter, drive, width, volts)


def single(sheet: Sheet, options: Options, layout: str) -> AnyRecord | None:
    """One column of numbers: repeated reads, or pulses up and then down."""
    if not headless(sheet, 1) or len(sheet.rows) < 40:
        return None
    values = sheet.numbers[:, 0]
    turn = _turn(values)
    if turn is None:
        return _repeated(sheet, values, options)
    unknown = options.scale is None and options.unit is None and (values.min() < 0.0 or values.max() > LARGEST)
    said: tuple[str, ...] = ()
    if unknown:
        ends = _ends(values)
        options = replace(options, scale=ends)
        said = (
            f"values are of no unit: {ends[0]:g} to {ends[1]:g} stands for 1 to 10 uS in the card; say what they are "
            "by --scale '-1..1 = 1 uS..10 uS'",
        )
    siemens = options.siemens(values)
    parts: tuple[tuple[Direction, Floats, int], ...] = (("up", siemens[:turn], 0), ("down", siemens[turn:], turn))
    ramps = [checked("", way, part, f"{sheet.name}:{sheet.rows[at].line}", "its trend") for way, part, at in parts]
    return Pulses(sheet.source, layout, said, Measurement(tuple(ramps), (sheet.source,)), {}, {}, None, unknown)


def _ends(values: Floats) -> tuple[float, float, float, float]:
    """Mean of the lowest and of the highest fiftieth, rounded where that keeps them apart, for 1 to 10 uS."""
    count = values.size // 50 + 1
    low, high = (float(np.mean(part)) for part in (np.sort(values)[:count], np.sort(values)[-count:]))
    return (round(low), round(high), 1e-6, 1e-5) if round(high) > round(low) else (low, high, 1e-6, 1e-5)


def _repeated(sheet: Sheet, values: Floats, options: Options) -> Reads:
    """Reads of one cell: without a unit, what is far above a siemens can only be ohms."""
    unit = unit_of(options.unit) if options.unit else None
    quantity = "resistance" if values.min() > 10.0 else "unknown"
    scale = 1.0
    if unit is not None:
        quantity, scale = unit
    column, final = converted(values * scale, quantity, options.read_voltage)
    said = UNSAID if final == "unknown" else "values above 10 without a unit are taken for resistances in ohm"
    return Reads(
        sheet.source, "repeated reads, one column", () if unit else (said,), ("cell",), column[None], final, None
    )


def _turn(values: Floats) -> int | None:
    """Where a column that rises by pulses up begins to fall by pulses down; None where it does neither."""
    size = max(5, values.size // 20)
    total = np.cumsum(np.concatenate([[0.0], values]))
    smooth = (total[size:] - total[:-size]) / size
    top = int(smooth.argmax())
    first, last, high = float(smooth[0]), float(smooth[-1]), float(smooth[top])
    rough = float(np.diff(values).std()) or 1e-300
    if min(high - first, high - last) < max(3.0 * rough / np.sqrt(size), 0.5 * float(np.ptp(smooth))):
        return None
    if np.corrcoef(np.arange(top + 1), smooth[: top + 1])[0, 1] < 0.5 or not 12 <= top + size // 2 <= values.size - 12:
        return None
    return _best_cut(values, top + size // 2, size)


def _best_cut(values: Floats, near: int, reach: int) -> int:
    """The cut after which a plateau falls: equal halves first, else where two straight lines meet best."""
    half = values.size // 2
    if values.size % 2 == 0 and abs(half - near) <= max(values.size // 4, reach):
        return half
    best, least = near, np.inf
    for cut in range(max(12, near - reach), min(values.size - 12, near + reach)):
        left, right = values[max(0, cut - reach) : cut], values[cut : cut + reach]
        squares = sum(
            float(np.sum((part - np.polyval(np.polyfit(np.arange(part.size), part, 1), np.arange(part.size))) ** 2))
            for part in (left, right)
        )
        if squares < least:
            best, least = cut, squares
    return best


def table(sheet: Sheet, options: Options, layout: str) -> AnyRecord | None:
    """Long and wide tables of pulses.

    Raises
    ------
    FitError
        If it is of this layout and cannot be read.
    """
    foreign = [one for one in sheet.headings if one.role in ("time", "voltage", "v_set", "v_reset")]
    if foreign and not any(one.role in READINGS for one in sheet.headings) and options.column is None:
        known = [one.name for one in foreign]
        raise FitError(
            f"{sheet.name}: no column of readings beside {listed(known)}; columns are {listed(list(sheet.names))}; "
            "name one 'conductance [uS]', 'current' or 'resistance', or give --column NAME"
        )
    ramps = measured(sheet.table(), options, volts_of(sheet, options))
    amplitude, width = (_by_direction(sheet, role) for role in ("amplitude", "width"))
    long = any(one.role in ("pulse", "direction") for one in sheet.headings)
    name = "long table, a reading a line" if long else "wide table, a ramp a column"
    return Pulses(
        sheet.source, name, (), Measurement(tuple(ramps), (sheet.source,)), amplitude, width, volts_of(sheet, options)
    )


def _by_direction(sheet: Sheet, role: str) -> dict[Direction, float]:
    """Constant amplitude or width of each direction."""
    columns, ways = sheet.by(role), sheet.by("direction")
    if not columns:
        return {}
    values, _ = values_of(sheet, columns[0], Options())
    texts = sheet.texts(ways[0].index) if ways else []
    out: dict[Direction, float] = {}
    directions: tuple[Direction, ...] = ("up", "down")
    for way in directions:
        chosen = [direction_of(text, sheet.name) == way for text in texts] if texts else [True] * values.size
        own = values[np.array(chosen, dtype=bool) & np.isfinite(values)]
        if own.size and np.ptp(own) <= 1e-9 * abs(own[0]):
            out[way] = float(own[0])
        elif own.size and texts:
            raise FitError(
                f"{sheet.name}: column '{columns[0].name}' changes among pulses {way}: ramps are of equal pulses; "
                "fit each direction from a file of its own for its kinetics"
            )
    return out


def _off_a_line(values: Floats) -> float:
    """Sum of squares about the regression line."""
    at = np.arange(values.size)
    return float(np.sum((values - np.polyval(np.polyfit(at, values, 1), at)) ** 2))
