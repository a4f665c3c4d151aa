"""All points of a study, with cards that are loaded, validated and fitted to each other before anything runs."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

import analogep
from analogep import datasets, keys
from analogep.cards import Kind, shipped_dir
from analogep.cards.wording import refusal
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.device.generic import filled
from analogep.device.retention import NoRetention
from analogep.errors import CardError, Problem, UsageError
from analogep.network import fit_warnings
from analogep.run import Run
from analogep.streams import Seeds
from analogep.study.card import StudyCard
from analogep.study.point import Cards, Combination, Point, packed

_MOST_PROBLEMS = 20
C = TypeVar("C", DeviceCard, CircuitCard)


class Plan:
    """Points of a study.

    Parameters
    ----------
    card : StudyCard
    work : str
        Name of what makes a result of a point, part of every digest; empty for training.

    Attributes
    ----------
    combinations : tuple of Combination
        In the order of the result's axes.
    card_texts : dict of str to dict of str
        YAML of each device and circuit card that occurs, by kind and name.
    own : dict of str to str
        YAML of the cards that do not come with the package, by the names that the study calls them by.
    unknown : dict of str to list of str
        What no source says of each device, by the name that the study calls it by.
    warnings : tuple of str
        What is allowed but suspicious in the cards, each once.

    Raises
    ------
    CardError
        With every axis value that a card refuses.
    DataError, UsageError
        If the data cannot be read or do not fit.
    """

    def __init__(self, card: StudyCard, work: str = "") -> None:
        self.card, self.work = card, work
        self.card_texts: dict[str, dict[str, str]] = {kind: {} for kind in keys.CARDS}
        self.own: dict[str, str] = {}
        self.unknown: dict[str, list[str]] = {}
        self.citations: dict[str, None] = {}
        problems = [card.warning(("vary", axis.name), text) for axis in card.axes for text in axis.clashes]
        if problems:
            raise refusal(problems)
        self._data = datasets.load(card.data, Seeds.sample(base=card.seed).data.rng("split"))
        self._loaded: dict[tuple[str, ...], DeviceCard | CircuitCard] = {}
        self._warned: dict[str, None] = {}
        self.combinations = tuple(self._combinations())
        self.warnings = tuple(self._warned)
        self._loaded.clear()

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""
        return tuple(len(axis) for axis in self.card.axes)

    def _combinations(self) -> Iterator[Combination]:
        problems: dict[Problem, None] = {}
        sound = False
        for index in np.ndindex(self.shape):
            said: dict[str, str] = {}
            for axis, place in zip(self.card.axes, index, strict=True):
                said |= axis.at(place)
            try:
                cards = self._cards(said)
                digest = self._digest(cards)
            except (CardError, UsageError) as error:
                for problem in _problems(error, said):
                    problems.setdefault(problem)
                if len(problems) >= _MOST_PROBLEMS:
                    break
                continue
            sound = True
            if not problems:
                yield Combination(index, said, packed(cards), digest)
        if problems:
            raise refusal(list(problems) if sound else _once(problems))

    def _cards(self, said: Mapping[str, str]) -> Cards:
        """Cards of one combination; a card is loaded once for all combinations that share its values."""
        texts: dict[str, list[str]] = {kind: [] for kind in keys.CARDS}
        chosen = {"device": self.card.device or "", "circuit": self.card.circuit}
        for key, text in (self.card.settings | dict(said)).items():
            if keys.whole(key):
                chosen[key] = text
            else:
                kind, rest = keys.card_of(key)
                texts[kind].append(f"{rest}={text}")
        device = self._load(DeviceCard, chosen["device"], texts["device"])
        circuit = self._load(CircuitCard, chosen["circuit"], texts["circuit"])
        return device, circuit

    def _load(self, kind: type[C], name: str, texts: list[str]) -> C:
        known = (kind.kind, name, *texts)
        found = self._loaded.get(known)
        if not isinstance(found, kind):
            own = self.card.cards.get(name)
            found = kind.load(name, texts) if own is None else kind.from_text(own, name, texts)
            if isinstance(found, DeviceCard):
                found = filled(found) if self.card.assume else found
                # A key that an axis sets is known at all of its points.
                self.unknown[name] = [one for one in found.unknown if one in self.unknown.get(name, found.unknown)]
            if len(self._loaded) > 1000:
                self._loaded.clear()
            self._loaded[known] = found
            self._note(kind.kind, name, found)
            self._warn(*(str(problem) for problem in found.warnings()))
            if isinstance(found, DeviceCard):
                self.citations |= dict.fromkeys(source.cite for source in found.sources.values())
                if self.card.ages and isinstance(found.retention, NoRetention):
                    self._warn(f"device card '{found.name}' has no retention law: an old chip stands as it was written")
        return found

    def _note(self, kind: Kind, name: str, card: DeviceCard | CircuitCard) -> None:
        """Keep the text of a card, and all of it that a file of this study needs to be whole."""
        ours = name in self.card.cards
        texts, called = self.card_texts[kind], name if ours else card.name
        texts.setdefault(called if texts.get(called, card.text) == card.text else name, card.text)
        if name not in self.own and (ours or not _shipped(kind, name, card)):
            self.own[name] = card.text

    def _warn(self, *lines: str) -> None:
        self._warned |= dict.fromkeys(lines)

    def _digest(self, cards: Cards) -> str:
        """Digest of a combination, after everything that a run refuses before it starts."""
        run = Run(*cards, Seeds.sample(base=self.card.seed), self._data, held_out=self.card.held_out)
        self._warn(*(str(problem) for problem in fit_warnings(*cards)))
        said = {
            **{key: value for key, value in run.identity.items() if key not in ("digest", "seeds")},
            "seed": self.card.seed,
            "ages": self.card.ages,
            "keep": sorted(self.card.keep),
            "work": self.work,
        }
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    @property
    def identity(self) -> dict[str, str]:
        """All that decides the numbers of the points, in readable form.

        Numbers of chips and seeds are not part of it: more of either go on in the same folder.
        """
        card = self.card
        said = {
            "device": card.device or "",
            "circuit": card.circuit,
            "set": json.dumps(card.settings),
            "vary": json.dumps({axis.name: dict(axis.values) for axis in card.axes}),
            "seed": str(card.seed),
            "ages": json.dumps(card.ages),
            "keep": json.dumps(sorted(card.keep)),
            "work": self.work,
            "data": self._data.name,
            "data digest": self._data.digest,
            "version": analogep.__version__,
            "cards": hashlib.sha256("".join(one.digest for one in self.combinations).encode()).hexdigest(),
        }
        if card.assume:
            said["assume"] = card.assume
        if card.held_out is not None:
            said["held out"] = str(card.held_out)
        said["digest"] = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
        return said

    @property
    def default_folder(self) -> Path:
        """Folder that the command uses if none is given: the same command finds it again."""
        return Path("runs") / f"study-{self.card.name}-{self.identity['digest'][:10]}"

    @property
    def data_citation(self) -> str:
        """Citation of the data set."""
        return self._data.citation

    def round(self, seed: int) -> list[Point]:
        """Points of one seed on all chips, in the order of the result."""
        return [Point(one, chip, seed) for one, chip in itertools.product(self.combinations, range(self.card.chips))]

    @property
    def points(self) -> list[Point]:
        """All points of a study with a fixed number of seeds; seed by seed, so that partial results are balanced."""
        return [point for seed in range(self.card.seeds) for point in self.round(seed)]


def _shipped(kind: Kind, name: str, card: DeviceCard | CircuitCard) -> bool:
    """Whether a card comes with the package under its name and with its text."""
    return name in card.names() and (shipped_dir(kind) / f"{name}.yaml").read_text(encoding="utf-8") == card.text


def _once(problems: Iterable[Problem]) -> list[Problem]:
    """The problems of a study without a sound combination: what is wrong with all of them is said once."""
    found = list(problems)
    same = {(problem.key, problem.message) for problem in found}
    return [replace(found[0], where="")] if len(same) == 1 and len(found) > 1 else found


def _problems(error: CardError | UsageError, said: Mapping[str, str]) -> list[Problem]:
    """The problems with the axis values behind them; what an override said itself needs no more."""
    if isinstance(error, UsageError):
        return [Problem(f"at {_at(said)}" if said else "", "", str(error))]
    found = []
    for problem in error.problems:
        culprit = [key for key, text in said.items() if problem.where == f"--set {_rest(key)}={text}"]
        if culprit:
            found.append(Problem(f"--vary {culprit[0]}={said[culprit[0]]}", problem.key, problem.message))
        elif problem.where.startswith("--set ") or not said:
            found.append(problem)
        else:
            found.append(Problem(f"{problem.where} (at {_at(said)})", problem.key, problem.message))
    return found


def _rest(key: str) -> str:
    return key if keys.whole(key) else keys.card_of(key)[1]


def _at(said: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={text}" for key, text in said.items())
