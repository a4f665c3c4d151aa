"""SI numbers as a card writes them: with the unit of the field that they are for."""

from __future__ import annotations

import math
import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from analogep.cards.locate import Shape, is_block, item_of, keys_of, members_of, opened, shape_of, unit_of
from analogep.units import format_exact, shown


def shapes(model: type[BaseModel], path: Sequence[str]) -> list[Shape]:
    """Types that a value at a path may have, one for each member of the unions on the way; none if there is no key.

    Parameters
    ----------
    model : type
        Kind of card.
    path : sequence of str
        Keys and list indices.
    """
    found = [Shape(model)]
    for key in path:
        found = [below for shape in found for member in _members(shape) for below in _below(member, key)]
    return found


def _members(shape: Shape) -> Iterator[Shape]:
    shape = opened(shape)
    if members := members_of(shape.annotation):
        for member in members:
            yield from _members(Shape(member))
    else:
        yield shape


def _below(shape: Shape, key: str) -> Iterator[Shape]:
    origin, arguments = typing.get_origin(shape.annotation), typing.get_args(shape.annotation)
    if is_block(shape.annotation):
        field = keys_of(shape.annotation).get(key)
        if field is not None:
            yield shape_of(field)
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        yield Shape(arguments[-1])
    elif arguments and key.isascii() and key.isdigit():
        yield item_of(shape, int(key))


def with_units(value: Any, shape: Shape) -> Any:
    """Plain data in which every number that needs a unit is a text with it; reading the text gives the same float.

    Parameters
    ----------
    value : object
        Texts, SI numbers, booleans, None, lists and dictionaries.
    shape : Shape
        Type of the field.

    Raises
    ------
    ValueError
        If such a number is not finite.
    """
    if isinstance(value, Mapping):
        block = _block_of(value, shape)
        around = opened(shape) if block is None else Shape(block)
        return {key: with_units(entry, next(_below(around, key), Shape())) for key, entry in value.items()}
    if isinstance(value, list):
        return [with_units(entry, item_of(shape, index)) for index, entry in enumerate(value)]
    unit = unit_of(shape) if isinstance(value, int | float) and not isinstance(value, bool) else ""
    if not unit:
        return value
    if not math.isfinite(value):
        raise ValueError(f"must be a finite number, got {shown(value)}")
    return format_exact(float(value), unit)


def _block_of(value: Mapping[str, Any], shape: Shape) -> type[BaseModel] | None:
    """The block that a mapping means: of a union the member that its tag names, else one that has all of its keys."""
    blocks = [member.annotation for member in _members(shape) if is_block(member.annotation)]
    if (tag := _tag_of(shape)) is not None:
        fields = [(block, keys_of(block).get(tag)) for block in blocks]
        blocks = [block for block, field in fields if field and value.get(tag) in typing.get_args(field.annotation)]
    fitting = [block for block in blocks if value.keys() <= keys_of(block).keys()]
    return next(iter((*fitting, *blocks)), None)


def _tag_of(shape: Shape) -> str | None:
    """Key that tells the blocks of a union apart, where they may also stand in a list."""
    shape = opened(shape)
    around = (opened(Shape(member)).discriminator for member in members_of(shape.annotation))
    return shape.discriminator or next((tag for tag in around if tag is not None), None)
