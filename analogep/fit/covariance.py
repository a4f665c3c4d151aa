"""Covariance of fitted curves under correlated noise, and the criterion that compares laws.

The criterion is that of Schwarz for residuals with the covariance Sigma instead of sigma^2 1,

    C = sum e^2 + ln(N) tr(H Sigma),   H = J (J'J)^-1 J',

N readings, J the Jacobian with respect to the curve's parameters after the starts, which all laws have, are projected
out. For Sigma = sigma^2 1 it is sigma^2 BIC with known sigma, and the chance that a superfluous parameter is taken is
P(chi^2_1 > ln N) for any Sigma. (With tr(H Sigma) counted twice instead of ln N times it is Mallows' C_p, Efron 2004,
doi 10.1198/016214504000000692.) BIC or AICc of white residuals would count the wandering of the accumulated noise as
evidence for curvature. A curve of three parameters contains the straight line, so its penalty is at least that of the
line (`choose`): where its third parameter runs to a limit the linearised one would be too small.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analogep.fit.levels import Minimum, Readings, jacobians, normal
from analogep.fit.shapes import Shapes

Floats = NDArray[np.float64]

ROBUST = 20
"""Ramps of each direction from which standard errors come from the scatter between ramps."""


@dataclass(frozen=True)
class Uncertainty:
    """What is known of the parameters phi = (theta, mean start of each direction).

    Parameters
    ----------
    values : ndarray (parameters + directions,) [1]
        phi.
    covariance : ndarray (parameters + directions, parameters + directions) [1]
        Of phi.
    squares : float
        Sum of squared residuals.
    penalty : float
        tr(H Sigma).
    expected : float
        Sum of squares that noise alone would leave.
    """

    values: Floats
    covariance: Floats
    squares: float
    penalty: float
    expected: float


def uncertainty(minimum: Minimum, data: tuple[Readings, ...], noise: list[Shapes]) -> Uncertainty:
    """Covariance of the curve's parameters and of the mean starts.

    With 20 ramps or more in every direction it is the scatter of the ramps' contributions to the estimate (a sandwich
    clustered by ramp), which holds whatever the noise, and when the device changes from ramp to ramp.

    Parameters
    ----------
    minimum : Minimum
    data : tuple of Readings
    noise : list of Shapes
        Variances along the ramps of each direction, scaled.
    """
    parts = jacobians(minimum.curve, minimum.theta, minimum.starts, data)
    system = normal(parts)
    inverse = np.linalg.pinv(system.matrix, rcond=1e-13, hermitian=True)
    size, directions = minimum.theta.size, len(data)
    total = np.zeros((size + directions,) * 2)
    contributions, starting, expected = [], 0.0, 0.0
    for k, (part, shape, known) in enumerate(zip(parts, noise, data, strict=True)):
        ramps = part.start.shape[0]
        share = system.c[k] / system.a[k]
        across = part.theta - share[:, :, None] * part.start[None]
        weights = np.zeros((size + directions, *part.start.shape))
        weights[:size] = np.einsum("pq,qrk->prk", inverse, across)
        weights[size + k] = part.start / (system.a[k][:, None] * ramps)
        for other in range(directions):
            mean = (system.c[other] / system.a[other]).mean(axis=1)
            weights[size + other] -= np.einsum("p,prk->rk", mean, weights[:size])
        total += _covariance(weights, shape, known.here)
        contributions.append(_contributions(weights, part.residual, minimum.starts[k], size + k))
        own = part.start / np.sqrt(system.a[k])[:, None]
        starting += float(_covariance(own[None], shape, known.here)[0, 0])
        expected += _variance(shape, known.here)
    penalty = float(np.trace(system.matrix @ total[:size, :size]))
    values = np.concatenate([minimum.theta, [float(start.mean()) for start in minimum.starts]])
    if min(len(part) for part in contributions) >= ROBUST:
        total = sum((_sandwich(part) for part in contributions), np.zeros_like(total))
    return Uncertainty(values, total, minimum.squares, penalty, max(expected - penalty - starting, 0.0))


def _contributions(weights: Floats, residual: Floats, starts: Floats, row: int) -> Floats:
    """What each ramp adds to the estimate (ramps, parameters).

    Residuals are orthogonal to the start of their ramp, so that its own contribution to the mean start is read off the
    fitted starts; it holds their true scatter too.
    """
    found = np.einsum("prk,rk->rp", weights, residual)
    found[:, row] += (starts - starts.mean()) / starts.size
    return np.asarray(found)


def _sandwich(contributions: Floats) -> Floats:
    """Covariance of the sum of the ramps' contributions (ramps, parameters)."""
    centred = contributions - contributions.mean(axis=0)
    return np.asarray(centred.T @ centred * (len(centred) / (len(centred) - 1)))


def _covariance(weights: Floats, shape: Shapes, here: NDArray[np.bool_]) -> Floats:
    """Covariance of sum_k W_k e_k (parameters, parameters), summed over ramps.

    Parameters
    ----------
    weights : ndarray (parameters, ramps, readings)
        W, zero where there is no reading.
    """
    size, _, count = weights.shape
    read = weights * np.sqrt(shape.read * here)
    carried = np.zeros_like(weights[..., :-1])
    later = np.zeros(weights.shape[:2])
    for k in range(count - 2, -1, -1):
        later = weights[..., k + 1] + (shape.carry[:, k + 1] * later if k < count - 2 else 0.0)
        carried[..., k] = later
    carried *= np.sqrt(shape.write * here[:, 1:])
    one, two = read.reshape(size, -1), carried.reshape(size, -1)
    total = np.asarray(one @ one.T + two @ two.T)
    if shape.between > 0.0:
        along = shape.between * np.einsum("prk,rk->pr", weights, shape.reach * here)
        total = total + along @ along.T
    return total + _reverting(weights, shape) if shape.slow > 0.0 else total


def _reverting(weights: Floats, shape: Shapes) -> Floats:
    """The part of z_{k+1} = f z_k + noise: z_0 has the variance m, every later noise m (1 - f^2)."""
    size, _, count = weights.shape
    summed = np.empty_like(weights)
    later = np.zeros(weights.shape[:2])
    for k in range(count - 1, -1, -1):
        later = weights[..., k] + shape.memory * later
        summed[..., k] = later * math.sqrt(shape.slow * (1.0 - shape.memory**2 if k else 1.0))
    flat = summed.reshape(size, -1)
    return np.asarray(flat @ flat.T)


def _variance(shape: Shapes, here: NDArray[np.bool_]) -> float:
    """tr(Sigma) over all ramps."""
    total = float(((shape.read + shape.slow) * here).sum())
    if shape.between > 0.0:
        total += shape.between**2 * float((shape.reach**2 * here).sum())
    wandered = np.zeros(here.shape[0])
    for k in range(here.shape[1] - 1):
        wandered = shape.carry[:, k] ** 2 * wandered + shape.write[:, k]
        total += float((wandered * here[:, k + 1]).sum())
    return total
