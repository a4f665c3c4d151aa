"""An axis of a study: one key of a card and its values, or several keys that move together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analogep import keys, results
from analogep.cards.overrides import parse
from analogep.errors import UsageError
from analogep.study.values import quantity, texts

Values = str | Sequence[Any]
Given = Values | Mapping[str, Values]
"""Values of the key that names the axis, or those of several keys under a name of their own."""

RESERVED = frozenset({"chip", "seed", "age"}.union(*(dims for dims, _, _ in results.VARIABLES.values())))
"""Dimensions that results have already."""
_VARIABLES = frozenset({"state", "aged_accuracy", *results.VARIABLES})
_OF_LAYERS = re.compile(r"(mirror_)?g(_plus|_minus)?_[0-9]+|(row|column)_[0-9]+")


@dataclass(frozen=True)
class Axis:
    """One dimension of a study.

    Attributes
    ----------
    name : str
        Dimension of the result.
    values : dict of str to tuple of str
        For each key its values, as they would stand after `--set key=`; all of one length.
    """

    name: str
    values: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, name: str, given: Given) -> Axis:
        """Read an axis.

        Raises
        ------
        ValueError
            Saying what is wrong with its keys or values.
        """
        linked = dict(given) if isinstance(given, Mapping) else {name: given}
        if not linked:
            raise ValueError("has no keys")
        if name in RESERVED:
            raise ValueError("is the name of a dimension that every result has; choose another")
        found = {}
        for key, values in linked.items():
            if not keys.whole(key):
                keys.card_of(key)
            prefix = f"{key}: " if isinstance(given, Mapping) else ""
            try:
                found[key] = tuple(texts(values, repeated=len(linked) > 1))
            except ValueError as error:
                raise ValueError(f"{prefix}{error}") from None
            _check_texts(key, found[key])
        lengths = {key: len(values) for key, values in found.items()}
        if len(set(lengths.values())) > 1:
            counts = ", ".join(f"{key} has {length}" for key, length in lengths.items())
            raise ValueError(f"keys that move together need equally many values: {counts}")
        places = Counter(zip(*found.values(), strict=True))
        twice = next((place for place, times in places.items() if times > 1), None)
        if twice is not None:
            raise ValueError(f"has the values {', '.join(twice)} of its keys twice")
        return cls(name, found)

    def __len__(self) -> int:
        return len(next(iter(self.values.values())))

    def at(self, place: int) -> dict[str, str]:
        """Key -> text of one position."""
        return {key: values[place] for key, values in self.values.items()}

    @property
    def clashes(self) -> list[str]:
        """Names of the axis that are names of variables of a result as well, in a sentence each.

        A new study must not have them: its result could not be put together in the end. Results of earlier versions,
        which had fewer variables, may hold such axes.
        """
        names = [name for name in {self.name: None, **self.values} if name in _VARIABLES or _OF_LAYERS.fullmatch(name)]
        return [
            f"'{name}' is the name of a variable that every result has; "
            + (f"say {keys.card_of(name)[0]}.{name}" if name in self.values else "choose another")
            for name in names
        ]

    def coordinates(self) -> dict[str, object]:
        """Coordinates of the dimension: numbers in SI units where all values are numbers, else texts.

        Keys that move with the first have coordinates of their own, and so has an axis with a name of its own.
        """
        out: dict[str, object] = {}
        for key, values in self.values.items():
            numbers = [quantity(text) for text in values]
            units = {found[1] for found in numbers if found}
            if len(units) == 1 and None not in numbers:
                unit = next(iter(units)).replace("%", "") or "1"
                attributes = {"units": unit, "long_name": key}
                out[key] = (self.name, [found[0] for found in numbers if found], attributes)
            else:
                out[key] = (self.name, list(values), {"units": "1", "long_name": key})
        if self.name not in out:
            named = [", ".join(f"{key}={text}" for key, text in self.at(place).items()) for place in range(len(self))]
            out[self.name] = (self.name, named, {"units": "1", "long_name": self.name})
        return out


def _check_texts(key: str, values: tuple[str, ...]) -> None:
    """Refuse what `--set` would not read, before a card is asked."""
    if keys.whole(key):
        return
    for text in values:
        try:
            parse(f"{key}={text}")
        except UsageError as error:
            raise ValueError(str(error).replace("--set ", "", 1)) from None
