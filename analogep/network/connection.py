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
"""For each neuron the place of the patch that it follows; None where it follows all of them."""


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
        """`forward`, and what the neurons follow at `x` (samples, nodes), or None where they need not choose."""

    @abstractmethod
    def winners(self, x: Floats, weights: Floats) -> Winners:
        """What the neurons follow alone."""

    @abstractmethod
    def forward(self, x: Floats, weights: Floats, winners: Winners = None) -> Floats:
        """y (samples, neurons) of `x` (samples, nodes) by `weights` (rows, columns); winners are found if not given."""

    @abstractmethod
    def backward(self, y: Floats, weights: Floats, winners: Winners = None) -> Floats:
        """z (samples, nodes) of `y` (samples, neurons)."""

    def read(self, x: Floats, weights: Floats, out: Floats) -> None:
        """`forward` into `out` (samples, neurons), of a connection that need not choose."""
        out[...] = self.forward(x, weights)

    def read_back(self, y: Floats, weights: Floats, out: Floats) -> None:
        """Add `backward` to `out` (samples, nodes)."""
        out += self.backward(y, weights)

    @abstractmethod
    def products(self, x: Floats, y: Floats, winners: Winners = None) -> Floats:
        """Derivative of sum y forward(x) with respect to the weights, summed over samples (rows, columns)."""

    @abstractmethod
    def variance(self, x2: Floats, variances: Floats, winners: Winners = None) -> Floats:
        """Variance of `forward` for independent `variances` of the weights in each read, `x2` the squares of x."""

    @abstractmethod
    def variance_back(self, y2: Floats, variances: Floats, winners: Winners = None) -> Floats:
        """Variance of `backward`, as in `variance`."""

    @abstractmethod
    def matrices(self, weights: Floats, winners: Winners = None) -> Floats:
        """The matrix between nodes and neurons, ([samples,] nodes, neurons): large, for small networks."""

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
        """The same of the bit lines of `rows` cells, in reverse."""

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
        """Weights by what a pulse meets: rows of `Reach`, columns of each place."""

    @abstractmethod
    def folded_variance(self, variances: Floats) -> Floats:
        """Variances of `folded` for those of the weights, every read by itself."""

    @abstractmethod
    def row_load(self, row_total: Floats) -> Floats:
        """Conductance that each node drives (nodes,) [S], in the mean of time, from that on each word line (rows,)."""

    @abstractmethod
    def spread(self, per_column: Floats) -> Floats:
        """What each bit line has (columns,), for each of its neurons (neurons,)."""

    @abstractmethod
    def collected(self, y: Floats) -> Floats:
        """The transpose: what all samples and neurons of a bit line have together (columns,)."""


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
