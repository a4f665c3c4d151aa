"""What complex voltages need of a circuit card."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from analogep.circuit.kind import kinds_with
from analogep.circuit.wires import NoWires

Path = tuple[str | int, ...]


def holomorphic_rules(card: Any) -> Iterator[tuple[Path, str]]:
    """What complex voltages need."""
    if card.nudging.chosen.real:
        return
    path, solver, name = ("nudging", "estimator"), card.solver, card.nudging.estimator
    if not card.cost.analytic:
        yield path, f"'{name}' needs a cost of complex scores, and '{card.cost.kind}' has none"
    if not card.network.complex_voltages or not isinstance(card.wires, NoWires):
        yield path, f"'{name}' needs a network of kind {kinds_with('complex_voltages')} without wires"
        return
    if card.convolutional:
        yield path, f"'{name}' needs dense layers; take 'centered' or 'richardson' with convolutions"
    if solver.method != "euler" or solver.projected:
        yield path, f"'{name}' needs solver.method=euler and solver.projected=false"
    if card.neurons is None:
        return
    for name, neuron in (("hidden", card.neurons.hidden), ("output", card.neurons.output)):
        if not neuron.activation.analytic:
            yield (
                path,
                f"'{name}' needs analytic transfer curves, 'tanh' or 'sigmoid'; neurons.{name}.activation is "
                f"'{neuron.activation.kind}', which has corners",
            )
