"""Cards drawn from what measurements leave open of the numbers of one.

A measurement that `analogep.device.uncertainty` knows errors of is drawn as a whole, z normal with its covariance,

    number = m + s z,   or   m e^(s z/m) where its logarithm is normal,   z ~ N(0, R),

with all of its correlations. Numbers that are counts are rounded. A draw that makes no card (a window that is turned
over, a noise below zero, a step above the window) is refused and drawn again, so that what is drawn from is the normal
distribution *truncated* to numbers that are a card; refused draws are counted by measurement. The only values that are
moved instead are steps of tables: one that changes its sign becomes zero, since a table of many steps has a small one
nearly always.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from analogep.cards import written
from analogep.cards.locate import opened, unit_of
from analogep.device import DeviceCard
from analogep.device.uncertainty import Uncertainty, number_at
from analogep.errors import CardError, UsageError
from analogep.streams import Streams
from analogep.units import format_exact

Floats = NDArray[np.float64]
_TRIES: Final = 100
"""Refused draws in a row after which errors are too large to be drawn from."""
ALL: Final = "all"
ESTIMATE: Final = "estimate"


@dataclass(frozen=True)
class Group:
    """What one measurement leaves open.

    Parameters
    ----------
    source : str
        Of the card.
    measurement : str
        In words.
    keys : tuple of str
    middle, errors : ndarray (numbers,) [SI]
        Values of the card and their standard errors.
    logarithmic, counted, tabled : ndarray (numbers,) of bool
        Whether the logarithm is normal, the number is a count, and it is an entry of a table of steps.
    root : ndarray (numbers, numbers) [1]
        A with A A' = R.
    """

    source: str
    measurement: str
    keys: tuple[str, ...]
    middle: Floats
    errors: Floats
    logarithmic: NDArray[np.bool_]
    counted: NDArray[np.bool_]
    tabled: NDArray[np.bool_]
    root: Floats

    @classmethod
    def of(cls, card: DeviceCard, source: str, known: Uncertainty) -> Group:
        """Of one entry of the card's `uncertainty`."""
        keys = tuple(key for key in known.errors if number_at(card, key) is not None)
        kept = [list(known.errors).index(key) for key in keys]
        values, vectors = np.linalg.eigh(known.matrix()[np.ix_(kept, kept)])
        return cls(
            source,
            known.measurement,
            keys,
            np.array([float(number_at(card, key)) for key in keys]),
            np.array([known.standard_error(key, card) for key in keys]),
            np.array([key in known.logarithmic for key in keys]),
            np.array([_is_count(card, key) for key in keys]),
            np.array([".steps." in key for key in keys]),
            # Correlations are written with four digits, by which the smallest eigenvalues may lie below zero.
            vectors * np.sqrt(np.maximum(values, 0.0)),
        )

    def draw(self, rng: np.random.Generator) -> Floats:
        """Numbers (numbers,) [SI]."""
        z = self.root @ rng.standard_normal(len(self.keys))
        relative = self.errors / np.where(self.logarithmic, self.middle, 1.0)
        drawn = np.where(
            self.logarithmic, self.middle * np.exp(np.where(self.logarithmic, relative * z, 0.0)),
            self.middle + self.errors * z,
        )  # fmt: skip
        drawn = np.where(self.counted, np.round(drawn), drawn)
        return np.where(self.tabled & (drawn * self.middle < 0.0), 0.0, drawn)


@dataclass
class Draws:
    """Cards in the order in which they are trained.

    Parameters
    ----------
    of : list of str
        What was drawn of each: `estimate` nothing, `all`, or one source with the others at their estimate.
    values : dict
        Key -> numbers [SI], one for each card.
    refused : dict
        Source, or `all` -> draws that made no card.
    groups : tuple of Group
    """

    groups: tuple[Group, ...]
    of: list[str] = field(default_factory=list)
    values: dict[str, list[float]] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)

    def add(self, of: str, drawn: Mapping[str, Floats]) -> None:
        """A card with these numbers of some sources, and the estimates of all others.

        Parameters
        ----------
        of : str
        drawn : dict of ndarray (numbers,) [SI]
            Source -> its numbers.
        """
        self.of.append(of)
        for group in self.groups:
            for key, value in zip(group.keys, drawn.get(group.source, group.middle), strict=True):
                self.values.setdefault(key, []).append(float(value))


def groups_of(card: DeviceCard) -> tuple[Group, ...]:
    """What each measurement leaves open of a card.

    Raises
    ------
    UsageError
        If the card says no errors, or they do not fit to it.
    """
    if not card.uncertainty:
        raise UsageError(
            f"{card.origin or card.name}: this card says no standard errors, so that there is nothing to draw from: "
            f"make "
            "the card with 'analogep fit', which writes them under 'uncertainty'"
        )
    try:
        return tuple(Group.of(card, source, known) for source, known in card.uncertainty.items())
    except ValueError as error:
        raise UsageError(f"{card.origin or card.name}: uncertainty: {error}") from None


def draws_of(card: DeviceCard, count: int, seed: int = 0) -> Draws:
    """The card itself, `count` cards with everything drawn, and as many for each measurement with only it drawn.

    The i-th card of a measurement has the very numbers of it that the i-th card of all has. With one measurement these
    are the same cards, and are not there twice.

    Parameters
    ----------
    card : DeviceCard
    count : int
    seed : int
        Base seed of the draws, which do not depend on how many there are.

    Raises
    ------
    UsageError
        If there are fewer than two, the card says no errors, or nearly no draw makes a card.
    """
    if count < 2:
        raise UsageError(f"--posterior {count}: cards must differ to show anything; draw 2 or more, better 20")
    groups = groups_of(card)
    found = Draws(groups, refused=dict.fromkeys((ALL, *(group.source for group in groups)), 0))
    streams = Streams(seed)
    drawn = [_one(card, groups, streams.rng("posterior", number), found.refused) for number in range(count)]
    found.add(ESTIMATE, {})
    for one in drawn:
        found.add(ALL, one)
    if len(groups) > 1:
        for group in groups:
            for one in drawn:
                found.add(group.source, {group.source: one[group.source]})
    return found


def _one(
    card: DeviceCard, groups: Sequence[Group], rng: np.random.Generator, refused: dict[str, int]
) -> dict[str, Floats]:
    """Numbers of each source that make a card, together and each with the others at their estimate."""
    reason = ""
    for _ in range(_TRIES):
        found: dict[str, Floats] = {}
        for group in groups:
            for _ in range(_TRIES):
                found[group.source] = group.draw(rng)
                reason = _problem(card, [group], found)
                if not reason:
                    break
                refused[group.source] += 1
            else:
                raise _too_wide(card, group.measurement, reason)
        reason = _problem(card, groups, found) if len(groups) > 1 else ""
        if not reason:
            return found
        refused[ALL] += 1
    raise _too_wide(card, "all measurements", reason)


def _problem(card: DeviceCard, groups: Sequence[Group], drawn: Mapping[str, Floats]) -> str:
    """Why these numbers make no card; empty if they do."""
    changes = {
        key: int(value) if whole else float(value)
        for group in groups
        for key, value, whole in zip(group.keys, drawn[group.source], group.counted, strict=True)
    }
    try:
        card.changed(changes)
    except CardError as error:
        return str(error.problems[0])
    return ""


def _too_wide(card: DeviceCard, what: str, reason: str) -> UsageError:
    return UsageError(
        f"{card.origin or card.name}: {_TRIES} draws from the errors of '{what}' make no card, the last because "
        f"{reason}; the errors are as large as the numbers: measure more of it, or take out the error of what is not "
        f"known"
    )


def values_of(card: DeviceCard, draws: Draws) -> dict[str, list[Any]]:
    """Key -> numbers as a study file has them: texts with units, in all of their digits, or numbers without one."""
    out: dict[str, list[Any]] = {}
    for group in draws.groups:
        for key, counted in zip(group.keys, group.counted, strict=True):
            unit = unit_of(_shape(card, key))
            out[key] = [
                int(value) if counted else format_exact(value, unit) if unit else value for value in draws.values[key]
            ]
    return out


def _shape(card: DeviceCard, key: str) -> Any:
    found = written.shape_in(card, key.split("."))
    assert found is not None  # groups_of has asked for its error
    return found


def _is_count(card: DeviceCard, key: str) -> bool:
    """Whether the field holds whole numbers."""
    annotation = opened(_shape(card, key)).annotation
    return annotation is int or int in typing.get_args(annotation)
