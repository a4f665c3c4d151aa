"""Both cards with any of their limits made ideal, and the axis of a study that goes through such cards."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from analogep import keys
from analogep.budget.limits import Limit, applicable, with_beta
from analogep.budget.scales import scaled
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard

Path = tuple[str, ...]
Cards = tuple[DeviceCard, CircuitCard]
Factors = Collection[str] | Mapping[str, float]
"""Names of limits that are ideal, or name -> factor on the limit: 0 for ideal, 1 for as on the card."""


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
    best : float or None
        Best beta [1]; None where it is not known, and beta no limit.

    Attributes
    ----------
    limits : tuple of Limit
        Those that change a card when they are made ideal.
    """

    def __init__(
        self, device: str, circuit: str, settings: Mapping[str, str], aged: bool = False, best: float | None = None
    ) -> None:
        self._names = (device, circuit)
        self._texts: tuple[list[str], list[str]] = ([], [])
        for key, text in settings.items():
            kind, rest = keys.card_of(key)
            self._texts[keys.CARDS.index(kind)].append(f"{rest}={text}")
        self._settings = {keys.card_of(key)[1]: key for key in settings}
        self._all = with_beta(best)
        self._known: dict[frozenset[tuple[str, float]], Cards] = {}
        real = self._load(self._texts)
        self._known[frozenset()] = real
        digests = [card.digest for card in real]
        found = applicable(*real, aged, best)
        self.limits: tuple[Limit, ...] = tuple(
            limit for limit in found if [card.digest for card in self.cards([limit.name])] != digests
        )

    def _load(self, texts: tuple[Sequence[str], Sequence[str]]) -> Cards:
        return DeviceCard.load(self._names[0], texts[0]), CircuitCard.load(self._names[1], texts[1])

    def cards(self, factors: Factors) -> Cards:
        """Device and circuit card with limits made ideal, or larger and smaller, one after the other.

        Parameters
        ----------
        factors : collection of str, or mapping of str to float
            As `Factors` says.

        Raises
        ------
        CardError
            If the cards refuse it.
        UsageError
            If a limit cannot be scaled.
        """
        wanted = dict(factors) if isinstance(factors, Mapping) else dict.fromkeys(factors, 0.0)
        known = frozenset((name, factor) for name, factor in wanted.items() if factor != 1.0)
        if known not in self._known:
            device, circuit = self._known[frozenset()]
            texts = (list(self._texts[0]), list(self._texts[1]))
            for limit in self._all:
                factor = wanted.get(limit.name, 1.0)
                if factor == 1.0:
                    continue
                ideal = factor == 0.0
                said = limit.overrides(device, circuit) if ideal else scaled(limit.name, device, circuit, factor)
                for text in said:
                    kind, _ = keys.card_of(text.partition("=")[0])
                    texts[keys.CARDS.index(kind)].append(text)
                if said:
                    device, circuit = self._load(texts)
            self._known[known] = device, circuit
        return self._known[known]

    def axis(self, points: Mapping[str, Factors]) -> dict[str, str]:
        """Keys that move together and their values, as `StudyCard.vary` takes them.

        A value ends in a YAML comment that names its point: equal values of one key at two points stay two texts.

        Parameters
        ----------
        points : mapping
            Name of a point -> what is ideal there, or larger and smaller, as in `cards`.
        """
        raws = {name: self._raw(factors) for name, factors in points.items()}
        base = self._raw(())
        paths = {path for raw in raws.values() for path in differences(base, raw)}
        paths = {path for path in paths if not any(path[:length] in paths for length in range(1, len(path)))}
        texts = {".".join(path): [f"{_text(raw, path)} # {name}" for name, raw in raws.items()] for path in paths}
        return {key: ", ".join(texts[key]) for key in sorted(texts)}

    def _raw(self, factors: Factors) -> dict[str, Any]:
        """Sections of both cards; no section is in both."""
        device, circuit = self.cards(factors)
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
