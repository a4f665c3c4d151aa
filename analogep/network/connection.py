"""How the nodes of two layers meet at an array: one for each other, or as the subclasses of `Connection` say.

forward      y = W'x      currents into a layer's neurons, as brackets, from what drives the lines before it
backward     z = W y      into the neurons before it, from what drives the lines of its own
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Winners = NDArray[np.int64] | None
"""For each neuron the place of the patch that it follows (samples, places, columns); None where it follows all."""


class Reach(NamedTuple):
    """Where the pulse of one node arrives: at the places whose field of `kernel` x `kernel` nodes it lies in.

    The field of the place (i, j) begins at the node (i stride - padding, j stride - padding); the row of the folded
    weights for its node (a, b) and channel c is (a kernel + b) channels + c.
    """

    height: int
    width: int
    channels: int
    kernel: int
    stride: int
    padding: int
    tall: int
    wide: int
    chooses: int
    """Side of the square of places of which a neuron follows the one with the largest sum; 1 where it follows all."""


class Connection(ABC):
    """Between the nodes of one layer and the neurons of the next.

    Arguments of the methods:

        x, y                  (samples, nodes), (samples, neurons) [V]   what drives the word lines, and the bit lines
        weights, variances    (rows, columns) [1]   of the array without its bias line, and their variances in a read
        winners               `Winners` at `x`; found anew where they are not given and have to be known
        out                   as the result would be

    Voltages may as well be another quantity, such as adjoints: the results are then in its unit.

    Attributes
    ----------
    places : int
        Neurons that share a bit line.
    reads : int
        Reads of the array in which its bias line is driven.
    slots : int
        Reads that follow one another: a phase takes so many times its length.
    """

    places: int
    reads: int
    slots: int

    @property
    def linear(self) -> bool:
        """Whether neurons follow the same nodes always."""
        return True

    @abstractmethod
    def unpooled(self) -> Connection:
        """The same with a neuron for each patch that a maximum chooses among."""

    @abstractmethod
    def compared(self, x: Floats, weights: Floats) -> tuple[Floats, Winners]:
        """`forward` (samples, neurons) [V], and what the neurons follow at `x`; arguments as in `Connection`."""

    @abstractmethod
    def winners(self, x: Floats, weights: Floats) -> Winners:
        """What the neurons follow alone; arguments as in `Connection`."""

    @abstractmethod
    def forward(self, x: Floats, weights: Floats, winners: Winners = None) -> Floats:
        """y = W'x (samples, neurons) [V]; arguments as in `Connection`."""

    @abstractmethod
    def backward(self, y: Floats, weights: Floats, winners: Winners = None) -> Floats:
        """z = W y (samples, nodes) [V]; arguments as in `Connection`."""

    def read(self, x: Floats, weights: Floats, out: Floats) -> None:
        """`forward` into `out`, of a connection that need not choose; arguments as in `Connection`."""
        out[...] = self.forward(x, weights)

    def read_back(self, y: Floats, weights: Floats, out: Floats) -> None:
        """Add `backward` to `out`; arguments as in `Connection`."""
        out += self.backward(y, weights)

    @abstractmethod
    def products(self, x: Floats, y: Floats, winners: Winners = None) -> Floats:
        """Derivative of sum y forward(x) with respect to the weights, summed over samples (rows, columns) [V^2];
        arguments as in `Connection`."""

    @abstractmethod
    def variance(self, x2: Floats, variances: Floats, winners: Winners = None) -> Floats:
        """Variance of `forward` (samples, neurons) [V^2] by independent errors of the weights in each read, `x2`
        (samples, nodes) [V^2] the squares of x; other arguments as in `Connection`."""

    @abstractmethod
    def variance_back(self, y2: Floats, variances: Floats, winners: Winners = None) -> Floats:
        """Variance of `backward` (samples, nodes) [V^2], `y2` (samples, neurons) [V^2] the squares of y; other
        arguments as in `Connection`."""

    @abstractmethod
    def matrices(self, weights: Floats, winners: Winners = None) -> Floats:
        """The matrix between nodes and neurons (nodes, neurons) [1], with winners one for each sample: large, for small
        networks. Arguments as in `Connection`."""

    @abstractmethod
    def line_swings(self, change: float, x: Floats, columns: int) -> float:
        """Cells times squared swing of the word lines of one phase [V^2].

        Parameters
        ----------
        change : float
            Squared change of all nodes since the last phase [V^2].
        x : ndarray (samples, nodes) [V]
            Where they stand now.
        columns : int
            Cells on a word line.
        """

    @abstractmethod
    def line_swings_back(self, change: float, y: Floats, rows: int) -> float:
        """The same of the bit lines of `rows` cells, in reverse, with the neurons at `y` (samples, neurons) [V]."""

    @abstractmethod
    def cells(self, columns: int) -> Floats:
        """Cells on the word lines that one pulse of each node goes to (nodes,) [1], `columns` on a line."""

    @abstractmethod
    def cells_back(self, rows: int) -> int:
        """The same of a neuron's bit lines, in reverse."""

    @abstractmethod
    def reach(self, nodes: int) -> Reach:
        """Where the pulses of `nodes` arrive."""

    @abstractmethod
    def folded(self, weights: Floats) -> Floats:
        """The `weights` (rows, columns) [1] by what a pulse meets: rows of `Reach`, columns of each place."""

    @abstractmethod
    def folded_variance(self, variances: Floats) -> Floats:
        """Variances of `folded`, in its shape [1], for `variances` (rows, columns) [1] of the weights in each read."""

    @abstractmethod
    def row_load(self, row_total: Floats) -> Floats:
        """Conductance (nodes,) [S] that nodes drive in the mean of time, for `row_total` (rows,) [S] on word lines."""

    @abstractmethod
    def spread(self, per_column: Floats) -> Floats:
        """What each bit line has, `per_column` (columns,), for each of its neurons (neurons,), in the same unit."""

    @abstractmethod
    def collected(self, y: Floats) -> Floats:
        """The transpose: what all samples and neurons of a bit line have together (columns,), of `y`
        (samples, neurons), in the same unit."""


@dataclass(frozen=True)
class Dense(Connection):
    """Every node has a word line and every neuron a bit line."""

    places: int = 1
    reads: int = 1
    slots: int = 1

    def unpooled(self) -> Connection:
        """The same: nothing is chosen."""
        return self

    def compared(self, x: Floats, weights: Floats) -> tuple[Floats, Winners]:
        """W'x, and None."""
        return self.forward(x, weights), None

    def winners(self, x: Floats, weights: Floats) -> Winners:
        """None."""
        return None

    def forward(self, x: Floats, weights: Floats, winners: Winners = None) -> Floats:
        """W'x."""
        return x @ weights

    def backward(self, y: Floats, weights: Floats, winners: Winners = None) -> Floats:
        """W y."""
        return y @ weights.T

    def products(self, x: Floats, y: Floats, winners: Winners = None) -> Floats:
        """x y' summed over samples."""
        return np.asarray(x.T @ y)

    def variance(self, x2: Floats, variances: Floats, winners: Winners = None) -> Floats:
        """sum_j var_ji x_j^2."""
        return x2 @ variances

    def variance_back(self, y2: Floats, variances: Floats, winners: Winners = None) -> Floats:
        """sum_i var_ji y_i^2."""
        return y2 @ variances.T

    def matrices(self, weights: Floats, winners: Winners = None) -> Floats:
        """W."""
        return weights

    def line_swings(self, change: float, x: Floats, columns: int) -> float:
        """Lines stay where they are from phase to phase."""
        return change * columns

    def line_swings_back(self, change: float, y: Floats, rows: int) -> float:
        """Lines stay where they are from phase to phase."""
        return change * rows

    def cells(self, columns: int) -> Floats:
        """Those of its line."""
        return np.array(float(columns))

    def cells_back(self, rows: int) -> int:
        """Those of its line."""
        return rows

    def reach(self, nodes: int) -> Reach:
        """One place, of which all nodes are channels."""
        return Reach(1, 1, nodes, 1, 1, 0, 1, 1, 1)

    def folded(self, weights: Floats) -> Floats:
        """The same."""
        return weights

    def folded_variance(self, variances: Floats) -> Floats:
        """The same."""
        return variances

    def row_load(self, row_total: Floats) -> Floats:
        """That of its word line."""
        return row_total

    def spread(self, per_column: Floats) -> Floats:
        """The same."""
        return per_column

    def collected(self, y: Floats) -> Floats:
        """Summed over samples."""
        return np.asarray(y.sum(axis=0))


DENSE = Dense()
