"""The steps of a march through phases in which lines are read, and what holds lines in them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.mapping import Turns
from analogep.kinds.rc.columns import Columns

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NEITHER, FORWARD, REVERSE, BOTH = 0, 1, 2, 3
"""What is read in a step: no lines, bit lines, word lines, both."""


@dataclass(frozen=True, eq=False)
class Steps:
    """Steps of all phases of a march; sorts of steps differ in their length or in what is read.

    Attributes
    ----------
    counts : int64 ndarray (phases,)
        Steps of each phase.
    sorts : int64 ndarray (phases, steps)
        Sort of each step; phases with fewer go on with their last.
    lengths : ndarray (sorts,) [s]
    reads : int64 ndarray (sorts,)
    weights : ndarray (phases, steps + 1, 3) [s]
        What the powers of a state count for: half of the steps around it, of all of them, and of those in which lines
        are read forward and in reverse.
    ends : int64 ndarray (sorts,)
        What ends with a step, where columns integrate: 1 a window forward, 2 one in reverse, 4 more where that is cut
        short; 0 for none.
    fade : float [1/s]
        Of a column whose lines are not read.
    """

    counts: Integers
    sorts: Integers
    lengths: Floats
    reads: Integers
    weights: Floats
    ends: Integers
    fade: float

    def follow(self, lag: Floats, which: int) -> tuple[Floats, Floats]:
        """What is kept of columns in a step, and what they take of where they are driven to, (sorts, columns) [1].

        Parameters
        ----------
        lag : ndarray (columns,) [s]
        which : int
            `FORWARD` or `REVERSE`.
        """
        on = (self.reads & which > 0)[:, None]
        left = np.exp(-self.lengths[:, None] / lag)
        held = np.broadcast_to(np.exp(-self.lengths * self.fade)[:, None], left.shape)
        return np.where(on, left, held), np.where(on, 1.0 - left, 0.0)

    def stand(self, lag: Floats, which: int) -> tuple[Floats, Floats]:
        """The same of columns that stand on capacitors all the time, whatever is their `lag` (columns,) [s], and
        `which`."""
        held = np.exp(-self.lengths * self.fade)[:, None]
        return held * np.ones_like(lag), np.zeros((self.lengths.size, lag.size))

    def gather(self, window: float, columns: int, which: int) -> Floats:
        """Each step over the `window` [s] in which `which` is read, as in `follow`, of so many columns (sorts, columns)
        [1]."""
        return np.asarray((self.reads & which > 0)[:, None] * (self.lengths / window)[:, None] * np.ones(columns))


def steps_of(
    phases: Sequence[Sequence[tuple[float, int]]], fade: float = 0.0, ends: Sequence[Sequence[int]] | None = None
) -> Steps:
    """Steps from the length [s] of each step of each phase, and what is read in it; `fade` as in `Steps` [1/s], and
    what `ends` with each step; nothing does where that is left out."""
    ended = [[0] * len(phase) for phase in phases] if ends is None else ends
    marked = [[(*step, end) for step, end in zip(*one, strict=True)] for one in zip(phases, ended, strict=True)]
    kinds = sorted({step for phase in marked for step in phase})
    longest = max(map(len, phases))
    sorts, weights = np.zeros((len(phases), longest), np.int64), np.zeros((len(phases), longest + 1, 3))
    for p, phase in enumerate(marked):
        for k, (length, read, end) in enumerate(phase):
            sorts[p, k:] = kinds.index((length, read, end))
            half = 0.5 * length * np.array([1.0, bool(read & FORWARD), bool(read & REVERSE)])
            weights[p, k : k + 2] += half
    lengths, *whole = (np.array(part) for part in zip(*kinds, strict=True))
    reads, marks = (one.astype(np.int64) for one in whole)
    return Steps(np.array([len(phase) for phase in phases]), sorts, lengths, reads, weights, marks, fade)


@lru_cache(64)
def steps_in_turns(turns: Turns | None, grids: tuple[tuple[int, float], ...]) -> Steps:
    """Steps of phases of so many steps of such a length [s], of which those of `turns` are no longer; lines are read
    both ways at once without."""
    if turns is None:
        return steps_of([[(h, BOTH)] * count for count, h in grids])
    return steps_of([divided(turns_of(turns, count * h), h) for count, h in grids], 1.0 / turns.droop)


def turns_of(turns: Turns, duration: float) -> list[tuple[float, int]]:
    """Length [s] of each turn of a phase of `duration` [s], and what is read in it; the last may be cut short."""
    found: list[tuple[float, int]] = []
    order = ((turns.forward, FORWARD), (turns.guard, NEITHER), (turns.reverse, REVERSE), (turns.guard, NEITHER))
    cycle = [turn for turn in order if turn[0] > 0.0]
    # What is left by rounding is no turn.
    while duration > 1e-9 * turns.period:
        length, reads = cycle[len(found) % len(cycle)]
        found.append((min(length, duration), reads))
        duration -= length
    return found


def divided(turns: Sequence[tuple[float, int]], longest: float) -> list[tuple[float, int]]:
    """Equal steps of each turn, no longer than `longest` [s]: their lengths [s] and what is read in them."""
    found: list[tuple[float, int]] = []
    for length, reads in turns:
        count = max(1, math.ceil(length / longest * (1.0 - 1e-9)))
        found += [(length / count, reads)] * count
    return found


@dataclass(frozen=True)
class Held:
    """What holds the lines of a network, as the march takes it.

    Attributes
    ----------
    network : ColumnedRC
        The network with its columns.
    columns : Columns
    steps : callable
        Steps of phases of so many steps of such a length [s].
    taking : Turns or None
        How arrays are read one way after the other.
    gathers : bool
        Whether columns integrate for their turns.
    """

    network: Any
    columns: Columns
    steps: Callable[[Sequence[tuple[int, float]]], Steps]
    taking: Turns | None
    gathers: bool = False

    @property
    def windows(self) -> tuple[float, float]:
        """Of columns that integrate, forward and in reverse [s]; endless of others."""
        if self.taking is None or not self.gathers:
            return math.inf, math.inf
        return self.taking.forward, self.taking.reverse

    @property
    def holding(self) -> float:
        """Power of the capacitors that hold a column over its square [W/V^2]."""
        return 0.0 if self.taking is None else self.taking.hold / self.taking.period
