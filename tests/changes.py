"""Random changes of cards as a person might make them in Python: other numbers, switches and kinds of block."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import numpy as np

from analogep.cards import Card
from analogep.errors import CardError

C = TypeVar("C", bound=Card)

_HEADS = ("schema", "name", "title", "technology", "terminals", "sources", "provenance")
Path = tuple[str, ...]


def changed(draw: random.Random, card: C, fixed: Sequence[str] = ()) -> C:
    """A card with one to four values changed; keys that begin with one of `fixed` stay as they are."""
    while True:
        try:
            return card.changed(_changes(draw, card, fixed))
        except CardError:
            continue


def _changes(draw: random.Random, card: Card, fixed: Sequence[str]) -> dict[str, Any]:
    values = {key: value for key, value in card.values.items() if key not in _HEADS}
    found: dict[str, Any] = {}
    for _ in range(draw.randint(1, 3)):
        path, value = draw.choice(list(_leaves(values, ())))
        found[".".join(path)] = _other(draw, value)
    if draw.random() < 0.5:
        # A block of another kind, from any card that comes with the package.
        other = type(card).load(draw.choice(card.names())).values
        section = draw.choice(sorted(values))
        found[section] = other.get(section, values[section])
    return {key: value for key, value in found.items() if not key.startswith(tuple(fixed))} or {"title": "as it was"}


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict) and value:
        for key, entry in value.items():
            yield from _leaves(entry, (*path, key))
    elif isinstance(value, list) and value and not isinstance(value[0], list):
        for index, entry in enumerate(value):
            yield from _leaves(entry, (*path, str(index)))
    else:
        yield path, value


def _other(draw: random.Random, value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return draw.choice((np.int64, int))(max(1, round(value * draw.uniform(0.5, 2.0))))
    if isinstance(value, float):
        number = value * 2.0 ** draw.uniform(-0.7, 0.7) if value else draw.choice((0.0, 0.01, 1e-3))
        return draw.choice((float, np.float64, np.float32))(number)
    return draw.choice((value, None))
