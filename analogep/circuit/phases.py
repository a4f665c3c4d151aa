"""Phases: how the outputs are nudged, how long the network relaxes, and how that is integrated."""

from __future__ import annotations

import cmath
import math
from typing import Annotated, Literal

from pydantic import Field

from analogep.cards import Block
from analogep.units import Fraction, Seconds, TimeConstants, Volts

RealEstimator = Literal["positive", "negative", "random_sign", "centered", "richardson"]
Estimator = Literal[RealEstimator, "holomorphic"]
Stencil = tuple[tuple[float, float], ...]
Contour = tuple[tuple[complex, complex], ...]
"""Phases to run as pairs (beta, weight): the estimate is the real part of the sum of weight Phi(beta)."""


class Nudging(Block):
    """Nudging currents and the finite difference that makes a gradient of them.

    The output current is beta g p, p the pull of the cost, which for the squared error is d - r towards the target d
    (`proportional`), or that current frozen at its value at the end of the free phase (`constant`). With Phi(beta) what
    an update measures in a phase, the estimators of dPhi/dbeta at 0 are

        positive     [Phi(b) - Phi(0)]/b                       bias O(b)
        negative     [Phi(0) - Phi(-b)]/b                      bias O(b)
        random_sign  one of these two, drawn for each batch    bias O(b^2) in the mean
        centered     [Phi(b) - Phi(-b)]/2b                     bias O(b^2)
        richardson   [4 c(b) - c(2b)]/3, c the centered one    bias O(b^4)
        holomorphic  (1/N b) sum_k Phi(b u^k) u^-k, u = e^{2 pi i/N}, k = 0 to N - 1    bias O(b^N)

    `holomorphic` nudges by a complex beta at N points of a circle and is Cauchy's integral for the derivative, by the
    trapezoidal rule. It stands for an ideal network with complex voltages, which no chip has: it says what is lost to
    finite beta alone. Phi of conjugate points is conjugate, so that only one of the two is computed; each is measured
    with its own noise and booked, as two real networks, one for each part of the voltages.

    Sources: Scellier and Bengio 2017 (doi 10.3389/fncom.2017.00024), Laborieux et al. 2021
    (doi 10.3389/fnins.2021.633674), Laborieux and Zenke 2022 (NeurIPS, arXiv 2209.00530).
    """

    beta: Annotated[float, Field(gt=0, le=100)]
    """Nudging strength, in units of the output neurons' leak."""
    estimator: Estimator
    kind: Literal["proportional", "constant"] = "proportional"
    points: Annotated[int, Field(ge=3, le=64)] = 10
    """Number N of points of `holomorphic`."""

    def contour(self, sign: float = 1.0) -> Contour:
        """Phases to run: the `stencil`, or for `holomorphic` all of the circle; conjugate points are exactly so.

        Parameters
        ----------
        sign : float
            +1 or -1, the sign that `random_sign` uses.
        """
        if self.estimator != "holomorphic":
            return self.stencil(sign)
        number, real = self.points, self.stencil()
        upper = [cmath.exp(2j * math.pi * k / number) for k in range(1, (number + 1) // 2)]
        weight = 1.0 / (number * self.beta)
        arcs = [tuple((self.beta * u, weight / u) for u in arc) for arc in (upper, [u.conjugate() for u in upper])]
        return (*real, *arcs[0], *arcs[1])

    def stencil(self, sign: float = 1.0) -> Stencil:
        """Phases as pairs (beta, weight): the estimate is the sum of weight Phi(beta).

        Of `holomorphic` these are the points on the real axis only, one or two of them.

        Parameters
        ----------
        sign : float
            +1 or -1, the sign that `random_sign` uses.
        """
        b = self.beta
        if self.estimator == "random_sign":
            b = b if sign > 0 else -b
        if self.estimator in ("positive", "random_sign"):
            return ((b, 1.0 / b), (0.0, -1.0 / b))
        if self.estimator == "negative":
            return ((0.0, 1.0 / b), (-b, -1.0 / b))
        if self.estimator == "centered":
            return ((b, 0.5 / b), (-b, -0.5 / b))
        if self.estimator == "holomorphic":
            share = 1.0 / (self.points * b)
            return ((b, share), (-b, -share))[: 2 - self.points % 2]
        return (
            (b, 2.0 / (3.0 * b)),
            (-b, -2.0 / (3.0 * b)),
            (2 * b, -1.0 / (12.0 * b)),
            (-2 * b, 1.0 / (12.0 * b)),
        )


class Phase(Block):
    """Length of one phase: `until: duration` always takes all of it, `until: settled` at most."""

    duration: Annotated[Seconds, Field(gt=0)]
    until: Literal["duration", "settled"] = "duration"


class Timing(Block):
    """Free and nudged phases, and when a sample counts as settled."""

    free: Phase
    nudged: Phase
    tolerance: Annotated[Fraction, Field(gt=0, le=1)]
    """A sample has settled when |C dv/dt| at every node is below this share of leak x read voltage."""


class Solver(Block):
    """Integrator of the relaxation: a method of `scipy.integrate.solve_ivp` and its tolerances for one sample.

    `newton` does not integrate: it solves for the equilibrium of each phase, which takes the phase's duration all the
    same. Its joules are the power at rest times that duration, and the heat of charging the nodes' capacitors.

    `euler` takes equal steps, v <- v + h dv/dt, with h = step times the shortest time constant, shortened so that a
    whole number of them makes up the phase. It has no tolerance: its error is of order h on the way, and none at the
    equilibrium. Networks of kind `rc` with hidden layers and without wires are marched in one compiled call, unless
    a curved device's voltage has no bound.
    """

    method: Literal["RK45", "RK23", "DOP853", "LSODA", "BDF", "Radau", "newton", "euler"]
    relative_tolerance: Annotated[float, Field(ge=1e-13, le=0.1)]
    absolute_tolerance: Annotated[Volts, Field(gt=0)]
    max_evaluations: Annotated[int, Field(ge=10, le=10**9)] = 100_000
    """Evaluations of the circuit equations in one phase before it is given up; steps that are known to be more are not
    begun, nor are those of the clock of a spiking network."""
    step: Annotated[TimeConstants, Field(gt=0, le=1)] = 0.5
    """Length of a step of `euler`, in the network's shortest time constant."""
    projected: bool = False
    """Whether `euler` puts nodes beyond a rail of their neuron back onto it after each step, as diodes there would."""
    precision: Literal["double", "single"] = "double"
    """Floating-point numbers of the compiled kernel of `euler`, and with it of the arrays' weights, and of the
    states of cells that have constant steps and neither spread, noise nor levels."""

    @property
    def single(self) -> bool:
        """Whether all of training may be in single precision."""
        return self.method == "euler" and self.precision == "single"
