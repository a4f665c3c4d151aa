"""Straight to the equilibrium: Newton's method on Kirchhoff's current law, a batch at a time.

v <- v - J^-1 dv/dt with the Jacobian of each sample, which for layered networks is eliminated layer by layer
(analogep.network.chain). Ideal diodes make the equations piecewise linear: there the same step is the primal-dual
active-set method for the complementarity problem, and for the M-matrices of Kirchhoff's law it ends after a few changes
of the active set. Where a whole step does not lower a sample's residual it is halved.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.phases import Phase, Solver
from analogep.errors import SimulationError
from analogep.network import Drive, Network
from analogep.network.relaxed import Relaxed
from analogep.relaxation.solver import Method

Floats = NDArray[np.float64]

CLOSE = 1e-10
"""Residual at which Newton's method stops: far below any tolerance of a phase, far above rounding."""
_ROUNDS = 100
_HALVINGS = 12


def equilibrium(network: Network, drive: Drive, start: Floats, close: float = CLOSE) -> tuple[Floats, int]:
    """Node voltages at which no current is left.

    Parameters
    ----------
    network : Network
    drive : Drive
    start : ndarray (samples, nodes) [V]
    close : float
        Largest remaining residual of a sample [1].

    Returns
    -------
    ndarray (samples, nodes) [V]
    int
        Rounds.

    Raises
    ------
    SimulationError
        If some sample does not get there.
    """
    v = start.copy()
    residual = network.residual(v, drive)
    for turn in range(_ROUNDS):
        if float(residual.max()) <= close:
            _refuse_unstable(network, drive, v)
            return v, turn
        step = network.step(v, drive, network.derivative(v, drive))
        # A step that overflows an exponential is halved like any other that leads away.
        with np.errstate(over="ignore", invalid="ignore"):
            v, residual = _guarded(network, drive, v, step, residual, close)
        if not np.isfinite(residual).all():
            break
    worst = int(np.argmax(np.where(np.isfinite(residual), residual, np.inf)))
    raise SimulationError(
        f"Newton's method left sample {worst + 1} of the batch at a residual of {residual[worst]:.3g} after "
        f"{_ROUNDS} rounds: the network may have no stable state there; try an integrator (solver.method=LSODA), or a "
        "smaller nudging.beta"
    )


def _refuse_unstable(network: Network, drive: Drive, v: Floats) -> None:
    """A state that no transient would come to rest at is none that the hardware has."""
    unstable = np.flatnonzero(~network.stable(v, drive))
    if unstable.size:
        raise SimulationError(
            f"sample {unstable[0] + 1} of the batch has no stable state under nudging of {drive.beta:g}: the negative "
            "conductance cancels what holds the outputs; lower nudging.beta or network.nudging_conductance, or take "
            "nudging.kind=constant"
        )


def _guarded(
    network: Network, drive: Drive, v: Floats, step: Floats, residual: Floats, close: float
) -> tuple[Floats, Floats]:
    """Take the step, halved for samples that it would carry away from the solution."""
    share = np.ones((v.shape[0], 1))
    tried = v + step
    found = network.residual(tried, drive)
    for _ in range(_HALVINGS):
        # A sample may get worse for a moment when its active set changes; what is halved grows several times over.
        worse = ~(found <= np.maximum(4.0 * residual, close))
        if not worse.any():
            break
        share[worse] *= 0.5
        tried = v + share * step
        found = network.residual(tried, drive)
    return tried, found


class Newton(Method):
    """A phase that is over as soon as it begins: its end is the equilibrium, its joules those of resting there.

    E = P(v_end) T + 1/2 C (change of v)^2, the heat that charging a capacitor through any resistor takes.
    """

    name: ClassVar[str] = "newton"
    follows: ClassVar[bool] = False

    def relax(
        self, network: Network, drive: Drive, v0: Floats, phase: Phase, solver: Solver, tolerance: float, record: bool
    ) -> Relaxed:
        """The equilibrium, after the phase's duration."""
        v, rounds = equilibrium(network, drive, v0)
        energy = network.powers(v, drive) * phase.duration
        energy[:, 0] += network.charging(v0, v)
        times = np.array([0.0, phase.duration])
        path = np.stack([v0, v]) if record else np.empty((0, *v.shape))
        return Relaxed(v, network.residual(v, drive), phase.duration, energy, rounds + 1, times, path)
