"""Seconds of pulses and verify reads, by the schedule of the circuit card (`update.schedule`).

    row        sum over rows i and directions d of  n_id t_d,    n_id the most pulses of one cell of the row
    rank_one   sum over outer products k of  n_k sum_d t_d,    n_k = max_i |a_ki| max_j |b_kj| rounded up
    cell       sum over cells and directions of their pulses times t_d

t_d is the width of a pulse up or down. Rows that get no pulses take no time. Pulses of opposite signs need other
voltages on the lines, so that a row has a slot for either. An outer product of a row a and a column b, in steps, takes
trains of n_k pulses on all lines whose chances to fire multiply to |a_i b_j|/n_k, which none may exceed 1: a train in
which cells move up, and one in which they move down. The pulses that cells get are those that the rule rounds the sum
of all products to: the same in the mean, though products of opposite signs would pulse a cell both ways. A verify read
of a row takes the device's read and the conversions of its columns; `cell` reads device by device.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analogep.circuit import CircuitCard
from analogep.clock.converters import converting
from analogep.device import DIRECTIONS, DeviceCard

Floats = NDArray[np.float64]
Spans = dict[str, float]


class Writing(NamedTuple):
    """How the cells of two cards are written.

    Attributes
    ----------
    schedule : str
        That of the card.
    widths : (float, float) [s]
        Of pulses up and down; that of the reset of a device without pulses down.
    row, cell : float [s]
        A verify read of a row of one array, and of a device by itself.
    """

    schedule: str
    widths: tuple[float, float]
    row: float
    cell: float

    @classmethod
    def of(cls, circuit: CircuitCard, device: DeviceCard) -> Writing:
        """Of two cards."""
        up, down = (device.branch(direction).width for direction in DIRECTIONS)
        columns = max(columns for _, columns in circuit.shapes)
        read = device.read.width
        return cls(
            circuit.update.schedule, (up, down), read + converting(circuit, columns), read + converting(circuit, 1)
        )

    @property
    def each(self) -> float:
        """A pulse of either direction that there is, one after the other [s]."""
        return sum(self.widths)

    def pulses(self, by_row: float, by_cell: float, by_product: float | None = None) -> float:
        """Seconds of the pulses of a write [s].

        Parameters
        ----------
        by_row, by_cell : float [s]
            As the schedules `row` and `cell` take them.
        by_product : float or None [s]
            As `rank_one` takes them; None of a write that is no outer product, such as that of the initial weights,
            which goes row by row.
        """
        if self.schedule == "rank_one" and by_product is not None:
            return by_product
        return by_cell if self.schedule == "cell" else by_row

    def reads(self, rows: float, devices: float) -> float:
        """Seconds of verify reads [s], of so many `rows` of an array or, in the schedule `cell`, so many `devices`."""
        return devices * self.cell if self.schedule == "cell" else rows * self.row

    def product(self, rows: Floats, columns: Floats, unidirectional: bool) -> float:
        """Seconds of the outer products of an array, one after the other [s]; equation above.

        Parameters
        ----------
        rows, columns : ndarray (terms, rows), (terms, columns)
            Factors, whose products are the wanted change [steps].
        unidirectional : bool
            Whether the device has no pulses down.
        """
        largest = np.abs(rows).max(axis=1, initial=0.0) * np.abs(columns).max(axis=1, initial=0.0)
        return float(np.ceil(largest).sum()) * (self.widths[0] if unidirectional else self.each)
