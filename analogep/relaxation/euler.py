"""Equal steps in circuit time: the forward Euler method.

    v(t + h) = v(t) + h dv/dt,   E = sum over steps of h [P(t) + P(t + h)]/2

The error of the path and of the joules is of order h; the state at which it comes to rest is the circuit's own, for
any h. Stable for h below twice the shortest time constant over 1 + loop gain, which the step's bound keeps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.phases import Phase, Solver
from analogep.errors import SimulationError
from analogep.network import Drive, Network
from analogep.network.march import March
from analogep.network.relaxed import Relaxed
from analogep.relaxation.guard import MOST_VOLTS, diverged
from analogep.relaxation.solver import Method, with_noise
from analogep.relaxation.turns import by_turns

Floats = NDArray[np.float64]


def steps(network: Network, phase: Phase, solver: Solver) -> tuple[int, float]:
    """Number of equal steps of a phase, and their length [s]: at most `solver.step` shortest time constants.

    Raises
    ------
    SimulationError
        If they are more than `solver.max_evaluations`.
    """
    longest = solver.step * network.shortest
    # A phase of ten steps must not become eleven by rounding.
    count = max(1, math.ceil(phase.duration / longest * (1.0 - 1e-9)))
    if count > solver.max_evaluations:
        larger = math.ceil(100.0 * solver.step * count / solver.max_evaluations) / 100.0
        raise SimulationError(
            f"a phase of {phase.duration:.3g} s takes {count} steps of {longest:.3g} s, more than "
            f"solver.max_evaluations = {solver.max_evaluations}, as time constants lie between "
            f"{network.shortest:.3g} and {float(network.tau.max()):.3g} s; set solver.method=newton, which "
            f"goes to the equilibrium without steps, {f'solver.step={larger:g}, ' if larger <= 1.0 else ''}or "
            f"solver.max_evaluations={count}"
        )
    return count, phase.duration / count


class Euler(Method):
    """Equal steps, in the compiled march where it knows the network."""

    name: ClassVar[str] = "euler"
    takes_turns: ClassVar[bool] = True

    def relax(
        self, network: Network, drive: Drive, v0: Floats, phase: Phase, solver: Solver, tolerance: float, record: bool
    ) -> Relaxed:
        """Step by step."""
        return march(network, drive, v0, phase, solver, tolerance, record=record)

    def evaluations(self, network: Network, phase: Phase, solver: Solver) -> int | None:
        """The number of steps, but where a phase ends when it has settled."""
        count, _ = steps(network, phase, solver)
        return None if phase.until == "settled" else count


def march(
    network: Network,
    drive: Drive,
    v0: Floats,
    phase: Phase,
    solver: Solver,
    tolerance: float,
    *,
    record: bool = False,
) -> Relaxed:
    """Take the steps of one phase, in the compiled march where it knows the network.

    Parameters
    ----------
    network, drive, v0, phase, solver, tolerance, record
        As in `relax`.

    Raises
    ------
    SimulationError
        If a node grows without bound or there are too many steps.
    """
    grid = steps(network, phase, solver)
    made = None if record or phase.until == "settled" else network.march(solver)
    with np.errstate(over="ignore", invalid="ignore"):
        if made is None:
            return _checked(plain(network, drive, v0, phase, solver, tolerance, record=record), grid[0])
        return _marched(made, [drive], v0, [grid], chained=False, constant=drive.frozen is not None)[0]


def plain(
    network: Network, drive: Drive, v0: Floats, phase: Phase, solver: Solver, tolerance: float, *, record: bool = False
) -> Relaxed:
    """Take the steps of one phase from the network's own equations, turn by turn; parameters as in `march`."""
    _, longest = steps(network, phase, solver)

    def run(one: Network, start: Floats, part: Phase) -> Relaxed:
        count = max(1, math.ceil(part.duration / longest * (1.0 - 1e-9)))
        return _plain(one, drive, start, (count, part.duration / count), solver, part, tolerance, record)

    return by_turns(run, network, drive, v0, phase, tolerance)


def march_phases(
    network: Network, drives: Sequence[Drive], v0: Floats, phases: Sequence[Phase], solver: Solver, *, constant: bool
) -> list[Relaxed]:
    """Take the steps of several phases in one pass, the first from `v0`, each other one from the end of the first.

    The same numbers as `march` after `march` gives, for networks and phases that `one_pass` knows.

    Parameters
    ----------
    network, v0, solver
        As in `relax`.
    drives, phases : sequence
        Of each phase.
    constant : bool
        Whether the pulls of the outputs are frozen at the end of the first phase.

    Raises
    ------
    SimulationError
        As `march`.
    """
    made, grids = network.march(solver), [steps(network, phase, solver) for phase in phases]
    assert made is not None
    with np.errstate(over="ignore", invalid="ignore"):
        ends = _marched(made, drives, v0, grids, chained=True, constant=constant)
    return [with_noise(network, drive, end) for drive, end in zip(drives, ends, strict=True)]


def one_pass(network: Network, solver: Solver, phases: Sequence[Phase]) -> bool:
    """Whether `march_phases` knows the network, and phases of a fixed length."""
    if solver.method != "euler" or any(phase.until == "settled" for phase in phases):
        return False
    return network.march(solver) is not None


def _marched(
    made: March, drives: Sequence[Drive], v0: Floats, grids: Sequence[tuple[int, float]], *, chained: bool,
    constant: bool,
) -> list[Relaxed]:  # fmt: skip
    """The ends of all phases.

    Raises
    ------
    SimulationError
        If one is not finite, or further away than any circuit goes.
    """
    betas = [one.beta for one in drives]
    ends, residual, energy = made.run(drives, v0, grids, betas, chained=chained, constant=constant)
    if _astray(ends):
        worst = next(k for k, v in enumerate(ends) if _astray(v))
        raise diverged(grids[worst][0] * grids[worst][1], grids[worst][0])
    found = []
    for v, left, joules, (count, h) in zip(ends[:, :, 0], residual, energy, grids, strict=True):
        times, path = np.array([0.0, count * h]), np.empty((0, *v.shape))
        found.append(Relaxed(v, left, count * h, joules, count + 1, times, path, warm=made.warms))
    return found


def _astray(v: Floats) -> bool:
    """Whether a voltage is not finite, or further away than any circuit goes."""
    flat = v.reshape(-1)
    # No voltage is larger than the root of the sum of squares, which is one pass over them.
    return not float(flat @ flat) <= MOST_VOLTS**2 and not max(float(v.max()), -float(v.min())) <= MOST_VOLTS


def _checked(end: Relaxed, count: int) -> Relaxed:
    """Refuse such an end."""
    if _astray(end.v):
        raise diverged(end.duration, count)
    return end


def _plain(
    network: Network, drive: Drive, v0: Floats, grid: tuple[int, float], solver: Solver, phase: Phase,
    tolerance: float, record: bool,
) -> Relaxed:  # fmt: skip
    """The steps for any network, from its own equations."""
    (count, h), v = grid, v0.copy()
    path = [v0] if record else []
    before = network.powers(v, drive)
    energy, taken, read = np.zeros_like(before), 0, v
    for _ in range(count):
        if phase.until == "settled" and float(network.residual(v, drive).max()) <= tolerance:
            break
        read, v = v, network.stepped(v, drive, h)
        if solver.projected:
            v = network.within_rails(v)
        after = network.powers(v, drive)
        energy += 0.5 * h * (before + after)
        before, taken = after, taken + 1
        if record:
            path.append(v)
    times = h * np.arange(taken + 1.0)
    kept = np.stack(path) if record else np.empty((0, *v.shape))
    return Relaxed(v, network.residual(v, drive), taken * h, energy, taken + 1, times, kept, read=read)
