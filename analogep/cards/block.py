"""One YAML block: a frozen pydantic model that knows its keys, their types, and the rules between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationInfo, model_validator

from analogep.cards.locate import keys_of
from analogep.cards.wording import KeyPath, dotted
from analogep.units import is_card


class Block(BaseModel):
    """Base of every block of a card.

    Unknown keys, NaN and infinity are refused; a bool is not a number, a string is not one either, an integer
    is fine for a float and a float is not fine for an integer. Sequences are tuples, so that a card is frozen
    all through.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)

    def rules(self) -> Iterator[tuple[KeyPath, str]]:
        """Yield (path of the key within this block, message) for each rule between fields that is broken."""
        return iter(())

    @model_validator(mode="after")
    def _obeys_rules(self, info: ValidationInfo) -> Self:
        # A card collects the broken rules of all its blocks itself, to report them with their lines.
        if not is_card(info.context):
            broken = [f"{dotted(path)}: {message}" if path else message for path, message in self.rules()]
            if broken:
                raise ValueError("; ".join(broken))
        return self


def broken_rules(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    """Yield the broken rules of all blocks in `value`, each with its path from the top."""
    if isinstance(value, Block):
        for within, message in value.rules():
            yield (*path, *within), message
        names = {id(field): name for name, field in type(value).model_fields.items()}
        for key, field in keys_of(type(value)).items():
            yield from broken_rules(getattr(value, names[id(field)]), (*path, key))
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            yield from broken_rules(entry, (*path, key))
    elif isinstance(value, tuple | list):
        for index, entry in enumerate(value):
            yield from broken_rules(entry, (*path, index))
