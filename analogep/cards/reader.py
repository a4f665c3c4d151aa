"""Strict YAML: what is written is what is meant, or it is an error with its line.

PyYAML by itself reads `1e-6` as a string, `on` as True, `1:30` as 90, `010` as 8, and keeps the last of two
equal keys silently. Here plain scalars follow the core schema of YAML 1.2, equal keys are refused, and so are
anchors, aliases, tags and merge keys, which a card does not need and which can blow a small file up.

Only PyYAML's parser is used, through its events: it does not recurse, so no depth of nesting can exhaust the
stack, and it runs in Python on every machine, so that the messages do not depend on whether libyaml is there. The files
that come with the package, which have no mistakes to report, are read by libyaml where it is there.

It takes some ten microseconds a value. Reading therefore ends at the hundredth problem, at a list or block longer than
any card needs, and at `MOST_VALUES` in all: no text keeps anybody waiting.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from analogep.cards.wording import MOST_PROBLEMS, KeyPath, dotted, printable, refusal
from analogep.errors import CardError, Problem
from analogep.units import shown

MAX_BYTES = 1_000_000
MAX_DEPTH = 40
MOST_ENTRIES = 10_000
"""Entries of one list or block: as many as an axis of a study may have values."""
MOST_VALUES = 30_000
"""Keys and values of a card: thirty times those of the longest measured table that comes with the package."""

_CONSTANTS: dict[str, bool | None] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_CONSTANTS |= {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]+|0x[0-9a-fA-F]+|0o[0-7]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_FASTEST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Document:
    """A card as read: plain data, and where each value stands.

    Parameters
    ----------
    data : dict
        Dictionaries with string keys, lists, strings, integers, finite floats, booleans and None.
    lines : mapping
        Path of keys -> line (from 1) of the key or list item; the empty path is the top.
    name : str
        File as given, for messages.
    text : str
        The YAML itself.
    overridden : mapping
        Path -> text of the `--set` that put the value there.
    changed : mapping
        Path -> text of the change since the numbers have their sources.
    place : str
        Where the last changes were made, for messages.
    """

    data: dict[str, Any]
    lines: Mapping[KeyPath, int]
    name: str
    text: str = ""
    overridden: Mapping[KeyPath, str] = field(default_factory=dict)
    changed: Mapping[KeyPath, str] = field(default_factory=dict)
    place: str = "changed()"

    def where(self, path: KeyPath) -> str:
        """Say where `path` or its nearest ancestor stands: `devices/my.yaml:5`, or the `--set` behind it."""
        for length in range(len(path), -1, -1):
            head = path[:length]
            if head in self.overridden:
                return f"--set {printable(self.overridden[head], 120)}"
            if head in self.lines:
                return f"{self.name}:{self.lines[head]}"
            if head in self.changed:
                return self.place
        return self.name

    def line(self, path: KeyPath) -> int:
        """Line of `path` or its nearest ancestor."""
        return next((self.lines[path[:n]] for n in range(len(path), -1, -1) if path[:n] in self.lines), 0)

    def problem(self, path: KeyPath, message: str) -> Problem:
        """Return the problem `message` at `path`."""
        return Problem(self.where(path), dotted(path), message)


def read(text: str | bytes, name: str, *, shipped: bool = False) -> Document:
    """Read one YAML document whose top level is a mapping; every refusal is a `CardError` with a line.

    Parameters
    ----------
    text : str or bytes
        The YAML; bytes must be UTF-8.
    name : str
        File as messages call it.
    shipped : bool
        Whether the file comes with the package.
    """
    text = _decoded(text, name)
    builder = _Builder(name)
    data = builder.document(_events(text, name, _FASTEST if shipped else yaml.SafeLoader))
    if builder.problems:
        raise refusal(builder.problems)
    if not isinstance(data, dict):
        raise _failure(name, 1, "is empty" if data is None else f"needs a block of keys at the top, got {shown(data)}")
    return Document(data, builder.lines, name, text)


def read_file(path: str | Path) -> Document:
    """Read a file as `read` does.

    Raises
    ------
    CardError
        If the file cannot be opened, or is none that `read` takes.
    """
    name = printable(str(path), 200)
    try:
        with open(path, "rb") as stream:
            text = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise CardError([Problem(name, "", "no such file")]) from None
    except IsADirectoryError:
        raise CardError([Problem(name, "", "is a directory, not a card")]) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CardError([Problem(name, "", f"cannot be read: {reason}")]) from None
    return read(text, name)


def read_value(text: str, name: str) -> Any:
    """Read one scalar, or one list or mapping in brackets, by the same rules."""
    events = list(_events(_decoded(text, name), name))
    builder = _Builder(name)
    if any(isinstance(event, yaml.CollectionStartEvent) and not event.flow_style for event in events):
        raise _failure(name, 1, "is a block, not a value; put text with ': ' or '- ' in quotes")
    value = builder.document(iter(events))
    if builder.problems:
        raise refusal(builder.problems)
    return value


def _failure(name: str, line: int, message: str) -> CardError:
    return CardError([Problem(f"{name}:{line}", "", message)])


def _decoded(text: str | bytes, name: str) -> str:
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "replace"))
    if size > MAX_BYTES:
        raise CardError([Problem(name, "", f"is larger than {MAX_BYTES // 1_000_000} MB, too large for a card")])
    if isinstance(text, str):
        return text
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise _failure(name, line, f"is not UTF-8: byte 0x{text[error.start]:02x}") from None


def _events(text: str, name: str, loader: Any = yaml.SafeLoader) -> Iterator[Any]:
    """Events of PyYAML's parser, with every failure as a CardError."""
    try:
        yield from yaml.parse(text, Loader=loader)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _failure(name, line, f"character U+{ord(text[error.position]):04X} is not allowed") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = f"is not valid YAML: {printable(error.problem or 'cannot be read', 120)}"
        if error.context:
            message += f" {printable(error.context, 120)}"
        if "'\\t'" in message:
            message += "; indent with spaces, not tabs"
        raise _failure(name, mark.line + 1 if mark else 1, message) from None
    except (yaml.YAMLError, ValueError, ArithmeticError, LookupError, TypeError) as error:
        # Such as the escape "\UFFFFFFFF" or a %YAML version of 5000 digits, which PyYAML hands to Python.
        raise CardError([Problem(name, "", f"is not valid YAML: {printable(str(error), 120)}")]) from None


def _scalar(text: str) -> Any:
    """Value of a plain scalar in the core schema of YAML 1.2; ValueError if cards cannot hold it."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        # Checked before int(), which refuses 5000 digits with words of its own.
        number = int(text, {"0x": 16, "0o": 8}.get(text[:2], 10)) if len(text) <= 70 else 2**64
        if abs(number) >= 2**64:
            raise ValueError(f"integer {printable(text, 30)} does not fit into 64 bits")
        return number
    if _FLOAT.fullmatch(text):
        if math.isinf(value := float(text)):
            raise ValueError(f"number {printable(text, 30)} is too large")
        return value
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not a finite number")
    return text


class _Builder:
    """Plain data from events, the line of every value, and the problems that do not end reading."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[KeyPath, int] = {}
        self.problems: list[Problem] = []
        self._events: Iterator[Any] = iter(())
        self._values = self._depth = 0

    def document(self, events: Iterator[Any]) -> Any:
        """Data of the only document."""
        self._events = events
        next(events)
        if isinstance(first := next(events), yaml.StreamEndEvent):
            raise _failure(self.name, 1, "is empty")
        event = next(events)
        self.lines[()] = event.start_mark.line + 1
        data = self._value(event, ())
        next(events)
        if not isinstance(further := next(events), yaml.StreamEndEvent):
            lines = f"in lines {first.start_mark.line + 1} and {further.start_mark.line + 1}"
            raise _failure(self.name, further.start_mark.line + 1, f"holds more than one document, {lines}")
        return data

    def _complain(self, event: Any, path: KeyPath, message: str) -> Any:
        """Note a problem; the None that it returns stands in for the value while reading goes on."""
        self.problems.append(Problem(f"{self.name}:{event.start_mark.line + 1}", dotted(path), message))
        if len(self.problems) > MOST_PROBLEMS:
            raise refusal(self.problems)
        return None

    def _end(self, event: Any, path: KeyPath, message: str) -> CardError:
        """The error of a problem that ends reading, behind those that were found before."""
        return refusal([*self.problems, Problem(f"{self.name}:{event.start_mark.line + 1}", dotted(path[:3]), message)])

    def _value(self, event: Any, path: KeyPath) -> Any:
        self._values += 1
        if self._values > MOST_VALUES:
            raise self._end(event, (), f"holds more than {MOST_VALUES} keys and values, too many for a card")
        if isinstance(event, yaml.AliasEvent):
            return self._complain(
                event, path, f"aliases are not read, write the value again instead of *{event.anchor}"
            )
        if event.anchor is not None:
            self._complain(event, path, f"anchors are not read, remove &{printable(event.anchor)}")
        if event.tag is not None:
            self._complain(event, path, f"tags are not read, remove {printable(event.tag)}")
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, path)
        # Not by the path, which does not grow where a block is the key of another.
        if self._depth >= MAX_DEPTH:
            raise self._end(event, path, f"is nested deeper than {MAX_DEPTH} levels")
        self._depth += 1
        found = self._sequence(path) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(path)
        self._depth -= 1
        return found

    def _scalar(self, event: Any, path: KeyPath) -> Any:
        if _SURROGATE.search(event.value):
            return self._complain(event, path, "half of a surrogate pair is not a character")
        if event.style or not event.implicit[0]:
            return event.value
        try:
            return _scalar(event.value)
        except ValueError as error:
            return self._complain(event, path, str(error))

    def _sequence(self, path: KeyPath) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            if len(items) >= MOST_ENTRIES:
                raise self._end(event, path, f"has more than {MOST_ENTRIES} entries, too many for a card")
            here = (*path, len(items))
            self.lines[here] = event.start_mark.line + 1
            items.append(self._value(event, here))
        return items

    def _mapping(self, path: KeyPath) -> dict[str, Any]:
        block: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if len(block) >= MOST_ENTRIES:
                raise self._end(event, path, f"has more than {MOST_ENTRIES} keys, too many for a card")
            key = self._key(event, path)
            here = path if key is None else (*path, key)
            line = event.start_mark.line + 1
            if key in block:
                self._complain(event, here, f"stands twice, in lines {self.lines[here]} and {line}")
            elif key is not None:
                self.lines[here] = line
            value = self._value(next(self._events), here)
            if key is not None:
                block.setdefault(key, value)
        return block

    def _key(self, event: Any, path: KeyPath) -> Any:
        """Text of a key, or None after a complaint."""
        if isinstance(event, yaml.ScalarEvent) and event.value == "<<" and not event.style:
            return self._complain(event, path, "merge keys are not read, write the keys out instead of <<")
        before = len(self.problems)
        key = self._value(event, path)
        if isinstance(key, str) or len(self.problems) > before:
            return key if isinstance(key, str) else None
        return self._complain(event, path, f"key {shown(key)} is not text; put it in quotes")
