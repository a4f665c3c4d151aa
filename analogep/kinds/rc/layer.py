"""One layer of an RC network: its neurons, what the arrays in front of them hold, and how nodes meet them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analogep.columns import Response
from analogep.network.connection import DENSE, Connection
from analogep.network.curve import Curve
from analogep.network.mismatch import ALIKE, Mismatched
from analogep.network.wired import Wired

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PairWires:
    """Both halves of a pair with their wires, between driven lines and virtual grounds.

    Curved cells are taken at the voltage of their lines' ends, i = T q(r), T the effective conductances: exact for
    linear cells, and off by q' - 1 times the wires' loss otherwise.
    """

    plus: Wired
    minus: Wired
    push_pull: bool

    def weights(self, scale: float) -> Floats:
        """Weights at the lines' ends (rows, columns) [1]; `scale` in weights per siemens."""
        return (self.plus.ports.t - self.minus.ports.t) * scale

    def row_power(self, r: Floats, q: Floats) -> Floats:
        """Power of a forward read (..., samples) [W] at lines `r` with curved voltages `q` (..., rows) [V]."""
        currents = self.plus.ports.row_currents(q) + self.minus.ports.row_currents(q)
        return np.asarray((r * currents).sum(axis=-1))

    def column_power(self, r: Floats, q: Floats) -> Floats:
        """Power of a reverse read (..., samples) [W] at lines `r` with curved voltages `q` (..., columns) [V]."""
        ground = np.zeros((*q.shape[:-1], self.plus.g.shape[0]))
        currents = self.plus.ports.column_currents(ground, q) + self.minus.ports.column_currents(ground, q)
        return np.asarray((r * currents).sum(axis=-1))

    def row_current(self, q: Floats) -> Floats:
        """Sum of the magnitudes of the currents of all word lines (..., samples) [A] at curved voltages `q` (..., rows)
        [V] of a forward read."""
        halves = (self.plus, self.minus)
        return np.asarray(sum(np.abs(half.ports.row_currents(q)).sum(axis=-1) for half in halves))

    def column_current(self, q: Floats) -> Floats:
        """The same of all bit lines (..., samples) [A] at `q` (..., columns) [V] of a read in reverse."""
        ground = np.zeros((*q.shape[:-1], self.plus.g.shape[0]))
        halves = (self.plus, self.minus)
        return np.asarray(sum(np.abs(half.ports.column_currents(ground, q)).sum(axis=-1) for half in halves))

    def row_sums(self) -> Floats:
        """Current into each word line (rows,) [S] at 1 V on all of them, bit lines at ground."""
        given = np.ones(self.plus.g.shape[0])
        return np.asarray(self.plus.ports.row_currents(given) + self.minus.ports.row_currents(given))

    def column_sums(self) -> Floats:
        """The same of each bit line (columns,) [S], word lines at ground."""
        rows, columns = self.plus.g.shape
        ground, given = np.zeros(rows), np.ones(columns)
        halves = (self.plus, self.minus)
        return np.asarray(sum(half.ports.column_currents(ground, given) for half in halves))

    def sensitivity(self, rows: Floats, columns: Floats, row_adjoint: Floats, column_adjoint: Floats) -> Floats:
        """That of the halves along what a pulse moves: their mean, or the positive one alone.

        Parameters and result as in `Coupling.sensitivity`.
        """
        plus = self.plus.sensitivity(rows, columns, row_adjoint, column_adjoint)
        if not self.push_pull:
            return plus
        return 0.5 * (plus + self.minus.sensitivity(rows, columns, row_adjoint, column_adjoint))


@dataclass(frozen=True)
class Layer:
    """One layer of neurons and the arrays in front of it.

    Attributes
    ----------
    weights : ndarray (inputs + bias, neurons) [1]
        Forward weights, the bias line last.
    reverse : ndarray (inputs, neurons) or None [1]
        Weights of the array read in reverse; None for the first layer, whose inputs are driven.
    variance, reverse_variance : ndarray (inputs + bias, neurons), (inputs, neurons), or None [1]
        Variance of each weight in one read, forward and reverse; None without read noise.
    row_total, column_total : ndarray (inputs + bias,), (neurons,) [S]
        Conductance on each word line (forward reads) and each bit line (reverse reads).
    forward_wires, reverse_wires : PairWires or None
        The arrays with their wires where lines have resistance; `weights` and `reverse` are what is left of the pairs
        at the ends of their lines.
    connection : Connection
        How the nodes before and the neurons meet at the array.
    ground : (ndarray (neurons,), ndarray (inputs,)) or None [ohm]
        R_f^2 G of the virtual grounds forward and in reverse: weight per siemens squared, times the conductance of all
        cells on the line; their thermal noise.
    own : Mismatched
        Offsets, gains in reverse and time constants of the neurons' own; gains and rails are in the `activation`.
    back_offset : ndarray (nodes before,) or None [V]
        What the offsets of the columns of the array's word lines add to the nodes before, read in reverse.
    columns : (Response, Response) or None
        What holds the bit lines (neurons,), and in reverse the word lines (inputs,); their gains are in the weights,
        and in the offsets. None for lines that are held ideally.
    """

    weights: Floats
    reverse: Floats | None
    variance: Floats | None
    reverse_variance: Floats | None
    row_total: Floats
    column_total: Floats
    activation: Curve
    capacitance: float
    leak: float
    forward_wires: PairWires | None = None
    reverse_wires: PairWires | None = None
    connection: Connection = DENSE
    ground: tuple[Floats, Floats] | None = None
    own: Mismatched = ALIKE
    columns: tuple[Response, Response] | None = None
    back_offset: Floats | None = None

    @property
    def size(self) -> int:
        """Number of neurons."""
        return int(self.weights.shape[1]) * self.connection.places

    @property
    def tau(self) -> Floats:
        """Time constant C/g of each neuron (neurons,) [s]."""
        alike = np.full(self.size, self.capacitance / self.leak)
        return alike if self.own.pace is None else alike * self.own.pace

    @property
    def dense(self) -> bool:
        """Whether every neuron has a bit line of its own."""
        return self.connection is DENSE

    def row_load(self, rows: int) -> Floats:
        """Conductance that each node before drives (nodes,) [S], from the first `rows` word lines of the array."""
        return self.connection.row_load(self.row_total[:rows])

    @cached_property
    def column_load(self) -> Floats:
        """Conductance that each neuron drives in reverse (neurons,) [S]."""
        return self.connection.spread(self.column_total)

    @property
    def bias_load(self) -> float:
        """Conductance that the bias line drives in all reads [S]."""
        return float(self.row_total[-1]) * self.connection.reads
