"""The reference of every key of a kind of card, from its pydantic models."""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping
from typing import Any

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen, MultipleOf
from pydantic.fields import FieldInfo
from typing_extensions import TypeAliasType

from analogep.cards.docstrings import described
from analogep.cards.family import Names
from analogep.cards.locate import Open, is_block, keys_of, members_of
from analogep.units import Quantity, format_exact
from analogep_docs.words import anchor, inline, prose

_BOUNDS = ((Gt, "gt", "greater than"), (Ge, "ge", "at least"), (Lt, "lt", "less than"), (Le, "le", "at most"))
_TAGS = ("kind", "model", "rule", "write", "method", "estimator")
_PLAIN = {float: "number", int: "whole number", str: "text", bool: "`true` or `false`"}


class Type:
    """What an annotation says: words, bounds, and the blocks that may stand there, each with the value of its tag."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.bounds: list[str] = []
        self.unit = ""
        self.null = False
        self.blocks: dict[type, None] = {}
        self.tag = ""

    def take(self, annotation: Any, metadata: tuple[Any, ...] = ()) -> Type:
        """Read an annotation and what is attached to it."""
        for entry in metadata:
            if isinstance(entry, Quantity):
                self.unit = entry.unit
                self.words.append(f"{entry.dimension} [{entry.unit}], such as `{entry.example}`")
        opens = [entry for entry in metadata if isinstance(entry, Open)]
        names = [entry for entry in metadata if isinstance(entry, Names)]
        if opens and opens[0].blocks():
            self.tag = opens[0].tag
            for block in opens[0].blocks():
                self.blocks[block] = None
        elif names:
            self.words.append("one of " + ", ".join(f"`{name}`" for name in names[0]._known()))
        elif not any(isinstance(entry, Quantity) for entry in metadata):
            self._annotation(annotation)
        self._limits(metadata)
        return self

    def _annotation(self, annotation: Any) -> None:
        origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
        if isinstance(annotation, TypeAliasType):
            self.take(annotation.__value__)
        elif origin is typing.Annotated:
            self.take(arguments[0], _flat(arguments[1:]))
        elif members := members_of(annotation):
            self.null |= type(None) in arguments
            for member in members:
                self.take(member)
        elif origin is typing.Literal:
            words = ", ".join(f"`{_literal(value)}`" for value in arguments)
            self.words.append(f"one of {words}" if len(arguments) > 1 else words)
        elif origin in (tuple, list):
            self._items(arguments)
        elif isinstance(origin, type) and issubclass(origin, Mapping):
            self._nested("names, each with", arguments[-1])
        elif is_block(annotation):
            self.blocks[annotation] = None
        elif annotation in _PLAIN:
            self.words.append(_PLAIN[annotation])

    def _items(self, arguments: tuple[Any, ...]) -> None:
        different = dict.fromkeys(entry for entry in arguments if entry is not Ellipsis)
        for entry in different:
            self._nested("list of", entry)

    def _nested(self, head: str, annotation: Any) -> None:
        inner = Type().take(annotation)
        self.unit = self.unit or inner.unit
        self.blocks |= inner.blocks
        self.tag = self.tag or inner.tag
        words = " or ".join([*inner.words, *(["blocks"] if inner.blocks else [])])
        bounds = f" ({', '.join(inner.bounds)})" if inner.bounds else ""
        self.words.append(f"{head} {words}{bounds}")

    def _limits(self, metadata: tuple[Any, ...]) -> None:
        for entry in metadata:
            for kind, name, words in _BOUNDS:
                if isinstance(entry, kind):
                    self.bounds.append(f"{words} {_number(getattr(entry, name), self.unit)}")
            if isinstance(entry, MinLen) and entry.min_length:
                self.bounds.append(f"at least {entry.min_length} long")
            if isinstance(entry, MaxLen):
                self.bounds.append(f"at most {entry.max_length} long")
            if isinstance(entry, MultipleOf):
                self.bounds.append(f"a multiple of {entry.multiple_of}")


def _flat(metadata: tuple[Any, ...]) -> tuple[Any, ...]:
    """What is attached to a type, with the bounds that stand inside of a `Field`."""
    inner = (entry.metadata if isinstance(entry, FieldInfo) else [entry] for entry in metadata)
    return tuple(entry for several in inner for entry in several)


def _number(value: Any, unit: str) -> str:
    return format_exact(float(value), unit) if unit else f"{value:g}"


def _literal(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def type_of(field: FieldInfo) -> Type:
    """What a field's annotation says."""
    return Type().take(field.annotation, _flat(tuple(field.metadata)))


def blocks(card: type) -> dict[type, list[str]]:
    """Every block of a card, each with the dotted paths where it may stand, in the order of a card's keys."""
    found: dict[type, list[str]] = {}

    def walk(block: type, path: str, above: tuple[type, ...]) -> None:
        paths = found.setdefault(block, [])
        if path in paths or block in above:
            return
        paths.append(path)
        for key, field in keys_of(block).items():
            for inner in type_of(field).blocks:
                walk(inner, f"{path}.{key}" if path else key, (*above, block))

    walk(card, "", ())
    return found


def page(card: type, title: str, introduction: str) -> str:
    """The page of a kind of card, in MyST."""
    found = blocks(card)
    count = sum(len(list(_keys(block))) for block in found)
    kind = card.kind if hasattr(card, "kind") else "study"
    parts = [f"# {title}", introduction, f"{count} keys in {len(found)} blocks."]
    for block, paths in found.items():
        parts.append(_section(kind, block, paths, found))
    return "\n\n".join(parts) + "\n"


def _keys(block: type) -> Iterator[tuple[str, FieldInfo]]:
    return ((key, field) for key, field in keys_of(block).items() if not field.exclude)


def _heading(block: type, paths: list[str]) -> str:
    path = paths[0] if paths else ""
    if not path:
        return "Top of the card"
    tag = _tag(block)
    return f"`{path}`" + (f", {tag}" if tag else "")


def _tag(block: type) -> str:
    """`kind: tia` where the first key says which member of a union it is."""
    key, field = next(iter(keys_of(block).items()), ("", None))
    if key not in _TAGS or field is None or typing.get_origin(field.annotation) is not typing.Literal:
        return ""
    return f"`{key}: {' | '.join(map(_literal, typing.get_args(field.annotation)))}`"


def target(kind: str, block: type) -> str:
    """Name of a block's place on its page."""
    return f"key-{kind}-{anchor(block.__module__.rpartition('.')[2] + '-' + block.__name__)}"


def _section(kind: str, block: type, paths: list[str], found: dict[type, list[str]]) -> str:
    level = "##" if paths and "." not in paths[0] else "###"
    lines = [f"({target(kind, block)})=", f"{level} {_heading(block, paths)}", ""]
    if len(paths) > 1:
        lines += ["Stands at " + ", ".join(f"`{path}`" for path in paths) + ".", ""]
    lines += [prose(block.__doc__), ""]
    if example := getattr(block, "example", ""):
        lines += ["```yaml", example, "```", ""]
    texts = described(block)
    for key, field in _keys(block):
        lines += [f"`{key}`", f": {_facts(kind, field, found)}", ""]
        if texts.get(key):
            lines += [f"  {inline(texts[key])}", ""]
    return "\n".join(lines)


def _facts(kind: str, field: FieldInfo, found: dict[type, list[str]]) -> str:
    said = type_of(field)
    words = [word.replace("[", "\\[") for word in said.words]
    if said.blocks:
        links = ", ".join(f"[{_link(block)}](#{target(kind, block)})" for block in said.blocks)
        words.append(f"block: {links}")
    if said.null:
        words.append("`null`")
    bounds = f"; {', '.join(said.bounds)}" if said.bounds else ""
    return f"{' or '.join(words) or 'any value'}{bounds}. {_default(field, said)}"


def _link(block: type) -> str:
    return _tag(block) or f"`{block.__name__}`"


def _default(field: FieldInfo, said: Type) -> str:
    if field.is_required():
        return "**Required.**"
    value = field.get_default(call_default_factory=True)
    if value is None:
        return "Default: `null`."
    if is_block(type(value)):
        tag = _tag(type(value))
        return f"Default: {tag}." if tag else "Default: the block's own defaults."
    if isinstance(value, float):
        return f"Default: `{_number(value, said.unit)}`."
    if isinstance(value, tuple | list):
        shown = ", ".join(_number(one, said.unit) if isinstance(one, float) else _literal(one) for one in value)
        return f"Default: `[{shown}]`."
    return f"Default: `{_literal(value)}`." if value != "" and value != {} else "Default: empty."
