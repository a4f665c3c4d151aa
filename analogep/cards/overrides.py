"""Values set on the command line: `--set conductance.max='20 uS'`, by the same rules as the card itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from analogep.cards.reader import MAX_DEPTH, Document, read_value
from analogep.cards.wording import KeyPath, dotted, printable, refusal
from analogep.errors import CardError, Problem, UsageError
from analogep.units import shown

T = TypeVar("T")


@dataclass(frozen=True)
class Override:
    """One value to put into a card: the path of its key, the value, and the text that said so.

    A `place` is where Python code says it, such as `changed()`; without one it is `--set`.
    """

    path: tuple[str, ...]
    value: Any
    text: str
    place: str = ""

    @property
    def where(self) -> str:
        """Who says so, for messages."""
        return self.place or f"--set {printable(self.text, 120)}"


def keys(key: object, said: str) -> tuple[str, ...]:
    """Path of a key such as `conductance.max`; `said` names it in messages.

    Raises
    ------
    UsageError
        If the key is malformed: no text, empty in some part, nested too deeply.
    """
    if not isinstance(key, str):
        raise UsageError(f"{said}: key {shown(key)} is not text, such as 'conductance.max'")
    if "=" in key:
        raise UsageError(f"{said}: '{printable(key)}' has an equals sign; give the value beside the key")
    path = tuple(key.strip().split("."))
    if not all(path) or any(part != part.strip() for part in path):
        raise UsageError(f"{said}: '{printable(key)}' has an empty key; join keys with single dots")
    if len(path) > MAX_DEPTH:
        raise UsageError(f"{said}: is nested deeper than {MAX_DEPTH} levels")
    if any("\ud800" <= letter <= "\udfff" for letter in key):
        raise UsageError(f"{said}: the key is not valid text")
    return path


def parse(text: str) -> Override:
    """Read `conductance.max=20 uS`.

    Parameters
    ----------
    text : str
        Keys joined by dots (a list index is a number), an equals sign, and a YAML scalar or a list or mapping
        in brackets.

    Raises
    ------
    UsageError
        If the text is malformed.
    """
    said = f"--set {printable(text, 120)}"
    key, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"{said}: needs the form key=value, such as conductance.max='20 uS'")
    if not key.strip():
        raise UsageError(f"{said}: needs a key before the equals sign, such as conductance.max='20 uS'")
    path = keys(key, said)
    if "\n" in value or "\r" in value:
        raise UsageError(f"{said}: the value must stand on one line")
    if not value.strip() or value.strip().startswith("#"):
        raise UsageError(f"{said}: needs a value after the equals sign; null removes one")
    try:
        return Override(path, read_value(value.strip(), ""), text)
    except CardError as error:
        reasons = "; ".join(problem.message for problem in error.problems)
        raise UsageError(f"{said}: {reasons}") from None


def apply(document: Document, overrides: Sequence[Override]) -> Document:
    """Return a new document with the values set; the given one stays as it is.

    Keys that do not exist are created, and validation says afterwards whether they are known. A value below a
    scalar or outside a list is a `CardError`.
    """
    data = _copied(document.data)
    overridden, changed = document.overridden, document.changed
    place, problems, new = document.place, [], set[KeyPath]()
    for override in overrides:
        try:
            created, path = _put(data, override)
        except ValueError as error:
            problems.append(Problem(override.where, dotted(override.path), str(error)))
            continue
        new.add(created)
        # A block that an earlier value of this key brought along is from now on there for this one.
        renewed = [known for known, text in changed.items() if text == changed.get(path) and known != path]
        overridden, changed = _outside(overridden, created), _outside(changed, created)
        said = {path[:length]: override.text for length in range(len(created), len(path) + 1)}
        if override.place:
            changed, place = {**changed, **said, **dict.fromkeys(renewed, override.text)}, override.place
        else:
            overridden = {**overridden, **said}
    if problems:
        raise refusal(problems)
    # All at once: a long table has many lines, and a study many overrides.
    lines = {known: line for known, line in document.lines.items() if not _below(known, new)}
    return replace(document, data=data, lines=lines, overridden=overridden, changed=changed, place=place)


def _outside(known: Mapping[KeyPath, T], path: KeyPath) -> Mapping[KeyPath, T]:
    """What is known of other places than those at and below `path`."""
    return {place: entry for place, entry in known.items() if place[: len(path)] != path}


def found(data: Any, path: Sequence[str]) -> KeyPath:
    """Path in plain data as keys and list indices, as far as it leads; what is not there stays text."""
    out: list[str | int] = []
    for part in path:
        if isinstance(data, list) and part.isascii() and part.isdigit() and len(part) < 10:
            out.append(int(part))
            data = data[int(part)] if int(part) < len(data) else None
        else:
            out.append(part)
            data = data.get(part) if isinstance(data, dict) else None
    return tuple(out)


def missing(data: Mapping[str, Any], path: Sequence[str]) -> KeyPath:
    """The innermost value around a path that leads nowhere in plain data; empty if the path leads somewhere."""
    value: Any = data
    for depth, key in enumerate(path):
        if not isinstance(value, Mapping) or key not in value:
            return tuple(path[:depth])
        value = value[key]
    return ()


def _below(path: KeyPath, heads: Set[KeyPath]) -> bool:
    return any(path[:length] in heads for length in range(len(path) + 1))


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(entry) for key, entry in value.items()}
    return [_copied(entry) for entry in value] if isinstance(value, list) else value


def _put(data: dict[str, Any], override: Override) -> tuple[KeyPath, KeyPath]:
    """Set one value in place; return the path from which on everything is new, and the whole path."""
    container: Any = data
    path: KeyPath = ()
    created: KeyPath | None = None
    for depth, part in enumerate(override.path):
        key: Any = _key(container, part, path)
        path = (*path, key)
        if depth == len(override.path) - 1:
            container[key] = _copied(override.value)
            break
        # null stands for an absent block, as in `reset: null`, and gives way to one
        if (container[key] if isinstance(container, list) else container.get(key)) is None:
            container[key] = {}
            created = created or path
        container = container[key]
    return created or path, path


def _key(container: Any, part: str, path: KeyPath) -> str | int:
    """Key or list index that `part` means in `container`; ValueError if there is none."""
    if isinstance(container, dict):
        return part
    if not isinstance(container, list):
        raise ValueError(f"{dotted(path)} is {shown(container)}, which has no keys below it")
    if not (part.isascii() and part.isdigit() and len(part) < 10 and int(part) < len(container)):
        raise ValueError(f"{dotted(path)} is a list of {len(container)}, so {printable(part)} must be an index below")
    return int(part)
