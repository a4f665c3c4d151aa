"""The gradient that equilibrium propagation estimates from the rates measured in its phases.

With lines scaled so that the reverse direction has gain 1, F = E + beta C at equilibrium gives (Scellier and Bengio
2017) dL/dtheta = lim d/dbeta dE/dtheta. For the RC network dE/dw_ij = -r_i r_j, so that with the estimator's phases
(beta_k, weight_k)

    dL/dw_ij = -(1/V^2) sum_k weight_k r_i^k r_j^k / (s ... s)

averaged over the batch, V the read voltage (weights and L are dimensionless) and one factor s, the feedback gain, for
every stage behind the layer. The product rule needs the rates of both sides of a weight in each phase and nothing
else. Biases are weights from a line at V.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def estimate(
    phases: Sequence[tuple[float, Sequence[Floats]]], x: Floats, read_voltage: float, gain: float, bias: bool
) -> list[Floats]:
    """Gradient of the mean cost with respect to the weights of each layer.

    Parameters
    ----------
    phases : sequence of (weight, rates)
        Weight of the phase in the estimator and its measured rates, one array (samples, neurons) per layer [V].
    x : ndarray (samples, inputs) [V]
        Input lines, the same in all phases.
    read_voltage : float [V]
    gain : float
        Feedback gain s.
    bias : bool
        Whether the last row of each layer is a bias line.

    Returns
    -------
    list of ndarray (inputs + bias, neurons) [1]
    """
    samples, depth = x.shape[0], len(phases[0][1])
    out: list[Floats] = []
    for k in range(depth):
        factor = -1.0 / (samples * read_voltage**2 * gain ** (depth - 1 - k))
        change = sum(weight * rates[k] for weight, rates in phases)
        assert isinstance(change, np.ndarray)
        if k == 0:
            product = x.T @ change
        else:
            product = np.zeros((phases[0][1][k - 1].shape[1], change.shape[1]))
            for weight, rates in phases:
                product += (weight * rates[k - 1]).T @ rates[k]
        if bias:
            product = np.concatenate([product, read_voltage * change.sum(axis=0, keepdims=True)])
        out.append(product * factor)
    return out


def compare(estimated: Floats, exact: Floats) -> tuple[float, float]:
    """Cosine of the two gradients, and gain <estimated, exact>/<exact, exact> (1 for an exact estimate)."""
    inner = float(np.vdot(estimated, exact))
    norm = float(np.linalg.norm(exact))
    other = float(np.linalg.norm(estimated))
    if norm == 0.0 or other == 0.0:
        return float("nan"), float("nan")
    return float(inner / (norm * other)), float(inner / norm**2)
