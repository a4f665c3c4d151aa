"""What half-selecting and reading do to the states of an array, in the mean, between its pulses.

    n_ij = f (slots_i + sum_k n_kj) + max(s, 0) t        pulses that a cell's exposures are worth; of each direction
    dx/dn = step(x) factor_ij                            a small part of a pulse after the other, from 0 to n_ij

Rows are written one after another: while a row has its slots, all of its cells are half-selected, and with each pulse
on a column those of other rows. A pulsed cell is counted among them, so that its own pulses are larger by 2 f of them.
f and s are of `device.disturb`; t is how long the network relaxed, as if all lines stood at the read voltage, which is
the most that reads do. It waits until it is worth it, as ageing does, and has no noise. Inferences are looks at a chip
and move nothing, but those that `Chip.aged` is asked for; neither do verify reads, each a fraction of the time that a
batch reads a row, nor resets of devices without pulses down, which are rare.
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
        For how long the array was read.
    """

    def __init__(self, device: DeviceCard, shape: tuple[int, int]) -> None:
        self._device = device
        found = disturbance(device, device.read.voltage)
        halves = found is not None and any(found.half)
        self.rows, self.columns = (np.zeros((2, size) if halves else (0, 0)) for size in shape)
        self.lit = np.zeros(int(reads_move(device)))

    def copied(self) -> Exposed:
        """A copy with arrays of its own."""
        other = copy.copy(self)
        other.rows, other.columns, other.lit = self.rows.copy(), self.columns.copy(), self.lit.copy()
        return other

    def state(self) -> dict[str, NDArray[np.generic]]:
        """The attributes by name: its own, not copies; those that are in use.

        Returns
        -------
        dict of ndarray
            `met_rows` (2, rows) and `met_columns` (2, columns) [pulses], `lit` (1,) [s].
        """
        named = {"met_rows": self.rows, "met_columns": self.columns, "lit": self.lit}
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

    def worth(self, by: Disturbance) -> bool:
        """Whether a cell would move by a pulse, or by two thousandths of its window."""
        read = abs(by.read) * float(self.lit.sum())
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
        for met in (self.rows, self.columns, self.lit):
            met[...] = 0.0
        return found.astype(x.dtype)
