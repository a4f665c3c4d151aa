"""pydantic's errors in words for people, each with the key and line of the card."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from analogep.cards.locate import Place, keys_of, locate, unit_of
from analogep.cards.reader import Document
from analogep.cards.wording import MOST_PROBLEMS, KeyPath, near, printable, suggestion
from analogep.errors import Problem
from analogep.units import format_si, number_of, shown

_MOST_ERRORS = 20 * MOST_PROBLEMS
"""Of pydantic's errors so many are looked at: a value may have one for each type that was tried."""
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
    """Return the errors of a validation as problems, in the order of the file's lines; of very many the first.

    Parameters
    ----------
    error : ValidationError
        What pydantic found.
    model : type
        Type of the card.
    document : Document
        The card as read.
    """
    details = error.errors(include_url=False)[:_MOST_ERRORS]
    places = [locate(model, document.data, detail["loc"]) for detail in details]
    deeper = {
        place.union
        for detail, place in zip(details, places, strict=True)
        if place.union is not None and (_tagged(detail) or place.path != place.union)
    }
    by_path: dict[KeyPath, list[tuple[ErrorDetails, Place]]] = {}
    for detail, place in zip(details, places, strict=True):
        # Where one member of a union fits so far that its errors lie deeper, only those matter.
        if place.path == place.union and place.union in deeper and not _tagged(detail):
            continue
        by_path.setdefault(_key_of(detail, place), []).append((detail, place))
    found = sorted(by_path.items(), key=lambda entry: document.line(entry[0]))
    # Words are found for what is told alone: to look for the nearest name takes longer than all the rest.
    return [document.problem(path, _message(several)) for path, several in found[: MOST_PROBLEMS + 1]]


def _tagged(detail: ErrorDetails) -> bool:
    return detail["type"] == "union_tag_invalid"


def _key_of(detail: ErrorDetails, place: Place) -> KeyPath:
    """Path of the key that an error is about."""
    return (*place.path, _names(detail.get("ctx", {})["discriminator"])[0]) if _tagged(detail) else place.path


def _message(errors: Sequence[tuple[ErrorDetails, Place]]) -> str:
    """What is wrong with one value: several messages come from the members of a union, any of which would do."""
    return "; or: ".join(list(dict.fromkeys(_explained(detail, place) for detail, place in errors))[:5])


def _explained(detail: ErrorDetails, place: Place) -> str:
    """Message of one error."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind.startswith("union_tag"):
        key = _names(context["discriminator"])[0]
        if kind == "union_tag_not_found":
            return f"needs a '{key}'"
        return _unknown_kind(key, detail["input"], _names(context["expected_tags"]))
    if kind in _RULES:
        return _RULES[kind](detail, place)
    return _general(detail, place)


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
