"""Families of parts: open unions of classes, of which a card names one by its `model`, `kind`, `rule` or plain name.

A family is declared where its base class is, with the list of its members; each member is a class in a file of its own,
imported when a card first names it. A user's class joins by `register`, or by an entry point of the group
`analogep.parts`, and is then as good as ours: in YAML, in messages, in the JSON Schema, in results (`origin`).
"""

from __future__ import annotations

import inspect
import json
import typing
from collections.abc import Mapping, Sequence
from functools import reduce
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from operator import or_
from typing import Annotated, Any, ClassVar, Final, TypeVar

from pydantic import BaseModel, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter, ValidationInfo
from pydantic_core import PydanticKnownError, SchemaValidator, core_schema

from analogep.cards.locate import Open, keys_of
from analogep.cards.wording import listed, near
from analogep.cautions import caution
from analogep.errors import UsageError

ENTRY_POINTS: Final = "analogep.parts"
"""Group of entry points with which an installed package offers its parts."""
FAMILIES: Final[dict[str, Family]] = {}
"""Every family by its name."""

T = TypeVar("T", bound=type)


class Family(Open):
    """The members of one family of blocks; in an annotation, `Annotated[Base, family]`, the union of all of them.

    Parameters
    ----------
    name : str
        What a member is, in plain words.
    tag : str
        Key of the card's block that names the member.
    home : str
        Package with our members.
    members : mapping
        Value of the tag -> "module.Class" within `home`.
    """

    def __init__(self, name: str, tag: str, home: str, members: Mapping[str, str]) -> None:
        self.name, self.tag, self.home = name, tag, home
        self._ours = dict(members)
        self._added: dict[str, type] = {}
        FAMILIES[name] = self

    def names(self) -> tuple[str, ...]:
        """Values of the tag: ours, then those that were registered or come with installed packages."""
        load_entry_points()
        return (*self._ours, *self._added)

    def knows(self, name: object) -> bool:
        """Whether there is a member of this name; installed packages are asked only where no other part has it."""
        if name in self._ours or name in self._added:
            return True
        load_entry_points()
        return name in self._added

    def find(self, name: str) -> Any:
        """The class of a member.

        Raises
        ------
        KeyError
            If there is none of this name.
        """
        if name in self._ours:
            module, _, member = self._ours[name].rpartition(".")
            return getattr(import_module(f"{self.home}.{module}"), member)
        if not self.knows(name):
            raise KeyError(name)
        return self._added[name]

    def classes(self) -> tuple[Any, ...]:
        """The classes of all members."""
        return tuple(self.find(name) for name in self.names())

    def blocks(self) -> tuple[Any, ...]:
        """The models of all members."""
        return self.classes()

    def foreign(self) -> dict[str, type]:
        """Members that are not ours, by their names."""
        return dict(self._added)

    def forget(self) -> None:
        """Leave only our members."""
        self._added.clear()

    def names_of(self, part: type) -> tuple[str, ...]:
        """Values of the tag that mean a class."""
        field = keys_of(part).get(self.tag) if issubclass(part, BaseModel) else None
        found = typing.get_args(field.annotation) if field is not None else ()
        return tuple(name for name in found if isinstance(name, str))

    def add(self, part: type) -> None:
        """Take a class as a member.

        Raises
        ------
        UsageError
            If it lacks what every member must have, or its name is taken.
        """
        names = self.names_of(part)
        if not names:
            raise UsageError(f"{_called(part)} needs the name by which cards call it: {self._how_to_name(part)}")
        missing = sorted(getattr(part, "__abstractmethods__", ()))
        if missing:
            raise UsageError(f"{_called(part)} is no {self.name} yet: it needs {listed(missing)}")
        for name in names:
            taken = self._ours.get(name) and self.find(name)
            taken = taken or self._added.get(name)
            # A cell of a notebook that is run again makes the class anew.
            if taken is not None and _called(taken) != _called(part):
                raise UsageError(f"{self.tag} '{name}' of {_called(part)} is that of {_called(taken)}; choose another")
        self._added |= dict.fromkeys(names, part)

    def _how_to_name(self, part: type) -> str:
        return f"{self.tag}: Literal['{part.__name__.lower()}']"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(
            self._validated, serialization=core_schema.simple_ser_schema("any")
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return handler(self._union(self.names()))

    def _union(self, names: tuple[str, ...]) -> core_schema.CoreSchema:
        classes = tuple(dict.fromkeys(self.find(name) for name in names))
        if len(classes) == 1:
            return core_schema.tagged_union_schema({names[0]: classes[0].__pydantic_core_schema__}, self.tag)
        # pydantic itself, because the definitions that members share may stand in a schema only once.
        union: Any = Annotated[reduce(or_, classes), Field(discriminator=self.tag)]
        return TypeAdapter(union).core_schema

    def _validated(self, value: Any, info: ValidationInfo) -> Any:
        """The block that a value means; the errors are those of the tagged union of all members."""
        name = value.get(self.tag) if isinstance(value, dict) else getattr(value, self.tag, None)
        # Only the class that is named is imported, unless there is none of that name, and all are told.
        union = SchemaValidator(self._union((name,) if isinstance(name, str) and self.knows(name) else self.names()))
        if info.mode == "json":
            return union.validate_json(json.dumps(value), context=info.context)
        return union.validate_python(value, context=info.context)


class Names(Open):
    """The names of a family's members, in an annotation of a text that refers to one: `Annotated[str, Names(family)]`.

    Parameters
    ----------
    family : Family
    without : sequence of str
        Names that do not count here.
    """

    def __init__(self, family: Family, without: Sequence[str] = ()) -> None:
        self.family, self._without = family, tuple(without)

    def _known(self) -> list[str]:
        return [name for name in self.family.names() if name not in self._without]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self._named, core_schema.str_schema(strict=True))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"enum": self._known(), "type": "string"}

    def _named(self, name: str) -> str:
        if name in self._without or not self.family.knows(name):
            *first, last = map(repr, self._known())
            raise PydanticKnownError("literal_error", {"expected": f"{', '.join(first)} or {last}"})
        return name


class NamedFamily(Family):
    """A family whose members have no keys of their own: the card names one by a text, `Annotated[str, Names(family)]`.

    Each class says its name in the attribute `name`.
    """

    def blocks(self) -> tuple[Any, ...]:
        """None: its values are texts."""
        return ()

    def names_of(self, part: type) -> tuple[str, ...]:
        """The name of a class."""
        name = getattr(part, "name", None)
        return (name,) if isinstance(name, str) else ()

    def _how_to_name(self, part: type) -> str:
        return f"name: ClassVar[str] = '{part.__name__.lower()}'"


def register(part: T) -> T:
    """Make a class a part that cards can name: a decorator, or a call before the card is loaded.

    Parameters
    ----------
    part : type
        Subclass of the base of a family: `Law`, `PulseNoise`, `ReadNoise`, `Cost`, `Rule`, `Estimator`, ...

    Raises
    ------
    UsageError
        If it belongs to no family, lacks what every member must have, or its name is taken.
    """
    family = getattr(part, "family", None)
    if not isinstance(family, Family):
        known = listed(sorted(FAMILIES))
        raise UsageError(f"{_called(part)} is no part: derive it from the base class of a family; there are {known}")
    family.add(part)
    return part


def family_named(name: str) -> Family:
    """A family by its name.

    Raises
    ------
    UsageError
        If there is none.
    """
    if name not in FAMILIES:
        best = near(name, list(FAMILIES))
        hint = f"; did you mean '{best}'?" if best else f"; there are {listed(sorted(FAMILIES))}"
        raise UsageError(f"no family of parts is called '{name}'{hint}")
    return FAMILIES[name]


class _Offered:
    """What installed packages offer, looked for once."""

    looked: ClassVar[bool] = False


def load_entry_points() -> None:
    """Register the parts that installed packages offer; one that fails is told and left out."""
    if _Offered.looked:
        return
    _Offered.looked = True
    for entry in entry_points(group=ENTRY_POINTS):
        _load(entry)


def _load(entry: EntryPoint) -> None:
    try:
        register(entry.load())
    except Exception as error:
        package = entry.dist.name if entry.dist is not None else "unknown"
        caution(
            "parts",
            f"the part '{entry.name}' of package '{package}' ({entry.value}) cannot be used: "
            f"{type(error).__name__}: {error}",
        )


def _called(part: type) -> str:
    return f"{part.__module__}.{part.__qualname__}" if inspect.isclass(part) else repr(part)
