"""Every number of a device card names its source, and how the number came out of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field, StringConstraints

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

UNSOURCED = frozenset(
    {"schema", "name", "title", "technology", "terminals", "sources", "provenance", "uncertainty", "changes"}
)
"""Sections without physical numbers."""


class Source(Block):
    """A publication, data set or manual that numbers come from.

    `cite` is enough; the other keys let `analogep cite` write a BibTeX entry with fields of its own.
    """

    cite: Annotated[str, StringConstraints(min_length=1, pattern=r"\S")]
    """Citation as printed with results."""

    url: str | None = None
    """Where to find it."""

    doi: Annotated[str, StringConstraints(pattern=r"^10\.[0-9]{4,9}/\S+$", max_length=200)] | None = None
    """Digital object identifier, from `10.` on."""

    author: str | None = None
    """Authors as BibTeX wants them: `S. H. Jo and T. Chang and others`."""

    title: str | None = None
    """Title of the publication."""

    journal: str | None = None
    """Journal of an article."""

    booktitle: str | None = None
    """Conference or book."""

    year: Annotated[int | None, Field(ge=1800, le=2200)] = None
    """Year of publication."""

    volume: int | str | None = None
    """Volume of the journal."""

    number: int | str | None = None
    """Issue within the volume."""

    pages: int | str | None = None
    """Pages or number of the article."""

    note: str | None = None
    """Anything else a reader should know, such as a DOI that nobody has checked."""


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
        if _kind(status) not in STATUSES:
            yield here, f"status {shown(status)} must begin with one of {', '.join(STATUSES)}"


def used(provenance: Mapping[str, tuple[str, str]], overridden: Collection[KeyPath] = ()) -> dict[str, dict[str, str]]:
    """Find which numbers each source gives, without those that `--set` replaced.

    Parameters
    ----------
    provenance : mapping
        Dotted path of a number -> (short name of its source, status).
    overridden : collection of paths
        Values set by `--set`, or blocks of them.

    Returns
    -------
    dict
        Short name of a source -> dotted path of each of its numbers -> status; in the order of their first use.
    """
    replaced = tuple(dotted(path) + "." for path in overridden)
    found: dict[str, dict[str, str]] = {}
    for name, (source, status) in provenance.items():
        if not (name + ".").startswith(replaced):
            found.setdefault(source, {})[name] = status
    return found


def is_estimate(source: Source, statuses: Collection[str]) -> bool:
    """Whether a source is the card's author alone: no publication, and every number an estimate or a default."""
    named = any(getattr(source, name) is not None for name in type(source).model_fields if name != "cite")
    return not named and all(_kind(status) in ("estimate", "default") for status in statuses)


def _kind(status: str) -> str:
    word = re.search(r"[a-z]+", status.lower())
    return word[0] if word else ""


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
