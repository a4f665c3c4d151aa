"""Conductance pairs: signed weights from two arrays that are read against each other.

w = range (g_plus - g_minus)/(G_max - G_min)       with the nominal window of the card.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.crossbar.array import Array, Counts, Floats
from analogep.crossbar.closing import close_rows
from analogep.crossbar.descent import SUMS, descend_rows
from analogep.crossbar.kernels import cells_with_pulses, weigh_rows
from analogep.crossbar.plain import weigh_plain
from analogep.crossbar.store import Fill, Store
from analogep.crossbar.threads import edges, share
from analogep.crossbar.written import Work, Written
from analogep.device import DeviceCard
from analogep.draws import halved
from analogep.streams import Streams

_DESCENT = 1 << 16
"""Cells of one job of `Pair.descent` and `Pair.closing`, about."""


def _rowwise(factors: tuple[Floats | None, Floats], kind: type[np.floating[Any]]) -> tuple[Floats, Floats]:
    """Factors of a wanted change as kernels take them."""
    lines, change = factors
    rows = np.empty((0, 0), kind) if lines is None else np.ascontiguousarray(lines.T, dtype=kind)
    return rows, np.ascontiguousarray(change, dtype=kind)


class Pair(Store):
    """Two arrays that hold the weights of one layer.

    Parameters
    ----------
    device : DeviceCard
        Technology of both arrays.
    shape : (int, int)
        Rows (inputs and bias) and columns (neurons).
    weight_range : float
        |weight| at which the halves of a push-pull pair stand at opposite ends of the nominal window.
    push_pull : bool
        Whether both halves are programmed, or g_plus alone.
    fabrication : Streams
        Seed of the spread between cells.
    name, layer : str, int
        As in `Store`.
    single : bool
        Whether weights, states and conductances are held in single precision.
    """

    def __init__(
        self,
        device: DeviceCard,
        shape: tuple[int, int],
        weight_range: float,
        push_pull: bool,
        fabrication: Streams,
        name: str,
        layer: int = 0,
        *,
        single: bool = False,
    ) -> None:
        self.device, self.shape, self.name, self.layer = device, shape, name, layer
        self.weight_range, self.push_pull = weight_range, push_pull
        self.unidirectional = device.programming.unidirectional
        self.halves = {half: Array(device, shape, fabrication, f"{name}/{half}") for half in ("plus", "minus")}
        self.plain = push_pull and all(array.plain for array in self.halves.values())
        """Whether `descent` knows the pair."""
        self._real: type[np.floating[Any]] = np.float32 if single else np.float64
        if single:
            for array in self.halves.values():
                array.narrow()
        self.scale = weight_range / device.conductance.span
        """Weight per siemens [1/S]."""
        both = push_pull and not self.unidirectional
        self.step = device.step * weight_range * (2.0 if both else 1.0)
        """Nominal weight change by one pulse on the pair [1]."""
        self.refresh()

    @property
    def plus(self) -> Array:
        """The positive half."""
        return self.halves["plus"]

    @property
    def minus(self) -> Array:
        """The negative half."""
        return self.halves["minus"]

    def refresh(self) -> None:
        """Compute the weights from the conductances of all cells."""
        # Rounded as kernels do it: a resumed run has the same weights.
        double = np.multiply(self.plus.g - self.minus.g, self.scale, dtype=np.float64)
        self._weights: Floats = double.astype(self._real)
        self._variance: Floats | None = None

    @property
    def weights(self) -> Floats:  # type: ignore[override]
        """Weights of all pairs (rows, columns) [1], to look at: pulses alone move them."""
        seen = self._weights.view()
        seen.setflags(write=False)
        return seen

    @property
    def row_total(self) -> Floats:
        """Conductance on each word line (rows,) [S], for the power of forward reads."""
        return np.asarray(self.plus.row_g + self.minus.row_g)

    @property
    def column_total(self) -> Floats:
        """Conductance on each bit line (columns,) [S], for the power of reverse reads."""
        return np.asarray(self.plus.column_g + self.minus.column_g)

    @property
    def limit(self) -> float:
        """Largest |weight| that the nominal window holds [1]."""
        return self.weight_range * (1.0 if self.push_pull or self.unidirectional else 0.5)

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest weight that the nominal window holds [1]."""
        return -self.limit, self.limit

    def noise_variance(self) -> Floats | None:
        """Variance of each weight in one read [1], or None where reads have no noise."""
        if self.device.read.noise.kind == "none":
            return None
        if self._variance is None:
            found = self._variance_of({half: array.g for half, array in self.halves.items()})
            self._variance = found.astype(self._real)
        return self._variance

    def _variance_of(self, g: dict[str, Floats]) -> Floats:
        """Variance of weights [1] in one read of both halves' conductances [S]."""
        noise, top = self.device.read.noise, self.device.conductance.max
        plus, minus = (noise.variance(np.asarray(g[half], np.float64), top, self.elapsed) for half in ("plus", "minus"))
        return (plus + minus) * self.scale**2

    def program(self, counts: Counts, operation: Streams, epoch: int, call: int, fill: Fill | None = None) -> Written:
        """Apply signed pulse counts to the pairs: up on plus and, with push-pull, down on minus.

        A unidirectional device knows pulses up alone: a weight rises by pulses on plus and falls by pulses on minus.
        """
        blocks, at = list(itertools.pairwise(self.plus.edges)), (operation, epoch, call)
        if self.unidirectional:
            if fill is not None:
                fill(0, self.shape[0])
            work = [
                self.plus.prepare(np.maximum(counts, 0), 1, *at),
                self.minus.prepare(np.minimum(counts, 0), -1, *at),
            ]
            fill = None
        else:
            work = [self.plus.prepare(counts, 1, *at)]
            if self.push_pull:
                work.append(self.minus.prepare(counts, -1, *at))

        def block(k: int) -> None:
            # One block after the other: what a step needs of the last one is still in the cache.
            if fill is not None:
                fill(*blocks[k])
            for half in work:
                half.block(k)
            self._weigh_rows(counts, *blocks[k])

        share(block, len(blocks), self.plus.threads)
        return sum((half.finish() for half in work), Written())

    def descent(self, lines: Floats | None, change: Floats, key: int, most: float) -> Work:
        """Pulses of the stochastic rule for a gradient or a sum of outer products, all in one pass over plain cells.

        Parameters
        ----------
        lines, change : ndarray (terms, rows), (terms, columns)
            Factors of the wanted change of the weights [steps]; or None, and the change itself (rows, columns).
        key : int
            Key of the stochastic rounding, as in `draws.rounded`.
        most : float
            Most pulses on one pair.
        """
        (rows, columns), kind, plus, minus = self.shape, self._real, self.plus, self.minus
        at = edges(rows, columns, _DESCENT)
        blocks = len(at) - 1
        slots, sums = np.zeros((2, rows), dtype=np.int64), np.zeros((rows, SUMS))
        pulses, moved = np.zeros((blocks, 2, columns), dtype=np.int64), np.zeros((blocks, 2, columns))
        factors = _rowwise((lines, change), kind)
        steps = (kind(plus.steps[0]), kind(plus.steps[1]))
        rounding, states = (halved(key), kind(most)), (plus.hidden, minus.hidden, self._weights)
        given = (*factors, *rounding, *states, steps, plus.window, self.scale)

        def block(k: int) -> None:
            descend_rows(at[k], at[k + 1], *given, slots, sums, pulses[k], moved[k])

        def finish() -> Written:
            counted, shifted, totals = pulses.sum(axis=0), moved.sum(axis=0), sums.sum(axis=0)
            first = plus.descended(slots, totals[:6], counted, (sums[:, 6], shifted[0]))
            # What goes up on plus goes down on minus.
            totals = np.append(totals[1::-1], totals[7:11])
            return first + minus.descended(slots[::-1], totals, counted[::-1], (sums[:, 11], shifted[1]))

        return Work(block, finish, blocks, plus.threads)

    @property
    def closes(self) -> bool:
        """Whether `closing` knows the pair."""
        noise = self.device.read.noise
        known = noise.kind == "none" or noise.square is not None
        return self.push_pull and not self.unidirectional and not self.plain and known

    def closing(
        self, factors: tuple[Floats | None, Floats], loop: tuple[float, float], memory: tuple[Floats, Floats],
        again: NDArray[np.bool_], lsb: float, operation: Streams, epoch: int, call: int,
    ) -> tuple[Work, Callable[[], Written]]:  # fmt: skip
        """An update by the closed loop in one pass, verify reads of what was pulsed included.

        Parameters
        ----------
        factors
            `lines` and `change` of `descent`.
        loop : tuple of float
            Threshold [steps] and most pulses of the rule.
        memory : tuple of ndarray (rows, columns) [1]
            Wanted weights and last reads; changed in place.
        again : bool ndarray (rows,)
            As in `closing.close_rows`.
        lsb : float
            As in `read`.
        operation, epoch, call
            As in `program`.

        Returns
        -------
        Work
            The write.
        callable
            Gives the reads, once it is done.
        """
        (rows, columns), kind, read = self.shape, self._real, self.device.read
        at = edges(rows, columns, _DESCENT)
        trains = [array.train(len(at) - 1, operation, epoch, call) for array in self.halves.values()]
        variances = self.noise_variance()
        reading = (*(read.noise.square or (0.0, 0.0)), lsb * self.device.conductance.span)
        reads, key = np.zeros((2, rows)), halved(operation.key(f"{self.name}/verify/{call}", epoch))
        rule = tuple(kind(value) for value in (self.step, *self.range, *loop))
        given = (*_rowwise(factors, kind), rule, *memory, again)
        own = (
            self.scale,
            self._weights,
            np.empty((0, 0), kind) if variances is None else variances,
            reading,
            key,
            reads,
        )

        def block(k: int) -> None:
            plus, minus = (train.arguments(k) for train in trains)
            close_rows(at[k], at[k + 1], *given, plus, minus, *own)

        def verified() -> Written:
            count, conductance = reads.sum(axis=1)
            return Written(reads=2 * int(count), read_joules=self.joules_per_siemens * float(conductance))

        return Work(block, lambda: trains[0].finish() + trains[1].finish(), len(at) - 1, self.plus.threads), verified

    def _weigh_rows(self, counts: Counts, first: int, last: int) -> None:
        """Weights of the rows of a block that were pulsed, and their variances where they are kept."""
        plus, minus, square = self.plus, self.minus, self.device.read.noise.square
        if plus.plain and minus.plain:
            states = (plus.hidden, minus.hidden)
            weigh_plain(first, last, counts, *states, plus.window, self.scale, self._weights)
            return
        told = self._variance is not None and square is not None
        variances = self._variance if told else np.empty((0, 0), self._real)
        weigh_rows(
            first, last, counts, plus.g, minus.g, self.scale, self._weights, square if told else (0.0, 0.0), variances
        )
        if self._variance is not None and not told:
            self._spread_cells(self._variance, counts, first, last)

    def _spread_cells(self, variance: Floats, counts: Counts, first: int, last: int) -> None:
        """Variances of the cells of a block that were pulsed."""
        where = cells_with_pulses(first, last, counts)
        if where.size:
            g = {half: array.g.reshape(-1).take(where) for half, array in self.halves.items()}
            variance.reshape(-1)[where] = self._variance_of(g)

    def weigh(self, g: dict[str, Floats]) -> Floats:
        """Weights [1] of both halves' conductances [S]."""
        return (g["plus"] - g["minus"]) * self.scale

    def conductances(self, weights: Floats) -> dict[str, Floats]:
        """Both halves for weights [1], or one of them where pulses move only that.

        Of all halves with the wanted difference those whose mean is nearest to the middle of the nominal window, or to
        half of the difference above its lower end where pulses only go up.
        """
        window, half = self.device.conductance, 0.5 * weights / self.scale
        if not (self.push_pull or self.unidirectional):
            return {"plus": np.asarray(self.minus.g + 2.0 * half), "minus": np.array(self.minus.g)}
        mean = window.min + np.abs(half) if self.unidirectional else 0.5 * (window.min + window.max)
        low = np.maximum(self.plus.g_min - half, self.minus.g_min + half)
        high = np.minimum(self.plus.g_max - half, self.minus.g_max + half)
        mean = np.clip(mean, low, np.maximum(low, high))
        return {"plus": mean + half, "minus": mean - half}

    def steps(self, g: dict[str, Floats], error: Floats) -> Floats | float:
        """Weight change by one pulse on pairs as read [1].

        The nominal step serves devices that come back from either side. A unidirectional one must not overshoot, and
        its step differs many times over along the window: there it is the law's at the state of the half to pulse.
        """
        if not self.unidirectional:
            return self.step
        window = self.device.conductance
        x = np.clip((np.where(error > 0.0, g["plus"], g["minus"]) - window.min) / window.span, 0.0, 1.0)
        local = self.device.programming.step("up", x) * self.weight_range
        return np.maximum(local, 1e-3 * self.step)

    def renew(
        self, operation: Streams, rng: np.random.Generator, lsb: float, epoch: int, call: int
    ) -> tuple[Written, NDArray[np.bool_]]:
        """Reset pairs of a unidirectional device that have run high, and write their weights anew.

        Parameters
        ----------
        operation, rng, lsb, epoch, call
            As in `write`.

        Returns
        -------
        Written
            Reads, resets and pulses.
        ndarray (rows, columns)
            Which pairs were renewed.
        """
        reset, window = self.device.programming.reset, self.device.conductance
        assert reset is not None, f"device '{self.device.name}' has no reset"
        everywhere = np.ones(self.shape, dtype=bool)
        seen = {half: g.reshape(self.shape) for half, g in self.seen(everywhere, lsb, rng).items()}
        plus, minus = seen["plus"], seen["minus"]
        done = Written(reads=2 * plus.size, read_joules=self.read_joules(everywhere))
        high = window.min + reset.refresh_above * window.span
        # A half that cannot move is not reset again and again.
        where = ((plus > high) & self.plus.responds) | ((minus > high) & self.minus.responds)
        if where.any():
            for array in self.halves.values():
                done += array.reset(where, operation, epoch, call)
            self.refresh()
            target = np.clip(self.weigh(seen), -self.limit, self.limit)
            done += self.write(target, operation, rng, lsb, where, epoch, call - 1)
        return done, where
