"""One YAML block: a frozen pydantic model that knows its keys, their types, and the rules between them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NoReturn, Self

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, model_validator

from analogep.cards import explain
from analogep.cards.locate import keys_of
from analogep.cards.plain import plain
from analogep.cards.reader import Document
from analogep.cards.wording import KeyPath, dotted, refusal
from analogep.errors import Problem, UsageError
from analogep.units import is_card

VALUES = {"source": "values"}
"""Validation context of values as Python has them, whose broken rules the whole card collects."""


class Block(BaseModel):
    """Base of every block of a card.

    Unknown keys, NaN and infinity are refused; a bool is not a number, a string is not one either, an integer
    is fine for a float and a float is not fine for an integer. Sequences are tuples, so that a card is frozen
    all through.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)

    example: ClassVar[str] = ""
    """The block as somebody would write it in a card, of members of families."""
    from_node: ClassVar[tuple[str, ...]] = ()
    """Keys that a circuit card may leave to its technology `node`."""

    def rules(self) -> Iterator[tuple[KeyPath, str]]:
        """Yield (path of the key within this block, message) for each rule between fields that is broken."""
        return iter(())

    def derived(self) -> Mapping[str, str]:
        """What follows from the values, for people, by a word for it; `analogep check` prints it below them."""
        return {}

    @model_validator(mode="after")
    def _obeys_rules(self, info: ValidationInfo) -> Self:
        # A card collects the broken rules of all its blocks itself, to report them with their lines.
        if not is_card(info.context) and info.context is not VALUES:
            broken = [f"{dotted(path)}: {message}" if path else message for path, message in self.rules()]
            if broken:
                raise ValueError("; ".join(broken))
        return self

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy the block with fields replaced; the copy is validated as if it had been read.

        Parameters
        ----------
        update : mapping or None
            Field -> SI number, text with a unit, list, mapping or another block.
        deep : bool
            Whether what the block holds is copied too.

        Raises
        ------
        CardError
            With everything that is wrong with the values together.
        """
        if not update:
            return super().model_copy(deep=deep)
        new, problems = given(type(self), update, "model_copy()")
        document = Document(self.model_dump(mode="json", by_alias=True) | new, {}, "model_copy()")
        if problems:
            raise refusal(problems)
        try:
            made = type(self).model_validate_json(json.dumps(document.data), context=VALUES)
        except ValidationError as error:
            raise refusal(explain.problems(error, type(self), document)) from None
        if broken := [document.problem(path, message) for path, message in broken_rules(made)]:
            raise refusal(broken)
        return made

    def copy(self, **options: Any) -> Self:
        """Copy as `model_copy` does; pydantic's older name would take values that nobody has checked."""
        return self.model_copy(**options)

    @classmethod
    def model_construct(cls, _fields_set: set[str] | None = None, **_values: Any) -> NoReturn:  # type: ignore[override]
        """Refuse to make a block that nobody has checked.

        Raises
        ------
        UsageError
            Always.
        """
        raise UsageError(
            f"model_construct() would make a {cls.__name__} that nobody has checked; call {cls.__name__}(...), or "
            "changed() of a card"
        )


def given(block: type[BaseModel], update: Mapping[str, Any], place: str) -> tuple[dict[str, Any], list[Problem]]:
    """Plain data of values that Python code gives for fields, by the fields' keys in a file, and what is no value."""
    keys = {name: field.alias or name for name, field in block.model_fields.items()}
    found, problems = {}, []
    for name, value in update.items():
        key = keys.get(name, name)
        try:
            found[key] = plain(value)
        except ValueError as error:
            problems.append(Problem(place, dotted((key,)), str(error)))
    return found, problems


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
