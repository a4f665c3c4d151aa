"""A validated card as YAML: every number with the unit of its field, in digits that mean the very same float."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from analogep.cards.locate import Shape, item_of, opened, shape_of, unit_of
from analogep.cards.wording import KeyPath
from analogep.units import UNKNOWN_WORD, Unknown, format_exact

_WIDTH = 110
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./() -]*(?<! )")
_QUANTITY = re.compile(r"-?[0-9.]+(?:E[+-]?[0-9]+)? [A-Za-z%]+")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def data(block: BaseModel, named: Collection[str] = ()) -> dict[str, Any]:
    """Plain data as a card's file would hold them, without what is left at its default.

    Parameters
    ----------
    block : BaseModel
        A card, or one block of it.
    named : collection of str
        Dotted paths of values that are written although they are defaults.
    """
    # Of each of these paths, every block around it.
    heads = {".".join(parts[:length]) for parts in (name.split(".") for name in named) for length in range(len(parts))}
    found: dict[str, Any] = _plain(block, Shape(type(block)), (), heads | set(named))
    return found


def at(block: BaseModel, path: KeyPath) -> Any:
    """Plain data of the value at a path of a card."""
    value: Any = block
    shape = Shape(type(block))
    for key in path:
        value, shape = next((entry, inner) for known, entry, inner, _ in _entries(value, shape) if known == key)
    return _plain(value, shape, path, ())


def _plain(value: Any, shape: Shape, path: KeyPath, named: Collection[str]) -> Any:
    if isinstance(value, BaseModel | Mapping):
        return {
            key: _plain(entry, inner, (*path, key), named)
            for key, entry, inner, spare in _entries(value, shape)
            if not spare or ".".join(map(str, (*path, key))) in named
        }
    if isinstance(value, list | tuple):
        return [_plain(entry, inner, (*path, key), named) for key, entry, inner, _ in _entries(value, shape)]
    if isinstance(value, Unknown):
        return UNKNOWN_WORD
    unit = unit_of(shape) if isinstance(value, float) else ""
    return format_exact(value, unit) if unit else value


def _entries(value: Any, shape: Shape) -> Iterator[tuple[str | int, Any, Shape, bool]]:
    """Key, value, shape of each entry, and whether a file need not hold it."""
    if isinstance(value, BaseModel):
        tag = opened(shape).discriminator
        for name, field in type(value).model_fields.items():
            if not field.exclude:
                key, entry = field.alias or name, getattr(value, name)
                spare = (
                    key != tag
                    and not field.is_required()
                    and _same(entry, field.get_default(call_default_factory=True))
                )
                yield key, entry, shape_of(field), spare
    elif isinstance(value, Mapping):
        # All entries of a mapping share one unit, which stands in its type.
        yield from ((key, entry, Shape(Any, unit=unit_of(shape)), False) for key, entry in value.items())
    else:
        yield from ((index, entry, item_of(shape, index), False) for index, entry in enumerate(value))


def _same(one: Any, other: Any) -> bool:
    """Whether two values are written alike: minus zero is not zero, and true is not 1."""
    return bool(one == other) and repr(one) == repr(other)


def document(data: Mapping[str, Any]) -> str:
    """Write plain data as a YAML document."""
    return "\n".join(_block(data, 0)) + "\n"


def _block(data: Mapping[str, Any], depth: int) -> Iterator[str]:
    for key, value in data.items():
        head = f"{'  ' * depth}{text(key)}:"
        line = f"{head} {text(value)}"
        if len(line) <= _WIDTH and not _is_nested(value):
            yield line
        elif isinstance(value, Mapping) and value:
            yield head
            yield from _block(value, depth + 1)
        elif isinstance(value, list) and any(isinstance(entry, Mapping) for entry in value):
            yield head
            yield from (f"{'  ' * depth}  - {text(entry)}" for entry in value)
        else:
            yield line


def _is_nested(value: Any) -> bool:
    return isinstance(value, Mapping) and any(isinstance(entry, Mapping) for entry in value.values())


def text(value: Any) -> str:
    """Write a value on one line of YAML, as it may stand after `--set key=` too."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{text(key)}: {text(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(text, value)) + "]"
    if not isinstance(value, str):
        return json.dumps(value)
    if (_PLAIN.fullmatch(value) or _QUANTITY.fullmatch(value)) and value.lower() not in _WORDS:
        return value
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))


def shape_in(block: BaseModel, path: Sequence[str]) -> Shape | None:
    """Type of the value at a path of a card, by the kinds of block that this card has; None if it has no such key."""
    value: Any = block
    shape = Shape(type(block))
    for key in path:
        if not isinstance(value, BaseModel | Mapping | list | tuple):
            return None
        entries = ((entry, inner) for known, entry, inner, _ in _entries(value, shape) if str(known) == key)
        value, shape = next(entries, (None, Shape()))
        if shape == Shape():
            return None
    return shape
