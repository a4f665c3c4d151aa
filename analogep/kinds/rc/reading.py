"""The steps of a march through phases in which lines are read, and what holds lines in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

FORWARD, REVERSE, BOTH = 1, 2, 3
"""What is read in a step: bit lines, word lines, both."""


@dataclass(frozen=True)
class Steps:
    """Steps of all phases of a march; sorts of steps differ in their length or in what is read.

    Attributes
    ----------
    sorts : int64 ndarray (phases, steps)
        Sort of each step; phases with fewer go on with their last.
    lengths : ndarray (sorts,) [s]
    reads : int64 ndarray (sorts,)
    weights : ndarray (phases, steps + 1, 3) [s]
        What the powers of a state count for: half of the steps around it, of all of them, and of those in which lines
        are read forward and in reverse.
    fade : float [1/s]
        Of a column whose lines are not read.
    """

    sorts: Integers
    lengths: Floats
    reads: Integers
    weights: Floats
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


def steps_of(phases: Sequence[Sequence[tuple[float, int]]], fade: float = 0.0) -> Steps:
    """Steps from the length [s] of each step of each phase, and what is read in it; `fade` as in `Steps` [1/s]."""
    kinds = sorted({step for phase in phases for step in phase})
    longest = max(map(len, phases))
    sorts, weights = np.zeros((len(phases), longest), np.int64), np.zeros((len(phases), longest + 1, 3))
    for p, phase in enumerate(phases):
        for k, (length, read) in enumerate(phase):
            sorts[p, k:] = kinds.index((length, read))
            half = 0.5 * length * np.array([1.0, bool(read & FORWARD), bool(read & REVERSE)])
            weights[p, k : k + 2] += half
    lengths, reads = (np.array(part) for part in zip(*kinds, strict=True))
    return Steps(sorts, lengths, reads.astype(np.int64), weights, fade)


class Held(Protocol):
    """What holds the lines of a network, as the march takes it (`columned.ColumnedRC`)."""

    @property
    def lags(self) -> tuple[Floats, Floats]:
        """Time constants of columns, (nodes,) and (nodes but outputs,) [s]."""

    @property
    def limits(self) -> tuple[Floats, Floats]:
        """Their swings, (nodes,) and (nodes but outputs,) [V]."""

    @property
    def watts(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """What their output voltages take from the supply, of each layer [W/V]."""

    @property
    def driver(self) -> float:
        """What the current of a line takes from it [W/A]."""

    def current(self, drive: Any) -> Floats:
        """Of all lines that stand still (samples,) [A] in a phase."""

    def steps(self, grids: Sequence[tuple[int, float]]) -> Steps:
        """Steps of phases of so many steps of such a length [s]."""
