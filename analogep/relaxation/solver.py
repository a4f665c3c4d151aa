"""What every solver of a phase is, and the call that chooses among them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from analogep.cards import NamedFamily
from analogep.circuit.phases import SOLVERS, Phase, Solver
from analogep.network import Drive, Network
from analogep.network.relaxed import Relaxed
from analogep.relaxation.turns import by_turns

Floats = NDArray[np.float64]


class Method(ABC):
    """A way from the beginning of a phase to its end, in volts, seconds and joules.

    Attributes
    ----------
    name : str
        What a circuit card calls it (`solver.method`).
    follows : bool
        Whether it follows the transient; one that does not knows the end alone.
    takes_turns : bool
        Whether it runs the turns of a phase by itself (`Network.turns`).
    """

    family: ClassVar[NamedFamily] = SOLVERS
    name: ClassVar[str]
    follows: ClassVar[bool] = True
    takes_turns: ClassVar[bool] = False

    @abstractmethod
    def relax(
        self, network: Network, drive: Drive, v0: Floats, phase: Phase, solver: Solver, tolerance: float, record: bool
    ) -> Relaxed:
        """Run one phase of a batch; parameters as in `relax`.

        Raises
        ------
        SimulationError
            If the circuit diverges or the solver gives up.
        """

    def evaluations(self, network: Network, phase: Phase, solver: Solver) -> int | None:
        """Evaluations of the circuit equations that a phase takes at least; None where nobody knows beforehand.

        Raises
        ------
        SimulationError
            If they are more than `solver.max_evaluations`.
        """
        return None


def method_of(solver: Solver) -> Method:
    """The method that a card's solver names."""
    found = SOLVERS.find(solver.method)()
    assert isinstance(found, Method)
    return found


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
    """Run one phase of a batch, with the joules that it takes, and with the thermal noise of the drive at its end.

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
        Method and tolerances for one sample; a network with a clock of its own takes only the precision from it.
    tolerance : float [1]
        Residual at which a sample counts as settled.
    record : bool
        Whether to keep the path.

    Raises
    ------
    SimulationError
        If the circuit diverges or the solver gives up.
    """
    if network.clock is not None:
        return network.fire(drive, v0, phase, solver, record=record)
    method = method_of(solver)

    def run(one: Network, start: Floats, part: Phase) -> Relaxed:
        return method.relax(one, drive, start, part, solver, tolerance, record)

    whole = method.takes_turns or not method.follows
    end = run(network, v0, phase) if whole else by_turns(run, network, drive, v0, phase, tolerance)
    return with_noise(network, drive, end)


def with_noise(network: Network, drive: Drive, end: Relaxed) -> Relaxed:
    """The end of a phase with the thermal noise of its drive; its residual is that of the transient without."""
    return end if drive.thermal is None or end.warm else replace(end, v=network.agitated(end.v, drive, end.duration))
