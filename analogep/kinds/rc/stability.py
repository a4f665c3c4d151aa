"""Loop gain of networks at virtual ground: when the equilibrium is unique and stable.

Linearised around a state, tau dv/dt = (A - 1) v with A made of the weights times the slopes of the transfer curves,
forward and in reverse. The network is stable if every eigenvalue of A is below 1; for symmetric weights that is H =
diag(g/rho') - W positive definite. At the largest slopes everywhere (`loop_gain_bound`) a gain below 1 excludes a
second equilibrium altogether.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analogep.kinds.rc.equations import RCEquations
from analogep.network.connection import Winners
from analogep.network.mismatch import steepest_of

Floats = NDArray[np.float64]

_ROUNDS = 60


def _power_iteration(
    network: RCEquations, forward: list[Floats], backward: list[Floats], winners: Sequence[Winners]
) -> Floats:
    """Largest eigenvalue of A (samples,): layers couple in a chain, so A's spectrum is +-, and A^2 is iterated.

    Started from a fixed vector; the eigenvalue after `_ROUNDS` rounds is the ratio of the last two norms.
    """
    samples = forward[0].shape[0]
    rng = np.random.default_rng(0)
    state = [np.broadcast_to(rng.standard_normal(layer.size), (samples, layer.size)) for layer in network.layers]
    growth = np.zeros(samples)
    for _ in range(_ROUNDS):
        norm = np.sqrt(sum(np.square(part).sum(axis=1) for part in state))
        state = [part / np.maximum(norm, 1e-300)[:, None] for part in state]
        for _ in range(2):
            moved = [np.zeros_like(part) for part in state]
            for k in range(1, len(network.layers)):
                layer = network.layers[k]
                assert layer.reverse is not None
                ahead, behind, meet = forward[k - 1] * state[k - 1], backward[k] * state[k], layer.connection
                moved[k] += meet.forward(ahead, network.inner(layer), winners[k])
                moved[k - 1] += meet.backward(behind, layer.reverse, winners[k])
            state = moved
        growth = np.sqrt(np.sqrt(sum(np.square(part).sum(axis=1) for part in state)))
    return growth


def loop_gain(network: RCEquations, v: Floats) -> Floats:
    """Largest eigenvalue of A at node voltages `v` (samples, nodes) [V], of each sample (samples,) [1]."""
    return _power_iteration(network, *network.slopes(v), network.winners(network.rates(v)))


def loop_gain_bound(network: RCEquations) -> float:
    """Loop gain with every neuron at its steepest [1]; below 1 the equilibrium is unique for any input.

    The steepest slope of each nominal transfer curve is 1; a sinh I-V curve is steepest at the rails of the neurons,
    and without rails it has no bound. Which patches a maximum follows is not known beforehand, but a choice among
    patches has no larger norm than all of them: with a maximum the bound is that of a chain of the norms of its
    couplings.
    """
    rails = [np.array([max(map(abs, layer.activation.rails))]) for layer in network.layers]
    forward = [network.iv.slope(rail) for rail in rails[:-1]]
    backward = [gain * network.iv.slope(gain * rail) for gain, rail in zip(network.gains[1:], rails[1:], strict=True)]
    # A gain above 1 makes a neuron steeper than its nominal curve.
    steepest = [steepest_of(layer.activation) for layer in network.layers]
    forward = [slope * most for slope, most in zip(forward, steepest[:-1], strict=True)]
    backward = [slope * most for slope, most in zip(backward, steepest[1:], strict=True)]
    if not all(np.isfinite(slope).all() for slope in (*forward, *backward)):
        return np.inf
    unused = np.ones(1)
    sizes = [layer.size for layer in network.layers]
    ahead = [np.full((1, n), slope) for n, slope in zip(sizes, (*forward, unused), strict=True)]
    behind = [np.full((1, n), slope) for n, slope in zip(sizes, (unused, *backward), strict=True)]
    if any(not layer.connection.linear for layer in network.layers[1:]):
        return _norm_bound(network, forward, backward)
    return float(_power_iteration(network, ahead, behind, [None] * len(sizes))[0])


def _norm_bound(network: RCEquations, forward: list[Floats], backward: list[Floats]) -> float:
    """Largest eigenvalue of the chain whose couplings have the norms of the network's, which is at least as large."""
    norms = []
    for k, layer in enumerate(network.layers[1:]):
        assert layer.reverse is not None
        meet, turned = layer.connection.unpooled(), layer.reverse
        x = np.random.default_rng(0).standard_normal((1, network.layers[k].size))
        for _ in range(_ROUNDS):
            x = meet.backward(meet.forward(x / np.linalg.norm(x), network.inner(layer)), turned)
        norms.append(math.sqrt(float(forward[k].max()) * float(backward[k].max()) * float(np.linalg.norm(x))))
    chain = np.diag(norms, 1)
    return float(np.linalg.eigvalsh(chain + chain.T)[-1])
