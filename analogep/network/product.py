"""Sums over samples and phases of what was measured on both sides of a cell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analogep.crossbar.outer import Outer
from analogep.network.base import Phases
from analogep.network.lines import with_bias

Floats = NDArray[np.float64]


def change_of(phases: Phases, k: int) -> Floats:
    """Real part of the weighted sum over phases of the rates of layer k (samples, neurons) [V]."""
    total, *others = [weight * rates[k] for weight, rates in phases]
    for part in others:
        total = np.add(total, part, out=total if total.dtype == part.dtype else None)
    return np.asarray(np.real(total))


def products_of(phases: Phases, x: Floats, full_scale: float | None) -> list[Outer | Floats]:
    """sum over samples and phases of weight r_i r_j (rows, columns) [V^2] of each layer, bias line last.

    Weights and rates may be complex (`holomorphic`); the real part is meant. The input lines are `x` (samples, inputs)
    [V], the bias line stands at `full_scale` [V]; there is none if that is None.
    """
    rows = x if full_scale is None else with_bias(x, full_scale)
    out: list[Outer | Floats] = [Outer(rows, change_of(phases, 0))]
    for k in range(1, len(phases[0][1])):
        before, after = phases[0][1][k - 1].shape[1], phases[0][1][k].shape[1]
        product = np.zeros((before + (full_scale is not None), after))
        # One product a phase: equal phases then cancel to the last bit.
        for weight, rates in phases:
            product[:before] += np.real((weight * rates[k - 1]).T @ rates[k])
        if full_scale is not None:
            product[before] = full_scale * change_of(phases, k).sum(axis=0)
        out.append(product)
    return out
