"""What holds the weights of one layer, and can be programmed and read: pairs of arrays, or an array by itself."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from dataclasses import replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from analogep.crossbar.array import Array, Counts, Floats
from analogep.crossbar.program import Reads, Shown, Wanted
from analogep.crossbar.wander import Wandering
from analogep.crossbar.weigh import looking
from analogep.crossbar.write import At, Member, Sheet, Work, exact, together, wanted_counts
from analogep.crossbar.written import Written
from analogep.device import DeviceCard
from analogep.device.components import Components
from analogep.device.wander import Slow, slow_part
from analogep.draws import NO_KEY, key_of
from analogep.parts import in_precision
from analogep.routines import NOTHING, Made
from analogep.streams import Streams

Chosen = NDArray[np.bool_] | NDArray[np.int64]
"""Cells: a mask (rows, columns), or their positions in the flattened array, ascending."""
_MOST_ROUNDS = 20


def chosen(values: Floats, where: Chosen) -> Floats:
    """Entries (chosen,) of `values` (rows, columns), in their order and their unit.

    `where` is a bool mask (rows, columns), or int64 positions (chosen,) in the flattened array.
    """
    return values[where] if where.dtype == np.bool_ else values.ravel().take(where)


class Store(ABC):
    """Weights in conductances.

    Attributes
    ----------
    device : DeviceCard
    shape : (int, int)
        Rows and columns.
    name : str
        Name in the random streams, such as `layer1`.
    layer : int
        Layer of weights that it belongs to, from 0.
    weights : ndarray (rows, columns) [1]
    scale : float [1/S]
        Weight per siemens.
    step : float [1]
        Nominal weight change by one pulse.
    halves : dict of Array
        The arrays, by what the results call them: `plus`, `minus`, or `` for one alone.
    """

    device: DeviceCard
    shape: tuple[int, int]
    name: str
    layer: int
    weights: Floats
    scale: float
    step: float
    halves: dict[str, Array]
    elapsed: float | None = None
    """Time since the weights were written [s]; None in training."""
    averaging: float | None = None
    """For which a phase averages read noise [s]; None where phases are as long as verify reads."""
    slow: tuple[Slow, ...] = ()
    """What of each component of the read noise cells carry from sample to sample."""
    _look: tuple[tuple[Slow, ...], float | None, float | None, Made] | None = None

    @property
    def noise(self) -> Components:
        """Read noise, less what cells carry from sample to sample."""
        noise = self.device.read.components
        return replace(noise, slow=self.slow) if self.slow else noise

    def let_wander(self, step: float, operation: Streams) -> None:
        """Let the cells carry what of read noise is slower than a `step` [s]; draws from `operation`."""
        noise = self.device.read.components
        averaging = noise.width if self.averaging is None else self.averaging
        self.slow = tuple(slow_part(one, step, averaging) for one in noise.parts)
        for array in self.halves.values():
            assert isinstance(array, Wandering)
            array.let_wander(self.slow, operation)
        self.refresh()

    def resize_wander(self) -> None:
        """After a write: what cells carry has the size that goes with their new conductances."""
        for array in self.halves.values():
            assert isinstance(array, Wandering)
            array.resize()
        self.refresh()

    @property
    @abstractmethod
    def range(self) -> tuple[float, float]:
        """Lowest and highest weight that the nominal window holds [1]."""

    @abstractmethod
    def refresh(self) -> None:
        """Compute the weights anew from the conductances of all cells, where they are kept beside them."""

    @property
    @abstractmethod
    def members(self) -> list[Member]:
        """The arrays as pulses move them."""

    @abstractmethod
    def shown(self, counts: Floats) -> Shown:
        """Weights and variances kept beside the arrays; `counts` (rows, columns) or (0, 0) [pulses] is to be filled."""

    @property
    def real(self) -> type[np.floating[Any]]:
        """Precision of the states."""
        found: type[np.floating[Any]] = next(iter(self.halves.values())).hidden.dtype.type
        return found

    def program(self, counts: Counts | Floats, operation: Streams, epoch: int, call: int) -> Written:
        """Apply signed pulse counts; positive ones raise the weight.

        Parameters
        ----------
        counts : ndarray (rows, columns) [pulses]
            Whole numbers.
        operation, epoch, call
            As in `Array.program`.
        """
        real = self.real
        wanted, nothing = wanted_counts(counts, real), np.zeros((0, 0), real)
        reads, at = exact(real, self._looks(verify=False)), At(operation, epoch, call)
        return together([self._write(wanted, nothing, reads, at)])[0][0]

    def update(self, wanted: Wanted, counts: Floats, lsb: float, verify: bool, at: At) -> Work:
        """Prepare an update by a rule, in one pass with the verify reads of what it pulses.

        Parameters
        ----------
        wanted : Wanted
        counts : ndarray (rows, columns) or (0, 0) [pulses]
            Filled with the signed pulses, unless empty.
        lsb : float
            As in `read`.
        verify : bool
        at : At
        """
        key = key_of(at.operation.counted(f"{self.name}/verify", at.call, at.epoch)[0]) if verify else NO_KEY
        quantum = self.real(lsb * self.device.conductance.span)
        met = verify and any(array.exposed.reads.size for array in self.halves.values())
        if met and not counts.size:
            counts = np.zeros(self.shape, self.real)
        work = self._write(wanted, counts, Reads(self._looks(verify), quantum, verify, key), at)
        if not met:
            return work

        def finish() -> tuple[Written, Written]:
            done = work.finish()
            self._expose(counts != 0)
            return done

        return replace(work, finish=finish)

    def _expose(self, where: Chosen) -> None:
        """Let the cells `where` of all halves meet the voltage of a verify read."""
        for array in self.halves.values():
            array.exposed.looked(where)

    def _looks(self, verify: bool) -> Made:
        """Reads with their noise, where the engine needs it."""
        if not (verify or self.device.read.components):
            return NOTHING
        # The same from batch to batch, but where a chip ages or its cells begin to wander.
        known, now = self._look, (self.elapsed, self.averaging)
        if known is None or known[0] is not self.slow or known[1:3] != now:
            known = self._look = (self.slow, *now, looking(self._read_noise, self.real))
        return known[3]

    def _write(self, wanted: Wanted, counts: Floats, reads: Reads, at: At) -> Work:
        return self._sheet.prepare(wanted, self.shown(counts), reads, at, self.joules_per_siemens)

    @cached_property
    def _sheet(self) -> Sheet:
        return Sheet(self.members)

    @property
    def _read_noise(self) -> Any:
        """Numbers of the read noise."""
        noise, g_max = self.noise, self.device.conductance.max
        return in_precision(noise.numbers(g_max, self.elapsed, self.averaging), self.real)

    @abstractmethod
    def weigh(self, g: dict[str, Floats]) -> Floats:
        """Weights [1] of the conductances `g` [S], by half and of any one shape, as they were read."""

    @abstractmethod
    def conductances(self, weights: Floats) -> dict[str, Floats]:
        """Conductances that hold `weights` (rows, columns) [1], as far as cells' own windows reach [S], by half."""

    @abstractmethod
    def steps(self, g: dict[str, Floats], error: Floats) -> Floats | float:
        """Weight change by one pulse [1], one number or an array of the same shape as `error`.

        The cells were read at the conductances `g` (reads,) [S], by half; `error` (reads,) [1] is what their weights
        lack of the wanted ones.
        """

    @property
    def worn(self) -> int:
        """Devices beyond the card's endurance."""
        return sum(array.worn for array in self.halves.values())

    @property
    def devices(self) -> int:
        """Number of cells."""
        return len(self.halves) * self.shape[0] * self.shape[1]

    def read(self, where: Chosen, lsb: float, rng: np.random.Generator) -> Floats:
        """Verify reads of single weights, through the read noise and the converter.

        Parameters
        ----------
        where : bool ndarray (rows, columns) or int64 ndarray (reads,)
            Weights to read, as a mask or as positions in the flattened array.
        lsb : float
            Resolution of the converter as a fraction of the nominal window; 0 for an ideal one.
        rng : Generator
            Draws the read noise.

        Returns
        -------
        ndarray (reads,) [1]
            Weights as read, in the order of `where`.
        """
        return self.weigh(self.seen(where, lsb, rng))

    def seen(self, where: Chosen, lsb: float, rng: np.random.Generator) -> dict[str, Floats]:
        """Conductances of cells as verify reads see them (reads,) [S], by half; parameters as in `Store.read`."""
        noise, window = self.noise, self.device.conductance
        out = {}
        for half, array in self.halves.items():
            g = chosen(array.g, where)
            if noise:
                g = noise.sample(g, window.max, rng)
            if lsb > 0.0:
                quantum = lsb * window.span
                g = np.rint(g / quantum) * quantum
            out[half] = g
        return out

    @cached_property
    def joules_per_siemens(self) -> float:
        """Energy of reading a cell once at the card's read voltage, per conductance [J/S]: V i(V) t."""
        read = self.device.read
        v = np.array([read.voltage])
        return float(v[0] * read.iv.drive(v)[0]) * read.width

    def looked(self, where: Chosen) -> Written:
        """Record of one verify read of the cells `where`, as in `Store.read`, whose voltage they meet."""
        self._expose(where)
        rows = where.any(axis=1).sum() if where.dtype == np.bool_ else np.unique(where // self.shape[1]).size
        reads = np.count_nonzero(where) if where.dtype == np.bool_ else where.size
        return Written(reads=len(self.halves) * int(reads), read_joules=self.read_joules(where), rows=int(rows))

    def read_joules(self, where: Chosen) -> float:
        """Energy of reading the cells `where`, as in `Store.read`, once [J]."""
        total = sum(chosen(array.g, where).sum(dtype=np.float64) for array in self.halves.values())
        return self.joules_per_siemens * float(total)

    def write(
        self,
        target: Floats,
        operation: Streams,
        rng: np.random.Generator,
        lsb: float,
        where: NDArray[np.bool_] | None = None,
        epoch: int = 0,
        call: int = -1,
    ) -> Written:
        """Bring weights near `target` by write and verify.

        Each round reads every weight and pulses those that are off by half a step or more, until at most one in a
        hundred is, or the noise allows no better.

        Parameters
        ----------
        target : ndarray (rows, columns) [1]
            Wanted weights.
        operation : Streams
            Seed of the pulses' noise.
        rng : Generator
            Draws the read noise.
        lsb : float
            As in `read`.
        where : bool ndarray (rows, columns) or None
            Weights to write; None for all.
        epoch, call : int
            Which write of the run this is; its rounds count downwards from `call`.

        Returns
        -------
        Written
            Pulses, verify reads and their joules.
        """
        done, best = Written(), np.inf
        chosen = np.ones(self.shape, dtype=bool) if where is None else where
        wanted = target[chosen]
        for turn in range(_MOST_ROUNDS):
            seen = self.seen(chosen, lsb, rng)
            done += self.looked(chosen)
            error = wanted - self.weigh(seen)
            counts = np.rint(error / self.steps(seen, error)).astype(np.int32)
            off, spread = float(np.mean(counts != 0)), float(np.mean(np.abs(error)))
            if off <= 0.01 or spread > 0.98 * best:
                break
            best = spread
            pulses = np.zeros(self.shape, dtype=np.int32)
            pulses[chosen] = counts
            done += self.program(pulses, operation, epoch, call - turn)
        return done

    def aged(self, seconds: float) -> Self:
        """A copy as it stands `seconds` after it was written, read noise included."""
        later = copy.copy(self)
        later.__dict__.pop("_sheet", None)
        later.halves = {half: array.aged(seconds) for half, array in self.halves.items()}
        later.elapsed = seconds
        later.refresh()
        return later
