"""Where the parts of a card come from that are not ours: class, module, version, and a digest of their source.

A result with such a part is only as reproducible as the part: its digest is in that of the card, so that a folder or a
study never takes another code's numbers for its own.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from analogep.cards.family import FAMILIES, Family, register
from analogep.errors import UsageError
from analogep.sources import is_ours, source_digest


@dataclass(frozen=True)
class Origin:
    """One part that is not ours.

    Attributes
    ----------
    family, name : str
        What it is, and what cards call it.
    part, module : str
        Its class, and the module that defines it.
    version : str
        Of the installed package that it comes with; empty where it comes with none.
    digest : str
        SHA-256 of its source: of all Python files of its package, of its one file, or of its class where it was typed
        at a prompt.
    """

    family: str
    name: str
    part: str
    module: str
    version: str
    digest: str

    def __str__(self) -> str:
        made = f" {self.version}" if self.version else ""
        return f"{self.family} '{self.name}': {self.part} of {self.module}{made}, SHA-256 {self.digest[:16]}"


def foreign(value: Any) -> Iterator[tuple[Family, str, type]]:
    """Parts within a card or block that are not ours: family, name, class; each as often as it is named."""
    if isinstance(value, BaseModel):
        family = getattr(type(value), "family", None)
        if isinstance(family, Family) and not is_ours(type(value)):
            yield family, str(getattr(value, family.tag)), type(value)
        for key, field in type(value).model_fields.items():
            entry = getattr(value, key)
            for named in (one.family for one in field.metadata if hasattr(one, "family")):
                if entry in named.foreign():
                    yield named, entry, named.foreign()[entry]
            yield from foreign(entry)
    elif isinstance(value, Mapping):
        yield from foreign(list(value.values()))
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from foreign(entry)


def origins(*cards: BaseModel) -> tuple[Origin, ...]:
    """Where the parts of cards come from that are not ours, each once."""
    found = dict.fromkeys(entry for card in cards for entry in foreign(card))
    return tuple(
        Origin(family.name, name, part.__qualname__, part.__module__, _version(part), source_digest(part))
        for family, name, part in found
    )


def recorded(*cards: BaseModel) -> str:
    """The origins as JSON, as a result's attribute `parts` has them."""
    return json.dumps([asdict(one) for one in origins(*cards)])


def read(text: str) -> tuple[Origin, ...]:
    """The way back from `recorded`.

    Raises
    ------
    ValueError, TypeError
        If the text is something else.
    """
    found = json.loads(text)
    if not isinstance(found, list) or not all(isinstance(value, str) for one in found for value in one.values()):
        raise ValueError("the parts of a result are a list of texts by name")
    return tuple(Origin(**entry) for entry in found)


def parts_of(attrs: Mapping[str, Any]) -> tuple[Origin, ...]:
    """The parts that are not ours of a run, by the attributes of its result."""
    return read(str(attrs.get("parts", "[]")))


def in_file(part: type) -> bool:
    """Whether a class is in a file, from which another process can take it."""
    return getattr(sys.modules.get(part.__module__), "__file__", None) is not None


def _version(part: type) -> str:
    top = part.__module__.partition(".")[0]
    try:
        return next((version(name) for name in packages_distributions().get(top, ())), "")
    except PackageNotFoundError:
        return ""


def load_file(path: str | Path) -> None:
    """Run a Python file that registers parts.

    Parameters
    ----------
    path : str or Path

    Raises
    ------
    UsageError
        If there is no such file, it fails, or it registers nothing.
    """
    file = Path(path).resolve()
    name = f"parts_of_{file.stem}_{hashlib.sha256(str(file).encode()).hexdigest()[:8]}"
    if name in sys.modules:
        return
    before = _registered()
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None or not file.is_file():
        raise UsageError(f"{path}: is no Python file with parts")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[name]
        if not isinstance(error, Exception) or isinstance(error, UsageError):
            raise
        raise UsageError(f"{path}: {type(error).__name__}: {error}") from error
    if _registered() == before:
        raise UsageError(f"{path}: registers no part; put @analogep.register before its classes")


def _registered() -> set[type]:
    return {part for family in FAMILIES.values() for part in family.foreign().values()}


Needed = tuple[tuple[str, str, str], ...]
"""Module, file and class of parts that another process has to have."""


def needed(cards: Iterable[BaseModel]) -> Needed:
    """What another process has to load before it takes these cards.

    Raises
    ------
    UsageError
        If a part was typed at a prompt or in a notebook.
    """
    parts = dict.fromkeys(part for card in cards for _, _, part in foreign(card))
    for part in parts:
        if not in_file(part):
            raise UsageError(
                f"{part.__module__}.{part.__qualname__} is in no file, so that worker processes cannot have it; put it "
                "into a module of its own and import that"
            )
    return tuple((one.__module__, str(sys.modules[one.__module__].__file__), one.__qualname__) for one in parts)


def fetch(parts: Needed) -> None:
    """Load and register what `needed` named in another process."""
    for module, file, name in parts:
        try:
            home = import_module(module)
        except ImportError:
            load_file(file)
            continue
        part: Any = home
        for attribute in name.split("."):
            part = getattr(part, attribute)
        register(part)
