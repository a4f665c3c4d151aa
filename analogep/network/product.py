"""Sums over samples and phases of what was measured on both sides of a cell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analogep.crossbar.outer import Outer
from analogep.network.base import Phases
from analogep.network.lines import with_bias

Floats = NDArray[np.float64]


def _summed(parts: Sequence[Floats]) -> Floats:
    """Real part of the sum over phases of `parts` (samples, neurons) [V], in an array of its own."""
    total = parts[0] + parts[1] if len(parts) > 1 else +parts[0]
    for part in parts[2:]:
        total = total + part
    return np.asarray(np.real(total))


def change_of(phases: Phases, k: int) -> Floats:
    """Real part of the weighted sum over phases of the rates of layer k (samples, neurons) [V]."""
    return _summed([weight * rates[k] for weight, rates in phases])


def products_of(phases: Phases, x: Floats, full_scale: float | None) -> list[Outer | Floats]:
    """sum over samples and phases of weight r_i r_j (rows, columns) [V^2] of each layer, bias line last.

    Weights and rates may be complex (`holomorphic`); the real part is meant. The input lines are `x` (samples, inputs)
    [V], the bias line stands at `full_scale` [V]; there is none if that is None.
    """
    rows = x if full_scale is None else with_bias(x, full_scale)
    parts = [weight * rates[0] for weight, rates in phases]
    out: list[Outer | Floats] = [Outer(rows, _summed(parts))]
    for k in range(1, len(phases[0][1])):
        before, after = parts[0].shape[1], phases[0][1][k].shape[1]
        product = np.zeros((before + (full_scale is not None), after))
        # One product a phase: equal phases then cancel to the last bit.
        for part, (_, rates) in zip(parts, phases, strict=True):
            product[:before] += np.real(part.T @ rates[k])
        parts = [weight * rates[k] for weight, rates in phases]
        if full_scale is not None:
            product[before] = full_scale * _summed(parts).sum(axis=0)
        out.append(product)
    return out
