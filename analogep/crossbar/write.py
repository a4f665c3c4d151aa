"""Writes of one store or of several at once: what the programming engine is given, and what it did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from analogep.crossbar.program import SUMS, Reads, Shown, Sums, Wanted, update_rows
from analogep.crossbar.row import Half, buffers
from analogep.crossbar.threads import edges, share, worth
from analogep.crossbar.written import Written
from analogep.draws import NO_KEY
from analogep.routines import NOTHING, Made
from analogep.streams import Streams

Floats = NDArray[np.float64]
Lines = tuple[Floats, Floats]

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

    def booked(
        self, slots: Floats, number: Sequence[float], sums: Floats, pulses: Floats, moved: Floats, before: Lines | None
    ) -> Written:
        """Add what was done to the lines' conductances and book its joules; parameters as in `Array.booked`."""

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


def prepare(members: Sequence[Member], wanted: Wanted, shown: Shown, reads: Reads, at: At, siemens: float) -> Work:
    """Split a write into blocks of rows that threads take in turn.

    Parameters
    ----------
    members : sequence of Member
        One or two.
    wanted, shown, reads
        As in `program.update_rows`.
    at : At
    siemens : float
        Energy of reading a cell, per conductance [J/S].
    """
    rows, columns = members[0].array.shape
    # Blocks of a fixed size, whatever the threads: their sums are added in the same order.
    rim = np.array(edges(rows, columns, _BLOCK))
    jobs, blocks, count = np.zeros(1, np.int64), len(rim) - 1, len(members)
    halves = tuple(array.half(sign, least, at) for array, sign, least in members)
    sums = Sums(
        np.zeros((2, rows)), np.zeros((2, rows)), np.zeros((count, rows, SUMS)), np.zeros((blocks, 2, columns)),
        np.zeros((blocks, count, columns)), np.zeros((2, rows)),
    )  # fmt: skip
    before = [array.lines_before() for array, _, _ in members]

    def finish() -> tuple[Written, Written]:
        pulses, number, moved = sums.columns.sum(axis=0), sums.pulses.sum(axis=1).tolist(), sums.moved.sum(axis=0)
        written, longest = Written(), np.zeros((2, rows))
        for h, (array, sign, least) in enumerate(members):
            if sign == 0.0:
                continue
            # Pulses up of the pair are pulses down of a half with the opposite sign, which may have none.
            turn, sides = 1 if sign > 0.0 else -1, 1 if least == 0.0 else 2
            slots, each, total = (part[::turn][:sides] for part in (sums.slots, pulses, number))
            written += array.booked(slots, total, sums.rows[h], each, moved[h], before[h])
            np.maximum(longest[:sides], slots, out=longest[:sides])
        # A row lies in all members: they have their slots at the same time.
        written = written._replace(row_seconds=float(longest.sum(axis=1) @ members[0].array.widths))
        if not reads.verify:
            return written, Written()
        done, conductance = sums.reads.sum(axis=1).tolist()
        lines = int(np.count_nonzero(sums.reads[0]))
        return written, Written(reads=count * int(done), read_joules=siemens * conductance, rows=lines)

    def enter() -> None:
        space = buffers(columns, wanted.lines.shape[1], members[0].array.hidden.dtype.type)
        update_rows(rim, jobs, wanted, halves, shown, reads, sums, space)

    return Work(enter, finish, worth(rows * columns))


def together(works: Sequence[Work]) -> list[tuple[Written, Written]]:
    """Do several writes side by side; give what was written, and what was read to verify it, of each."""

    def enter(_: int) -> None:
        for work in works:
            work.enter()

    threads = max((work.threads for work in works), default=1)
    share(enter, threads, threads)
    return [work.finish() for work in works]
