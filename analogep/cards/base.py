"""Cards: what a YAML file says about a device or a circuit, validated as a whole."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, PrivateAttr, StringConstraints, ValidationError, field_validator

from analogep.cards import explain, listing, origin, reader, written
from analogep.cards import overrides as putting
from analogep.cards.block import VALUES, Block, broken_rules, given
from analogep.cards.overrides import Override
from analogep.cards.plain import plain
from analogep.cards.reader import Document
from analogep.cards.wording import KeyPath, dotted, listed, near, printable, refusal
from analogep.display import line, table
from analogep.errors import CardError, Problem
from analogep.sources import source_digest
from analogep.units import CARD, shown

__all__ = ["Block", "Card", "Kind", "shipped_dir", "shipped_names"]

Kind = Literal["device", "circuit"]
"""What a card describes."""


def shipped_dir(kind: Kind) -> Path:
    """Directory of the cards that come with the package: package data, else the checkout's folder."""
    package = Path(__file__).parents[1]
    installed = package / f"{kind}s"
    return installed if installed.is_dir() else package.parent / f"{kind}s"


def shipped_names(kind: Kind) -> list[str]:
    """Names of the cards of a kind that come with the package."""
    return sorted(path.stem for path in shipped_dir(kind).glob("*.yaml"))


class Card(Block):
    """Base of the two kinds of card; a subclass sets `kind` and adds one field per section."""

    kind: ClassVar[Kind]

    schema_: Annotated[str, Field(alias="schema")]
    """Kind and version of the card, `analogep.device/1` or `analogep.circuit/1`."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$", max_length=100)]
    """Short name, in results and on the command line."""

    title: str = ""
    """One line for people."""

    changes_: Annotated[tuple[str, ...], Field(alias="changes", exclude=True)] = ()
    """Values that were changed since the numbers of this card got their sources, each as `key=value`: `to_yaml` of a
    changed card writes them, so that nobody takes them for what a source says. They are not set again."""

    _document: Document = PrivateAttr(default_factory=lambda: Document({}, {}, ""))
    _overrides: tuple[str, ...] = PrivateAttr(default=())
    _origin: str = PrivateAttr(default="")

    @field_validator("schema_")
    @classmethod
    def _schema_is_known(cls, value: str) -> str:
        if value != cls.schema_id():
            raise ValueError(cls._schema_message(value))
        return value

    @classmethod
    def schema_id(cls) -> str:
        """Value of `schema` that this version reads."""
        return f"analogep.{cls.kind}/1"

    @classmethod
    def _schema_message(cls, found: object) -> str:
        other = {"device": "circuit", "circuit": "device"}[cls.kind]
        if isinstance(found, str) and found.startswith(f"analogep.{other}/"):
            return f"this is a {other} card, {shown(found)}; a {cls.kind} card is needed, '{cls.schema_id()}'"
        return f"unknown schema {shown(found)}, this version reads '{cls.schema_id()}'"

    @classmethod
    def names(cls) -> list[str]:
        """Names of the cards of this kind that come with the package."""
        return shipped_names(cls.kind)

    @classmethod
    def load(cls, name_or_path: str | Path, overrides: Sequence[str] = ()) -> Self:
        """Load a card by the name of a shipped one, such as `rram`, or from a YAML file.

        Parameters
        ----------
        name_or_path : str or Path
            A file that exists wins; a word without `/` and without `.yaml` is the name of a shipped card.
        overrides : sequence of str
            Values to set before validation, each as in `conductance.max=20 uS`.
        """
        given = str(name_or_path)
        is_name = "/" not in given and "\\" not in given and not given.endswith((".yaml", ".yml"))
        # os.path answers False where pathlib raises: a name too long for the file system, or with a zero byte
        if is_name and not os.path.isfile(given):
            if given not in cls.names():
                raise cls._unknown(given, f"unknown {cls.kind} card")
            text = (shipped_dir(cls.kind) / f"{given}.yaml").read_bytes()
            return cls._validated(reader.read(text, f"{cls.kind}s/{given}.yaml", shipped=True), overrides, given)
        if given.endswith((".yaml", ".yml")) and not os.path.exists(given):
            raise cls._unknown(given, "no such file")
        return cls._validated(reader.read_file(name_or_path), overrides, given)

    @classmethod
    def from_text(cls, text: str, name: str = "card", overrides: Sequence[str] = ()) -> Self:
        """Validate a card given as YAML text; `name` stands for the file in messages."""
        return cls._validated(reader.read(text, name), overrides, name)

    @classmethod
    def _unknown(cls, given: str, complaint: str) -> CardError:
        names = cls.names()
        best = near(Path(given).stem, names)
        # A misspelt file has its neighbours, a misspelt name the other names.
        folder = os.path.dirname(given)
        if given.endswith((".yaml", ".yml")) and os.path.isdir(folder or "."):
            there = [name for name in os.listdir(folder or ".") if name.endswith((".yaml", ".yml"))]
            best = os.path.join(folder, found) if (found := near(os.path.basename(given), there)) else best
        hint = f"; did you mean '{printable(best, 200)}'?" if best else ""
        shipped = f"shipped are {listed(names)}" if names else "none are shipped"
        return CardError([Problem(printable(given, 200), "", f"{complaint}; {shipped}{hint}")])

    @classmethod
    def from_values(
        cls, values: Mapping[str, Any], *, text: str = "", overrides: Sequence[str] = (), changes: Sequence[str] = ()
    ) -> Self:
        """Validate a card with exactly these values, as `values` returns them and results record them.

        Parameters
        ----------
        values : mapping
            SI numbers, lists and blocks by their keys; texts with units are read as well.
        text : str
            YAML that the card was loaded from.
        overrides, changes : sequence of str
            What was set on the command line and changed in Python since, as `key=value`. Nothing is set again: the
            values hold it.

        Raises
        ------
        CardError
            With everything that is wrong with the values.
        """
        data, problems = given(cls, values, "values")
        if problems:
            raise refusal(problems)
        document = Document(data, {}, "values", text, _marked(data, overrides), _marked(data, changes))
        return cls._built(document, VALUES, overrides)

    @classmethod
    def _validated(cls, document: Document, texts: Sequence[str], origin: str) -> Self:
        document = putting.apply(document, [putting.parse(text) for text in texts])
        return cls._built(document, CARD, texts, origin)

    @classmethod
    def _completed(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Data with what the card takes from elsewhere where it is left out; subclasses know of it."""
        return data

    @classmethod
    def _built(
        cls, document: Document, context: Mapping[str, str], texts: Sequence[str] = (), origin: str = ""
    ) -> Self:
        """The card that a document holds, as people write it or as Python has it."""
        found = document.data.get("schema")
        if isinstance(found, str) and found != cls.schema_id():
            # Every further message would measure the card against keys that it does not mean to have.
            raise CardError([document.problem(("schema",), cls._schema_message(found))])
        try:
            # Strict validation of JSON takes lists for tuples and integers for floats, and nothing else.
            card = cls.model_validate_json(json.dumps(cls._completed(document.data)), context=context)
        except ValidationError as error:
            raise refusal(explain.problems(error, cls, document)) from None
        if card.changes_ and context is CARD:
            document = replace(document, changed={**_marked(document.data, card.changes_), **document.changed})
        if context is not CARD:
            document = replace(document, data=card._plain())
        card._document, card._overrides, card._origin = document, tuple(texts), origin
        broken = sorted(broken_rules(card), key=lambda rule: document.line(rule[0]))
        if broken:
            raise refusal([document.problem(path, message) for path, message in broken])
        return card

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """Return a new card with values replaced, validated as a whole; this one stays as it is.

        Parameters
        ----------
        changes : mapping
            Key such as `conductance.max`, `learning.rate.0` or `update` -> SI number (NumPy's too), text with a unit,
            list, mapping, block or None.

        Raises
        ------
        CardError
            With everything that is wrong with the new card.
        UsageError
            If a key does not have the form of one.

        Examples
        --------
        >>> card.changed({"conductance.max": 20e-6, "read.noise": {"kind": "none"}})  # doctest: +SKIP
        """
        return self._changed(changes, "changed()")

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy the card with fields replaced, as `changed` does."""
        if not update:
            return super().model_copy(deep=deep)
        keys = {name: field.alias or name for name, field in type(self).model_fields.items()}
        return self._changed({keys.get(name, name): value for name, value in update.items()}, "model_copy()")

    def _changed(self, changes: Mapping[str, Any], place: str) -> Self:
        asked, problems = [], []
        for key, value in changes.items():
            path = putting.keys(key, place)
            try:
                asked.append(Override(path, plain(value), key, place))
            except ValueError as error:
                problems.append(Problem(place, dotted(path), str(error)))
            if path[0] == "changes":
                problems.append(Problem(place, "changes", "says what was changed; change those keys themselves"))
        if problems:
            raise refusal(problems)
        old = self._document if self.raw else Document(self._plain(), {}, self.name)
        document = putting.apply(old, asked)
        card = self._built(document, VALUES, self.overrides, self.origin)
        texts = {override.text for override in asked}
        said = {
            path: f"{text}={written.text(written.at(card, putting.found(document.data, text.split('.'))))}"
            for path, text in document.changed.items()
            if text in texts
        }
        card._document = replace(card._document, changed={**document.changed, **said})
        return card

    def _plain(self) -> dict[str, Any]:
        """Data of the card's file, with defaults left out where nothing says where they come from."""
        return written.data(self)

    def _unsourced(self, data: Mapping[str, Any], changed: Collection[KeyPath]) -> Iterator[KeyPath]:
        """Paths that a file with this data has to name as changed besides those that are known to be."""
        return iter(())

    @property
    def values(self) -> dict[str, Any]:
        """Validated values by the keys of a file, defaults included: lists, texts and SI numbers, as JSON can hold."""
        return self.model_dump(mode="json", by_alias=True)

    def to_yaml(self) -> str:
        """Write the card's values as a YAML card, whose `digest` is the same.

        What is left at its default is left out. `changes` names what was set on the command line or in Python since
        the numbers got their sources.
        """
        data = self._plain()
        changed = dict.fromkeys([*self._document.overridden.values(), *self.changes])
        for path in self._unsourced(data, self.overridden.keys()):
            value: Any = data
            for key in path:
                value = value[key]
            changed[f"{'.'.join(map(str, path))}={written.text(value)}"] = None
        return written.document(data | ({"changes": list(changed)} if changed else {}))

    @property
    def text(self) -> str:
        """The YAML as loaded, without overrides; empty for a card made in Python."""
        return self._document.text

    @property
    def overrides(self) -> tuple[str, ...]:
        """What `--set` said, in order."""
        return self._overrides

    @property
    def changes(self) -> tuple[str, ...]:
        """What was changed in Python, in order, each as `key=value` with exact numbers and their units."""
        return tuple(dict.fromkeys(self._document.changed.values()))

    @property
    def origin(self) -> str:
        """Name or path as given; empty for a card made in Python."""
        return self._origin

    @property
    def raw(self) -> Mapping[str, Any]:
        """Plain data of the YAML with overrides, before validation; empty for a card made in Python."""
        return self._document.data

    @property
    def overridden(self) -> Mapping[KeyPath, str]:
        """Paths that overrides or changes in Python have set, each with its text."""
        return {**self._document.overridden, **self._document.changed}

    @property
    def canonical(self) -> str:
        """The values as JSON in one spelling; floats in digits that mean the very same number."""
        return json.dumps(self.values, sort_keys=True, separators=(",", ":"), ensure_ascii=True)

    @property
    def digest(self) -> str:
        """SHA-256 of the validated values, and of the source of parts that are not ours; comments do not matter."""
        found = dict.fromkeys(origin.foreign(self))
        parts = [(family.name, name, source_digest(part)) for family, name, part in found]
        return hashlib.sha256((self.canonical + (json.dumps(parts) if parts else "")).encode()).hexdigest()

    def warnings(self) -> list[Problem]:
        """Return what is allowed but suspicious; subclasses add to it."""
        return []

    def remarks(self) -> list[str]:
        """Return what the simulation has to assume because the card leaves it open; subclasses add to it."""
        return []

    def warning(self, path: KeyPath, message: str) -> Problem:
        """Return a problem at `path` with the file and line of this card."""
        return self._document.problem(path, message)

    def understood(self) -> str:
        """Write the validated card as an indented list, with defaults and engineering units, which is a card again."""
        lines = [listing.understood(self, [path for path in self._unsourced(self.values, self.overridden) if path])]
        if changes := dict.fromkeys([*self._document.overridden.values(), *self.changes]):
            lines += ["changes:", *(f"  - {written.text(text)}" for text in changes)]
        return "\n".join(lines)

    def __repr__(self) -> str:
        changed = {"changed": ", ".join([*self.overrides, *self.changes])} if self.overrides or self.changes else {}
        return line(type(self).__name__, self.name, {"title": self.title or "none", **changed})

    def __str__(self) -> str:
        return repr(self)

    def _repr_html_(self) -> str:
        rows = {"title": self.title, "set on the command line": ", ".join(self.overrides)}
        rows |= {"changed in Python": ", ".join(self.changes)}
        heading = f"{self.kind.capitalize()} card: {self.name}"
        return table(heading, {name: text for name, text in rows.items() if text}, self.understood())


def _marked(data: Mapping[str, Any], texts: Sequence[str]) -> dict[KeyPath, str]:
    """Path of each value that one of the texts `key=value` has set -> text."""
    return {putting.found(data, putting.parse(text).path): text for text in texts}
