"""A device card while it is made from another simulator's fields: values, where each is from, and what was not used."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from analogep.device.told import Told
from analogep.errors import DataError
from analogep.units import format_exact, format_si, shown

DIGITS: Final = 12
"""Significant digits of converted numbers: single precision has 7, and more would be rounding errors."""

Role = Literal["card", "circuit", "record", "effect"]


class UntranslatableError(DataError):
    """A file of another simulator that cannot be a device card as it is: what the user gave, not a failure."""

    exit_code = 2


@dataclass(frozen=True)
class Field:
    """What becomes of a field of another simulator.

    Parameters
    ----------
    role : {'card', 'circuit', 'record', 'effect'}
        It goes to the card; it is of arrays, converters or algorithms and not of a cell; it records or steers a
        simulation and says nothing of a device; or it has an effect that no device card holds.
    text : str
        Where it goes, or why it does not.
    off : tuple
        Values of an effect that mean that there is none.
    """

    role: Role
    text: str
    off: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Known(Told):
    """What the user knows and the file does not say; None where nothing was given.

    Parameters
    ----------
    window : tuple of float or None
        Conductances that the ends of the simulator's range stand for [S].
    mini_batch : float or None
        Time of what another simulator counts in mini-batches [s].
    leave_out : tuple of str
        Fields whose effect the card may lack.
    """

    name: str = "imported"
    window: tuple[float, float] | None = None
    mini_batch: float | None = None
    leave_out: tuple[str, ...] = ()


@dataclass
class Draft:
    """A card in the making.

    Parameters
    ----------
    file : str
        Name of the file, for messages.
    given : dict
        Fields of the file.
    table : mapping
        Name -> what becomes of the field.
    usual : mapping
        Values that the simulator takes where its user says none.
    known : Known
    data : dict
        The card's sections as its file will hold them.
    provenance : dict
        Dotted key -> (source, status).
    used : dict
        Field -> keys of the card that it went to.
    idle : dict
        Field -> why the file itself makes nothing of it.
    defaults : list of str
        Keys that stand on an assumption, with their values.
    remarks : list of str
        Sentences that the user should read.
    """

    file: str
    given: dict[str, Any]
    table: Mapping[str, Field]
    usual: Mapping[str, Any]
    known: Known
    data: dict[str, Any] = field(default_factory=dict)
    provenance: dict[str, tuple[str, str]] = field(default_factory=dict)
    used: dict[str, list[str]] = field(default_factory=dict)
    idle: dict[str, str] = field(default_factory=dict)
    defaults: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def has(self, name: str) -> bool:
        """Whether the file gives a field."""
        return self.given.get(name) is not None

    def value(self, name: str) -> Any:
        """Value of a field: the file's, or what the simulator takes for it."""
        found = self.given.get(name)
        return self.usual.get(name) if found is None else found

    def number(self, name: str, low: float = -math.inf, high: float = math.inf) -> float:
        """A field that is a number between bounds.

        Raises
        ------
        UntranslatableError
            If it is missing, no finite number, or out of bounds.
        """
        found = self.value(name)
        if found is None:
            raise UntranslatableError(f"{self.file}: {name}: is missing; a card cannot be made without it")
        if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
            raise self.refused(name, "is not a finite number")
        if not low <= found <= high:
            raise self.refused(name, f"must be {_between(low, high)}")
        return float(found)

    def flag(self, name: str) -> bool:
        """A field that is true or false; false where nothing says it.

        Raises
        ------
        UntranslatableError
            If it is neither.
        """
        found = self.value(name)
        if found is None or isinstance(found, bool):
            return bool(found)
        if found in (0, 1):
            return bool(found)
        raise self.refused(name, "must be true or false")

    def refused(self, name: str, why: str) -> UntranslatableError:
        """The error that says why a field cannot be as it is."""
        return UntranslatableError(f"{self.file}: {name}: {shown(self.value(name))}: {why}")

    def put(self, path: str, value: Any, unit: str, fields: tuple[str, ...], how: str = "published") -> None:
        """Write a number, a list of numbers, or a word of the card, from these fields."""
        self._set(path, [quantity(one, unit) for one in value] if isinstance(value, list) else quantity(value, unit))
        for name in fields:
            self.used.setdefault(name, []).append(path)
        values = ", ".join(f"{name} {shown(self.value(name))}" for name in fields)
        self.provenance[path] = ("origin", f"{how}; {values}" if values else how)

    def word(self, path: str, value: Any, *fields: str) -> None:
        """Write what is no number and needs no source."""
        self._set(path, value)
        for name in fields:
            self.used.setdefault(name, []).append(path)

    def windowed(self) -> None:
        """Refuse a window of the user's where the file says its own.

        Raises
        ------
        UntranslatableError
            If the user gave one.
        """
        if self.known.window is not None:
            low, high = (format_si(end, "S") for end in self.known.window)
            raise UntranslatableError(f"{self.file}: says its window itself; leave out the one of {low} to {high}")

    def spent(self, key: str, *fields: str) -> None:
        """Say that fields went into a key that another call writes."""
        for name in fields:
            self.used.setdefault(name, []).append(key)

    def told(self, path: str, given: float | None, otherwise: float, unit: str) -> float:
        """Write what the user says, or a default that is listed; returns its value."""
        value = otherwise if given is None else given
        text = quantity(value, unit)
        self._set(path, text)
        if given is None:
            self.provenance[path] = ("assumed", "default; the file does not say it, replace it")
            self.defaults.append(f"{path}: {text}")
        else:
            self.provenance[path] = ("stated", "measured; as stated by whoever imported the file")
        return value

    def unused(self) -> list[tuple[str, str]]:
        """(field with its value, why it is not on the card) of all fields of the file that went nowhere.

        Raises
        ------
        UntranslatableError
            Of the first with an effect that the card lacks and that nobody has left out.
        """
        for name in self.known.leave_out:
            if name not in self.given:
                raise UntranslatableError(
                    f"{self.file}: {name[:60]}: is to be left out, and the file has no such field"
                )
        out = []
        for name, value in self.given.items():
            if name in self.used or value is None:
                continue
            one = self.table.get(name)
            if name in self.idle:
                why = self.idle[name]
            elif one is None:
                why = "not a field that is known of this format"
            elif one.role in ("effect", "card") and not _off(value, one):
                if name not in self.known.leave_out:
                    raise self.refused(name, f"{one.text}; leave it out on purpose to go on without it")
                why = f"left out on purpose: {one.text}"
            elif one.role == "effect":
                why = "off"
            else:
                why = one.text
            out.append((f"{name}: {shown(value)}", why))
        return out

    def _set(self, path: str, value: Any) -> None:
        *heads, last = path.split(".")
        block = self.data
        for head in heads:
            block = block.setdefault(head, {})
        block[last] = value


def quantity(value: float, unit: str) -> Any:
    """A number as a card has it: with its unit, or as it is."""
    rounded = float(f"{value:.{DIGITS}g}")
    if unit:
        return format_exact(rounded, unit)
    return int(rounded) if rounded == int(rounded) and abs(rounded) < 1e15 else rounded


def _off(value: Any, field: Field) -> bool:
    if isinstance(value, Mapping):
        return not any(_active(one) for key, one in value.items() if key in ("nu", "nu_dtod", "enable", "magnitude"))
    return any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in (*field.off, False))


def _active(value: Any) -> bool:
    return isinstance(value, bool | int | float) and bool(value)


def _between(low: float, high: float) -> str:
    if math.isinf(high):
        return f"{low:g} or more"
    return f"{high:g} or less" if math.isinf(low) else f"between {low:g} and {high:g}"
