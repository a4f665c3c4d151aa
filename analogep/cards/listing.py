"""A validated card as an indented list: what the package understood, with defaults and engineering units.

The list is a card again: its values are those of the card that it was made of. What follows from them stands behind a
hash, and so do defaults that nobody gives a source for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from analogep.cards import written
from analogep.cards.block import Block
from analogep.cards.locate import Shape, item_of, keys_of, shape_of, unit_of
from analogep.cards.provenance import Source
from analogep.cards.wording import KeyPath
from analogep.units import UNKNOWN_WORD, Unknown, format_exact


def understood(block: BaseModel, silent: Collection[KeyPath] = ()) -> str:
    """Write every value of a card on its own line, with the unit of its field.

    Parameters
    ----------
    block : BaseModel
        A card, or one block of it.
    silent : collection of paths
        Defaults that stand behind a hash.
    """
    return "\n".join(_lines(block, Shape(type(block)), (), frozenset(silent)))


def _lines(value: Any, shape: Shape, path: KeyPath, silent: frozenset[KeyPath]) -> Iterator[str]:
    """Lines of what has keys or items below it."""
    indent = "  " * len(path)
    for key, entry, inner in _entries(value, shape):
        here = (*path, key)
        head = f"{indent}{'# ' if here in silent else ''}{'-' if isinstance(key, int) else f'{written.text(key)}:'}"
        if _is_nested(entry):
            yield head
            yield from _lines(entry, inner, here, silent)
        else:
            yield f"{head} {written.text(_plain(entry, inner))}"
    if isinstance(value, Block):
        yield from (f"{indent}# {name} {text}" for name, text in value.derived().items())


def _entries(value: Any, shape: Shape) -> Iterator[tuple[Any, Any, Shape]]:
    if isinstance(value, BaseModel):
        for key, field in keys_of(type(value)).items():
            if field.exclude:
                continue
            attribute = next(name for name, known in type(value).model_fields.items() if known is field)
            entry = getattr(value, attribute)
            # What is not known of a source says nothing about the device.
            if not (entry is None and isinstance(value, Source)):
                yield key, entry, shape_of(field)
        return
    if isinstance(value, Mapping):
        # All entries of a mapping share one unit, which stands in its type.
        inner = Shape(Any, unit=unit_of(shape))
        yield from ((key, entry, inner) for key, entry in value.items())
    else:
        yield from ((index, entry, item_of(shape, index)) for index, entry in enumerate(value))


def _is_nested(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(isinstance(entry, BaseModel | Mapping | list | tuple) for entry in value)
    return isinstance(value, BaseModel) or (isinstance(value, Mapping) and bool(value))


def _plain(value: Any, shape: Shape) -> Any:
    """A value without keys as a file would hold it."""
    if isinstance(value, list | tuple):
        return [_plain(entry, item_of(shape, index)) for index, entry in enumerate(value)]
    if isinstance(value, Unknown):
        return UNKNOWN_WORD
    if not isinstance(value, float):
        return value
    unit = unit_of(shape)
    if unit:
        return format_exact(value, unit)
    # Whole numbers as people write them; a float field reads them as the same float.
    return int(value) if value.is_integer() and 0.0 < abs(value) < 1e15 else value
