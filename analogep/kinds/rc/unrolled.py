"""Step by step: equilibrium propagation in the nudged phase against backpropagation through the free phase.

Equal steps of an RC network, v(t+1) = v(t) + a [b(v(t)) - v(t)], a = h/tau and b the bracket (`equations`), have the
gradient of the cost after T steps, for one use of the weights at a time (backpropagation through time, BPTT):

    lambda(T) = dC/dv(T),    lambda(t) = (1 - a) lambda(t+1) + a B(v(t))' lambda(t+1),    B = db/dv
    dC/dw at step t = a [ q(r(t)) lambda(t+1)  +  lambda(t+1) q(s r(t)) ]          forward use, and reverse

Equilibrium propagation nudges from the settled state, and its update at one step of the nudged phase is

    D(t) = -(1/(beta V^2)) [ r_i r_j (t+1) - r_i r_j (t) ] / (s ... s)

If the free phase has settled, steps are equal in all layers and the coupling is symmetric, then for beta -> 0 both are
the same, D(t) -> dC/dw at step T - 1 - t (Ernoult et al. 2019, arXiv 1905.13633): wherever no neuron sits at a rail,
because rates, not voltages, are what the energy is a function of. A maximum that changes its winner breaks it.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analogep.kinds.rc.coupled import output_slope, pullback, uses
from analogep.kinds.rc.equations import RCEquations
from analogep.network.drive import Drive

Floats = NDArray[np.float64]


def unroll(network: RCEquations, drive: Drive, v: Floats, steps: int, h: float) -> list[Floats]:
    """States v(0) to v(steps), each (samples, nodes) [V], by equal steps of `h` [s] from `v` (samples, nodes) [V]."""
    path = [v]
    for _ in range(steps):
        path.append(path[-1] + h * network.derivative(path[-1], drive))
    return path


def backpropagated(
    network: RCEquations, path: Sequence[Floats], x: Floats, target: Floats, h: float, steps: int | None = None
) -> list[list[Floats]]:
    """dC/dw by the use of the weights in each step, the last step first.

    Parameters
    ----------
    network : RCEquations
    path : sequence of ndarray (samples, nodes) [V]
        As `unroll` gives it.
    x : ndarray (samples, inputs) [V]
    target : ndarray (samples, classes) [V]
    h : float [s]
        Step.
    steps : int or None
        How many of the last steps; None for all, whose sum is the gradient.

    Returns
    -------
    list of list of ndarray (rows, columns) [1]
        By step and store.
    """
    a, adjoint, found = h / network.tau, output_slope(network, path[-1], target), []
    for v in path[-2::-1][:steps]:
        moved, rates = a * adjoint, network.rates(v)
        winners, parts = network.winners(rates), [moved[:, part] for part in network.slices]
        layers = range(len(network.layers))
        found.append([uses(network, k, x, rates, parts, winners[k]) / len(x) for k in layers])
        adjoint = (1.0 - a) * adjoint + pullback(network, v)(moved)
    return found


def propagated(
    network: RCEquations, drive: Drive, rest: Floats, x: Floats, target: Floats, beta: float, steps: int, h: float
) -> list[list[Floats]]:
    """What equilibrium propagation would add to the gradient (rows, columns) [1] of each store at each step of a nudged
    phase from `rest`.

    Parameters
    ----------
    network, x, target, h
        As in `backpropagated`.
    drive : Drive
        Of the free phase.
    rest : ndarray (samples, nodes) [V]
        Where the free phase has settled.
    beta : float
    steps : int
    """
    path = unroll(network, network.nudged(drive, beta, target), rest, steps, h)
    rates = [network.rates(v) for v in path]
    return [
        network.gradient([(1.0 / beta, after), (-1.0 / beta, before)], x) for before, after in itertools.pairwise(rates)
    ]
