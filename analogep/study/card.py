"""The study card: device card x circuit card x data x axes x chips x seeds."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path as FilePath
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field

from analogep import keys
from analogep.cards import Block, Card, reader
from analogep.cards.reader import Document
from analogep.study.axis import Axis
from analogep.study.values import written
from analogep.units import Fraction, Seconds, shown

Path = tuple[str | int, ...]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Part = Literal["conductances", "traces"]
LEAST_SEEDS = 3
"""Seeds before a target standard error is first tested: fewer can agree by chance on a coarse accuracy."""


def ready_dir() -> FilePath:
    """Directory of the studies that come with the package: package data, else the checkout's folder."""
    package = FilePath(__file__).parents[1]
    installed = package / "studies"
    return installed if installed.is_dir() else package.parent / "studies"


class Target(Block):
    """As many seeds as the mean accuracy of each combination of axis values needs."""

    standard_error: Annotated[Fraction, Field(gt=0, le=1)]
    """Standard error of the mean accuracy at which a combination needs no further seed."""
    most: Annotated[int, Field(ge=LEAST_SEEDS, le=1_000_000)] = 30
    """Seeds at which it stops all the same."""


class Drawn(Block):
    """What stands on the axis `draw` of a study of fitted errors, as `analogep study --posterior` makes it."""

    of: Annotated[tuple[str, ...], Field(min_length=3)]
    """What was drawn of each card: `estimate` nothing, `all`, or the source of one measurement."""
    measurements: dict[str, str]
    """Source -> measurement in words."""
    keys: dict[str, tuple[str, ...]]
    """Source -> keys that are drawn."""
    refused: dict[str, int] = Field(default_factory=dict)
    """Source, or `all` -> draws that made no card and were drawn again."""
    assumed: tuple[str, ...] = ()
    """Keys whose numbers nothing that was measured says; they are not drawn."""

    def rules(self) -> Iterator[tuple[Path, str]]:
        known = ("estimate", "all", *self.measurements)
        if self.of[0] != "estimate" or any(one not in known for one in self.of):
            yield ("of",), f"must begin with 'estimate' and name only {', '.join(known)}"


class StudyCard(Card):
    """All that a study file says; the command line says the same in options."""

    kind: ClassVar[Any] = "study"
    changes_: ClassVar[tuple[str, ...]] = ()  # type: ignore[misc]  # no key of a study, whose numbers have no sources

    device: str | None = None
    """Device card: YAML file or name; not needed where `device` is an axis."""
    circuit: str = "digits"
    """Circuit card: YAML file or name."""
    cards: dict[str, str] = Field(default_factory=dict)
    """Cards of the study's own, as the texts of their files: name -> YAML. `device`, `circuit` and axes of whole cards
    find them before files and shipped cards of that name."""
    data: str | None = None
    """IDX folder or NPZ file; the bundled digits by default."""
    held_out: Annotated[int, Field(ge=1, le=10**9)] | Literal["auto"] | None = None
    """Training samples to hold out as a validation part, by which the study then ranks its points: a number, or `auto`
    for as many as the test part has, at most a quarter of the training samples, of IDX files the last 10,000. The test
    samples are read once, after the last epoch of each point."""
    set_: dict[str, Any] = Field(default_factory=dict, alias="set")
    """Key of either card -> value, for all points."""
    vary: dict[str, str | tuple[Any, ...] | dict[str, str | tuple[Any, ...]]] = Field(default_factory=dict)
    """Key of either card, or `device` or `circuit` for whole cards -> values. A name of its own with a block of
    keys below it makes these move together. Without any, chips and seeds alone tell one point from another."""
    chips: Count = 1
    """Samples of fabrication."""
    seeds: Count = 1
    """Samples of operation and data."""
    target: Target | None = None
    """Standard error to reach, instead of a number of seeds."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """Seed of all samples; chip 0 and seed 0 are what `simulate --seed` gives."""
    ages: tuple[Annotated[Seconds, Field(ge=0)], ...] = ()
    """Times after training at which the network is tested again, by the card's retention."""
    assume: Literal["generic"] | None = None
    """Stated values for what no source says of a device, instead of taking it as perfect."""
    keep: tuple[Part, ...] = ()
    """Large parts of each result that the study keeps as well."""
    posterior: Drawn | None = None
    """Of a study of fitted errors, what is drawn where; `analogep study --posterior` writes it."""

    @classmethod
    def names(cls) -> list[str]:
        """Names of the ready studies that come with the package."""
        return sorted(path.stem for path in ready_dir().glob("*.yaml"))

    @classmethod
    def load(cls, name_or_path: str | FilePath, overrides: Sequence[str] = ()) -> Self:
        """Load a study by the name of a ready one, such as `beta`, or from a YAML file; a file that exists wins."""
        given = str(name_or_path)
        if given in cls.names() and not os.path.isfile(given):
            text = (ready_dir() / f"{given}.yaml").read_bytes()
            return cls._validated(reader.read(text, f"studies/{given}.yaml", shipped=True), overrides, given)
        return super().load(name_or_path, overrides)

    @classmethod
    def _schema_message(cls, found: object) -> str:
        what = found.split("/")[0].removeprefix("analogep.") if isinstance(found, str) else ""
        if what in keys.CARDS:
            return f"this is a {what} card, {shown(found)}; a study is needed, '{cls.schema_id()}'"
        return f"unknown schema {shown(found)}, this version reads '{cls.schema_id()}'"

    @classmethod
    def of(cls, data: Mapping[str, Any], where: str = "study") -> Self:
        """Validate a study given as plain data; `where` stands for the file in messages."""
        head = {"schema": cls.schema_id(), "name": "study"}
        return cls._validated(Document(head | dict(data), {}, where), (), "")

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """The study with keys replaced; `set` and `vary` are added to."""
        data = dict(self.raw)
        for key, value in changes.items():
            data[key] = data.get(key, {}) | value if key in ("set", "vary") else value
        if "seeds" in changes:
            data.pop("target", None)
        if "target" in changes and "seeds" not in changes:
            data.pop("seeds", None)
        return self._validated(replace(self._document, data=data), (), self.origin)

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """Axes in the order of the file."""
        return tuple(Axis.of(name, given) for name, given in self.vary.items())

    @property
    def settings(self) -> dict[str, str]:
        """Key -> text of what holds for all points."""
        return {key: written(value) for key, value in self.set_.items()}

    def rules(self) -> Iterator[tuple[Path, str]]:
        axes = []
        for name, given in self.vary.items():
            try:
                axes.append(Axis.of(name, given))
            except ValueError as error:
                yield ("vary", name), str(error)
        moved = Counter(key for axis in axes for key in axis.values)
        for key in sorted(key for key, times in moved.items() if times > 1):
            yield ("vary", key), "is on two axes"
        for key in self.set_:
            try:
                keys.card_of(key)
            except ValueError as error:
                yield ("set", key), str(error)
            if key in moved:
                yield ("set", key), "is an axis as well"
        if self.device is None and "device" not in moved:
            yield ("device",), "which device? Give a card, or make 'device' an axis"
        if self.target is not None and "seeds" in self.model_fields_set:
            yield ("target",), "stands instead of 'seeds'; give one of them"
        if self.posterior is not None and [len(axis) for axis in axes] != [len(self.posterior.of)]:
            yield ("posterior",), f"says what {len(self.posterior.of)} drawn cards are; the only axis must hold them"
        if len(set(self.ages)) < len(self.ages):
            yield ("ages",), "holds a time twice"
