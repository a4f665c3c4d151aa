"""Every number of a device card names its source, and how the number came out of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import StringConstraints

from analogep.cards.block import Block
from analogep.cards.wording import KeyPath, dotted, suggestion
from analogep.units import number_of, shown

STATUSES = (
    "measured",
    "fit",
    "published",
    "derived",
    "surrogate",
    "estimate",
    "default",
    "secondary",
    "projected",
)
"""How a number came out of its source."""

UNSOURCED = frozenset({"schema", "name", "title", "technology", "terminals", "sources", "provenance"})
"""Sections without physical numbers."""


class Source(Block):
    """A publication, data set or manual that numbers come from."""

    cite: Annotated[str, StringConstraints(min_length=1, pattern=r"\S")]
    """Citation as printed with results."""

    url: str | None = None
    """Where to find it."""

    doi: str | None = None
    """Digital object identifier."""


def problems(
    data: Mapping[str, Any],
    sources: Mapping[str, Source],
    provenance: Mapping[str, tuple[str, str]],
    overridden: Collection[KeyPath] = (),
) -> Iterator[tuple[KeyPath, str]]:
    """Find numbers without a source, and entries that name no number, no source or no status.

    Parameters
    ----------
    data : mapping
        The card as read, before validation.
    sources : mapping
        Short name -> source.
    provenance : mapping
        Dotted path of a number -> (short name of its source, status).
    overridden : collection of paths
        Values set by `--set`: who sets them is their source.

    Yields
    ------
    tuple
        Path of the problem and message.
    """
    numbers, fields = _numbers_and_fields(data)
    for path in numbers:
        name = dotted(path)
        if name not in provenance and not any(path[:length] in overridden for length in range(1, len(path) + 1)):
            yield path, f"has no provenance; add '{name}: [source, status]' under provenance"
    names = sorted(dotted(path) for path in fields)
    replaced = tuple(dotted(path) + "." for path in overridden)
    for name, (source, status) in provenance.items():
        here: KeyPath = ("provenance", name)
        # A block set by `--set` takes the sources of the values that it replaces with it.
        if name not in names and not (name + ".").startswith(replaced):
            yield here, f"there is no such value in this card, {suggestion(name, names[:40])}"
        if source not in sources:
            yield here, f"unknown source {shown(source)}, {suggestion(source, sorted(sources))}"
        if (re.findall(r"[a-z]+", status.lower()) or [""])[0] not in STATUSES:
            yield here, f"status {shown(status)} must begin with one of {', '.join(STATUSES)}"


def _numbers_and_fields(data: Mapping[str, Any]) -> tuple[list[KeyPath], list[KeyPath]]:
    """Paths of all non-zero numbers, and of all values; a list counts as one value."""
    numbers: list[KeyPath] = []
    fields: list[KeyPath] = []

    def visit(value: Any, path: KeyPath) -> None:
        if isinstance(value, Mapping):
            for key, entry in value.items():
                visit(entry, (*path, key))
            return
        fields.append(path)
        if _has_number(value):
            numbers.append(path)

    visit({key: entry for key, entry in data.items() if key not in UNSOURCED}, ())
    return numbers, fields


def _has_number(value: Any) -> bool:
    """Whether a value is, or a list holds, a number other than zero."""
    if isinstance(value, str):
        return bool(number_of(value))
    if isinstance(value, Mapping):
        return any(_has_number(entry) for entry in value.values())
    if isinstance(value, Sequence):
        return any(_has_number(entry) for entry in value)
    return isinstance(value, int | float) and not isinstance(value, bool) and value != 0
