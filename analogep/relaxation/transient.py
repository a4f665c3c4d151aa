"""Relaxation of a batch as one initial-value problem: `scipy.integrate.solve_ivp` in volts and seconds.

SciPy's error norm of the Runge-Kutta and BDF methods is the root mean square over the whole state, so that in a
batch one moving sample is diluted by the settled ones: with B samples its error may be sqrt(B) times the tolerance.
The tolerances are therefore divided by sqrt(B), and the residual current of every sample is checked at the end.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.phases import Phase, Solver
from analogep.errors import SimulationError
from analogep.network import Drive, Network
from analogep.network.base import Answer
from analogep.network.relaxed import Relaxed
from analogep.relaxation.guard import MOST_VOLTS, Guard, diverged
from analogep.relaxation.solver import Method

Floats = NDArray[np.float64]

_TIGHTEST = 3e-14  # solve_ivp raises relative tolerances below 100 eps, with a warning
_FIRST_STEP = 0.1
"""First step in shortest time constants. By itself SciPy tries 1 us from discharged nodes, where a sinh overflows."""

_SMOOTH = 200
"""Points of a recorded path that look like a curve."""
_MOST_VALUES = 2_000_000
"""Voltages of a recorded path from which on it has no more points than accepted steps."""


class Integrator(Method):
    """A method of `scipy.integrate.solve_ivp`."""

    def options(self, network: Network, drive: Drive, shape: tuple[int, int]) -> dict[str, Any]:
        """What the method wants to know of the Jacobian of a batch of `shape` (samples, nodes)."""
        return {}

    def relax(
        self, network: Network, drive: Drive, v0: Floats, phase: Phase, solver: Solver, tolerance: float, record: bool
    ) -> Relaxed:
        """Integrate, and the joules by quadrature of the integrator's own interpolant."""
        # Here and below: SciPy takes a tenth of the time to a first result, and most circuits do without it.
        from scipy.integrate import solve_ivp

        samples, nodes = v0.shape
        derivative, powers = network.equations(drive)
        guard = Guard(derivative, (samples, nodes), solver.max_evaluations)
        options = _tolerances(samples, solver) | self.options(network, drive, (samples, nodes))
        options["first_step"] = min(_FIRST_STEP * float(network.tau.min()), phase.duration)
        if phase.until == "settled":
            options["events"] = _settled(network, drive, (samples, nodes), tolerance)
            residual = network.residual(v0, drive)
            if float(residual.max()) <= tolerance:
                zero = np.zeros((samples, len(network.powers_of)))
                return Relaxed(v0, residual, 0.0, zero, 1, np.zeros(1), v0[None][: int(record)])
        with np.errstate(over="ignore", invalid="ignore"):
            solution = solve_ivp(guard, (0.0, phase.duration), v0.reshape(-1), dense_output=True, **options)
        if not solution.success:
            raise SimulationError(
                f"{solver.method} gave up at {solution.t[-1]:.3g} s of {phase.duration:.3g} s: {solution.message} "
                "Try another solver.method, looser tolerances, or neurons with rails"
            )
        v = np.ascontiguousarray(solution.y[:, -1]).reshape(samples, nodes)
        if float(np.abs(v).max()) > MOST_VOLTS:
            raise diverged(float(solution.t[-1]), guard.evaluations)
        energy = _energy(powers, solution, (samples, nodes))
        times, path = _dense(solution, (samples, nodes)) if record else (solution.t, np.empty((0, samples, nodes)))
        residual = network.residual(v, drive)
        return Relaxed(v, residual, float(solution.t[-1]), energy, guard.evaluations, times, path)


class Explicit(Integrator):
    """An explicit Runge-Kutta method, whose steps are bounded by the fastest node in a stiff network.

    Attributes
    ----------
    stages : int
        Evaluations of a step.
    longest : float
        Longest stable step in time constants (Hairer and Wanner, Solving Ordinary Differential Equations II, chapter
        IV.2).
    """

    stages: ClassVar[int]
    longest: ClassVar[float]

    def evaluations(self, network: Network, phase: Phase, solver: Solver) -> int | None:
        """Those of the longest steps, of a phase that lasts its whole duration."""
        if phase.until == "settled":
            return None
        count = explicit_evaluations(network, phase, type(self))
        if count > solver.max_evaluations:
            raise SimulationError(
                f"a phase of {phase.duration:.3g} s takes {self.name} at least {count} evaluations, more than "
                f"solver.max_evaluations = {solver.max_evaluations}, as the shortest time constant is "
                f"{float(network.tau.min()):.3g} s; set solver.method to LSODA or BDF, which take few steps in stiff "
                "networks, or to newton"
            )
        return count


class RK45(Explicit):
    """Dormand and Prince's method of order 5."""

    name: ClassVar[str] = "RK45"
    stages: ClassVar[int] = 6
    longest: ClassVar[float] = 3.3


class RK23(Explicit):
    """Bogacki and Shampine's method of order 3."""

    name: ClassVar[str] = "RK23"
    stages: ClassVar[int] = 3
    longest: ClassVar[float] = 2.5


class DOP853(Explicit):
    """Hairer's method of order 8."""

    name: ClassVar[str] = "DOP853"
    stages: ClassVar[int] = 12
    longest: ClassVar[float] = 6.0


class LSODA(Integrator):
    """Adams and BDF formulas, whichever fits."""

    name: ClassVar[str] = "LSODA"

    def options(self, network: Network, drive: Drive, shape: tuple[int, int]) -> dict[str, Any]:
        """The bandwidth of one sample."""
        return {"lband": shape[1] - 1, "uband": shape[1] - 1}


class Implicit(Integrator):
    """An implicit method, with the Jacobian of the network."""

    def options(self, network: Network, drive: Drive, shape: tuple[int, int]) -> dict[str, Any]:
        """Samples do not couple: the Jacobian is block-diagonal, and sparse factorisation keeps it that way."""
        from scipy.sparse import block_diag, csc_matrix

        def jacobian(_time: float, state: Floats) -> Any:
            return csc_matrix(block_diag(network.jacobian(state.reshape(shape), drive)))

        return {"jac": jacobian}


class BDF(Implicit):
    """Backward differentiation formulas of order 1 to 5."""

    name: ClassVar[str] = "BDF"


class Radau(Implicit):
    """The implicit Runge-Kutta method Radau IIA of order 5."""

    name: ClassVar[str] = "Radau"


def explicit_evaluations(network: Network, phase: Phase, method: type[Explicit]) -> int:
    """Evaluations that an explicit method takes at least for a phase that lasts its whole duration.

    Steps stay below the length at which the decay of the fastest node would grow, so that they are

        stages T/(2 longest tau)

    The 2 leaves room for coupled nodes, which may be slower together than the fastest is alone.
    """
    return math.ceil(0.5 * method.stages * phase.duration / (method.longest * float(network.tau.min())))


def _tolerances(samples: int, solver: Solver) -> dict[str, Any]:
    """Method and tolerances of a batch."""
    shrink = 1.0 / math.sqrt(samples)
    return {
        "method": solver.method,
        "rtol": max(solver.relative_tolerance * shrink, _TIGHTEST),
        "atol": solver.absolute_tolerance * shrink,
    }


def _settled(
    network: Network, drive: Drive, shape: tuple[int, int], tolerance: float
) -> Callable[[float, Floats], float]:
    """Event: the logarithm of the largest residual over the tolerance, which falls almost linearly in time.

    The root is found up to rounding; a margin keeps the sample that stopped the phase on the settled side.
    """
    goal = (1.0 - 1e-6) * tolerance

    def event(_time: float, state: Floats) -> float:
        return math.log(float(network.residual(state.reshape(shape), drive).max()) / goal + 1e-300)

    event.terminal = True  # type: ignore[attr-defined]
    event.direction = -1.0  # type: ignore[attr-defined]
    return event


def _dense(solution: Any, shape: tuple[int, int]) -> tuple[Floats, Floats]:
    """Times (points,) [s] and voltages (points, samples, nodes) [V]: accepted steps, and between them the integrator's
    own interpolant where they are few, since a straight line between two of them is no solution.
    """
    steps = len(solution.t) - 1
    parts = max(1, math.ceil(min(_SMOOTH, _MOST_VALUES // math.prod(shape)) / steps))
    inside = np.arange(1, parts) / parts
    times, states = [solution.t[:1]], [solution.y.T[:1]]
    for k, interpolant in enumerate(solution.sol.interpolants):
        inner = solution.t[k] + inside * (solution.t[k + 1] - solution.t[k])
        times += [inner, solution.t[k + 1 : k + 2]]
        states += [interpolant(inner).T, solution.y.T[k + 1 : k + 2]]
    return np.concatenate(times), np.concatenate(states).reshape(-1, *shape)


def _energy(powers: Answer, solution: Any, shape: tuple[int, int]) -> Floats:
    """Joules by Gauss-Lobatto quadrature with four points on each accepted step, of order 6 like the best method.

    Between the ends of a step the integrator's own interpolant gives the voltages.
    """
    times, steps = solution.t, len(solution.t) - 1
    half, middle = 0.5 * np.diff(times), 0.5 * (times[1:] + times[:-1])
    inner = middle[:, None] + math.sqrt(0.2) * np.stack([-half, half], axis=1)
    points = np.empty((3 * steps + 1, *shape))
    flat = points.reshape(3 * steps + 1, -1)
    flat[::3] = solution.y.T
    for k, interpolant in enumerate(solution.sol.interpolants):
        flat[3 * k + 1 : 3 * k + 3] = interpolant(inner[k]).T
    weights = np.zeros(3 * steps + 1)
    weights[:-1:3] += half
    weights[3::3] += half
    weights[1::3] = weights[2::3] = 5.0 * half
    return np.tensordot(weights / 6.0, powers(points), axes=1)
