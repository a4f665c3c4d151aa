"""A study given in Python, with card objects and SI numbers, as the plain data that a study file could hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from analogep import keys
from analogep.cards import Card, written
from analogep.cards.fields import shapes, with_units
from analogep.cards.locate import Shape, keys_of, shape_of
from analogep.cards.plain import plain
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.errors import AnalogepError, UsageError
from analogep.study.card import StudyCard
from analogep.units import shown

_TYPES: Mapping[str, type[DeviceCard] | type[CircuitCard]] = {"device": DeviceCard, "circuit": CircuitCard}
_DEFAULT = {"circuit": "digits"}


def study_data(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return plain data for `StudyCard.of`.

    Parameters
    ----------
    given : mapping
        Keys of a study. Cards may stand where names of cards do, and become texts under `cards`; numbers may be SI
        numbers, of NumPy too, and get the unit of the field that they are for.

    Raises
    ------
    UsageError
        If a value is none that a study can hold, or its unit depends on what kind of block it is for.
    """
    return _Given(given).data()


class _Given:
    """One study that is given: its cards by the names that it calls them by."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = given
        self.texts: dict[str, str] = dict(given.get("cards") or {})
        self._names: dict[tuple[str, str], str] = {}

    def data(self) -> dict[str, Any]:
        """All of it."""
        out = {key: self._top(key, value) for key, value in self.given.items()}
        return out | ({"cards": self.texts} if self.texts else {})

    def _top(self, key: str, value: Any) -> Any:
        if key == "vary" and isinstance(value, Mapping):
            return {name: self._axis(name, values) for name, values in value.items()}
        if key == "set" and isinstance(value, Mapping):
            return {name: self._value(name, one) for name, one in value.items()}
        if keys.whole(key):
            return self._card(key, value)
        field = keys_of(StudyCard).get(key)
        return _checked(key, value, shape_of(field) if field else Shape())

    def _axis(self, name: str, values: Any) -> Any:
        if isinstance(values, Mapping):
            return {key: self._axis(key, linked) for key, linked in values.items()}
        if isinstance(values, Card):
            values = [values]
        if isinstance(values, str) or not isinstance(values, Iterable):
            return values
        return [self._card(name, one) if keys.whole(name) else self._value(name, one) for one in values]

    def _card(self, kind: str, value: Any) -> Any:
        """Name by which the study calls a card; a name or path stays as it is."""
        if not isinstance(value, Card):
            return _checked(kind, value, Shape())
        if not isinstance(value, _TYPES[kind]):
            raise UsageError(f"study: {kind}: '{value.name}' is a {value.kind} card; a {kind} card is needed")
        known = (kind, value.digest)
        if known not in self._names:
            self._names[known] = self._free(value)
            self.texts[self._names[known]] = value.to_yaml()
        return self._names[known]

    def _free(self, card: Card) -> str:
        """The card's name, or one that tells it from a shipped card and from others of the study."""
        name, number = card.name, 1
        if name in card.names() and type(card).load(name).digest != card.digest:
            name = f"{name}-changed"
        found = name
        while found in self.texts:
            number += 1
            found = f"{name}-{number}"
        return found

    def _value(self, key: str, value: Any) -> Any:
        """Value of a key of a card, its numbers with their units."""
        try:
            kind, rest = keys.card_of(key)
        except ValueError:
            return _checked(key, value, Shape())  # the study card says what is wrong with the key
        path = rest.split(".")
        made = _all(key, value, shapes(_TYPES[kind], path) or [Shape()])
        if len(made) > 1:
            own = [written.shape_in(card, path) for card in self._cards(kind, key)]
            made = _all(key, value, [shape for shape in own if shape is not None]) or made
        if len(made) > 1:
            raise UsageError(
                f"study: {key}: the unit of {shown(plain(value))} depends on the block that it stands in; write it as "
                f"text with its unit, such as '{made[0]}'"
            )
        return made[0]

    def _cards(self, kind: str, key: str) -> Iterator[Card]:
        """Cards that the key is set in, with what else the study sets; those that cannot be read are left out."""
        vary = self.given.get("vary") or {}
        named = [self.given.get(kind) or _DEFAULT.get(kind)]
        for name, values in vary.items():
            linked = values if isinstance(values, Mapping) else {name: values}
            if kind in linked:
                named = [linked[kind]] if isinstance(linked[kind], str | Card) else list(linked[kind])
        for one in named:
            try:
                card = one if isinstance(one, Card) else _TYPES[kind].load(str(one))
                yield self._with_settings(card, kind, key)
            except AnalogepError:
                continue

    def _with_settings(self, card: Card, kind: str, key: str) -> Card:
        found = {}
        for name, value in (self.given.get("set") or {}).items():
            try:
                other, rest = keys.card_of(name)
            except ValueError:
                continue
            if other == kind and name != key:
                found[rest] = value
        try:
            return card.changed(found)
        except AnalogepError:
            return card


def _all(key: str, value: Any, found: Iterable[Shape]) -> list[Any]:
    """What a value becomes for each of these types, each once."""
    made: list[Any] = []
    for shape in found:
        one = _checked(key, value, shape)
        if one not in made:
            made.append(one)
    return made


def _checked(key: str, value: Any, shape: Shape) -> Any:
    try:
        return with_units(plain(value), shape)
    except ValueError as error:
        raise UsageError(f"study: {key}: {error}") from None
