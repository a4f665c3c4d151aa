"""An array as a multiport: currents at its word and bit lines for given voltages of both.

With rows at r and columns at v, cell (j, i) carries g_ji q(r_j - v_i):

    into_i  = sum_j g_ji q(r_j - v_i)      current that the array delivers into column i
    drawn_j = sum_i g_ji q(r_j - v_i)      current that it draws from row j
    power   = sum_j r_j drawn_j - sum_i v_i into_i                   (all of it turns into heat in cells and wires)

q separates (analogep.device.iv), so that all of these are matrix products of batches with G. `held` serves rows that
stand still during a phase: everything that depends on them alone is multiplied once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from analogep.device.iv import IV, Expansions, LinearIV
from analogep.network.chain import FEW, squares

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Derivatives:
    """Derivatives of the currents at one operating point.

    Attributes
    ----------
    rows : ndarray (samples, rows), with wires (rows, rows) or (samples, rows, rows) [S]
        d drawn/d r: the diagonal where rows do not see each other.
    columns : ndarray (samples, columns), with wires (columns, columns) or (samples, columns, columns) [S]
        -d into/d v.
    cross : ndarray (rows, columns) or (samples, rows, columns) [S]
        d into_i/d r_j = -d drawn_j/d v_i.
    squares : ndarray (rows, columns x columns) or None [S^2]
        cross_ji cross_jk, where it is the same for all samples and worth keeping.
    """

    rows: Floats
    columns: Floats
    cross: Floats
    squares: Floats | None = None


class Held(ABC):
    """An array whose rows are held by sources."""

    @abstractmethod
    def into(self, columns: Floats) -> Floats:
        """Current into each column (..., samples, columns) [A] at the voltages `columns` of the same shape [V]."""

    @abstractmethod
    def power(self, columns: Floats) -> Floats:
        """Power of the array (..., samples) [W] at `columns` (..., samples, columns) [V]."""

    @abstractmethod
    def stiffness(self, columns: Floats) -> Floats:
        """-d into/d v at `columns` (samples, columns) [V], shape and unit as in `Derivatives`."""


class Coupling(ABC):
    """One array between rows and columns.

    Attributes
    ----------
    diagonal : bool
        Whether lines of one side see each other only through the other side (perfect wires).
    """

    diagonal: ClassVar[bool]

    @abstractmethod
    def held(self, rows: Floats) -> Held:
        """The array with its rows held at `rows` (samples, rows) [V]."""

    @abstractmethod
    def into(self, rows: Floats, columns: Floats) -> Floats:
        """Current into the columns (..., samples, columns) [A] at `rows` (..., samples, rows) and `columns`
        (..., samples, columns) [V]."""

    @abstractmethod
    def drawn(self, rows: Floats, columns: Floats) -> Floats:
        """Current drawn from the rows (..., samples, rows) [A]; arguments as in `Coupling.into`."""

    @abstractmethod
    def derivatives(self, rows: Floats, columns: Floats) -> Derivatives:
        """Derivatives at one operating point, `rows` (samples, rows) and `columns` (samples, columns) [V]."""

    @abstractmethod
    def sensitivity(self, rows: Floats, columns: Floats, row_adjoint: Floats, column_adjoint: Floats) -> Floats:
        """sum over samples of q(d_ji) (row_adjoint_j - column_adjoint_i), d the drop across cell (j, i).

        Derivative of sum row_adjoint drawn - sum column_adjoint into with respect to each conductance; with wires both
        factors are what reaches the cell.

        Parameters
        ----------
        rows, columns : ndarray (samples, rows), (samples, columns) [V]
        row_adjoint, column_adjoint : ndarray (samples, rows), (samples, columns) [u]
            Of the currents, in a unit u of their own: 1/A for a gradient.

        Returns
        -------
        ndarray (rows, columns) [V u]
        """

    @abstractmethod
    def content(self, rows: Floats, columns: Floats) -> Floats:
        """Co-content of the array (samples,) [W] at `rows` (samples, rows) and `columns` (samples, columns) [V]."""

    @abstractmethod
    def row_load(self) -> Floats:
        """Slope of each row's current at 0 V, all other lines at ground (rows,) [S]."""

    @abstractmethod
    def column_load(self) -> Floats:
        """Slope of each column's current at 0 V, all other lines at ground (columns,) [S]."""

    def power(self, rows: Floats, columns: Floats) -> Floats:
        """Power of cells and wires (..., samples) [W]; arguments as in `Coupling.into`."""
        return np.asarray(
            (rows * self.drawn(rows, columns)).sum(axis=-1) - (columns * self.into(rows, columns)).sum(axis=-1)
        )


def _through(term: Floats | float, g: Floats, total: Floats) -> Floats:
    """Sum over the rows of a term times G; a plain number needs the columns' totals alone."""
    return np.asarray(term @ g if isinstance(term, np.ndarray) else term * total)


class PerfectHeld(Held):
    """Perfect wires, with the rows held at `rows` (samples, rows) [V]: their products with G are made once."""

    def __init__(self, coupling: Perfect, rows: Floats) -> None:
        self._terms = coupling.expansions
        g, column_total, row_total = coupling.g, coupling.column_total, coupling.row_total
        self._current = [_through(term, g, column_total) for term in self._terms.current.rows(rows)]
        linear = isinstance(coupling.iv, LinearIV)
        self._slope = [column_total] if linear else [_through(t, g, column_total) for t in self._terms.slope.rows(rows)]
        # Power = sum_k (r f_k(r))' G h_k(v) - v into(v). Where h_k is 1 the rows' totals serve, and in a linear array
        # f_1 = 1 makes r f_1 the product that is known already.
        self._power: list[Floats] = []
        values = self._terms.current.columns(np.zeros(1))
        for k, (term, value) in enumerate(zip(self._terms.current.rows(rows), values, strict=True)):
            if not isinstance(value, np.ndarray):
                self._power.append(np.asarray((rows * term) @ row_total))
            else:
                self._power.append(self._current[0] if linear and k == 1 else (rows * term) @ g)

    def into(self, columns: Floats) -> Floats:
        """Current into each column (..., samples, columns) [A]."""
        values = self._terms.current.columns(columns)
        return np.asarray(sum(known * value for known, value in zip(self._current, values, strict=True)))

    def power(self, columns: Floats) -> Floats:
        """Power of the array (..., samples) [W]."""
        values = self._terms.current.columns(columns)
        total = -(columns * self.into(columns)).sum(axis=-1)
        for known, value in zip(self._power, values, strict=True):
            total = total + ((known * value).sum(axis=-1) if isinstance(value, np.ndarray) else known * value)
        return np.asarray(total)

    def stiffness(self, columns: Floats) -> Floats:
        """-d into/d v (samples, columns) [S]."""
        values = self._terms.slope.columns(columns)
        total = sum(known * value for known, value in zip(self._slope, values, strict=True))
        return np.broadcast_to(np.asarray(total), columns.shape)


@dataclass(frozen=True)
class Perfect(Coupling):
    """Perfect wires: every cell sees the voltages of its lines.

    Attributes
    ----------
    g : ndarray (rows, columns) [S]
    iv : device I-V curve
    row_total, column_total : ndarray (rows,), (columns,) [S]
        Sums of g along its lines.
    """

    g: Floats
    iv: IV
    row_total: Floats
    column_total: Floats
    expansions: Expansions = field(init=False)
    diagonal: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "expansions", self.iv.expansions())

    @classmethod
    def of(cls, g: Floats, iv: IV) -> Perfect:
        """An array of conductances `g` (rows, columns) [S]."""
        return cls(g, iv, g.sum(axis=1), g.sum(axis=0))

    @cached_property
    def squares(self) -> Floats | None:
        """g_ji g_jk (rows, columns x columns) [S^2] of an array with few columns, or None."""
        return squares(self.g, self.g) if self.g.shape[1] <= FEW else None

    def held(self, rows: Floats) -> Held:
        """The array with its rows held at `rows` (samples, rows) [V]."""
        return PerfectHeld(self, rows)

    def into(self, rows: Floats, columns: Floats) -> Floats:
        """Current into the columns (..., samples, columns) [A]."""
        terms = self.expansions.current
        pairs = zip(terms.rows(rows), terms.columns(columns), strict=True)
        return np.asarray(sum(_through(a, self.g, self.column_total) * b for a, b in pairs))

    def drawn(self, rows: Floats, columns: Floats) -> Floats:
        """Current drawn from the rows (..., samples, rows) [A]."""
        terms = self.expansions.current
        pairs = zip(terms.rows(rows), terms.columns(columns), strict=True)
        return np.asarray(sum(a * _through(b, self.g.T, self.row_total) for a, b in pairs))

    def derivatives(self, rows: Floats, columns: Floats) -> Derivatives:
        """Diagonals of both sides, and g q'(r - v) between them."""
        if isinstance(self.iv, LinearIV):
            samples = rows.shape[0]
            ahead, behind = self.row_total, self.column_total
            return Derivatives(
                np.broadcast_to(ahead, (samples, ahead.size)),
                np.broadcast_to(behind, (samples, behind.size)),
                self.g,
                self.squares,
            )
        terms = self.expansions.slope
        pairs = list(zip(terms.rows(rows), terms.columns(columns), strict=True))
        ahead = np.asarray(sum(a * _through(b, self.g.T, self.row_total) for a, b in pairs))
        behind = np.asarray(sum(_through(a, self.g, self.column_total) * b for a, b in pairs))
        cross = self.g * self.iv.slope(rows[:, :, None] - columns[:, None, :])
        return Derivatives(ahead, behind, cross)

    def sensitivity(self, rows: Floats, columns: Floats, row_adjoint: Floats, column_adjoint: Floats) -> Floats:
        """sum over samples of q(r_j - v_i) (row_adjoint_j - column_adjoint_i) (rows, columns)."""
        terms = self.expansions.current
        out = np.zeros(self.g.shape)
        for a, b in zip(terms.rows(rows), terms.columns(columns), strict=True):
            row, column = np.broadcast_to(a, rows.shape), np.broadcast_to(b, columns.shape)
            out += (row * row_adjoint).T @ column - row.T @ (column * column_adjoint)
        return out

    def content(self, rows: Floats, columns: Floats) -> Floats:
        """Co-content of the array (samples,) [W]: sum of g times the integral of q."""
        terms = self.expansions.content
        pairs = zip(terms.rows(rows), terms.columns(columns), strict=True)
        total = sum(np.broadcast_to(_through(a, self.g, self.column_total) * b, columns.shape) for a, b in pairs)
        return np.asarray(np.asarray(total, dtype=np.float64).sum(axis=-1))

    def row_load(self) -> Floats:
        """Conductance on each row (rows,) [S]."""
        return self.row_total

    def column_load(self) -> Floats:
        """Conductance on each column (columns,) [S]."""
        return self.column_total
