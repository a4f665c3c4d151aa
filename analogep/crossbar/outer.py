"""A gradient that is a sum of outer products, and is only multiplied out a few rows at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analogep.crossbar.opposed import Opposed

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Outer:
    """G_ij = sum_n rows_ni columns_nj.

    What equilibrium propagation measures is of this form: n counts samples and phases. Rows of inputs that are zero in
    a whole batch, most of an image's margin, then cost nothing.

    Attributes
    ----------
    rows : ndarray (terms, rows) [1]
    columns : ndarray (terms, columns) [1]
        Factors; only their products have to be in the unit of G.
    """

    rows: Floats
    columns: Floats

    def active(self, first: int, last: int) -> NDArray[np.bool_]:
        """Whether each of the rows `first` to `last` - 1 has a term that is not zero (last - first,)."""
        return np.asarray(self.rows[:, first:last].any(axis=0))

    def __mul__(self, factor: float) -> Outer:
        """The gradient times a factor."""
        return replace(self, columns=self.columns * factor)

    def dense(self) -> Floats:
        """All of G (rows, columns) [1]."""
        return np.asarray(self.rows.T @ self.columns)


Gradient = Outer | Opposed | Floats
"""Of one store, multiplied out or not."""


def dense(gradient: Gradient) -> Floats:
    """The `gradient` (rows, columns) [1] of a store, multiplied out, in the same shape and unit."""
    return gradient if isinstance(gradient, np.ndarray) else gradient.dense()
