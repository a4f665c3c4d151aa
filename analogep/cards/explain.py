"""pydantic's errors in words for people, each with the key and line of the card."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from analogep.cards.locate import Place, keys_of, locate, unit_of
from analogep.cards.reader import Document
from analogep.cards.wording import KeyPath, near, printable, suggestion
from analogep.errors import Problem
from analogep.units import format_si, number_of, shown

_WANTED = {
    "float": "a number",
    "int": "a whole number",
    "string": "text",
    "bool": "true or false",
    "list": "a list",
    "tuple": "a list",
    "dict": "a block of keys",
    "mapping": "a block of keys",
    "model": "a block of keys",
    "model_attributes": "a block of keys",
}
_BOUNDS = {
    "greater_than": ("gt", "greater than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
    "multiple_of": ("multiple_of", "a multiple of"),
}


def problems(error: ValidationError, model: type[BaseModel], document: Document) -> list[Problem]:
    """Return every error of a validation as a problem, in the order of the file's lines.

    Parameters
    ----------
    error : ValidationError
        What pydantic found.
    model : type
        Type of the card.
    document : Document
        The card as read.
    """
    details = error.errors(include_url=False)
    places = [locate(model, document.data, detail["loc"]) for detail in details]
    tagged = [detail["type"] == "union_tag_invalid" for detail in details]
    deeper = {
        place.union
        for place, named in zip(places, tagged, strict=True)
        if place.union is not None and (named or place.path != place.union)
    }
    messages: dict[KeyPath, list[str]] = {}
    for detail, place, named in zip(details, places, tagged, strict=True):
        # Where one member of a union fits so far that its errors lie deeper, only those matter.
        if place.path == place.union and place.union in deeper and not named:
            continue
        path, message = _explained(detail, place)
        known = messages.setdefault(path, [])
        if message not in known:
            known.append(message)
    # Several messages for one value come from the members of a union, any of which would do.
    found = sorted(messages.items(), key=lambda entry: document.line(entry[0]))
    return [document.problem(path, "; or: ".join(several[:5])) for path, several in found]


def _explained(detail: ErrorDetails, place: Place) -> tuple[KeyPath, str]:
    """Path and message of one error."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind.startswith("union_tag"):
        key = _names(context["discriminator"])[0]
        if kind == "union_tag_not_found":
            return place.path, f"needs a '{key}'"
        return (*place.path, key), _unknown_kind(key, detail["input"], _names(context["expected_tags"]))
    if kind in _RULES:
        return place.path, _RULES[kind](detail, place)
    return place.path, _general(detail, place)


def _general(detail: ErrorDetails, place: Place) -> str:
    kind, context, got = detail["type"], detail.get("ctx", {}), detail["input"]
    if kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        unit = unit_of(place.shape)
        bound = format_si(context[key], unit) if unit else f"{context[key]:g}"
        return f"must be {words} {bound}, got {_with_unit(got, unit)}"
    wanted = _WANTED.get(kind.removesuffix("_type").removesuffix("_parsing").removesuffix("_from_float"))
    if wanted is None:
        return f"{printable(detail['msg'], 200)}, got {shown(got)}"
    if wanted in ("a number", "a whole number") and isinstance(got, str) and number_of(got) is not None:
        return f"needs {wanted} without a unit, got {shown(got)}"
    quotes = "; put it in quotes" if wanted == "text" and isinstance(got, int | float) else ""
    return f"needs {wanted}, got {shown(got)}{quotes}"


def _with_unit(got: Any, unit: str) -> str:
    if unit and isinstance(got, float):
        return format_si(got, unit)
    return got if unit and isinstance(got, str) else shown(got)


def _unknown_key(detail: ErrorDetails, place: Place) -> str:
    fields = keys_of(place.block) if place.block else {}
    known = sorted(key for key, field in fields.items() if not field.exclude)
    return f"unknown key, {suggestion(str(place.path[-1]), known)}"


def _unknown_kind(key: str, block: Any, known: Sequence[str]) -> str:
    tag = block.get(key) if isinstance(block, dict) else getattr(block, key, None)
    best = near(tag, known) if isinstance(tag, str) else ""
    hint = f"; did you mean '{best}'?" if best else ""
    return f"unknown {key} {shown(tag)}, known are {', '.join(map(repr, known))}{hint}"


def _literal(detail: ErrorDetails, place: Place) -> str:
    got, known = detail["input"], re.split(r", | or ", detail.get("ctx", {})["expected"])
    best = near(got, [name.strip("'") for name in known if name.startswith("'")]) if isinstance(got, str) else ""
    hint = f"; did you mean '{best}'?" if best else ""
    return f"{shown(got)} is not {'one of ' if len(known) > 1 else ''}{', '.join(known)}{hint}"


def _length(detail: ErrorDetails, place: Place) -> str:
    context = detail.get("ctx", {})
    limit = context.get("min_length", context.get("max_length"))
    words = "at least" if "min_length" in context else "at most"
    if detail["type"].startswith("string"):
        if limit == 1 and words == "at least":
            return "must not be empty"
        return f"needs {words} {limit} characters, got {shown(detail['input'])}"
    return f"needs {words} {limit} entries, got {context.get('actual_length', shown(detail['input']))}"


_RULES: dict[str, Callable[[ErrorDetails, Place], str]] = {
    "missing": lambda detail, place: "is missing",
    "extra_forbidden": _unknown_key,
    "literal_error": _literal,
    "too_short": _length,
    "too_long": _length,
    "string_too_short": _length,
    "string_too_long": _length,
    "finite_number": lambda detail, place: f"must be a finite number, got {shown(detail['input'])}",
    "quantity": lambda detail, place: str(detail["msg"]),
    "value_error": lambda detail, place: str(detail.get("ctx", {})["error"]),
    "string_pattern_mismatch": lambda detail, place: (
        f"{shown(detail['input'])} does not have the form {detail.get('ctx', {})['pattern'].strip('^$')}"
    ),
}


def _names(quoted: str) -> list[str]:
    """Names in pydantic's `'a', 'b'`."""
    return re.findall(r"'([^']*)'", quoted)
