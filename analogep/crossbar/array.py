"""One crossbar: an array of cells with windows, pulses and noise of their own.

Rows are word lines (the side nearer to the inputs), columns are bit lines.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.crossbar.ageing import Ageing, speed
from analogep.crossbar.disturb import Exposed
from analogep.crossbar.fabrication import fabricate
from analogep.crossbar.program import Shown
from analogep.crossbar.row import Half, pulsing
from analogep.crossbar.write import At, Lines, Member, Met, Sheet, exact, together, wanted_counts
from analogep.crossbar.written import Written, cost, half_selected
from analogep.device import DIRECTIONS, DeviceCard
from analogep.device.disturb import Disturbance
from analogep.device.retention import Leak
from analogep.draws import NO_KEY, key_of
from analogep.streams import Streams

Floats = NDArray[np.float64]
Counts = NDArray[np.int32]


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
    single, start
        Whether states and conductances are held in single precision [bool]; as in `fabricate` [1].

    Attributes
    ----------
    hidden : ndarray (rows, columns) [window]
        State that pulses move.
    responds : bool ndarray (rows, columns)
        False where a cell ignores pulses.
    cycles : int32 ndarray (rows, columns) or (0, 0)
        Pulses that each cell has had; empty unless the card has an endurance, or a drift that begins anew with a pulse.
    memory : ndarray (rows, columns) or (0, 0) [window]
        Part of the write noise with a memory; empty unless the card has one.
    row_g, column_g : ndarray (rows,), (columns,) [S]
        Conductance on each line.
    """

    def __init__(
        self,
        device: DeviceCard,
        shape: tuple[int, int],
        fabrication: Streams,
        name: str,
        *,
        single: bool = False,
        start: float = 0.5,
    ) -> None:
        self.device, self.name, self.shape, self._fabrication = device, name, shape, fabrication
        real: type[np.floating[Any]] = np.float32 if single else np.float64
        cells = fabricate(device, shape, fabrication, name, start)
        self._cells = replace(cells, each=cells.each.astype(real), shapes=cells.shapes.astype(real))
        self.responds, self.hidden = cells.responds, cells.start.astype(real)
        law, self._write = device.programming, device.variation.write_noise
        self.second = np.full((0, 0) if law.second is None else shape, law.second or 0.0, real)
        self.ageing, self.exposed = Ageing(device, shape, self._deviates, real), Exposed(device, shape)
        counted = device.lifetime is not None or device.retention.drifts
        self.cycles = np.zeros(shape if counted else (0, 0), dtype=np.int32)
        self._window: tuple[Floats, Floats, Floats] | None = None
        self.memory = np.zeros((0, 0) if self._write.mean_reverting is None else shape, real)
        self._kept = self._write.deviation > 0.0
        """Whether what cells show is more than their states say."""
        self._g, self._stale = self._shown(self.hidden), False
        self._sum_lines()
        self._law, self._noise = law.numbers(), device.variation.cycle_to_cycle.numbers(law, device.conductance)
        self._drawn = law.draws or self._kept or self._noise is not None
        """Whether pulses draw random numbers."""
        self._faulty = self.responds if not self.responds.all() else np.zeros((0, 0), dtype=bool)
        self._half: Half | None = None

    @property
    def g(self) -> Floats:
        """Conductance that each cell shows (rows, columns) [S].

        Without write noise it follows from their states: training moves those alone, and looks here once an epoch.
        """
        if self._stale:
            self._g[...] = self._shown(self.hidden)
            self._stale = False
        return self._g

    @g.setter
    def g(self, values: Floats) -> None:
        self._g, self._stale = values, False

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
        lifetime = self.device.lifetime
        return 0 if lifetime is None else int(np.count_nonzero(self.cycles > lifetime))

    def _shown(self, x: Floats) -> Floats:
        """Conductances of the states `x` [S], as `shown.show` computes them."""
        levels, real = self.device.conductance.levels, x.dtype.type
        if levels is not None:
            x = np.rint(x * real(levels - 1)) / real(levels - 1)
        low, span, high = self._window or self._ends()
        shown = np.asarray(span * x)
        shown += low
        return np.minimum(shown, high, out=shown)

    def _ends(self) -> tuple[Floats, Floats, Floats]:
        """Lower ends, widths and upper ends of the cells' windows (rows, columns) or (1, 1) [S]."""
        low, high = self._cells.low, self._cells.high
        return low, high - low, high

    def _sum_lines(self) -> None:
        self.row_g, self.column_g = (self.g.sum(axis=axis, dtype=np.float64) for axis in (1, 0))

    def place(self, x: Floats) -> None:
        """Put the cells at the states `x` (rows, columns) [window] and show them, without pulses or write noise."""
        self.hidden[...] = x
        self.memory[...] = 0.0
        self.g[...] = self._shown(self.hidden)
        self.ageing.restart(self.g)
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
        """Take the arrays `state`, shapes and units as of `Array.state`."""
        for key, values in self.state().items():
            values[...] = state[key]
        self._kept = self._kept or self.ageing.drifting

    def state(self) -> dict[str, NDArray[np.generic]]:
        """Arrays that pulses change, by name: the array's own, not copies.

        Returns
        -------
        dict of ndarray
            `hidden` (rows, columns) [window], `g` (rows, columns) [S], `row_g` (rows,) [S], `column_g` (columns,) [S];
            `cycles` (rows, columns) [pulses] if they are counted, `second` (rows, columns), in the unit of the law, if
            its law has a second state, `memory` (rows, columns) [window] if write noise has one, and what
            `Ageing.state` and `Exposed.state` have.
        """
        out: dict[str, NDArray[np.generic]] = {
            "hidden": self.hidden, "g": self.g, "row_g": self.row_g, "column_g": self.column_g
        }  # fmt: skip
        more = {"cycles": self.cycles, "second": self.second, "memory": self.memory}
        kept = {name: values for name, values in more.items() if values.size}
        return out | kept | self.ageing.state() | self.exposed.state()

    def _deviates(self) -> Floats:
        """A normal deviate of each cell's retention (rows, columns) [1], the same whenever it is asked for."""
        return self._fabrication.rng(f"{self.name}/fabrication/retention").standard_normal(self.shape)

    def elapse(self, start: float, end: float) -> None:
        """Let the cells age from `start` to `end` [s] on the clock of training, as the card's retention has it.

        A charge that leaks takes the states along, and pulses go on from there; a drift changes what cells show.
        """
        retention = self.device.retention
        if isinstance(retention, Leak):
            if self._window is None:  # among all else that a cell has they are four times as far apart
                low, span, high = map(np.ascontiguousarray, self._ends())
                self._window = low, span, high
            rest, left = self.hidden.dtype.type(retention.rest), self.ageing.left(end - start)
            if self._kept:
                middle = self._shown_as(rest)
                self.g[...] = middle + (self.g - middle) * left
            self.hidden[...] = rest + (self.hidden - rest) * left
            self._stale = not self._kept
        elif retention.drifts:
            self.g = self.ageing.drifted(self.g, self.g_min, self.g_max, self.cycles, end)
            self._kept = True
        self._sum_lines()

    def disturb(self, by: Disturbance) -> bool:
        """Move the cells by what they were exposed to, where that is worth it; returns whether it was."""
        if not self.exposed.worth(by):
            return False
        after = self.exposed.moved(by, self.hidden, (self.step_up, self.step_down))
        change = np.where(self.responds, after - self.hidden, self.hidden.dtype.type(0.0))
        self.hidden += change
        if self._kept:
            shift = (self.g_max - self.g_min) * change
            self.g[...] += shift
            if self.ageing.fresh.size:
                self.ageing.fresh += shift
        self._stale = not self._kept
        self._sum_lines()
        return True

    def _shown_as(self, x: float) -> Floats:
        """Conductances of cells at the state `x`, between levels too (rows, columns) or (1, 1) [S]."""
        return self._cells.low + (self._cells.high - self._cells.low) * x

    def aged(self, seconds: float) -> Array:
        """A copy of the array as it stands `seconds` after it was written.

        Each cell drifts by the card's retention with a deviate of its own from the fabrication seed, faster by the
        card's temperature; what it shows changes, what pulses would move does not.
        """
        card, later, low, high = self.device, copy.copy(self), self.g_min, self.g_max
        fresh, age = self.ageing.unaged(self.g, self.cycles)
        time = (age + seconds) * speed(card)
        later.g = np.array(card.retention.aged(fresh, low, high, card.conductance.max, time, self._deviates()))
        later.hidden, later.cycles, later.second = self.hidden.copy(), self.cycles.copy(), self.second.copy()
        later.memory, later.exposed, later.ageing = self.memory.copy(), self.exposed.copied(), self.ageing.copied()
        later._kept = True
        later._sum_lines()
        return later

    def program(self, counts: Counts, operation: Streams, epoch: int, call: int) -> Written:
        """Apply signed pulse counts.

        Parameters
        ----------
        counts : int32 ndarray (rows, columns) [pulses]
            Of each cell, up positive; a unidirectional device takes none below 0.
        operation : Streams
            Seed of the pulses' noise.
        epoch, call : int
            Which call of the run this is; two calls draw different numbers.

        Returns
        -------
        Written
            Pulses and joules.

        Raises
        ------
        ValueError
            A count below 0 for a unidirectional device.
        """
        if self.device.programming.unidirectional and counts.min(initial=0) < 0:
            raise ValueError(f"device '{self.device.name}' has no pulses down: counts must not be negative; use reset")
        real = self.hidden.dtype.type
        empty = np.zeros((0, 0), real)
        nothing = Shown(empty, empty, empty, real(1.0), real(0.0))
        wanted, members = wanted_counts(counts, real), [Member(self, 1.0, -np.inf)]
        work = Sheet(members).prepare(wanted, nothing, exact(real), At(operation, epoch, call), 0.0)
        return together([work])[0][0]

    def half(self, sign: float, least: float, at: At) -> Half:
        """The array for the programming engine.

        Parameters
        ----------
        sign, least : float
            As in `row.Half`.
        at : At
        """
        real, keys, kept = self.hidden.dtype.type, (NO_KEY, NO_KEY), self._half
        if self._drawn:
            pulse, write = at.operation.counted(f"{self.name}/pulse", at.call, at.epoch, 2)
            keys = (key_of(pulse), key_of(write))
        if kept is None or not (
            kept.hidden is self.hidden
            and kept.second is self.second
            and kept.cycles is self.cycles
            and kept.memory is self.memory
        ):
            # What pulses change in place, and a resume replaces.
            kept = self._half = self._made()
        g = self.g if self._kept else kept.g
        return kept._replace(g=g, sign=real(sign), least=real(least), keys=keys)

    def _made(self) -> Half:
        """The array for the engine, but for what each write has of its own."""
        real, levels, part = self.hidden.dtype.type, self.device.conductance.levels, self._write.mean_reverting
        reverting = np.array([] if part is None else [1.0 / part.length, part.sigma], real)
        return Half(
            self.hidden, self.second, np.zeros((0, 0), real), self._cells.each.reshape(-1), self._cells.shapes,
            self._faulty, self.cycles, *pulsing(self._law, self._noise, real),
            real(self._write.sigma), real((levels or 1) - 1), real(0.0), real(0.0),
            (NO_KEY, NO_KEY), self.memory, reverting,
        )  # fmt: skip

    def booked(
        self, slots: Sequence[float], number: Sequence[float], sums: Sequence[float], met: Met | None
    ) -> Written:
        """Book the joules of pulses, after which what cells show is not known any more.

        Parameters
        ----------
        slots : sequence of float [pulses]
            Of all rows, up and down, or only up.
        number : sequence of float [pulses]
            Pulses up and down.
        sums : sequence of float [S]
            As `program.SUMS` lists them, of all rows.
        met : Met or None
            Of its (sides, rows) and (sides, columns) [pulses]; None without half-selected cells that cost or move.
        """
        self._stale = not self._kept
        written = Written()
        for side, (direction, some) in enumerate(zip(DIRECTIONS, number, strict=False)):
            if some:
                exposed = 0.0
                if met is not None:
                    rows, columns, before = met[0][side], met[1][side], met[2]
                    self.exposed.met(side, rows, columns)
                    if before is not None:
                        exposed = half_selected(rows, columns, before, sums[2 + side])
                written += cost(self.device, direction, some, sums[side], self.shape, slots[side], exposed)
        return written

    @property
    def remembers(self) -> bool:
        """Whether its cells are moved by the pulses of others, which it has to note."""
        return self.exposed.rows.size > 0

    @property
    def widths(self) -> tuple[float, float]:
        """Of pulses up and down [s]; that of the reset of a device without pulses down."""
        return self.device.branch("up").width, self.device.branch("down").width

    def lines_before(self) -> Lines | None:
        """Conductance on rows and columns now (rows,), (columns,) [S]; None where half-selected cells cost nothing."""
        return (self.row_g.copy(), self.column_g.copy()) if self.device.energy.half_select else None

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
        before, moved, lines = self.g[where], where & self.responds, self.lines_before()
        xi = operation.rng(f"{self.name}/reset/{call}", epoch).standard_normal(int(np.count_nonzero(moved)))
        self.hidden[moved] = np.clip(reset.to + reset.sigma * xi, 0.0, 1.0)
        if self.memory.size:
            self.memory[moved] = 0.0
        self.g[moved] = self._shown(self.hidden)[moved]
        self._sum_lines()
        if self.cycles.size:
            self.cycles += where
        pulses, after = float(before.size), self.g[where]
        if not pulses:
            return Written()
        mean, exposed = 0.5 * float((before + after).sum()), 0.0
        rows, columns = (np.asarray(found, dtype=np.float64) for found in (where.any(axis=1), where.sum(axis=0)))
        if lines is not None:
            exposed = half_selected(rows, columns, lines, float(before.sum()))
        return cost(self.device, "down", pulses, mean, self.shape, float(rows.sum()), exposed)
