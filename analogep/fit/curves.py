"""Step curves that laws are fitted with: the mean change by one pulse against the state, in the direction's own sense.

A direction is written in its own coordinate xi, which rises by its pulses: about 0 where its ramps start and 1 where
they end. `pulses` n turns rates into steps, so that every parameter is of order one: one pulse moves by rate(xi)/n.
The laws of a card are these curves on a window (`translate`); several laws share one curve.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from analogep.jit import inner, kernel

Floats = NDArray[np.float64]


class Curve(ABC):
    """One family of step curves.

    Arrays of parameters are (batch, parameters), of states (batch, ramps): one call serves all the perturbed
    parameters of a Jacobian.
    """

    names: ClassVar[tuple[str, ...]]
    """Parameters, for each direction."""
    shared: ClassVar[int | None] = None
    """Index of a parameter that both directions share, with opposite signs in their own coordinates."""

    @property
    def count(self) -> int:
        """Parameters of one direction."""
        return len(self.names)

    @abstractmethod
    def rate(self, theta: Floats, xi: Floats) -> Floats:
        """Change by a pulse times the number of pulses (batch, ramps) [1].

        Parameters
        ----------
        theta : ndarray (batch, parameters) [1]
        xi : ndarray (batch, ramps) [1]
            States before the pulse.
        """

    @abstractmethod
    def guesses(self, at: Floats, rate: Floats) -> list[list[float]]:
        """Starting points of the fit, from the measured `rate` (points,) [1] at the states `at` (points,) [1]."""

    def within(self, theta: Floats) -> Floats:
        """`theta` (parameters,) [1] moved to where the curve is defined, in the same shape."""
        return theta

    @abstractmethod
    def path(self, theta: Floats, start: Floats, pulses: float, count: int) -> Floats:
        """States after 0, 1, ..., count - 1 pulses (batch, ramps, count) [1]; without a closed form, pulse by pulse.

        Parameters
        ----------
        theta : ndarray (batch, parameters) [1]
        start : ndarray (batch, ramps) [1]
            State before the first pulse.
        pulses : float
            n that turns rates into steps.
        count : int
            Number of readings.
        """


_POWER, _EXP_STEP, _TABLE = range(3)
"""Curves without a closed form."""


@inner(error_model="numpy", forceinline=False)
def _rate(curve, theta, xi, low, high):  # type: ignore[no-untyped-def]
    """`Curve.rate` of one state."""
    if curve == _POWER:
        u = theta[1]
        return theta[0] * (max(u - xi, 1e-12) / (u - 0.5)) ** theta[2] if xi < u else 0.0
    if curve == _EXP_STEP:
        bent = 1e-3 if abs(theta[2]) < 1e-3 else theta[2]
        return max(theta[0] + theta[1] * (np.expm1(min(bent * xi, 300.0)) / np.expm1(bent)), 0.0)
    place = min(max((xi - low) / (high - low), 0.0), 1.0) * (theta.size - 1)
    left = min(int(place), theta.size - 2)
    share = place - left
    return max((1.0 - share) * theta[left] + share * theta[left + 1], 0.0)


@kernel(error_model="numpy")
def _pulsed(curve, theta, start, pulses, low, high, out):  # type: ignore[no-untyped-def]
    """States (batch, ramps, count) from `start`, each by one pulse from the one before."""
    for b in range(out.shape[0]):
        for r in range(out.shape[1]):
            xi = start[b, r]
            for k in range(out.shape[2]):
                out[b, r, k] = xi
                xi += _rate(curve, theta[b], xi, low, high) / pulses


def _path(
    curve: int, theta: Floats, start: Floats, pulses: float, count: int, ends: tuple[float, float] = (0.0, 1.0)
) -> Floats:
    """`Curve.path`, pulse by pulse."""
    out = np.empty((*start.shape, count))
    _pulsed(curve, np.ascontiguousarray(theta), np.ascontiguousarray(start), float(pulses), *ends, out)
    return out


def _slope(at: Floats, rate: Floats) -> float:
    """Slope of the regression of rates (pieces,) [1] on states (pieces,) [1]; 0 where these do not differ.

    About the mean, where it is well conditioned however little they differ.
    """
    off = at - at.mean()
    size = float(off @ off)
    return float(off @ rate) / size if size > 0.0 else 0.0


def _column(theta: Floats, k: int) -> Floats:
    return theta[:, k, None]


class ConstantCurve(Curve):
    """rate = s."""

    names = ("rate",)

    def rate(self, theta: Floats, xi: Floats) -> Floats:
        """s everywhere."""
        return np.broadcast_to(_column(theta, 0), xi.shape).copy()

    def guesses(self, at: Floats, rate: Floats) -> list[list[float]]:
        """The mean rate."""
        return [[float(rate.mean())]]

    def path(self, theta: Floats, start: Floats, pulses: float, count: int) -> Floats:
        """xi_k = xi_0 + k s/n."""
        return np.asarray(start[..., None] + theta[:, 0, None, None] * (np.arange(count) / pulses))


class AffineCurve(Curve):
    """rate = s - beta (xi - 1/2): constant (beta 0), linear, soft bounds and exponential laws."""

    names = ("rate", "slope")

    def rate(self, theta: Floats, xi: Floats) -> Floats:
        """Straight line."""
        return np.asarray(_column(theta, 0) - _column(theta, 1) * (xi - 0.5))

    def guesses(self, at: Floats, rate: Floats) -> list[list[float]]:
        """The regression line."""
        slope = _slope(at, rate)
        return [[float(rate.mean() - slope * (at.mean() - 0.5)), -slope]]

    def path(self, theta: Floats, start: Floats, pulses: float, count: int) -> Floats:
        """xi_k = xi_0 + d_0 (1 - r^k)/(1 - r), d_0 = rate(xi_0)/n, r = 1 - beta/n."""
        first = self.rate(theta, start) / pulses
        slope = theta[:, 1] / pulses
        base = np.maximum(1.0 - slope, 0.0)[:, None] ** np.arange(count)
        straight = np.abs(slope) < 1e-9
        total = (1.0 - base) / np.where(straight, 1.0, slope)[:, None]
        total[straight] = np.arange(count)
        return np.asarray(start[..., None] + first[..., None] * total[:, None, :])


class PowerCurve(Curve):
    """rate = s [(u - xi)/(u - 1/2)]^gamma: s in the middle, 0 at the bound u."""

    names = ("rate", "bound", "exponent")

    def rate(self, theta: Floats, xi: Floats) -> Floats:
        """Power of the way that is left."""
        u = _column(theta, 1)
        left = np.maximum(u - xi, 1e-12) / (u - 0.5)
        return np.asarray(_column(theta, 0) * left ** _column(theta, 2) * (xi < u))

    def path(self, theta: Floats, start: Floats, pulses: float, count: int) -> Floats:
        """Pulse by pulse."""
        return _path(_POWER, theta, start, pulses, count)

    def guesses(self, at: Floats, rate: Floats) -> list[list[float]]:
        """Bounds just above the measured states with some exponents, to tell local minima apart."""
        middle = float(np.interp(0.5, at, rate)) or float(rate.mean())
        top = max(1.0, float(at.max()))
        return [
            [middle, top + room, gamma]
            for room, gamma in ((0.5, 0.05), (0.02, 0.5), (0.05, 1.0), (0.1, 2.0), (0.5, 3.0))
        ]

    def within(self, theta: Floats) -> Floats:
        """0 <= gamma <= 50, and a bound right of the middle."""
        return np.array([max(theta[0], 1e-6), min(max(theta[1], 0.7), 50.0), min(max(theta[2], 0.0), 50.0)])


class ExpStepCurve(Curve):
    """rate = p + q (e^{gamma xi} - 1)/(e^gamma - 1): p at 0, p + q at 1, bent by gamma."""

    names = ("first", "change", "steepness")

    def rate(self, theta: Floats, xi: Floats) -> Floats:
        """Exponential, never below zero."""
        gamma = _column(theta, 2)
        bent = np.where(np.abs(gamma) < 1e-3, 1e-3, gamma)
        share = np.expm1(np.minimum(bent * xi, 300.0)) / np.expm1(bent)
        return np.maximum(_column(theta, 0) + _column(theta, 1) * share, 0.0)

    def path(self, theta: Floats, start: Floats, pulses: float, count: int) -> Floats:
        """Pulse by pulse."""
        return _path(_EXP_STEP, theta, start, pulses, count)

    def guesses(self, at: Floats, rate: Floats) -> list[list[float]]:
        """The ends of the regression line, bent either way."""
        slope = _slope(at, rate)
        first = float(rate.mean()) - slope * float(at.mean())
        return [[first, slope, gamma] for gamma in (2.0, 6.0, -2.0, -6.0)]

    def within(self, theta: Floats) -> Floats:
        """|gamma| from 0.01 to 60."""
        size = min(max(abs(theta[2]), 0.01), 60.0)
        return np.array([theta[0], theta[1], size if theta[2] >= 0.0 else -size])


class LogisticCurve(Curve):
    """S-curve around the centre 1/2 + delta with asymptotes 1/k apart; s is the rate in the centre.

    y = (xi - centre) k + 1/2 has odds that every pulse multiplies by e^{4 s k/n}; delta is the device's, so both
    directions share it.
    """

    names = ("rate", "centre", "curvature")
    shared = 1

    def _y(self, theta: Floats, xi: Floats) -> Floats:
        return np.clip((xi - 0.5 - _column(theta, 1)) * _column(theta, 2) + 0.5, 1e-9, 1.0 - 1e-9)

    def rate(self, theta: Floats, xi: Floats) -> Floats:
        """Continuous form 4 s y (1 - y), which differs from the exact pulse by the order of a step."""
        y = self._y(theta, xi)
        return np.asarray(4.0 * _column(theta, 0) * y * (1.0 - y))

    def guesses(self, at: Floats, rate: Floats) -> list[list[float]]:
        """Weak and strong curvature around the middle."""
        top = float(rate.max())
        return [[top, 0.0, k] for k in (0.5, 0.8, 0.95)]

    def within(self, theta: Floats) -> Floats:
        """0.001 <= k <= 2."""
        return np.array([max(theta[0], 1e-6), min(max(theta[1], -2.0), 2.0), min(max(theta[2], 1e-3), 2.0)])

    def path(self, theta: Floats, start: Floats, pulses: float, count: int) -> Floats:
        """Exact for any number of pulses."""
        y = self._y(theta, start)
        growth = np.exp(-4.0 * (theta[:, 0] * theta[:, 2] / pulses)[:, None] * np.arange(count))
        odds = ((1.0 - y) / y)[..., None] * growth[:, None, :]
        return np.asarray((1.0 / (1.0 + odds) - 0.5) / theta[:, 2, None, None] + 0.5 + theta[:, 1, None, None])


class TableCurve(Curve):
    """rate interpolated linearly between equally spaced nodes from `low` to `high`, and constant beyond them."""

    def __init__(self, nodes: int, low: float, high: float) -> None:
        self.nodes, self.low, self.high = nodes, low, high

    @property
    def count(self) -> int:
        """One parameter per node."""
        return self.nodes

    def rate(self, theta: Floats, xi: Floats) -> Floats:
        """Interpolated rate, never below zero."""
        place = np.clip((xi - self.low) / (self.high - self.low), 0.0, 1.0) * (self.nodes - 1)
        left = np.minimum(place.astype(np.int64), self.nodes - 2)
        share = place - left
        before, after = np.take_along_axis(theta, left, 1), np.take_along_axis(theta, left + 1, 1)
        return np.maximum((1.0 - share) * before + share * after, 0.0)

    def path(self, theta: Floats, start: Floats, pulses: float, count: int) -> Floats:
        """Pulse by pulse."""
        return _path(_TABLE, theta, start, pulses, count, (self.low, self.high))

    def guesses(self, at: Floats, rate: Floats) -> list[list[float]]:
        """Least squares of the measured rates on the nodes."""
        place = np.clip((at - self.low) / (self.high - self.low), 0.0, 1.0) * (self.nodes - 1)
        hats = np.maximum(1.0 - np.abs(place[:, None] - np.arange(self.nodes)), 0.0)
        normal = hats.T @ hats + 1e-3 * np.eye(self.nodes) * max(1.0, float(np.trace(hats.T @ hats)) / self.nodes)
        mean = float(rate.mean())
        return [[mean + float(value) for value in np.linalg.solve(normal, hats.T @ (rate - mean))]]

    def within(self, theta: Floats) -> Floats:
        """Rates of at least zero."""
        return np.maximum(theta, 0.0)
