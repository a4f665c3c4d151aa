"""What a column of a CSV file is: its role by name, and its unit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from analogep.cards.wording import listed, near, printable
from analogep.device.laws import Direction
from analogep.errors import UsageError
from analogep.fit.ramps import FitError
from analogep.fit.table import Table
from analogep.units import Quantity

Role = Literal["device", "direction", "ramp", "pulse", "conductance", "current", "resistance"]
VALUES: Final[tuple[Role, ...]] = ("conductance", "current", "resistance")

_NAMES: Final[dict[Role, tuple[str, ...]]] = {
    "device": (
        "device",
        "cell",
        "dut",
        "sample",
        "device_id",
        "cell_id",
        "deviceid",
        "dev",
        "bauelement",
        "zelle",
        "dispositif",
        "cellule",
    ),
    "direction": (
        "direction",
        "dir",
        "polarity",
        "operation",
        "mode",
        "process",
        "set_reset",
        "ltp_ltd",
        "richtung",
        "sens",
    ),
    "ramp": (
        "ramp",
        "cycle",
        "run",
        "trace",
        "sweep",
        "repetition",
        "ramp_number",
        "cycle_number",
        "loop",
        "zyklus",
        "durchlauf",
        "rampe",
    ),
    "pulse": (
        "pulse",
        "pulses",
        "pulse_number",
        "pulse_index",
        "pulse_no",
        "pulse_count",
        "n",
        "k",
        "index",
        "number",
        "#",
        "puls",
        "pulsnummer",
        "impuls",
        "impulsion",
    ),
    "conductance": ("conductance", "g", "cond", "g_read", "conductivity", "leitwert", "leitf\u00e4higkeit"),
    "current": (
        "current",
        "i",
        "i_read",
        "iread",
        "id",
        "ids",
        "i_d",
        "i_ds",
        "read_current",
        "drain_current",
        "strom",
        "courant",
    ),
    "resistance": ("resistance", "r", "r_read", "res", "widerstand", "r\u00e9sistance"),
}
_UNITS: Final[dict[str, Quantity]] = {
    "conductance": Quantity("S", "conductance", "siemens", "10 uS"),
    "current": Quantity("A", "current", "amperes", "1 uA"),
    "resistance": Quantity("ohm", "resistance", "ohms", "10 kohm"),
}
_UNIT: Final = re.compile(r"^(.*?)[\s_]*(?:\[(.*)\]|\((.*)\)|/\s*([^\s/]+)|\bin\s+(\S+))\s*$")
_UP: Final = (
    "up",
    "set",
    "ltp",
    "potentiation",
    "pot",
    "p",
    "+",
    "+1",
    "1",
    "increase",
    "increasing",
    "positive",
    "auf",
    "aufw\u00e4rts",
    "hoch",
    "haut",
    "mont\u00e9e",
)
_DOWN: Final = (
    "down",
    "reset",
    "ltd",
    "depression",
    "dep",
    "d",
    "-",
    "-1",
    "decrease",
    "decreasing",
    "negative",
    "ab",
    "abw\u00e4rts",
    "runter",
    "bas",
    "descente",
)


@dataclass(frozen=True)
class Column:
    """One column.

    Parameters
    ----------
    index : int
    name : str
        As the header has it.
    role : str or None
        None where the name says nothing.
    scale : float or None
        SI value of 1 in the column; None where the header names no unit.
    """

    index: int
    name: str
    role: Role | None
    scale: float | None


def _spelled(name: str) -> str:
    return re.sub(r"[\s\-.]+", "_", name.strip().lower())


def _role(name: str) -> Role | None:
    word = _spelled(name)
    return next((role for role, names in _NAMES.items() if word in names), None)


def scale_of(unit: str, quantity: Quantity) -> float:
    """SI value of 1 `unit`; ValueError says what is wrong with it."""
    return quantity.parse(f"1 {unit.strip().replace('Ohm', 'ohm')}")


def unit_option(text: str) -> tuple[str, float]:
    """(role, scale) of `--unit`: of a conductance, a current or a resistance.

    Raises
    ------
    UsageError
        If it is none of them.
    """
    for role, quantity in _UNITS.items():
        try:
            return role, scale_of(text, quantity)
        except ValueError:
            continue
    raise UsageError(
        f"--unit {printable(text)}: is not a unit of conductance, current or resistance, such as uS, nA or kohm"
    )


def column(name: str, index: int, table: Table) -> Column:
    """Role and unit of a header cell.

    Raises
    ------
    FitError
        If a column of readings has a unit of something else.
    """
    form = _UNIT.fullmatch(name)
    plain, unit = (
        (form[1], next((part for part in form.groups()[1:] if part is not None), None)) if form else (name, None)
    )
    role = _role(plain)
    if role is None and (end := re.fullmatch(r"(.+)[_ ]([afpnu\u00b5\u03bcmk]?(?:S|A|ohm))", name)):
        role, plain, unit = _role(end[1]), end[1], end[2]
    if role is None:
        role = _role(name)
    if unit is None or (role is not None and role not in VALUES):
        return Column(index, name, role, None)
    kinds: tuple[Role, ...] = (role,) if role else VALUES
    for kind in kinds:
        try:
            return Column(index, name, kind, scale_of(unit, _UNITS[kind]))
        except ValueError as error:
            reason = error
    if role is None:
        return Column(index, name, None, None)
    raise FitError(f"{table.name}: column {printable(name)!r}: {reason}")


def columns(table: Table) -> list[Column]:
    """All columns of a table; without a header they are ramps without names."""
    if table.header is None:
        return [Column(k, f"column {k + 1}", None, None) for k in range(max(len(row.cells) for row in table.rows))]
    return [column(name, k, table) for k, name in enumerate(table.header)]


def reading_column(found: list[Column], table: Table, asked: str | None) -> Column | None:
    """The column of readings of a long file; None for a wide one.

    Raises
    ------
    FitError
        If `asked` is no column, or a file with named roles has no column, or several, of readings.
    """
    names = [one.name for one in found]
    if asked is not None:
        exact = [one for one in found if one.name == asked or _spelled(one.name) == _spelled(asked)]
        if not exact:
            best = near(asked, names)
            hint = f"did you mean {best!r}?" if best else f"columns are {listed(names)}"
            raise FitError(f"{table.name}: no column {printable(asked)!r}; {hint}")
        one = exact[0]
        return one if one.role in VALUES else Column(one.index, one.name, "conductance", one.scale)
    roles = [one for one in found if one.role is not None and one.role not in VALUES]
    values = [one for one in found if one.role in VALUES]
    if len(values) == 1 and (roles or len(found) == 1):
        return values[0]
    if len({one.role for one in values}) > 1:
        return next(one for role in VALUES for one in values if one.role == role)
    wide = not values and any(one.role is None for one in found) and all(one.role == "pulse" for one in roles)
    if not values and not wide:
        raise FitError(f"{table.name}: no column of readings; columns are {listed(names)}{_guess(found)}; "
                       "name one 'conductance' or 'current', or give --column NAME")  # fmt: skip
    return None


def _guess(found: list[Column]) -> str:
    """The column that is most likely a misspelled reading."""
    known = [name for role in VALUES for name in _NAMES[role] if len(name) > 2]
    for one in found:
        if one.role is None and (best := near(one.name.split(" ")[0].split("[")[0], known)):
            return f" (is {printable(one.name)!r} the {best}?)"
    return ""


def direction_of(text: str, where: str) -> Direction:
    """Direction that a cell names.

    Raises
    ------
    FitError
        If it names none.
    """
    word = text.strip().lower()
    if word in _UP:
        return "up"
    if word in _DOWN:
        return "down"
    raise FitError(
        f"{where}: {printable(text)!r} is not a direction; write up or down (set/reset, ltp/ltd, +/- are read too)"
    )
