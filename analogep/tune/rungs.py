"""Rungs: a trial begins with little training, and goes on with more of it as long as it is not hopeless.

A trial reaches the next rung if fewer than a third of all trials of its rung dominate it, one that dominates being
better in one objective and not worse in any, and if its accuracy is within five points of the best there. With one
objective that is asynchronous successive halving with the factor three (Li et al. 2020, MLSys, arXiv 1810.05934). The
five points keep those out that are cheap because they do not learn, which nothing dominates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from analogep.tune.objectives import costs

FACTOR: Final = 3
SLACK: Final = 0.05
"""Accuracy below the best of a rung from which a trial is hopeless [1]."""


@dataclass(frozen=True)
class Rung:
    """How much a trial is trained before it is judged.

    Attributes
    ----------
    share : float
        Of the epochs that the card says; where that is less than one epoch, of the images of that one.
    seeds : tuple of int
        Seeds by their place among those of the search.
    """

    share: float
    seeds: tuple[int, ...]

    def length(self, epochs: int, samples: int) -> tuple[int, int]:
        """Epochs, and training samples of each."""
        wanted = self.share * epochs
        shown = max(1, round(wanted))
        return shown, min(samples, max(1, round(samples * wanted / shown)))


def ladder(seeds: int) -> tuple[Rung, ...]:
    """A ninth, a third and the whole training with the first seed, then the whole one with all `seeds`."""
    first = (Rung(1.0 / FACTOR**2, (0,)), Rung(1.0 / FACTOR, (0,)), Rung(1.0, (0,)))
    return first if seeds == 1 else (*first, Rung(1.0, tuple(range(1, seeds))))


def hopeless(own: Mapping[str, float], others: Sequence[Mapping[str, float]], names: Sequence[str]) -> bool:
    """Whether a trial stops at a rung.

    Parameters
    ----------
    own : mapping
        Objective -> number of the trial on this rung.
    others : sequence of mapping
        The same of all other trials that were there.
    names : sequence of str
        Objectives that count.
    """
    if not others:
        return False
    if own["accuracy"] < max(one["accuracy"] for one in others) - SLACK:
        return True
    mine = costs(own, names)
    better = sum(dominates(costs(one, names), mine) for one in others)
    return FACTOR * better >= len(others) + 1


def dominates(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether costs are all at most those of the other, and one is less."""
    return all(a <= b for a, b in zip(one, other, strict=True)) and tuple(one) != tuple(other)
