"""The relaxation of one training sample, step by step, for the figure of a run."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analogep import results
from analogep.circuit import Solver
from analogep.circuit.phases import Timing
from analogep.datasets import Dataset
from analogep.energy import Ledger
from analogep.learning import Experimenter
from analogep.network import Hardware, Network, SpikingNetwork
from analogep.relaxation import Fired, explicit_evaluations
from analogep.streams import Seeds

_HIDDEN_TRACES = 5
_HIDDEN_ROWS = 60
"""Hidden neurons of a spiking network whose spikes are kept."""
_MOST = 100_000
"""Evaluations from which on the network is too stiff for an explicit method."""
_PATH = Solver(method="RK45", relative_tolerance=1e-3, absolute_tolerance=1e-5, max_evaluations=10 * _MOST)


def trace(hardware: Hardware, data: Dataset, seeds: Seeds) -> dict[str, object]:
    """Free and nudged relaxation of the first training sample after training: a few hidden nodes, all outputs."""
    network, circuit = hardware.network(), hardware.circuit
    experimenter = Experimenter(hardware, Ledger(), seeds.operation.rng("trace"))
    if circuit.solver.method == "newton":
        # Newton's method knows no path: the figure's two phases are integrated.
        experimenter.circuit = circuit.model_copy(update={"solver": path_solver(network, circuit.timing)})
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
    spiking: dict[str, object] = {}
    if isinstance(network, SpikingNetwork) and isinstance(free, Fired) and isinstance(nudged, Fired):
        spiking = fired(network, ranked, (free, nudged), chosen)
    times = np.concatenate([free.times, free.duration + nudged.times])
    betas = np.concatenate([np.zeros(free.times.size), np.full(nudged.times.size, beta)])
    voltages = np.concatenate([free.path, nudged.path])[:, 0, chosen]
    return {
        "trace_time": results.variable("trace_time", times),
        "trace_beta": results.variable("trace_beta", betas),
        "trace_voltage": results.variable("trace_voltage", voltages),
        **spiking,
        "node": names,
        "class": label,
    }


def path_solver(network: Network, timing: Timing) -> Solver:
    """Integrator of a path, where the card's own method gives none: an explicit one, or BDF for a stiff network.

    Parameters
    ----------
    network : Network
    timing : Timing
    """
    most = max(explicit_evaluations(network, phase, _PATH.method) for phase in (timing.free, timing.nudged))
    return _PATH if most <= _MOST else _PATH.model_copy(update={"method": "BDF"})


def fired(
    network: SpikingNetwork, ranked: NDArray[np.int64], phases: tuple[Fired, Fired], chosen: list[int]
) -> dict[str, object]:
    """Spikes of some hidden neurons, from the most inhibited to the most active, and of all outputs; membranes.

    `ranked` (neurons,) are the indices of the hidden neurons in that order, `chosen` the nodes with a membrane.
    """
    picked = np.linspace(0, ranked.size - 1, min(_HIDDEN_ROWS, ranked.size)).astype(int)
    outputs = network.slices[-1]
    rows = [*(int(ranked[k]) for k in picked), *range(outputs.start, outputs.stop)]
    step, raster = network.card.step, np.concatenate([phase.raster for phase in phases])
    when, which = np.nonzero(raster[:, rows])
    membranes = np.concatenate([phase.path for phase in phases])[:, 0, network.neurons + np.array(chosen)]
    if network.card.coding.kind == "predictive":
        membranes = membranes + 0.5  # phi fires at 1/2
    return {
        "spike_time": results.variable("spike_time", step * (1.0 + when)),
        "spike_row": results.variable("spike_row", which),
        "trace_membrane": results.variable("trace_membrane", membranes),
        "outputs from": len(picked),
    }
