"""Phases: how the outputs are nudged, how long the network relaxes, and how that is integrated."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from analogep.cards import Block, NamedFamily, Names
from analogep.estimators import ESTIMATORS, Contour, Estimator, Stencil, estimator_named
from analogep.units import Fraction, Seconds, TimeConstants, Volts


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

    and those that are registered beside them (`estimators`).
    """

    beta: Annotated[float, Field(gt=0, le=100)]
    """Nudging strength, in units of the output neurons' leak."""
    estimator: Annotated[str, Names(ESTIMATORS)]
    kind: Literal["proportional", "constant"] = "proportional"
    points: Annotated[int, Field(ge=3, le=64)] = 10
    """Number N of points of `holomorphic`."""
    excess: Annotated[float, Field(ge=0, le=100)] = 4.0 / 3.0
    """gamma of what nudges: a transconductance gm makes the current noise 4kT gamma gm. A pair of transistors, of which
    one sees the target and the other the output, has 2/3 of each in strong inversion; a conductance to the target has
    1."""

    @property
    def chosen(self) -> Estimator:
        """The estimator."""
        return estimator_named(self.estimator)

    def contour(self, sign: float = 1.0) -> Contour:
        """All phases to run, as pairs (beta, weight).

        Parameters
        ----------
        sign : float
            +1 or -1, of an estimator that draws one.
        """
        return self.chosen.contour(self.beta, sign, self.points)

    def stencil(self, sign: float = 1.0) -> Stencil:
        """The phases with a real beta, as pairs (beta, weight); parameters as in `contour`."""
        return self.chosen.stencil(self.beta, sign, self.points)


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


SOLVERS: Final = NamedFamily(
    "solver",
    tag="solver.method",
    home="analogep.relaxation",
    members={
        "RK45": "transient.RK45",
        "RK23": "transient.RK23",
        "DOP853": "transient.DOP853",
        "LSODA": "transient.LSODA",
        "BDF": "transient.BDF",
        "Radau": "transient.Radau",
        "newton": "equilibrium.Newton",
        "euler": "euler.Euler",
    },
)
"""Every solver, by the text of `solver.method`."""


class Solver(Block):
    """Integrator of the relaxation: a method of `scipy.integrate.solve_ivp` and its tolerances for one sample.

    `newton` does not integrate: it solves for the equilibrium of each phase, which takes the phase's duration all the
    same. Its joules are the power at rest times that duration, and the heat of charging the nodes' capacitors.

    `euler` takes equal steps, v <- v + h dv/dt, with h = step times the shortest time constant, shortened so that a
    whole number of them makes up the phase. It has no tolerance: its error is of order h on the way, and none at the
    equilibrium. Networks of kind `rc` with hidden layers and without wires are marched in one compiled call, unless
    a curved device's voltage has no bound.
    """

    method: Annotated[str, Names(SOLVERS)]
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
