"""Which trainings come next: pair by pair, those that are still needed, until there are enough or the time is up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from analogep.study import Plan, Point
from analogep.study.folder import Folder
from analogep.study.pointfile import Stored

Floats = NDArray[np.float64]
Needed = Callable[[Floats], Sequence[int]]
"""Accuracies (points, pairs) [1] -> numbers of the points that the next pair needs; none if all is known."""

RESOLVED, PAIRS, MINUTES, BEGUN = "all is resolved", "the pairs are done", "the time is up", "it was stopped"


class Course:
    """The rounds of a study whose seeds are pairs.

    Parameters
    ----------
    needed : callable
    pairs : int
        That are made at most.
    minutes : float or None
        Time for what is not done yet; the first pair is made in any case, a later one only if it will end in time,
        going by the one before.

    Attributes
    ----------
    ended : str
        Why there are no more: `RESOLVED`, `PAIRS`, `MINUTES`, or `BEGUN` before the end.
    """

    def __init__(self, needed: Needed, pairs: int, minutes: float | None) -> None:
        self.needed, self.pairs = needed, pairs
        self.until = None if minutes is None else time.monotonic() + 60.0 * minutes
        self.ended = BEGUN
        self._pace = 0.0

    def __call__(self, plan: Plan, folder: Folder) -> Iterator[list[list[Point]]]:
        """Rounds of one pair each, as `Study` asks for them."""
        known = np.full((len(plan.combinations), self.pairs), np.nan)
        for number in range(self.pairs):
            points = [plan.round(number)[k] for k in self.needed(known[:, :number])]
            if not points:
                self.ended = RESOLVED
                return
            missing = [point for point in points if folder.read(point.digest) is None]
            if missing and number and not self._in_time(len(missing)):
                self.ended = MINUTES
                return
            began = time.monotonic()
            yield [points]
            if missing:
                self._pace = (time.monotonic() - began) / len(missing)
            for point in points:
                known[point.combination.index[0], number] = accuracy(folder.read(point.digest))
        self.ended = PAIRS if self.needed(known) else RESOLVED

    def _in_time(self, trainings: int) -> bool:
        return self.until is None or time.monotonic() + self._pace * trainings < self.until


def accuracy(stored: Stored | None) -> float:
    """Accuracy of a training at its end, or after its last age; NaN if there is none [1]."""
    if stored is None:
        return float("nan")
    array = stored.arrays.get("aged_accuracy", stored.arrays.get("accuracy"))
    return float(array.values.ravel()[-1]) if array is not None and array.values.size else float("nan")
