"""A trained spiking network read for shorter and longer times: accuracy, spikes, joules, distance from equilibrium."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analogep import results
from analogep.chip.emulator import inference
from analogep.circuit.phases import Phase, Solver
from analogep.datasets import Dataset
from analogep.energy import Ledger
from analogep.kinds.spiking.network import SpikingNetwork
from analogep.learning import Experimenter
from analogep.network import Hardware
from analogep.relaxation import relax
from analogep.streams import Seeds

Floats = NDArray[np.float64]

SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0, 2.0)
"""Times to look, in free phases of the card."""
_SAMPLES, _SHOWN = 500, 4
_LEAST = 4
"""Steps of the shortest look."""
_REST = Solver(method="euler", relative_tolerance=1e-3, absolute_tolerance=1e-4)


def looks(network: SpikingNetwork, hardware: Hardware, data: Dataset, seeds: Seeds) -> dict[str, object]:
    """Read the first watched samples for several times; nothing is booked to the run.

    Parameters
    ----------
    network : SpikingNetwork
    hardware : Hardware
        Trained.
    data : Dataset
    seeds : Seeds

    Returns
    -------
    dict of (dimensions, values, attributes)
        `results.SPIKING` of the dimension `look`, and rates of the card's own time beside those at rest.
    """
    circuit = hardware.circuit
    card, free = network.card, circuit.timing.free.duration
    x, labels = data.watched[0][:_SAMPLES], data.watched[1][:_SAMPLES]
    made = Experimenter(hardware, Ledger(), seeds.operation.rng("looks"), noisy=False)
    lines = made.lines(x[:_SHOWN])
    rest, found = at_rest(network, lines), []
    own = rest
    for share in SHARES:
        if share * free < _LEAST * card.step:
            continue
        # The same part of each look counts.
        phase, window = Phase(duration=share * free), max(2 * card.step, share * card.window)
        # Nobody nudges here, but a card's window fits into both of its phases.
        timing = circuit.timing.model_copy(update={"free": phase, "nudged": phase})
        part = card.model_copy(update={"window": window})
        one = Experimenter(hardware, Ledger(), seeds.operation.rng(f"look/{share:g}"))
        one.circuit = circuit.model_copy(update={"timing": timing, "network": part})
        shown = replace(network, card=part)
        right = np.mean(inference(one, x, shown) == labels)
        spikes, joules = one.tally.fired(circuit.depth).sum(), one.ledger.total("inference") / len(x)
        rates = np.concatenate(shown.rates(one.free(shown, lines).v), axis=1)
        off = float(np.sqrt(np.mean(np.square(rates - rest)))) / network.read_voltage
        found.append((phase.duration, right, spikes, joules, off))
        own = rates if share == 1.0 else own
    names = ("time", "accuracy", "spikes", "energy", "distance")
    values = {f"look_{name}": np.array(column) for name, column in zip(names, zip(*found, strict=True), strict=True)}
    values |= {"look_rate": own, "look_rest": rest}
    return {name: results.variable(name, value) for name, value in values.items()}


def at_rest(network: SpikingNetwork, lines: Floats) -> Floats:
    """Rates (samples, neurons) [V] of the analog network with the same weights at its equilibrium.

    `lines` (samples, inputs) [V] are the voltages of the input lines.
    """
    analog = network.analog
    shortest, longest = float(analog.tau.min()), float(analog.tau.max())
    long, solver = Phase(duration=100.0 * longest), _REST
    if long.duration > _REST.max_evaluations * _REST.step * shortest:
        solver = _REST.model_copy(update={"method": "newton"})
    end = relax(analog, analog.drive(lines), np.zeros((len(lines), analog.nodes)), long, solver, 1.0)
    return np.concatenate(analog.rates(end.v), axis=1)
