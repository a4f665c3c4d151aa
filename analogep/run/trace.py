"""The relaxation of one training sample, step by step, for the figure of a run."""

from __future__ import annotations

import numpy as np

from analogep import results
from analogep.circuit import Solver
from analogep.circuit.phases import Timing
from analogep.datasets import Dataset
from analogep.energy import Ledger
from analogep.learning import Experimenter
from analogep.network import Hardware, Network
from analogep.relaxation import explicit_evaluations, method_of
from analogep.relaxation.transient import RK45
from analogep.streams import Seeds

_HIDDEN_TRACES = 5
_MOST = 100_000
"""Evaluations from which on the network is too stiff for an explicit method."""
_RELATIVE, _ABSOLUTE, _STEP = 1e-5, 1e-7, 0.1
"""Tolerances, the second in volts, and steps of `euler` in time constants, of a path that is looked at: at those of
training nodes that are at rest wander by per cents of full scale, which the eye takes for a circuit that rings."""
_PATH = Solver(method="RK45", relative_tolerance=_RELATIVE, absolute_tolerance=_ABSOLUTE, max_evaluations=10 * _MOST)


def trace(hardware: Hardware, data: Dataset, seeds: Seeds) -> dict[str, object]:
    """Free and nudged relaxation of the first training sample after training: a few hidden nodes, all outputs."""
    network, circuit = hardware.network(), hardware.circuit
    experimenter = Experimenter(hardware, Ledger(), seeds.operation.rng("trace"))
    # Newton's method knows no path: the figure's two phases are integrated.
    follows = method_of(circuit.solver).follows
    solver = smooth(circuit.solver) if follows else path_solver(network, circuit.timing)
    experimenter.circuit = circuit.model_copy(update={"solver": solver})
    label = int(data.train_y[0])
    target = np.zeros((1, circuit.sizes[-1]))
    target[0, label] = circuit.target_voltage
    lines = experimenter.lines(data.train_x[:1])
    beta = next(beta for beta, _ in circuit.nudging.stencil() if beta != 0.0)
    free = experimenter.free(network, lines, record=True)
    nudged = experimenter.nudged(network, lines, free.v, target, beta, record=True)
    # Hidden nodes spread over the range from the most inhibited to the most active.
    ranked = np.argsort(free.v[0, network.slices[0]], kind="stable")
    shown = sorted({int(ranked[k]) for k in np.linspace(0, ranked.size - 1, _HIDDEN_TRACES).astype(int)})
    outputs = network.slices[-1]
    chosen = [*shown, *range(outputs.start, outputs.stop)]
    classes = circuit.sizes[-1]
    names = [f"hidden {k + 1}" for k in shown]
    names += [f"output {k}" for k in range(classes)]
    if outputs.stop - outputs.start > classes:
        names += [f"output {k}, negative half" for k in range(classes)]
    times = np.concatenate([free.times, free.duration + nudged.times])
    betas = np.concatenate([np.zeros(free.times.size), np.full(nudged.times.size, beta)])
    voltages = np.concatenate([free.path, nudged.path])[:, 0, chosen]
    return {
        "trace_time": results.variable("trace_time", times),
        "trace_beta": results.variable("trace_beta", betas),
        "trace_voltage": results.variable("trace_voltage", voltages),
        **network.figures(free, nudged, chosen),
        "node": names,
        "class": label,
    }


def smooth(solver: Solver) -> Solver:
    """The card's own method with tolerances and steps small enough for the eye.

    Parameters
    ----------
    solver : Solver
    """
    finer = {
        "relative_tolerance": min(solver.relative_tolerance, _RELATIVE),
        "absolute_tolerance": min(solver.absolute_tolerance, _ABSOLUTE),
        "max_evaluations": max(solver.max_evaluations, 10 * _MOST),
        "step": min(solver.step, _STEP),
    }
    return solver.model_copy(update=finer)


def path_solver(network: Network, timing: Timing) -> Solver:
    """Integrator of a path, where the card's own method gives none: an explicit one, or BDF for a stiff network.

    Parameters
    ----------
    network : Network
    timing : Timing
    """
    most = max(explicit_evaluations(network, phase, RK45) for phase in (timing.free, timing.nudged))
    return _PATH if most <= _MOST else _PATH.model_copy(update={"method": "BDF"})
