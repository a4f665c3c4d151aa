"""Both cards with any of their limits made ideal, and the axis of a study that goes through such cards."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from analogep import keys
from analogep.budget.limits import LIMITS, Limit, applicable
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard

Path = tuple[str, ...]
Cards = tuple[DeviceCard, CircuitCard]


class Deck:
    """Two cards and the limits that they have.

    Parameters
    ----------
    device, circuit : str
        Cards, as `Card.load` finds them.
    settings : mapping of str to str
        Key of either card -> text, as after `--set key=`; part of all cards of the deck.
    aged : bool
        Whether networks are tested some time after training, where drift is a limit.

    Attributes
    ----------
    limits : tuple of Limit
        Those that change a card when they are made ideal.
    """

    def __init__(self, device: str, circuit: str, settings: Mapping[str, str], aged: bool = False) -> None:
        self._names = (device, circuit)
        self._texts: tuple[list[str], list[str]] = ([], [])
        for key, text in settings.items():
            kind, rest = keys.card_of(key)
            self._texts[keys.CARDS.index(kind)].append(f"{rest}={text}")
        self._settings = {keys.card_of(key)[1]: key for key in settings}
        self._known: dict[frozenset[str], Cards] = {}
        real = self._load(self._texts)
        self._known[frozenset()] = real
        digests = [card.digest for card in real]
        found = applicable(*real, aged)
        self.limits: tuple[Limit, ...] = tuple(
            limit for limit in found if [card.digest for card in self.cards([limit.name])] != digests
        )

    def _load(self, texts: tuple[Sequence[str], Sequence[str]]) -> Cards:
        return DeviceCard.load(self._names[0], texts[0]), CircuitCard.load(self._names[1], texts[1])

    def cards(self, ideal: Collection[str]) -> Cards:
        """Device and circuit card with the limits of these names made ideal, one after the other.

        Raises
        ------
        CardError
            If the cards refuse it.
        """
        wanted = frozenset(ideal)
        if wanted not in self._known:
            device, circuit = self._known[frozenset()]
            texts = (list(self._texts[0]), list(self._texts[1]))
            for limit in LIMITS:
                said = limit.overrides(device, circuit) if limit.name in wanted else []
                for text in said:
                    kind, _ = keys.card_of(text.partition("=")[0])
                    texts[keys.CARDS.index(kind)].append(text)
                if said:
                    device, circuit = self._load(texts)
            self._known[wanted] = device, circuit
        return self._known[wanted]

    def axis(self, points: Mapping[str, Collection[str]]) -> dict[str, str]:
        """Keys that move together and their values, as `StudyCard.vary` takes them.

        A value ends in a YAML comment that names its point: equal values of one key at two points stay two texts.

        Parameters
        ----------
        points : mapping
            Name of a point -> names of the limits that are ideal there.
        """
        raws = {name: self._raw(ideal) for name, ideal in points.items()}
        base = self._raw(())
        paths = {path for raw in raws.values() for path in differences(base, raw)}
        paths = {path for path in paths if not any(path[:length] in paths for length in range(1, len(path)))}
        texts = {".".join(path): [f"{_text(raw, path)} # {name}" for name, raw in raws.items()] for path in paths}
        return {key: ", ".join(texts[key]) for key in sorted(texts)}

    def _raw(self, ideal: Collection[str]) -> dict[str, Any]:
        """Sections of both cards; no section is in both."""
        device, circuit = self.cards(ideal)
        both = zip(keys.CARDS, (device.raw, circuit.raw), strict=True)
        return {name: raw[name] for kind, raw in both for name in keys.sections(kind) if name in raw}

    def unmoved(self, axis: Collection[str]) -> list[str]:
        """Keys of the settings that `axis` does not move: the values of those that it moves hold their settings."""
        moved = tuple(f"{key}." for key in axis)  # a block moves with all of its keys
        return [key for rest, key in self._settings.items() if not f"{rest}.".startswith(moved)]


def differences(one: Any, other: Any, path: Path = ()) -> Iterator[Path]:
    """Paths at which two nested mappings differ, up to the first block that has other keys."""
    if isinstance(one, Mapping) and isinstance(other, Mapping) and (not path or one.keys() == other.keys()):
        for key in one:
            yield from differences(one[key], other.get(key), (*path, key))
    elif one != other:
        yield path


def _text(raw: Any, path: Path) -> str:
    value = raw
    for key in path:
        value = value[key]
    return json.dumps(value, ensure_ascii=False)
