"""One crossbar: an array of cells with windows, pulses and noise of their own.

Rows are word lines (the side nearer to the inputs), columns are bit lines.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analogep.crossbar.fabrication import fabricate
from analogep.crossbar.kernels import program_rows
from analogep.crossbar.plain import program_plain
from analogep.crossbar.threads import edges, worth
from analogep.crossbar.written import Train, Work, Written, together
from analogep.device import DIRECTIONS, DeviceCard, Direction
from analogep.device.laws.base import AFFINE
from analogep.draws import halved
from analogep.streams import Streams

Floats = NDArray[np.float64]
Counts = NDArray[np.int32]
Lines = tuple[Floats, Floats]

_BLOCK = 1 << 17
"""Cells of one job, about."""


class Array:
    """Cells of one technology, fabricated with their spread.

    Parameters
    ----------
    device : DeviceCard
        The technology.
    shape : (int, int)
        Rows and columns.
    fabrication : Streams
        Seed of the spread between cells and of the faults.
    name : str
        Name of the array in its random streams, such as `layer1/plus`.

    Attributes
    ----------
    hidden : ndarray (rows, columns) [window]
        State that pulses move.
    responds : bool ndarray (rows, columns)
        False where a cell ignores pulses.
    cycles : int32 ndarray (rows, columns) or (0, 0)
        Pulses that each cell has had; empty unless the card has an endurance.
    row_g, column_g : ndarray (rows,), (columns,) [S]
        Conductance on each line.
    """

    def __init__(self, device: DeviceCard, shape: tuple[int, int], fabrication: Streams, name: str) -> None:
        self.device, self.name, self.shape, self._fabrication = device, name, shape, fabrication
        self._cells = fabricate(device, shape, fabrication, name)
        self.responds, self.hidden = self._cells.responds, self._cells.start
        self.cycles = np.zeros(shape if device.endurance else (0, 0), dtype=np.int32)
        self._g, self._stale = self._shown(self.hidden), False
        self._sum_lines()
        law, noise = device.programming, device.variation.cycle_to_cycle.terms(device.conductance.span)
        self._law, self._tables = np.zeros((2, 4)), tuple(law.table(side) for side in law.directions)
        for k, side in enumerate(law.directions):
            p0, p1 = (float(p[0]) for p in law.cell(side, np.ones(1), np.zeros(1)))
            self._law[k] = p0, p1, noise.additive, noise.nominal * law.nominal_step(side)
        if len(self._tables) == 1:
            self._tables *= 2
        self._noise = np.array([noise.multiplicative, noise.slope, device.variation.write_noise.sigma])
        self._faulty = self.responds if not self.responds.all() else np.zeros((0, 0), dtype=bool)
        self._levels = device.conductance.levels or 0
        self._plain = self._plain_cells()

    @property
    def g(self) -> Floats:
        """Conductance that each cell shows (rows, columns) [S].

        What plain cells show follows from their state: training moves that alone, and looks here once an epoch.
        """
        if self._stale:
            self._g[...] = self._shown(self.hidden)
            self._stale = False
        return self._g

    @g.setter
    def g(self, values: Floats) -> None:
        self._g, self._stale = values, False

    @property
    def plain(self) -> bool:
        """Whether what cells show follows from their state, and `plain.program_plain` knows them."""
        return self._plain is not None

    @property
    def steps(self) -> tuple[float, float]:
        """Change by a pulse up, and size of the one by a pulse down, of plain cells [window]."""
        assert self._plain is not None
        return self._plain[0]

    @property
    def window(self) -> tuple[float, float]:
        """Ends of the window of plain cells [S]."""
        assert self._plain is not None
        return self._plain[1]

    def descended(self, slots: NDArray[np.int64], totals: Floats, pulses: NDArray[np.int64], moved: Lines) -> Written:
        """Enter a write that `descent.descend_rows` has done to this half of a pair.

        Parameters
        ----------
        slots, pulses
            As in `booked`.
        totals : ndarray (6,)
            Pulses up and down, sum of x before and after times pulses up, and times pulses down, and x before times
            the same; turned into conductances in place.
        moved : tuple of ndarray (rows,), (columns,)
            Change of x of each row and column.
        """
        low, high = self.window
        span, before = high - low, self.lines_before()
        number = totals[:2]
        totals[2:4] = low * number + 0.5 * span * totals[2:4]
        totals[4:6] = low * number + span * totals[4:6]
        self._stale = True
        return self.booked(slots, totals, pulses, (span * moved[0], span * moved[1]), before)

    def _whole(self, values: Floats) -> Floats:
        return np.broadcast_to(values, self.shape)

    @property
    def g_min(self) -> Floats:
        """Lower end of each cell's window (rows, columns) [S]."""
        return self._whole(self._cells.low)

    @property
    def g_max(self) -> Floats:
        """Upper end of each cell's window (rows, columns) [S]."""
        return self._whole(self._cells.high)

    @property
    def step_up(self) -> Floats:
        """Factor on each cell's steps up (rows, columns) [1]."""
        return self._whole(self._cells.step_up)

    @property
    def step_down(self) -> Floats:
        """Factor on each cell's steps down (rows, columns) [1]."""
        return self._whole(self._cells.step_down)

    @property
    def worn(self) -> int:
        """Cells that have had more pulses than the card's endurance; 0 where the card has none."""
        endurance = self.device.endurance
        return 0 if endurance is None else int(np.count_nonzero(self.cycles > endurance.pulses))

    def _shown(self, x: Floats) -> Floats:
        levels = self.device.conductance.levels
        if levels is not None:
            x = np.rint(x * (levels - 1)) / (levels - 1)
        low, high = self._cells.low, self._cells.high
        return np.asarray(np.minimum(low + (high - low) * x, high))

    def _sum_lines(self) -> None:
        self.row_g, self.column_g = (self.g.sum(axis=axis, dtype=np.float64) for axis in (1, 0))

    def place(self, x: Floats) -> None:
        """Put the cells at the states `x` (rows, columns) [window] and show them, without pulses or write noise."""
        self.hidden[...] = x
        self.g[...] = self._shown(self.hidden)
        self._sum_lines()

    def put(self, g: Floats) -> None:
        """Put the cells at the conductances `g` (rows, columns) [S], within each one's window, without pulses.

        A cell that ignores pulses stays where it is.
        """
        low, high = self.g_min, self.g_max
        self.place(np.where(self.responds, np.clip((g - low) / (high - low), 0.0, 1.0), self.hidden))

    def show(self, g: Floats) -> None:
        """Show the conductances `g` (rows, columns) [S], such as those of a stored result; for reading only."""
        self.g[...] = g
        self._sum_lines()

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Take what `state` gave."""
        for key, values in self.state().items():
            values[...] = state[key]

    def state(self) -> dict[str, NDArray[np.generic]]:
        """Arrays that pulses change, by name."""
        out: dict[str, NDArray[np.generic]] = {
            "hidden": self.hidden, "g": self.g, "row_g": self.row_g, "column_g": self.column_g
        }  # fmt: skip
        return out | ({"cycles": self.cycles} if self.cycles.size else {})

    def aged(self, seconds: float) -> Array:
        """A copy of the array as it stands `seconds` after it was written.

        Each cell drifts by the card's retention with a deviate of its own from the fabrication seed, faster by the
        card's temperature; what it shows changes, what pulses would move does not.
        """
        card = self.device
        later = copy.copy(self)
        hot = 1.0 if card.temperature is None else card.temperature.acceleration()
        xi = self._fabrication.rng(f"{self.name}/fabrication/retention").standard_normal(self.shape)
        low, high = self.g_min, self.g_max
        later.g = np.array(card.retention.aged(self.g, low, high, card.conductance.max, seconds * hot, xi))
        later.hidden, later.cycles = self.hidden.copy(), self.cycles.copy()
        later._sum_lines()
        return later

    def program(self, counts: Counts, operation: Streams, epoch: int, call: int) -> Written:
        """Apply signed pulse counts.

        Parameters
        ----------
        counts : int32 ndarray (rows, columns)
            Pulses for each cell, up positive; a unidirectional device takes none below 0.
        operation : Streams
            Seed of the pulses' noise.
        epoch, call : int
            Which call of the run this is; two calls draw different numbers.

        Returns
        -------
        Written
            Pulses and joules.
        """
        if self.device.programming.unidirectional and counts.min(initial=0) < 0:
            raise ValueError(f"device '{self.device.name}' has no pulses down: counts must not be negative; use reset")
        return together([self.prepare(counts, 1, operation, epoch, call)])[0]

    @property
    def threads(self) -> int:
        """Threads that a write is worth."""
        return worth(self.shape[0] * self.shape[1])

    def prepare(self, counts: Counts, sign: int, operation: Streams, epoch: int, call: int) -> Work:
        """Split a write of `sign` times `counts` into blocks that may run side by side; see `program`."""
        # Blocks of a fixed size, whatever the threads: their sums are added in the same order.
        at = self.edges
        train = self.train(len(at) - 1, operation, epoch, call)

        def block(k: int) -> None:
            part = (at[k], at[k + 1], sign, counts)
            if self._plain is not None:
                program_plain(*part, self.hidden, *self._plain, *train.done(k))
            else:
                program_rows(*part, *train.arguments(k))

        return Work(block, train.finish, len(at) - 1, self.threads)

    def train(self, blocks: int, operation: Streams, epoch: int, call: int) -> Train:
        """Begin a write of so many blocks; parameters as in `program`."""
        (rows, columns), cells, before = self.shape, self._cells, self.lines_before()
        # Pulses on plain cells draw no numbers.
        named = [] if self.plain else [f"{self.name}/{what}/{call}" for what in ("pulse", "write")]
        halves = np.concatenate([halved(operation.key(name, epoch)) for name in named]) if named else None
        given = (
            self.hidden, self._g, cells.each, cells.shapes, self._faulty, self.cycles, self.device.programming.code,
            self._law, self._tables, self._noise, self._levels, halves,
        )  # fmt: skip
        slots, sums = np.zeros((2, rows), dtype=np.int64), np.zeros((rows, 7))
        pulses, change = np.zeros((blocks, 2, columns), np.int64), np.zeros((blocks, columns))

        def finish() -> Written:
            self._stale = self._plain is not None
            changes = sums[:, 6], change.sum(axis=0)
            return self.booked(slots, sums.sum(axis=0), np.asarray(pulses.sum(axis=0)), changes, before)

        return Train(given, (slots, sums), (pulses, change), finish)

    def narrow(self) -> None:
        """Hold states, conductances and windows in single precision: programming waits for memory."""
        self.hidden = self.hidden.astype(np.float32)
        if not self.plain:
            # What plain cells show is computed from their states, and rounded nowhere.
            self._cells = replace(self._cells, each=self._cells.each.astype(np.float32))
            self.g = self._shown(self.hidden).astype(np.float32)
            self._sum_lines()

    def booked(
        self,
        slots: NDArray[np.int64],
        totals: Floats,
        pulses: NDArray[np.int64],
        changes: Lines,
        before: Lines | None,
    ) -> Written:
        """Enter what pulses have done to the lines.

        Parameters
        ----------
        slots : int64 ndarray (2, rows)
            As in `kernels.program_rows`.
        totals : ndarray (6,)
            Its `sums` over all rows but for the last.
        pulses : int64 ndarray (2, columns)
            Pulses of each column, up and down.
        changes : tuple of ndarray (rows,), (columns,) [S]
            Change of the conductance on each row and column.
        before : tuple of ndarray or None
            Conductance on rows and columns before the write [S], for half-selected cells.
        """
        self.row_g += changes[0]
        self.column_g += changes[1]
        written = Written()
        for side, direction in enumerate(DIRECTIONS):
            if totals[side]:
                mean, start = float(totals[2 + side]), float(totals[4 + side])
                written += self._cost(direction, float(totals[side]), mean, start, slots[side], pulses[side], before)
        return written

    def lines_before(self) -> Lines | None:
        """Conductance on rows and columns now [S], where half-selected cells are booked."""
        return (self.row_g.copy(), self.column_g.copy()) if self.device.energy.half_select else None

    @property
    def edges(self) -> list[int]:
        """First row of each block of a write, and the number of rows."""
        return edges(*self.shape, _BLOCK)

    def _plain_cells(self) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """Steps and window of cells that `program_plain` knows, or None."""
        each, law = self._cells.each, self._law
        bent = self.device.programming.code != AFFINE or law[:, 1:].any() or self._noise.any()
        apart = each.shape[:2] != (1, 1) or self._cells.shapes.size or self._faulty.size
        # Variances of reads are kept up to date from the conductances of every write.
        watched = self.device.read.noise.kind != "none"
        if bent or apart or watched or self._levels or self.cycles.size:
            return None
        up, down, low, high = (float(one) for one in each[0, 0])
        # A law's step down is negative; a count down is negative by itself.
        return (float(law[0, 0]) * up, -float(law[1, 0]) * down), (low, high)

    def reset(self, where: NDArray[np.bool_], operation: Streams, epoch: int, call: int) -> Written:
        """Reset cells of a unidirectional device: x -> to + sigma xi, by one pulse each.

        Parameters
        ----------
        where : bool ndarray (rows, columns)
        operation, epoch, call
            As in `program`.
        """
        reset = self.device.programming.reset
        assert reset is not None, f"device '{self.device.name}' has no reset"
        before, moved = self.g[where], where & self.responds
        lines = (self.row_g.copy(), self.column_g.copy()) if self.device.energy.half_select else None
        xi = operation.rng(f"{self.name}/reset/{call}", epoch).standard_normal(int(np.count_nonzero(moved)))
        self.hidden[moved] = np.clip(reset.to + reset.sigma * xi, 0.0, 1.0)
        self.g[moved] = self._shown(self.hidden)[moved]
        self._sum_lines()
        if self.cycles.size:
            self.cycles += where
        pulses, after = float(before.size), self.g[where]
        mean = 0.5 * float((before + after).sum())
        rows, columns = np.asarray(where.any(axis=1), dtype=np.int64), np.asarray(where.sum(axis=0), dtype=np.int64)
        return self._cost("down", pulses, mean, float(before.sum()), rows, columns, lines) if pulses else Written()

    def _cost(
        self,
        direction: Direction,
        pulses: float,
        conductance: float,
        start: float,
        slots: NDArray[np.int64],
        per_column: NDArray[np.int64],
        before: Lines | None,
    ) -> Written:
        """Joules of the pulses of one direction.

        Rows are written one after another, their columns in parallel: in each of a row's slots the cells of the row
        that are not pulsed and the cells of other rows on pulsed columns are half-selected, so that

            E_half = (share V)^2 t [sum_i slots_i G_i. + sum_j n_.j G_.j - 2 sum_ij n_ij G_ij]

        with the conductances G before the write; `start` is the last sum.
        """
        branch, rows, columns = self.device.branch(direction), *self.shape
        joules = self.device.energy.joules(branch, direction, pulses, conductance)
        half = 0.0
        if before is not None and self.device.energy.half_select is not None:
            exposed = float(slots @ before[0] + per_column @ before[1]) - 2.0 * start
            half = (self.device.energy.half_select * branch.amplitude) ** 2 * branch.width * max(exposed, 0.0)
        edges = branch.amplitude**2 * (float(slots.sum()) * columns + pulses * rows)
        return Written(pulses, joules, half, edges)
