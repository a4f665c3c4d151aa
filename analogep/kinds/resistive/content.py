"""The learning rule of a resistive network: co-contents of its cells.

    dL/dg = (1/(g V^2)) sum weight (co-content of a siemens at its drop) x (a/h ... a/h)

V is the score of the right class, g the conductance that nudges at beta = 1, a and h gain and back-current factor of
the amplifiers of every stage behind an array, all nominal: the rule does not know their mismatch, and takes lines
behind them, over a, for the voltages of their nodes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analogep.kinds.resistive.equations import ResistiveEquations
from analogep.network.base import Phases

Floats = NDArray[np.float64]


def estimate(network: ResistiveEquations, phases: Phases, x: Floats) -> list[Floats]:
    """Gradient of each store (rows, columns) [1]; parameters as in `Network.gradient`."""
    unit = 1.0 / (x.shape[0] * network.nudging * network.target**2)
    gains = [stage.gain for stage in network.stages]
    phases = [(weight, [r / gain for r, gain in zip(rates, gains, strict=True)]) for weight, rates in phases]
    out = []
    for k in range(len(network.stages)):
        factor = unit / network.scales[k]
        for stage in network.stages[k:-1]:
            factor *= stage.gain / stage.back
        if k == 0:
            out.append(_still(network, phases, network.first_rows(x), factor))
        else:
            out.append(_moving(network, phases, k) * factor)
    return out


def _rows(network: ResistiveEquations, k: int, u: Sequence[Floats]) -> Floats:
    """Rows of array k > 0 (samples, rows) [V] behind nominal amplifiers, by node voltages `u` of each layer."""
    before, bias = network.stages[k - 1].gain * u[k - 1], network.stages[k].bias
    return np.concatenate([before, np.broadcast_to(bias, (*before.shape[:-1], bias.size))], axis=-1)


def _still(network: ResistiveEquations, phases: Phases, rows: Floats, factor: float) -> Floats:
    """Co-contents of the first array, times a factor: its rows are the same in all phases, so that each term's columns
    are added up before they meet the rows, all terms in one product."""
    terms, ends, sums = network.content, [], []
    values = [(weight * factor, terms.columns(rates[0])) for weight, rates in phases]
    for n, row in enumerate(terms.rows(rows)):
        if not isinstance(values[0][1][n], np.ndarray):
            continue  # the same in all phases: the estimator's weights add up to 0
        change = np.asarray(sum(weight * columns[n] for weight, columns in values))
        if isinstance(row, np.ndarray):
            ends.append(row)
            sums.append(change)
        else:
            ends.append(np.full((1, rows.shape[1]), row))
            sums.append(change.sum(axis=0, keepdims=True))
    return np.asarray(np.concatenate(ends).T @ np.concatenate(sums))


def _moving(network: ResistiveEquations, phases: Phases, k: int) -> Floats:
    """Co-contents of array k > 0, whose both sides move."""
    terms, total = network.content, 0.0
    for weight, rates in phases:
        rows = _rows(network, k, rates)
        for row, column in zip(terms.rows(rows), terms.columns(rates[k]), strict=True):
            ends = (np.broadcast_to(row, rows.shape), np.broadcast_to(column, rates[k].shape))
            total = total + weight * (ends[0].T @ ends[1])
    return np.asarray(total)
