"""Loop gain: when the equilibrium of a layered network is unique and stable.

Linearised around a state, tau dv/dt = (A - 1) v with A made of the weights times the slopes of the transfer curves,
forward and in reverse. The network is stable if every eigenvalue of A is below 1; for symmetric weights that is H =
diag(g/rho') - W positive definite. At the largest slopes everywhere (`loop_gain_bound`) a gain below 1 excludes a
second equilibrium altogether.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analogep.network.rc import LayeredRC

Floats = NDArray[np.float64]

_ROUNDS = 60


def _power_iteration(network: LayeredRC, forward: list[Floats], backward: list[Floats]) -> Floats:
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
                moved[k] += (forward[k - 1] * state[k - 1]) @ network.inner(layer)
                moved[k - 1] += (backward[k] * state[k]) @ layer.reverse.T
            state = moved
        growth = np.sqrt(np.sqrt(sum(np.square(part).sum(axis=1) for part in state)))
    return growth


def loop_gain(network: LayeredRC, v: Floats) -> Floats:
    """Loop gain at node voltages `v` (samples, nodes) [V]: largest eigenvalue of A for each sample (samples,) [1]."""
    return _power_iteration(network, *network.slopes(v))


def loop_gain_bound(network: LayeredRC) -> float:
    """Loop gain with every neuron at its steepest [1]; below 1 the equilibrium is unique for any input.

    The steepest slope of each transfer curve is 1; a sinh I-V curve is steepest at the neurons' rails, and without
    rails it has no bound.
    """
    rails = [np.array([max(map(abs, layer.activation.rails))]) for layer in network.layers]
    forward = [network.iv.slope(rail) for rail in rails[:-1]]
    backward = [network.gain * network.iv.slope(network.gain * rail) for rail in rails[1:]]
    if not all(np.isfinite(slope).all() for slope in (*forward, *backward)):
        return np.inf
    unused = np.ones(1)
    sizes = [layer.size for layer in network.layers]
    ahead = [np.full((1, n), slope) for n, slope in zip(sizes, (*forward, unused), strict=True)]
    behind = [np.full((1, n), slope) for n, slope in zip(sizes, (unused, *backward), strict=True)]
    return float(_power_iteration(network, ahead, behind)[0])
