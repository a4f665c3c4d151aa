"""JSON Schema of the cards as people write them in YAML: editors complete and check with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from annotated_types import Ge, Gt
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from analogep.cards.base import Card, Kind, shipped_dir
from analogep.cards.docstrings import described
from analogep.cards.locate import keys_of
from analogep.units import UNKNOWN_WORD, Unknown

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Generator(GenerateJsonSchema):
    """pydantic's generator without titles: an editor would show each key twice."""

    schema_dialect = _DIALECT

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Leave titles out."""
        return False

    def encode_default(self, dft: Any) -> Any:
        """Write `unknown` as cards do."""
        return UNKNOWN_WORD if isinstance(dft, Unknown) else super().encode_default(dft)

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Add to a block what its docstrings say of its keys, and that a quantity from 0 takes no minus sign."""
        made = super().model_schema(schema)
        texts = described(schema["cls"])
        for key, field in keys_of(schema["cls"]).items():
            if key in texts:
                made["properties"][key]["description"] = texts[key]
            if any(_is_positive(bound) for bound in field.metadata):
                found = made["properties"][key]
                for one in (found, *found.get("anyOf", ())):
                    if "pattern" in one:
                        one["pattern"] = one["pattern"].replace("^[+-]?", "^[+]?", 1)
        left = [key for key in made.get("required", ()) if key not in schema["cls"].from_node]
        return made | {"required": left} if left != made.get("required", []) else made


def _is_positive(bound: Any) -> bool:
    """Whether an annotation of a field rules out numbers below zero."""
    least: Any = bound.gt if isinstance(bound, Gt) else bound.ge if isinstance(bound, Ge) else -1
    return bool(least >= 0)


def json_schema(card: type[Card]) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a kind of card.

    It says which keys there are, of which type, with which unit and within which bounds. Rules between values, such
    as a window whose `max` is below its `min`, are beyond it: `analogep check` knows them all.
    """
    schema = card.model_json_schema(by_alias=True, schema_generator=_Generator)
    schema["properties"]["schema"]["const"] = card.schema_id()
    schema["title"] = f"{card.kind} card of analogep"
    return {"$schema": _DIALECT, **_without_titles(schema, top=True)}


def _without_titles(value: Any, *, top: bool = False) -> Any:
    """The schema without the class names that pydantic sets as titles, which may be names of keys as well."""
    if isinstance(value, list):
        return [_without_titles(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _without_titles(entry)
        for key, entry in value.items()
        if top or key != "title" or not isinstance(entry, str)
    }


def text(card: type[Card]) -> str:
    """Write the JSON Schema as the file beside the cards holds it."""
    return json.dumps(json_schema(card), indent=1, ensure_ascii=False) + "\n"


def path(kind: Kind) -> Path:
    """File beside the cards that their first line names."""
    return shipped_dir(kind) / f"{kind}.schema.json"
