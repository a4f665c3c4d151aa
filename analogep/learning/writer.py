"""From the gradient of one store to counts of pulses, a block of rows at a time and only where there is work."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from analogep.circuit import ActiveRule
from analogep.circuit.update import MOST_PULSES, Accumulating, ClosedLoop, Stochastic
from analogep.crossbar import Pair, Store, threads
from analogep.crossbar.kernels import cells_with_pulses, rows_with_pulses
from analogep.crossbar.written import Work, Written
from analogep.draws import rounded_rows
from analogep.learning.memory import closed_rows, mixed_rows
from analogep.learning.outer import Outer
from analogep.streams import Streams

Floats = NDArray[np.float64]


_CELLS = 1 << 16
"""Cells of one job of `Writer.positions`, about."""


class Writer:
    """Counts of pulses for one store.

    A row is looked at if its gradient is not zero, or if it was pulsed in the last update, so that memory may still
    want more of it; all others want nothing, by every rule.

    Parameters
    ----------
    store : Store
    rule : update rule
    memory : dict of ndarray
        Digital memory of the rule, `Updater.memory`; changed in place.

    Attributes
    ----------
    counts : int32 ndarray (rows, columns)
        Signed pulses of this update, once `fill` has been called for all rows.
    """

    def __init__(self, store: Store, rule: ActiveRule, memory: dict[str, Floats]) -> None:
        self.store, self.rule, self._memory = store, rule, memory
        self.counts = np.zeros(store.shape, dtype=np.int32)
        self._gradient: Outer | Floats = np.zeros(store.shape)
        self._key = 0
        # After a resume nobody knows what memory still wants: look everywhere once.
        self._pulsed = np.ones(store.shape[0], dtype=bool)

    def want(self, gradient: Outer | Floats, rate: float, key: int) -> None:
        """Begin an update: dw = -rate gradient.

        Parameters
        ----------
        gradient : Outer or ndarray (rows, columns) [1]
        rate : float
            Learning rate.
        key : int
            Key of the stochastic rule's random numbers.
        """
        self._gradient = gradient * (-rate / self.store.step)
        self._key = key

    @property
    def at_once(self) -> bool:
        """Whether `update` knows the rule and the cells."""
        if not isinstance(self.store, Pair):
            return False
        if isinstance(self.rule, ClosedLoop):
            return self.store.closes
        return isinstance(self.rule, Stochastic) and self.store.plain

    def update(self, lsb: float, operation: Streams, epoch: int, batch: int) -> tuple[Work, Callable[[], Written]]:
        """The whole update in one pass, without counts.

        Parameters
        ----------
        lsb, operation, epoch, batch
            As in `Pair.closing`.

        Returns
        -------
        Work
        callable
            Gives its verify reads, once it is done.
        """
        assert isinstance(self.store, Pair)
        gradient, rule, name = self._gradient, self.rule, self.store.name
        lines, change = (gradient.rows, gradient.columns) if isinstance(gradient, Outer) else (None, gradient)
        if not isinstance(rule, ClosedLoop):
            return self.store.descent(lines, change, self._key, float(MOST_PULSES)), Written
        memory = self._memory[f"{name}/wanted"], self._memory[f"{name}/seen"]
        loop = rule.threshold, float(MOST_PULSES if rule.max_pulses is None else rule.max_pulses)
        return self.store.closing((lines, change), loop, memory, self._pulsed, lsb, operation, epoch, batch)

    def fill(self, first: int, last: int) -> None:
        """Write the counts of the rows `first` to `last` - 1."""
        gradient = self._gradient
        active = gradient.active(first, last) if isinstance(gradient, Outer) else np.ones(last - first, dtype=bool)
        rows, still = (first + np.flatnonzero(some) for some in (active, self._pulsed[first:last] & ~active))
        # By themselves: sums over samples must not depend on which other rows are looked at.
        if rows.size:
            self._fill(gradient.some(rows) if isinstance(gradient, Outer) else gradient[rows], rows)
        if still.size:
            self._fill(np.zeros((still.size, self.store.shape[1])), still)
        # Rows that are in neither group had no pulses and still have none.
        rows_with_pulses(first, last, self.counts, self._pulsed)

    def look_at(self, rows: NDArray[np.bool_]) -> None:
        """Look at these rows (rows,) in the next update even if their gradient is zero: memory has changed."""
        self._pulsed |= rows

    def _fill(self, z: Floats, rows: NDArray[np.int64]) -> None:
        """Counts of some rows for their wanted change `z` [steps]."""
        rule, store, memory = self.rule, self.store, self._memory
        if isinstance(rule, Accumulating):
            most = float(MOST_PULSES if rule.max_pulses is None else rule.max_pulses)
            if isinstance(rule, ClosedLoop):
                wanted, seen = memory[f"{store.name}/wanted"], memory[f"{store.name}/seen"]
                low, high = store.range
                closed_rows(z, rows, wanted, seen, store.step, low, high, rule.threshold, most, self.counts)
            else:
                mixed_rows(z, rows, memory[f"{store.name}/residual"], rule.threshold, most, self.counts)
        elif isinstance(rule, Stochastic):
            self.counts[rows] = rounded_rows(z, rows, self._key, MOST_PULSES)
        else:
            self.counts[rows] = rule.counts(z, self._key)

    def positions(self) -> NDArray[np.int64]:
        """Positions of the cells with pulses in the flattened array, ascending."""
        at = threads.edges(*self.store.shape, _CELLS)
        found: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)] * (len(at) - 1)

        def block(k: int) -> None:
            found[k] = cells_with_pulses(at[k], at[k + 1], self.counts)

        threads.share(block, len(found), threads.worth(self.counts.size))
        return np.concatenate(found)
