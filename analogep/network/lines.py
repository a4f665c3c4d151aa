"""Lines of arrays: how far they swing, and the bias line beside them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from analogep.jit import kernel

Floats = NDArray[np.float64]


@kernel(fastmath={"reassoc", "contract", "nsz"})
def _apart(a, b):  # type: ignore[no-untyped-def]
    """Sum of squared differences of two flat arrays."""
    total = 0.0
    for k in range(a.size):
        total += (b[k] - a[k]) ** 2
    return total


def swings(before: Sequence[Floats], after: Sequence[Floats]) -> list[float]:
    """Sum of squared differences [V^2] of each layer's lines, `before` and `after` (samples, neurons) [V]."""
    return [_apart(a.ravel(), b.ravel()) for a, b in zip(before, after, strict=True)]


def slices_of(sizes: Iterable[int]) -> tuple[slice, ...]:
    """Where each layer of these sizes lies among the nodes of all layers."""
    return tuple(slice(a, b) for a, b in itertools.pairwise(itertools.accumulate(sizes, initial=0)))


def with_bias(lines: Floats, volts: float) -> Floats:
    """The `lines` (..., rows) [V] and behind them the bias line at `volts` [V], (..., rows + 1)."""
    return np.concatenate([lines, np.full((*lines.shape[:-1], 1), volts)], axis=-1)
