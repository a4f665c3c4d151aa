"""Writes of one store or of several at once: what the programming engine is given, and what it did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from analogep.crossbar.program import SUMS, Reads, Shown, Sums, Wanted, update_rows
from analogep.crossbar.row import Buffers, Half, buffers
from analogep.crossbar.threads import edges, share, worth
from analogep.crossbar.totals import add_up
from analogep.crossbar.written import Written
from analogep.draws import NO_KEY
from analogep.routines import NOTHING, Made
from analogep.streams import Streams

Floats = NDArray[np.float64]
Lines = tuple[Floats, Floats]
Met = tuple[Floats, Floats, Lines | None]
"""Slots of each row up and down (sides, rows) and pulses of each column (sides, columns) [pulses], and the conductance
on both before them (rows,), (columns,) [S], or None where that is not needed."""

_BLOCK = 1 << 16
"""Cells of one job, about."""


class At(NamedTuple):
    """Which write of a run: seed of the operation, epoch, and number of the call within it."""

    operation: Streams
    epoch: int
    call: int


class Programmable(Protocol):
    """An array as a write needs it (`Array`)."""

    hidden: Floats
    """States that pulses move (rows, columns) [window]."""
    shape: tuple[int, int]

    def half(self, sign: float, least: float, at: At) -> Half:
        """What the engine takes of it, as in `Array.half`."""

    row_g: Floats
    """Conductance on each row (rows,) [S]."""
    column_g: Floats
    """Conductance on each column (columns,) [S]."""

    def booked(
        self, slots: Sequence[float], number: Sequence[float], sums: Sequence[float], met: Met | None
    ) -> Written:
        """Book the joules of pulses; parameters as in `Array.booked`."""

    @property
    def remembers(self) -> bool:
        """Whether it notes what lines it has had pulses on."""

    @property
    def widths(self) -> tuple[float, float]:
        """Of pulses up and down [s]."""

    def lines_before(self) -> Lines | None:
        """Conductance on its rows and columns (rows,), (columns,) [S], or None where it is not needed."""


class Member(NamedTuple):
    """An array of a store, its sign and the smallest count of one of its cells, as in `row.Half`."""

    array: Programmable
    sign: float
    least: float


@dataclass(frozen=True)
class Work:
    """A write that is prepared.

    Attributes
    ----------
    enter : callable
        Do what is left to do, on any thread, beside others that do the same.
    finish : callable
        Gives what was written, and what was read to verify it, once all is done.
    threads : int
        Number of threads that it is worth.
    """

    enter: Callable[[], None]
    finish: Callable[[], tuple[Written, Written]]
    threads: int


def wanted_counts(counts: NDArray[np.generic], real: Any) -> Wanted:
    """What the engine is given for `counts` (rows, columns) [pulses], whole numbers that no rule decides any more.

    `real` is the precision of the states.
    """
    nothing, given = np.zeros((0, 0), real), np.ascontiguousarray(counts, real)
    return Wanted(nothing, given, True, NOTHING, nothing, nothing, np.zeros(len(given), bool), NO_KEY)


def exact(real: Any, looks: Made = NOTHING) -> Reads:
    """No reads after a write; where variances are kept, those of the noise of these reads."""
    return Reads(looks, real(0.0), False, NO_KEY)


class Sheet:
    """What all writes of the same arrays share: blocks of rows, and room for sums that each of them uses anew.

    Parameters
    ----------
    members : sequence of Member
        One or two.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        self.members, first, count = members, members[0].array, len(members)
        (rows, columns), self._widths = first.shape, np.array(first.widths)
        # Blocks of a fixed size, whatever the threads: their sums are added in the same order.
        self._rim = np.array(edges(rows, columns, _BLOCK))
        self._rows, blocks = np.zeros((6 + count * SUMS, rows)), len(self._rim) - 1
        self._sums = Sums(
            self._rows[:2], self._rows[2:4], self._rows[6:].reshape(count, rows, SUMS), np.empty((blocks, 2, columns)),
            np.empty((blocks, count, columns)), self._rows[4:6],
        )  # fmt: skip
        # Pulses up of a pair are pulses down of a half with the opposite sign, which may have none.
        self._turns = [1 if sign > 0.0 else -1 for _, sign, _ in members]
        self._sides = [0 if sign == 0.0 else 1 if least == 0.0 else 2 for _, sign, least in members]
        self._ways = np.array(self._turns), np.array(self._sides)
        self._totals, self._spaces = np.zeros((count + 1, SUMS + 1)), list[Buffers]()

    def prepare(self, wanted: Wanted, shown: Shown, reads: Reads, at: At, siemens: float) -> Work:
        """Split a write into blocks of rows that threads take in turn; it has to be finished before the next begins.

        Parameters
        ----------
        wanted, shown, reads
            As in `program.update_rows`.
        at : At
        siemens : float
            Energy of reading a cell, per conductance [J/S].
        """
        rows, columns = self.members[0].array.shape
        jobs, halves = np.zeros(1, np.int64), tuple(array.half(sign, least, at) for array, sign, least in self.members)
        before = [array.lines_before() for array, _, _ in self.members]
        self._rows.fill(0.0)

        def enter() -> None:
            space = self._space(wanted.lines.shape[1], halves[0].hidden.dtype.type)
            update_rows(self._rim, jobs, wanted, halves, shown, reads, self._sums, space)
            self._spaces.append(space)

        return Work(enter, partial(self._finished, before, reads.verify, siemens), worth(rows * columns))

    def _space(self, terms: int, real: type[np.floating[Any]]) -> Buffers:
        """Buffers of a thread for wanted changes of so many terms: those of one before, if there are any."""
        try:
            space = self._spaces.pop()
        except IndexError:
            space = None
        fits = space is not None and space.lit.size > terms
        return space if fits else buffers(self._sums.moved.shape[2], terms, real)  # type: ignore[return-value]

    def _finished(self, before: Sequence[Lines | None], verify: bool, siemens: float) -> tuple[Written, Written]:
        """What was written and read, and the conductances of lines moved along; `before` are those before the write."""
        sums, members, written = self._sums, self.members, Written()
        lines = tuple((array.row_g, array.column_g) for array, _, _ in members)
        add_up(sums, *self._ways, lines, self._totals)
        *each, whole = self._totals.tolist()
        pulses, slots = whole[:2], whole[2:4]
        for (array, _, _), turn, sides, own, g in zip(members, self._turns, self._sides, each, before, strict=True):
            if sides:
                met = None
                if array.remembers or g is not None:
                    met = sums.slots[::turn][:sides], sums.columns.sum(axis=0)[::turn][:sides], g
                written += array.booked(slots[::turn][:sides], pulses[::turn][:sides], own, met)
        # A row lies in all members: they have their slots at the same time.
        written = written._replace(row_seconds=float(self._totals[-1, 4:] @ self._widths))
        if not verify:
            return written, Written()
        done, conductance = sums.reads.sum(axis=1).tolist()
        lit = int(np.count_nonzero(sums.reads[0]))
        return written, Written(reads=len(members) * int(done), read_joules=siemens * conductance, rows=lit)


def together(works: Sequence[Work]) -> list[tuple[Written, Written]]:
    """Do several writes side by side; give what was written, and what was read to verify it, of each."""

    def enter(_: int) -> None:
        for work in works:
            work.enter()

    threads = max((work.threads for work in works), default=1)
    share(enter, threads, threads)
    return [work.finish() for work in works]
