"""What half-selecting and reading do to the states of an array, in the mean, between its pulses.

    n_ij = f (slots_i + sum_k n_kj) + max(s t, 0) + max(s_r t_r k_ij, 0)       what exposures are worth, of a direction
    dx/dn = step(x) factor_ij                            a small part of a pulse after the other, from 0 to n_ij

Rows are written one after another: while a row has its slots, all of its cells are half-selected, and with each pulse
on a column those of other rows. A pulsed cell is counted among them, so that its own pulses are larger by 2 f of them.
f and s are of `device.disturb`; t is how long the network relaxed, as if all lines stood at the read voltage, which is
the most that reads do. A verify read puts the card's own read voltage, with its rate s_r, on a cell for `read.width`,
t_r; k_ij counts those of the cell: of initial and later writes, of rules that verify, of mirrors and renewals. Cells
whose columns are not read float and see nothing, as in the joules of these reads; conversions add no voltage.

All of it waits until it is worth it, as ageing does, and has no noise: what a write and its reads do comes after the
write. Inferences move nothing, neither those on held-out and test samples, which are not on the clock of training
either (`Emulator.elapsed`), nor those of an observer, so that a training that is watched gives the same numbers: they
are looks at a chip, whose use `Chip.aged` is asked for. Nor do resets of devices without pulses down, which are rare.
"""

from __future__ import annotations

import copy
import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from analogep.crossbar.ageing import least
from analogep.device import DIRECTIONS, DeviceCard
from analogep.device.disturb import Disturbance, disturbance, reads_move

Floats = NDArray[np.float64]

_NODES: Final = 1025
_PART: Final = 0.02
"""Largest part of the window that is gone at once."""


class Exposed:
    """What cells have met since they were last moved by it.

    Parameters
    ----------
    device : DeviceCard
    shape : (int, int)

    Attributes
    ----------
    rows, columns : ndarray (2, rows), (2, columns), or (0, 0) [pulses]
        Slots of each row and pulses on each column, up and down; empty where half-selecting moves nothing.
    lit : ndarray (1,) or (0,) [s]
        For how long the array was read in phases.
    reads : int32 ndarray (rows, columns) or (0, 0)
        Verify reads of each cell; empty where reading moves nothing.
    """

    def __init__(self, device: DeviceCard, shape: tuple[int, int]) -> None:
        self._device = device
        found = disturbance(device, device.read.voltage)
        halves = found is not None and any(found.half)
        self.rows, self.columns = (np.zeros((2, size) if halves else (0, 0)) for size in shape)
        move = reads_move(device)
        self.lit, self.reads = np.zeros(int(move)), np.zeros(shape if move else (0, 0), np.int32)

    def copied(self) -> Exposed:
        """A copy with arrays of its own."""
        other = copy.copy(self)
        other.rows, other.columns = self.rows.copy(), self.columns.copy()
        other.lit, other.reads = self.lit.copy(), self.reads.copy()
        return other

    def state(self) -> dict[str, NDArray[np.generic]]:
        """The attributes by name: its own, not copies; those that are in use.

        Returns
        -------
        dict of ndarray
            `met_rows` (2, rows) and `met_columns` (2, columns) [pulses], `lit` (1,) [s], `met_reads` (rows, columns).
        """
        named: dict[str, NDArray[Any]] = {
            "met_rows": self.rows,
            "met_columns": self.columns,
            "lit": self.lit,
            "met_reads": self.reads,
        }
        return {name: values for name, values in named.items() if values.size}

    def met(self, side: int, slots: Floats, pulses: Floats) -> None:
        """Note a write in one direction.

        Parameters
        ----------
        side : int
            0 up, 1 down.
        slots, pulses : ndarray (rows,), (columns,) [pulses]
            Slots of each row and pulses on each column.
        """
        if self.rows.size:
            self.rows[side] += slots
            self.columns[side] += pulses

    def looked(self, where: NDArray[np.bool_] | NDArray[np.int64]) -> None:
        """Note a verify read of the cells `where`: bool (rows, columns), or int64 positions of any shape."""
        if self.reads.size:
            (self.reads if where.dtype == np.bool_ else self.reads.reshape(-1))[where] += 1

    def worth(self, by: Disturbance) -> bool:
        """Whether a cell would move by a pulse, or by two thousandths of its window."""
        read = abs(by.read) * float(self.lit.sum()) + abs(by.verify) * float(self.reads.max(initial=0))
        half = sum(f * float(self.rows[k].max() + self.columns[k].max()) for k, f in enumerate(by.half) if f)
        return (read + half) * self._device.step >= least(self._device)

    def moved(self, by: Disturbance, x: NDArray[Any], factors: tuple[Floats, Floats]) -> NDArray[Any]:
        """States after the exposures (rows, columns) [window], which are forgotten; equations above.

        Parameters
        ----------
        by : Disturbance
        x : ndarray (rows, columns) [window]
            States before them.
        factors : (ndarray (rows, columns), ndarray (rows, columns)) [1]
            On each cell's steps up and down.
        """
        law, lit = self._device.programming, float(self.lit.sum())
        nodes, found = np.linspace(0.0, 1.0, _NODES), np.array(x, np.float64)
        for side, (direction, sign) in enumerate(zip(DIRECTIONS, (1.0, -1.0), strict=True)):
            number = np.full(x.shape, max(sign * by.read, 0.0) * lit)
            if self.reads.size and sign * by.verify > 0.0:
                number += sign * by.verify * self.reads
            if by.half[side]:
                number += by.half[side] * (self.rows[side][:, None] + self.columns[side])
            if direction not in law.directions or not number.any():
                continue
            steps = law.step(direction, nodes)
            parts = max(math.ceil(float(number.max()) * float(np.abs(steps).max()) / _PART), 1)
            each = number * factors[side] / parts
            for _ in range(parts):
                middle = found + 0.5 * each * np.interp(found, nodes, steps)
                found = np.clip(found + each * np.interp(middle, nodes, steps), 0.0, 1.0)
        for met in (self.rows, self.columns, self.lit, self.reads):
            met[...] = 0
        return found.astype(x.dtype)
