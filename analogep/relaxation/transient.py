"""Relaxation of a batch as one initial-value problem: `scipy.integrate.solve_ivp` in volts and seconds.

SciPy's error norm of the Runge-Kutta and BDF methods is the root mean square over the whole state, so that in a
batch one moving sample is diluted by the settled ones: with B samples its error may be sqrt(B) times the tolerance.
The tolerances are therefore divided by sqrt(B), and the residual current of every sample is checked at the end.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.sparse import block_diag, csc_matrix

from analogep.circuit.phases import Phase, Solver
from analogep.errors import SimulationError
from analogep.network import Drive, Network
from analogep.network.base import Answer
from analogep.network.relaxed import Relaxed
from analogep.relaxation.equilibrium import settle
from analogep.relaxation.euler import march
from analogep.relaxation.guard import MOST_VOLTS, Guard, diverged

Floats = NDArray[np.float64]

_TIGHTEST = 3e-14  # solve_ivp raises relative tolerances below 100 eps, with a warning
_FIRST_STEP = 0.1
"""First step in shortest time constants. By itself SciPy tries 1 us from discharged nodes, where a sinh overflows."""


def relax(
    network: Network,
    drive: Drive,
    v0: Floats,
    phase: Phase,
    solver: Solver,
    tolerance: float,
    *,
    record: bool = False,
) -> Relaxed:
    """Integrate one phase of a batch and the joules that it takes.

    Parameters
    ----------
    network : Network
    drive : Drive
        What holds still during the phase.
    v0 : ndarray (samples, nodes) [V]
        Node voltages at its beginning.
    phase : Phase
        Its length, and whether it ends early when every sample has settled.
    solver : Solver
        Method and tolerances for one sample.
    tolerance : float
        Residual at which a sample counts as settled [1].
    record : bool
        Whether to keep the path.

    Raises
    ------
    SimulationError
        If the circuit diverges or the integrator gives up.
    """
    if network.clock is not None:
        return network.fire(drive, v0, phase, solver, record=record)
    if solver.method == "newton":
        return settle(network, drive, v0, phase, record=record)
    if solver.method == "euler":
        return march(network, drive, v0, phase, solver, tolerance, record=record)
    samples, nodes = v0.shape
    derivative, powers = network.equations(drive)
    guard = Guard(derivative, (samples, nodes), solver.max_evaluations)
    options = _options(network, drive, (samples, nodes), solver)
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
    path = solution.y.T.reshape(-1, samples, nodes) if record else np.empty((0, samples, nodes))
    residual = network.residual(v, drive)
    return Relaxed(v, residual, float(solution.t[-1]), energy, guard.evaluations, solution.t, path)


def _options(network: Network, drive: Drive, shape: tuple[int, int], solver: Solver) -> dict[str, Any]:
    samples, nodes = shape
    shrink = 1.0 / math.sqrt(samples)
    options: dict[str, Any] = {
        "method": solver.method,
        "rtol": max(solver.relative_tolerance * shrink, _TIGHTEST),
        "atol": solver.absolute_tolerance * shrink,
    }
    if solver.method in ("BDF", "Radau"):
        # Samples do not couple: the Jacobian is block-diagonal, and sparse factorisation keeps it that way.
        def jacobian(_time: float, state: Floats) -> csc_matrix:
            return csc_matrix(block_diag(network.jacobian(state.reshape(shape), drive)))

        options["jac"] = jacobian
    elif solver.method == "LSODA":
        options["lband"] = options["uband"] = nodes - 1
    return options


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
