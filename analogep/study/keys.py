"""Which card a key means: `device.` or `circuit.` in front of it say so, else its section does."""

from __future__ import annotations

from typing import Final

from analogep.cards import Kind
from analogep.cards.wording import near, printable
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard

CARDS: Final[tuple[Kind, Kind]] = ("device", "circuit")
_HEADS: Final = ("schema", "name", "title", "sources", "provenance", "changes")


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
    known = [*sections("device"), *sections("circuit")]
    best = near(first, [*CARDS, *known])
    hint = f", did you mean '{best}'?" if best else f"; sections are {', '.join(known)}"
    raise ValueError(f"no card has a section '{printable(first)}'{hint}")
