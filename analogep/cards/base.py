"""Cards: what a YAML file says about a device or a circuit, validated as a whole."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, PrivateAttr, StringConstraints, ValidationError, field_validator

from analogep.cards import explain, listing, overrides, reader
from analogep.cards.block import Block, broken_rules
from analogep.cards.reader import Document
from analogep.cards.wording import KeyPath, listed, near, printable, refusal
from analogep.errors import CardError, Problem
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
        hint = f"; did you mean '{best}'?" if best else ""
        shipped = f"shipped are {listed(names)}" if names else "none are shipped"
        return CardError([Problem(printable(given, 200), "", f"{complaint}; {shipped}{hint}")])

    @classmethod
    def _validated(cls, document: Document, texts: Sequence[str], origin: str) -> Self:
        document = overrides.apply(document, [overrides.parse(text) for text in texts])
        found = document.data.get("schema")
        if isinstance(found, str) and found != cls.schema_id():
            # Every further message would measure the card against keys that it does not mean to have.
            raise CardError([document.problem(("schema",), cls._schema_message(found))])
        try:
            # Strict validation of JSON takes lists for tuples and integers for floats, and nothing else.

            card = cls.model_validate_json(json.dumps(document.data), context=CARD)
        except ValidationError as error:
            raise refusal(explain.problems(error, cls, document)) from None
        card._document, card._overrides, card._origin = document, tuple(texts), origin
        broken = sorted(broken_rules(card), key=lambda rule: document.line(rule[0]))
        if broken:
            raise refusal([document.problem(path, message) for path, message in broken])
        return card

    @property
    def text(self) -> str:
        """The YAML as loaded, without overrides; empty for a card made in Python."""
        return self._document.text

    @property
    def overrides(self) -> tuple[str, ...]:
        """What `--set` said, in order."""
        return self._overrides

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
        """Paths that overrides have set, each with its text."""
        return self._document.overridden

    @property
    def digest(self) -> str:
        """SHA-256 of the validated values: comments and spelling do not matter, values and overrides do."""
        values = self.model_dump(mode="json", by_alias=True)
        canonical = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def warnings(self) -> list[Problem]:
        """Return what is allowed but suspicious; subclasses add to it."""
        return []

    def warning(self, path: KeyPath, message: str) -> Problem:
        """Return a problem at `path` with the file and line of this card."""
        return self._document.problem(path, message)

    def understood(self) -> str:
        """Write the validated card as an indented list, with defaults and engineering units."""
        return listing.understood(self)
