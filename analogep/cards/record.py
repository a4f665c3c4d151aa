"""What a result records of a card, and the way back: the values that ran, beside the text and what changed it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from analogep.cards.base import Card
from analogep.cards.wording import printable
from analogep.errors import ResultError
from analogep.units import shown

C = TypeVar("C", bound=Card)
Attributes = Mapping[str, Any]

_OF_BOTH = frozenset({"schema", "name", "title"})
"""Keys that both kinds of card have."""


def recorded(card: Card) -> dict[str, str]:
    """Attributes of a result from which `card_of` makes the same card.

    `device_card` is the text that was loaded, `device_values` the values that ran as JSON (SI units, defaults
    included), `device_overrides` and `device_changes` JSON lists of what was set on the command line and changed in
    Python in between; the same of a circuit.
    """
    kind = card.kind
    return {
        f"{kind}_card": card.text,
        f"{kind}_values": json.dumps(card.values, separators=(",", ":")),
        f"{kind}_overrides": json.dumps(card.overrides),
        f"{kind}_changes": json.dumps(card.changes),
    }


def card_of(attrs: Attributes, kind: type[C]) -> C:
    """Return the card of a kind that a result records, with the values that ran.

    Parameters
    ----------
    attrs : mapping
        Attributes of the result. Of versions that recorded no values, the text and the overrides are read again.
    kind : type
        `DeviceCard` or `CircuitCard`.

    Raises
    ------
    ResultError
        If the result holds no such card, or something else in its place.
    CardError
        If this version refuses the card.
    """
    name, text, overrides = kind.kind, text_of(attrs, kind), overrides_of(attrs, kind)
    if f"{name}_values" not in attrs:
        return kind.from_text(text, str(attrs.get(name, name)), overrides)
    values = _json(attrs, f"{name}_values")
    if not isinstance(values, dict):
        raise ResultError(f"the result's '{name}_values' are {shown(values)}, not the values of a card")
    return kind.from_values(values, text=text, overrides=overrides, changes=changes_of(attrs, kind))


def text_of(attrs: Attributes, kind: type[Card]) -> str:
    """YAML that a result's card was loaded from; empty for a card made in Python.

    Raises
    ------
    ResultError
        If the result does not say.
    """
    found = attrs.get(f"{kind.kind}_card")
    if not isinstance(found, str):
        raise ResultError(f"the result records no {kind.kind} card; give the result of a simulation")
    return found


def overrides_of(attrs: Attributes, kind: type[Card]) -> list[str]:
    """What was set on the command line for a result's card of a kind, in order."""
    if f"{kind.kind}_overrides" in attrs:
        return _texts(attrs, f"{kind.kind}_overrides")
    # Earlier versions wrote the overrides of both cards into one list; a name without its kind was the circuit's.
    own = {field.alias or name for name, field in kind.model_fields.items()}
    if kind.kind == "device":
        own -= _OF_BOTH
    return [text for text in _texts(attrs, "overrides") if text.partition("=")[0].split(".")[0].strip() in own]


def changes_of(attrs: Attributes, kind: type[Card]) -> list[str]:
    """What was changed in Python in a result's card of a kind, in order."""
    return _texts(attrs, f"{kind.kind}_changes") if f"{kind.kind}_changes" in attrs else []


def _texts(attrs: Attributes, name: str) -> list[str]:
    found = _json(attrs, name)
    if not (isinstance(found, list) and all(isinstance(text, str) for text in found)):
        raise ResultError(f"the result's '{name}' are {shown(found)}, not a list of texts")
    return found


def _json(attrs: Attributes, name: str) -> Any:
    """Content of a JSON attribute.

    Raises
    ------
    ResultError
        If it is none.
    """
    if name not in attrs:
        raise ResultError(f"the result has no attribute '{name}'; give the result of a simulation")
    try:
        return json.loads(attrs[name])
    except (ValueError, TypeError, RecursionError) as error:
        raise ResultError(f"the result's '{name}' is not JSON: {printable(str(error), 120)}") from None
