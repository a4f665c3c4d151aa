"""Read noise of an array as a multiport: the spread of the current at each line.

Each conductance is off by an independent normal error of variance s_ji in one read, so that the current into column i
has the variance sum_j s_ji q(r_j - v_i)^2, and likewise for rows. The two ends are drawn independently: what a cell
adds at its column is not taken from its row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analogep.device.iv import IV, Separable

Floats = NDArray[np.float64]
Deviates = tuple[tuple[Floats | None, Floats | None], ...]
"""For each array the normal deviates of its read noise, forward and reverse: (samples, lines) [1] or None."""


@dataclass(frozen=True)
class Spread:
    """The `variance` (rows, columns) [S^2] of the conductances of an array, and the devices' I-V curve."""

    variance: Floats
    iv: IV

    @cached_property
    def square(self) -> Separable:
        """q^2 in separable form, the same in every evaluation."""
        return self.iv.expansions().square

    def into(self, rows: Floats, columns: Floats) -> Floats:
        """Standard deviation of the current into each column (samples, columns) [A], with the array at `rows`
        (samples, rows) and `columns` (samples, columns) [V]."""
        return self.held(self.moments(rows), columns)

    def moments(self, rows: Floats) -> list[Floats]:
        """What depends on the `rows` (samples, rows) [V] alone, for `held`: (samples, columns) or (columns,) for each
        term of q^2, in S^2 times the term's unit."""
        total = self.variance.sum(axis=0)
        terms = self.square.rows(rows)
        return [np.asarray(t @ self.variance if isinstance(t, np.ndarray) else t * total) for t in terms]

    def held(self, moments: list[Floats], columns: Floats) -> Floats:
        """`into` (samples, columns) [A] at `columns` (samples, columns) [V], for rows whose `moments` are known, as in
        `Spread.moments`."""
        values = self.square.columns(columns)
        return _root(sum(m * value for m, value in zip(moments, values, strict=True)))

    def drawn(self, rows: Floats, columns: Floats) -> Floats:
        """Standard deviation of the current drawn from each row (samples, rows) [A]; arguments as in `Spread.into`."""
        total = self.variance.sum(axis=1)
        square = self.square
        return _root(
            sum(
                a * (b @ self.variance.T if isinstance(b, np.ndarray) else b * total)
                for a, b in zip(square.rows(rows), square.columns(columns), strict=True)
            )
        )


def _root(variance: object) -> Floats:
    # Rounding may leave a sum of squares a little below zero.
    return np.sqrt(np.maximum(np.asarray(variance, dtype=np.float64), 0.0))


def summed(drawn: Sequence[Deviates], weights: Sequence[Sequence[float]]) -> Deviates:
    """Sums of independent deviates, (samples, lines) [1] of each array; empty where reads have no noise.

    Parameters
    ----------
    drawn : sequence of Deviates
        (samples, lines) [1] of each array.
    weights : sequence of sequence of float
        Of each array, one for each of `drawn` [1].
    """
    if not drawn[0]:
        return ()
    arrays = zip(*drawn, strict=True)
    return tuple(
        (_sum([one[0] for one in array], row), _sum([one[1] for one in array], row))
        for array, row in zip(arrays, weights, strict=True)
    )


def _sum(deviates: Sequence[Floats | None], weights: Sequence[float]) -> Floats | None:
    found = [w * xi for w, xi in zip(weights, deviates, strict=True) if xi is not None and w != 0.0]
    return np.asarray(sum(found)) if found else None
