"""What a write does to an array, and what it did."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analogep.crossbar.threads import share

Filled = NDArray[np.generic]


@dataclass(frozen=True)
class Written:
    """What one call of `program` did.

    Attributes
    ----------
    pulses : float
        Pulses applied.
    joules : float
        Energy of the pulsed cells [J].
    half_select_joules : float
        Energy of half-selected cells [J]; 0 with selectors.
    line_edges : float
        Line-charging sum over pulses of V^2 x number of cells on the pulsed lines [V^2]: times the capacitance per
        cell it is the lines' energy.
    reads : int
        Verify reads of single devices.
    read_joules : float
        What the devices took in them [J].
    """

    pulses: float = 0.0
    joules: float = 0.0
    half_select_joules: float = 0.0
    line_edges: float = 0.0
    reads: int = 0
    read_joules: float = 0.0

    def __add__(self, other: Written) -> Written:
        return Written(
            self.pulses + other.pulses,
            self.joules + other.joules,
            self.half_select_joules + other.half_select_joules,
            self.line_edges + other.line_edges,
            self.reads + other.reads,
            self.read_joules + other.read_joules,
        )

    def __mul__(self, copies: int) -> Written:
        """The same done to several arrays."""
        if copies == 1:
            return self
        return Written(
            copies * self.pulses,
            copies * self.joules,
            copies * self.half_select_joules,
            copies * self.line_edges,
            copies * self.reads,
            copies * self.read_joules,
        )


@dataclass(frozen=True)
class Work:
    """A write that is prepared.

    Attributes
    ----------
    block : callable
        Writes the k-th block of rows; blocks touch different memory and may be written in any order.
    finish : callable
        What to do when all of them are.
    blocks, threads : int
        Number of blocks, and of threads that they are worth.
    """

    block: Callable[[int], None]
    finish: Callable[[], Written]
    blocks: int
    threads: int


@dataclass(frozen=True)
class Train:
    """A write of one array under way.

    Attributes
    ----------
    given : tuple
        `hidden` to `keys` of `kernels.program_rows`.
    rows : tuple of ndarray
        Its `slots` and `sums`.
    columns : tuple of ndarray
        Its `column_pulses` and `column_change`, of each block.
    finish : callable
        Enters what was done to the lines, once all blocks are written.
    """

    given: tuple[object, ...]
    rows: tuple[Filled, Filled]
    columns: tuple[Filled, Filled]
    finish: Callable[[], Written]

    def done(self, k: int) -> tuple[Filled, ...]:
        """What block `k` fills."""
        return *self.rows, self.columns[0][k], self.columns[1][k]

    def arguments(self, k: int) -> tuple[object, ...]:
        """`hidden` to `column_change` for block `k`."""
        return *self.given, *self.done(k)


def together(works: Sequence[Work]) -> list[Written]:
    """Do several writes side by side, the blocks of all of them as one row of jobs: each call of threads costs."""
    starts = list(itertools.accumulate((work.blocks for work in works), initial=0))

    def block(k: int) -> None:
        which = bisect.bisect_right(starts, k) - 1
        works[which].block(k - starts[which])

    share(block, starts[-1], max((work.threads for work in works), default=1))
    return [work.finish() for work in works]
