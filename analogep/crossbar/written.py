"""Record of a write: pulses, verify reads, their joules, and how long they take by either schedule."""

from __future__ import annotations

from operator import add
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analogep.device import DeviceCard, Direction

Floats = NDArray[np.float64]


class Written(NamedTuple):
    """Pulses and reads of one call of `program`.

    Attributes
    ----------
    pulses : float
        Pulses applied.
    joules : float
        Energy of the pulsed cells [J].
    half_select_joules : float
        Energy of half-selected cells [J]; 0 with selectors.
    line_edges : float
        Line-charging sum over pulses of V^2 x number of cells on the pulsed lines [V^2]: times the capacitance per
        cell it is the lines' energy.
    reads : int
        Verify reads of single devices.
    read_joules : float
        Energy of the devices in these reads [J].
    row_seconds : float
        Time of the pulses [s] where rows follow one another, each with a slot up and one down, as long as the most
        pulses of one of its cells.
    cell_seconds : float
        Time of the pulses [s] where cells follow one another.
    rows : int
        Rows with reads.
    """

    pulses: float = 0.0
    joules: float = 0.0
    half_select_joules: float = 0.0
    line_edges: float = 0.0
    reads: int = 0
    read_joules: float = 0.0
    row_seconds: float = 0.0
    cell_seconds: float = 0.0
    rows: int = 0

    def __add__(self, other: Written) -> Written:  # type: ignore[override]
        """One after the other."""
        return Written._make(map(add, self, other))

    def beside(self, other: Written) -> Written:
        """Both at the same time, in arrays of their own: the one that takes longer sets the time."""
        by_row, by_cell = max(self.row_seconds, other.row_seconds), max(self.cell_seconds, other.cell_seconds)
        return (self + other)._replace(row_seconds=by_row, cell_seconds=by_cell, rows=max(self.rows, other.rows))

    def __mul__(self, copies: int) -> Written:  # type: ignore[override]
        """The same done to several arrays at the same time."""
        done = Written._make(copies * one for one in self)
        return done._replace(row_seconds=self.row_seconds, cell_seconds=self.cell_seconds, rows=self.rows)


def half_selected(rows: Floats, columns: Floats, lines: tuple[Floats, Floats], own: float) -> float:
    """Conductance that half-selected cells show, summed over pulses [S].

    A slot of a row shows all cells of the row, a pulse on a column all of that column; the pulsed cell is among both.

    Parameters
    ----------
    rows, columns : ndarray (rows,), (columns,) [slots, pulses]
    lines : (ndarray, ndarray) (rows,), (columns,) [S]
        Conductance of all cells on each.
    own : float
        Conductance of the pulsed cells, summed over pulses [S].
    """
    return float(rows @ lines[0] + columns @ lines[1]) - 2.0 * own


def cost(
    device: DeviceCard,
    direction: Direction,
    pulses: float,
    conductance: float,
    shape: tuple[int, int],
    slots: float,
    exposed: float = 0.0,
) -> Written:
    """Joules and seconds of the pulses of one direction on an array.

    Rows are written one after another, their columns in parallel: in each of a row's slots the cells of the row
    that are not pulsed and the cells of other rows on pulsed columns are half-selected, so that

        E_half = (share V)^2 t [sum_i slots_i G_i. + sum_j n_.j G_.j - 2 sum_ij n_ij G_ij]

    with the conductances G before the write.

    Parameters
    ----------
    device : DeviceCard
    direction : {'up', 'down'}
    pulses : float
        Number of pulses.
    conductance : float [S]
        Sum over these pulses of the mean conductance during each.
    shape : (int, int)
        Rows and columns.
    slots : float [pulses]
        Of all rows.
    exposed : float [S]
        The sums in brackets; 0 where half-selected cells cost nothing.
    """
    branch, (rows, columns) = device.branch(direction), shape
    joules, half = device.energy.joules(branch, direction, pulses, conductance), 0.0
    if exposed > 0.0 and device.energy.half_select is not None:
        half = (device.energy.half_select * branch.amplitude) ** 2 * branch.width * exposed
    lines = branch.amplitude**2 * (slots * columns + pulses * rows)
    by_row, by_cell = slots * branch.width, pulses * branch.width
    return Written(pulses, joules, half, lines, row_seconds=by_row, cell_seconds=by_cell)
