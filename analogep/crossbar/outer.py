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
    rows : ndarray (terms, rows)
    columns : ndarray (terms, columns)
    """

    rows: Floats
    columns: Floats

    def active(self, first: int, last: int) -> NDArray[np.bool_]:
        """Which of the rows `first` to `last` - 1 are not zero altogether (last - first,)."""
        return np.asarray(self.rows[:, first:last].any(axis=0))

    def __mul__(self, factor: float) -> Outer:
        """The gradient times a factor."""
        return replace(self, columns=self.columns * factor)

    def dense(self) -> Floats:
        """All of G (rows, columns)."""
        return np.asarray(self.rows.T @ self.columns)


Gradient = Outer | Opposed | Floats
"""Of one store, multiplied out or not."""


def dense(gradient: Gradient) -> Floats:
    """A gradient (rows, columns), multiplied out."""
    return gradient if isinstance(gradient, np.ndarray) else gradient.dense()
