"""How much work a run is, known from its cards and from the network as written: what would not end is not begun.

Equal steps are counted: of a phase T/h, of a batch those of its phases, of a run those of all batches, tests and
epochs. The explicit methods of SciPy have no steps of their own choice in a stiff network: the fastest node decays
within tau, and their steps stay below the length at which that decay would grow,

    evaluations >= stages T/(2 limit tau),   limit = 3.3 for RK45, 2.5 for RK23, 6 for DOP853

(Hairer and Wanner, Solving Ordinary Differential Equations II, chapter IV.2); the 2 leaves room for coupled nodes,
which may be slower together than the fastest is alone. Implicit methods and Newton's take few
steps whatever the network, and are held by `solver.max_evaluations` alone.

Steps become seconds by what they take at least, on any machine. So a run that is refused is longer than it is said to
be, and none is refused that somebody might wait for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from analogep.circuit import CircuitCard
from analogep.circuit.phases import Phase, Solver
from analogep.errors import SimulationError
from analogep.network import Network
from analogep.relaxation.solver import method_of

LONGEST: Final = 1e6
"""Seconds of a run that is still begun: eleven days."""
LARGEST: Final = 4 * 2**30
"""Bytes of the recorded relaxation of a run's figure."""
_CALL: Final = 1e-4
"""Seconds of a step that Python takes for a batch, at least."""
_PRODUCT: Final = 5e-11
"""Seconds of a product in a compiled step, at least; of a spiking neuron the same."""
_TESTED: Final = 100
"""Samples of one relaxation of a test."""


@dataclass(frozen=True)
class Work:
    """What a run has to do.

    Attributes
    ----------
    free, nudged : int
        Steps of a free and of a nudged phase, or evaluations where the integrator chooses its steps.
    phases : int
        Nudged phases of a batch.
    batches : int
        Batches of an epoch.
    seconds : float
        What an epoch takes at least [s].
    """

    free: int
    nudged: int
    phases: int
    batches: int
    seconds: float


def check_work(network: Network, circuit: CircuitCard, samples: int, tests: int) -> None:
    """Refuse a run that would not end, before it begins.

    Parameters
    ----------
    network : Network
        As its initial weights make it.
    circuit : CircuitCard
    samples, tests : int
        Training and test samples.

    Raises
    ------
    SimulationError
        If a phase has more steps than `solver.max_evaluations`, if the run takes longer than `LONGEST`, or if the
        relaxation that it records for its figure is larger than `LARGEST`; with the number, and what would do.
    """
    work = work_of(network, circuit, samples, tests)
    if work is None:
        return
    _check_record(work, network, circuit)
    epochs = max(circuit.learning.epochs, 1)
    seconds = epochs * work.seconds
    if seconds <= LONGEST:
        return
    raise SimulationError(
        f"this run would not end: a free phase has {work.free} steps and each of {work.phases} nudged ones "
        f"{work.nudged}, in {work.batches} batches an epoch and {epochs} epochs, {seconds / 86400.0:.3g} days at "
        f"least, and what takes more than {LONGEST / 86400.0:.3g} is not begun; {_remedies(circuit, seconds / LONGEST)}"
    )


def work_of(network: Network, circuit: CircuitCard, samples: int, tests: int) -> Work | None:
    """The work of an epoch; None where nobody knows beforehand: phases that end early, methods that choose their steps.

    Parameters
    ----------
    network, circuit, samples, tests
        As in `check_work`.

    Raises
    ------
    SimulationError
        If a phase has more steps than `solver.max_evaluations`.
    """
    timing, learning = circuit.timing, circuit.learning
    free, nudged = (_evaluations(network, phase, circuit.solver) for phase in (timing.free, timing.nudged))
    if free is None or nudged is None:
        return None
    # Points above the real axis are two real networks; those below it are their mirror images.
    phases = sum(
        1 if beta.imag == 0.0 else 2 for beta, _ in circuit.nudging.contour() if beta != 0 and beta.imag >= 0.0
    )
    trained = min(learning.epochs, 1)
    batches = -(-samples // learning.batch) * trained
    each = free + phases * nudged
    alone = _seconds_of_a_sample(network, circuit)
    seconds = alone * (samples * trained * each + tests * free)
    if alone == 0.0:
        seconds = _CALL * (batches * each + -(-tests // _TESTED) * free)
    return Work(free, nudged, phases, batches, seconds)


def _evaluations(network: Network, phase: Phase, solver: Solver) -> int | None:
    """Steps of one phase, at least; None where they cannot be told."""
    if network.clock is not None:
        return max(1, round(phase.duration / network.clock))
    return method_of(solver).evaluations(network, phase, solver)


def _seconds_of_a_sample(network: Network, circuit: CircuitCard) -> float:
    """Least time of one step of one sample in a compiled loop [s]; 0 where Python takes the steps."""
    if network.clock is not None:
        return _PRODUCT * sum(float(part.stop - part.start) for part in network.slices)
    if circuit.solver.method != "euler" or network.march(circuit.solver) is None:
        return 0.0
    return 2.0 * _PRODUCT * sum(math.prod(product) for product in circuit.products[1:])


def _check_record(work: Work, network: Network, circuit: CircuitCard) -> None:
    """One sample's states after every step of two phases, for the figure at the end of the run."""
    if circuit.solver.method != "euler":
        return
    size = 8 * network.nodes * (work.free + work.nudged)
    if size > LARGEST:
        shorter = "network.step is larger" if network.clock is not None else "solver.step is larger"
        raise SimulationError(
            f"the relaxation that a run records for its figure has {work.free + work.nudged} steps of {network.nodes} "
            f"states, {size / 2**30:.3g} GiB, and at most {LARGEST // 2**30} GiB are kept: there are fewer steps where "
            f"timing.free.duration and timing.nudged.duration are shorter, or {shorter}"
        )


def _remedies(circuit: CircuitCard, times: float) -> str:
    """What makes a run so many times shorter."""
    found, epochs, solver = [], int(circuit.learning.epochs / times), circuit.solver
    if not circuit.network.rests:
        found.append(f"a network.step and durations {times:.3g} times apart")
    elif solver.method == "euler" and solver.step * times <= 1.0:
        found.append(f"solver.step={float(f'{solver.step * times:.2g}'):g}")
    if circuit.network.rests and circuit.nudging.chosen.real:
        found.append("solver.method=newton, which goes to the equilibrium without steps")
    if epochs > 0:
        found.append(f"learning.epochs={epochs}")
    return f"give {', or '.join([*found, f'{times:.3g} times fewer samples'])}"
