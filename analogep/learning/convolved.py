"""The exact gradient of a network with convolutions: the adjoint by an iterative solver, without its matrix.

J' mu = -dC/dv with J = M - 1, M what couples the layers, has the rows

    mu_l - forward_l * (W_(l+1) P' mu_(l+1)) - backward_l * P(W_l' mu_(l-1))  =  [dC/dv at the outputs]

and is solved by GMRES for all samples at once: every product with M is one forward and one backward read.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator, gmres

from analogep.errors import SimulationError
from analogep.network import LayeredRC

Floats = NDArray[np.float64]

_TOLERANCE = 1e-12
_ROUNDS = 200


def convolved_adjoint(network: LayeredRC, v: Floats, target: Floats) -> list[Floats]:
    """mu of each layer (samples, neurons) [1/V]; parameters as in `reference.adjoint`.

    Raises
    ------
    SimulationError
        If the solver does not converge, as near an instability.
    """
    forward, backward = network.slopes(v)
    rates = network.rates(v)
    winners, last = network.winners(rates), network.layers[-1]

    def applied(flat: Floats) -> Floats:
        mu = flat.reshape(v.shape)
        out = mu.copy()
        for k in range(1, len(network.layers)):
            layer, before, here = network.layers[k], network.slices[k - 1], network.slices[k]
            assert layer.reverse is not None
            meet, inner = layer.connection, network.inner(layer).astype(np.float64)
            out[:, before] -= forward[k - 1] * meet.backward(mu[:, here], inner, winners[k])
            out[:, here] -= backward[k] * meet.forward(mu[:, before], layer.reverse.astype(np.float64), winners[k])
        return out.reshape(-1)

    source = np.zeros(v.shape)
    slope = last.activation.slope(v[:, network.slices[-1]])
    source[:, network.slices[-1]] = (rates[-1] - target) / network.read_voltage**2 * slope
    operator = LinearOperator((v.size, v.size), matvec=applied, dtype=np.float64)
    mu, problem = gmres(operator, source.reshape(-1), rtol=_TOLERANCE, restart=60, maxiter=_ROUNDS)
    if problem:
        raise SimulationError(
            "the adjoint of a network with convolutions did not converge: its loop gain is close to 1; lower "
            "learning.initial_gain or learning.rate"
        )
    return [np.ascontiguousarray(mu.reshape(v.shape)[:, part]) for part in network.slices]


def convolved_gradient(network: LayeredRC, v: Floats, x: Floats, target: Floats) -> list[Floats]:
    """Gradient of the mean cost with respect to the weights of each store; parameters as in `exact_gradient`."""
    mu, rates = convolved_adjoint(network, v, target), network.rates(v)
    winners, samples, out = network.winners(rates), x.shape[0], []
    for k, layer in enumerate(network.layers):
        meet, inner = layer.connection, network.inner(layer)
        lines = np.asarray(network.iv.drive(x if k == 0 else rates[k - 1]))
        follow = meet.winners(lines, inner) if k == 0 else winners[k]
        gradient = meet.products(lines, mu[k], follow)
        if k > 0:
            gradient += meet.products(mu[k - 1], np.asarray(network.iv.drive(network.gain * rates[k])), follow)
        if network.bias:
            places = mu[k].reshape(-1, layer.weights.shape[1]).sum(axis=0, keepdims=True)
            gradient = np.concatenate([gradient, network.bias_drive * places])
        out.append(gradient / samples)
    return out
