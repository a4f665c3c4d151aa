"""Least squares of a step curve on the measured levels, with the start of every ramp free, and its exact covariance.

The residual of a ramp is not white. Write noise is carried on by every later pulse and read noise is not:

    e_0 = v_0,   e_k = a_k + v_k,   a_{k+1} = r_k a_k + w_k,   r_k = 1 + d'(G_k)

with independent w_k (variance q_k) and v_k (s_k^2). Minimising sum e^2 over the curve's parameters and one start per
ramp is unbiased and, for a random walk, within 20 % of the smallest variance; unlike a whitened fit it keeps the
simulated ramp close to the measured one where the law is not quite the device's. What white residuals would change
are the standard errors: with the weights W of the linearised estimate, theta_hat - theta = sum W e, they follow from

    Cov = sum_k s_k^2 W_k W_k' + sum_k q_k l_k l_k',   l_{k-1} = W_k + r_k l_k   (backwards along the ramp).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analogep.fit.curves import Curve

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Readings:
    """Ramps of one direction in its own coordinate.

    Parameters
    ----------
    xi : ndarray (ramps, readings) [1]
        States in the own coordinate; anything where `here` is False.
    here : ndarray (ramps, readings) of bool
        Which readings exist.
    pulses : float
        Mean number of pulses of a ramp: n of the curve.
    """

    xi: Floats
    here: NDArray[np.bool_]
    pulses: float

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Number of readings of each ramp, counts (ramps,)."""
        return np.asarray(self.here.sum(axis=1))

    @property
    def steps(self) -> tuple[Floats, Floats]:
        """States (pieces,) [1] and mean rates there (pieces,) [1], a rate being the change by a pulse times `pulses`.

        A piece is about a twentieth of a ramp, so that read noise does not swamp the steps; pieces of all ramps are
        sorted by their states.
        """
        size = max(1, self.xi.shape[1] // 20)
        at, rate = [], []
        for row, length in zip(self.xi, self.lengths, strict=True):
            marks = np.append(np.arange(0, length - size, size), length - 1)
            at.append(0.5 * (row[marks[1:]] + row[marks[:-1]]))
            rate.append(np.diff(row[marks]) / np.diff(marks) * self.pulses)
        states, rates = np.concatenate(at), np.concatenate(rate)
        order = np.argsort(states)
        return states[order], rates[order]


@dataclass(frozen=True)
class Minimum:
    """A fitted curve.

    Parameters
    ----------
    curve : Curve
    theta : ndarray (joint parameters,) [1]
        Parameters of all directions, shared ones once.
    starts : tuple of ndarray (ramps,) [1]
        Fitted start of every ramp, by direction.
    squares : float
        Sum of squared residuals.
    """

    curve: Curve
    theta: Floats
    starts: tuple[Floats, ...]
    squares: float

    def own(self, direction: int) -> Floats:
        """Parameters of one direction (parameters,) [1]."""
        return np.asarray(spread(self.curve, self.theta[None], direction)[0])

    def paths(self, data: tuple[Readings, ...]) -> list[Floats]:
        """Fitted levels (ramps, readings) [1] of each direction."""
        return [
            self.curve.path(self.own(k)[None], start[None], part.pulses, part.xi.shape[1])[0]
            for k, (part, start) in enumerate(zip(data, self.starts, strict=True))
        ]


def spread(curve: Curve, joint: Floats, direction: int) -> Floats:
    """Own parameters (batch, parameters) [1] of direction 0 or 1, from `joint` ones (batch, joint parameters) [1]."""
    if direction == 0:
        return np.asarray(joint[:, : curve.count])
    if curve.shared is None:
        return np.asarray(joint[:, curve.count :])
    own = np.insert(joint[:, curve.count :], curve.shared, -joint[:, curve.shared], axis=1)
    return np.asarray(own)


def join(curve: Curve, parts: list[Floats]) -> Floats:
    """Joint parameters (joint parameters,) [1] of the own ones, `parts` (parameters,) [1], of each direction."""
    if len(parts) == 1:
        return parts[0]
    second = parts[1] if curve.shared is None else np.delete(parts[1], curve.shared)
    first = parts[0].copy()
    if curve.shared is not None:
        first[curve.shared] = 0.5 * (parts[0][curve.shared] - parts[1][curve.shared])
    return np.concatenate([first, second])


@dataclass(frozen=True)
class Jacobian:
    """Residuals e and derivatives dm/dtheta and dm/dstart of the levels m of every ramp of one direction [1]."""

    residual: Floats
    """(ramps, readings) [1]"""
    theta: Floats
    """(joint parameters, ramps, readings) [1]"""
    start: Floats
    """(ramps, readings) [1]"""


def jacobians(curve: Curve, theta: Floats, starts: tuple[Floats, ...], data: tuple[Readings, ...]) -> list[Jacobian]:
    """Residuals and forward differences of each direction, all perturbed parameters in one call of the curve.

    `theta` (joint parameters,) [1] and `starts` (ramps,) [1] of each direction are where they are taken.
    """
    size = theta.size
    step = 1e-6 * (1.0 + np.abs(theta))
    batch = np.tile(theta, (size + 2, 1))
    batch[np.arange(size) + 1, np.arange(size)] += step
    found = []
    for k, (part, start) in enumerate(zip(data, starts, strict=True)):
        begin = np.tile(start, (size + 2, 1))
        begin[-1] += 1e-6
        paths = curve.path(spread(curve, batch, k), begin, part.pulses, part.xi.shape[1]) * part.here
        change = (paths[1:-1] - paths[0]) / step[:, None, None]
        residual = np.where(part.here, part.xi, 0.0) - paths[0]
        found.append(Jacobian(residual, change, (paths[-1] - paths[0]) / 1e-6))
    return found


@dataclass(frozen=True)
class Normal:
    """Normal equations with the starts eliminated: S dtheta = right, dstart = (g - c' dtheta)/a.

    Attributes
    ----------
    matrix : ndarray (joint parameters, joint parameters) [1]
        S.
    right : ndarray (joint parameters,) [1]
    a, g : list of ndarray (ramps,) [1]
        Of each direction.
    c : list of ndarray (joint parameters, ramps) [1]
        Of each direction.
    """

    matrix: Floats
    right: Floats
    a: list[Floats]
    c: list[Floats]
    g: list[Floats]


def normal(parts: list[Jacobian]) -> Normal:
    """Eliminate one start per ramp from the normal equations."""
    size = parts[0].theta.shape[0]
    matrix, right = np.zeros((size, size)), np.zeros(size)
    a, c, g = [], [], []
    for part in parts:
        a.append(np.maximum((part.start**2).sum(axis=1), 1e-300))
        c.append(np.einsum("prk,rk->pr", part.theta, part.start))
        g.append((part.start * part.residual).sum(axis=1))
        flat = part.theta.reshape(size, -1)
        matrix += flat @ flat.T - (c[-1] / a[-1]) @ c[-1].T
        right += flat @ part.residual.ravel() - c[-1] @ (g[-1] / a[-1])
    return Normal(matrix, right, a, c, g)


def _squares(curve: Curve, theta: Floats, starts: tuple[Floats, ...], data: tuple[Readings, ...]) -> float:
    total = 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        for k, (part, start) in enumerate(zip(data, starts, strict=True)):
            own = spread(curve, theta[None], k)
            path = curve.path(own, start[None], part.pulses, part.xi.shape[1])[0]
            total += float(np.sum(np.where(part.here, part.xi - path, 0.0) ** 2))
    return total if np.isfinite(total) else np.inf


def _within(curve: Curve, theta: Floats, directions: int) -> Floats:
    return join(curve, [curve.within(spread(curve, theta[None], k)[0]) for k in range(directions)])


def _stepped(curve: Curve, theta: Floats, system: Normal, damping: float, directions: int) -> Floats:
    """Parameters after a damped step; those that it would push over a limit stay, and the others step without them."""
    free = np.ones(theta.size, dtype=bool)
    scale = np.maximum(np.diag(system.matrix), 1e-12 * max(float(system.matrix.max()), 1e-300))
    matrix = system.matrix + damping * np.diag(scale)
    for _ in range(2):
        change = np.zeros(theta.size)
        change[free] = np.linalg.lstsq(matrix[np.ix_(free, free)], system.right[free], rcond=1e-15)[0]
        trial = _within(curve, theta + change, directions)
        held = np.abs(trial - theta - change) > 1e-12 * (1.0 + np.abs(theta))
        if not held.any() or held.all():
            break
        free &= ~held
    return trial


def descend(curve: Curve, theta: Floats, data: tuple[Readings, ...], most: int = 60) -> Minimum:
    """Levenberg-Marquardt from `theta` (joint parameters,) [1], the starts at the first readings.

    Ends when a step lowers the sum of squares by less than 1e-9 of it, or after `most` steps.
    """
    theta = _within(curve, theta, len(data))
    starts = tuple(part.xi[:, 0].copy() for part in data)
    squares, damping = _squares(curve, theta, starts, data), 1e-3
    for _ in range(most):
        if not np.isfinite(squares):
            break
        system = normal(jacobians(curve, theta, starts, data))
        gained = 0.0
        while damping < 1e12:
            trial = _stepped(curve, theta, system, damping, len(data))
            moved = trial - theta
            begin = tuple(
                start + (g - moved @ c) / a for start, g, c, a in zip(starts, system.g, system.c, system.a, strict=True)
            )
            value = _squares(curve, trial, begin, data)
            if value < squares:
                gained = squares - value
                theta, starts, squares, damping = trial, begin, value, max(damping / 10.0, 1e-12)
                break
            damping *= 10.0
        if gained <= 1e-9 * squares:
            break
        damping = min(damping, 1e3)
    return Minimum(curve, theta, starts, squares)


def fit_levels(curve: Curve, data: tuple[Readings, ...]) -> Minimum:
    """Best of the minima from the curve's starting points: a few steps from each, then the best two to the end.

    Parameters
    ----------
    curve : Curve
    data : tuple of Readings
        One or both directions.
    """
    offered = [[np.array(one) for one in curve.guesses(*part.steps)] for part in data]
    points = [join(curve, list(guess)) for guess in zip(*offered, strict=True)]
    if len(points) > 1:
        first = sorted((descend(curve, point, data, 8) for point in points), key=lambda minimum: minimum.squares)
        points = [minimum.theta for minimum in first[:2]]
    return min((descend(curve, point, data) for point in points), key=lambda minimum: minimum.squares)
