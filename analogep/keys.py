"""Which card a key means: `device.` or `circuit.` in front of it say so, else its section; and both cards at once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from analogep.cards import Kind
from analogep.cards.schema import json_schema
from analogep.cards.wording import near, printable
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.errors import CardError, Problem

CARDS: Final[tuple[Kind, Kind]] = ("device", "circuit")
_OPTIONS: Final = (
    *("epochs", "data", "out", "age", "assume", "parts", "held-out", "seed"),
    *("fabrication-seed", "operation-seed", "data-seed"),
)
"""Options of `simulate` that take a value, which people try as keys; a test holds them against its parser."""
_OFTEN: Final = ("learning", "nudging")
_MOST: Final = 4
_DEEPEST: Final = 4
_HEADS: Final = ("schema", "name", "title", "sources", "provenance", "uncertainty", "changes")


def sections(kind: Kind) -> list[str]:
    """Sections of a kind of card that numbers stand in."""
    fields = (DeviceCard if kind == "device" else CircuitCard).model_fields
    return [name for name in fields if name.rstrip("_") not in _HEADS]


def whole(key: str) -> bool:
    """Whether the key stands for a whole card."""
    return key in CARDS


def card_of(key: str) -> tuple[Kind, str]:
    """(kind of card, key within it) of a key such as `nudging.beta` or `device.name`.

    Raises
    ------
    ValueError
        If no card has such a section, with the nearest name, or only a card is named.
    """
    first, _, rest = key.partition(".")
    for kind in CARDS:
        if first == kind:
            if not rest:
                raise ValueError(f"needs a key of the {kind} card, such as {kind}.name=mine")
            return kind, rest
    for kind in CARDS:
        if first in sections(kind):
            return kind, key
    if first in _HEADS:
        raise ValueError(f"which card? Say device.{first} or circuit.{first}")
    raise ValueError(f"no card has a section '{printable(first)}'{_hint(key)}")


def _hint(key: str) -> str:
    """What was meant by a key that no card has, as the end of a sentence.

    A command's option, the keys that end as this one, or a section that is spelled much alike; else all sections.
    """
    first, _, _ = key.partition(".")
    ends = [path for kind in reversed(CARDS) for path in _paths(kind) if f".{path}".endswith(f".{key}")]
    if (option := key.replace("_", "-")) in _OPTIONS:
        elsewhere = "".join(f", elsewhere '{path}'" for path in ends[:1])
        return f"; this is the option --{option} of simulate{elsewhere}"
    if ends:
        return f", did you mean {' or '.join(repr(path) for path in ends[:_MOST])}?"
    known = [*sections("device"), *sections("circuit")]
    if best := near(first, [*CARDS, *known]):
        return f", did you mean '{best}'?"
    return f"; sections are {', '.join(known)}"


@cache
def _paths(kind: Kind) -> tuple[str, ...]:
    """Keys of blocks of a kind of card, as paths; one for all members of a family, the shorter first."""
    schema = json_schema(DeviceCard if kind == "device" else CircuitCard)
    found: dict[str, None] = {}
    _walk(schema, schema.get("$defs", {}), "", found)
    kept = [path for path in found if path.split(".")[0] not in _HEADS]
    # What people change most comes first.
    return tuple(sorted(kept, key=lambda one: (one.count("."), one.split(".")[0] not in _OFTEN)))


def _walk(node: Mapping[str, Any], defs: Mapping[str, Any], path: str, found: dict[str, None]) -> None:
    """Collect the paths of all properties below a node of a JSON schema."""
    if "$ref" in node:
        node = defs[node["$ref"].rsplit("/", 1)[-1]]
    for one in (*node.get("anyOf", ()), *node.get("oneOf", ())):
        _walk(one, defs, path, found)
    for key, below in node.get("properties", {}).items():
        here = f"{path}.{key}" if path else key
        found[here] = None
        if here.count(".") < _DEEPEST:
            _walk(below, defs, here, found)


def load(
    device: DeviceCard | str | Path, circuit: CircuitCard | str | Path, changes: Mapping[str, Any] | None = None
) -> tuple[DeviceCard, CircuitCard]:
    """Return both cards, changed where asked for; the problems of both are reported together.

    Parameters
    ----------
    device, circuit : card, str or Path
        A card, the name of a shipped one, or a YAML file.
    changes : mapping or None
        Key of either card -> value, as `Card.changed` takes it.

    Raises
    ------
    CardError
        With every problem of either card.
    """
    problems: list[Problem] = []
    of_card: dict[Kind, dict[str, Any]] = {kind: {} for kind in CARDS}
    for key, value in (changes or {}).items():
        try:
            kind, rest = card_of(str(key))
        except ValueError as error:
            problems.append(Problem("set", printable(str(key)), str(error)))
        else:
            of_card[kind][rest] = value
    found: dict[Kind, DeviceCard | CircuitCard] = {}
    given: dict[Kind, DeviceCard | CircuitCard | str | Path] = {"device": device, "circuit": circuit}
    for kind, card in given.items():
        try:
            found[kind] = _loaded(kind, card, of_card[kind])
        except CardError as error:
            problems.extend(error.problems)
    if problems:
        raise CardError(problems)
    first, second = found["device"], found["circuit"]
    assert isinstance(first, DeviceCard)
    assert isinstance(second, CircuitCard)
    return first, second


def _loaded(kind: Kind, given: object, changes: Mapping[str, Any]) -> DeviceCard | CircuitCard:
    family: type[DeviceCard] | type[CircuitCard] = DeviceCard if kind == "device" else CircuitCard
    if isinstance(given, DeviceCard | CircuitCard) and not isinstance(given, family):
        raise CardError([Problem(given.name, "", f"is a {given.kind} card where a {kind} card is needed")])
    if not isinstance(given, DeviceCard | CircuitCard | str | Path):
        raise CardError([Problem(kind, "", f"give a card, a name or a file; got {type(given).__name__}")])
    card = given if isinstance(given, DeviceCard | CircuitCard) else family.load(given)
    return card.changed(changes) if changes else card
