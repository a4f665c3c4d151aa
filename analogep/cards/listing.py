"""A validated card as an indented list: what the package understood, with defaults and engineering units."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from analogep.cards.block import Block
from analogep.cards.locate import Shape, item_of, keys_of, shape_of, unit_of
from analogep.cards.provenance import Source
from analogep.cards.wording import printable
from analogep.units import UNKNOWN_WORD, Unknown, format_si

_MOST = 8


def understood(block: BaseModel) -> str:
    """Write every value of a card on its own line, with the unit of its field.

    Parameters
    ----------
    block : BaseModel
        A card, or one block of it.
    """
    return "\n".join(_lines(block, Shape(type(block)), 0))


def _lines(value: Any, shape: Shape, depth: int) -> Iterator[str]:
    """Lines of what has keys or items below it."""
    for key, entry, inner in _entries(value, shape):
        head = f"{'  ' * depth}{'-' if isinstance(key, int) else f'{printable(key)}:'}"
        if _is_nested(entry):
            yield head
            yield from _lines(entry, inner, depth + 1)
        else:
            yield f"{head} {_written(entry, inner)}"
    if isinstance(value, Block):
        yield from (f"{'  ' * depth}({name} {text})" for name, text in value.derived().items())


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


def _written(value: Any, shape: Shape) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, list | tuple):
        shown = [_written(entry, item_of(shape, index)) for index, entry in enumerate(value[:_MOST])]
        if len(value) > _MOST:
            shown.append(f"... {len(value)} in all")
        return f"[{', '.join(shown)}]"
    if isinstance(value, Unknown):
        return UNKNOWN_WORD
    if isinstance(value, float):
        unit = unit_of(shape)
        return format_si(value, unit) if unit else f"{value:.12g}"
    if isinstance(value, Mapping):
        return "{}"
    return printable(str(value), 200) or "''"
