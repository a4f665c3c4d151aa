"""Rules of a circuit card between columns, drivers, feedback and the kind of network."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from analogep.circuit.driver import Driver
from analogep.circuit.kind import kinds_with
from analogep.units import format_si

Path = tuple[str | int, ...]


def column_rules(card: Any) -> Iterator[tuple[Path, str]]:
    """What has no summing lines, or cannot do with ideal ones."""
    column, kind, feedback = card.column, card.network, card.feedback
    if not column.limiting and not kind.sums:
        known = kinds_with("sums")
        yield ("column", "kind"), f"must be 'ideal' in a network of kind '{kind.kind}'; {known} has summing lines"
    if not column.limiting and not card.nudging.chosen.real:
        yield (
            ("column", "kind"),
            f"must be 'ideal' for '{card.nudging.estimator}', whose complex voltages no circuit has",
        )
    if column.windowed and (feedback is None or feedback.turns is None):
        known = kinds_with("turns")
        yield (
            ("column", "kind"),
            f"'{column.kind}' integrates currents for a window and shows the result afterwards, which needs arrays "
            f"that are read in turns: give feedback.kind=alternating and feedback.turns in a network of kind {known}, "
            "or another column circuit",
        )
    if feedback is not None and feedback.kind == "alternating":
        if column.limiting:
            yield (
                ("feedback", "kind"),
                "'alternating' needs a column circuit, which settles in each turn; give one, such as column: {kind: "
                "tia, ...}",
            )
        if feedback.turns is not None and feedback.turns.hold > column.bearable:
            yield (
                ("column", "load"),
                f"{format_si(column.bearable, 'F')} is less than the capacitor that holds an output, "
                f"feedback.turns.hold = {format_si(feedback.turns.hold, 'F')}; give at least as much",
            )
        if not kind.turns:
            known = kinds_with("turns")
            yield ("feedback", "kind"), f"'alternating' needs a network of kind {known}, got '{kind.kind}'"
    yield from _rails(card)
    yield from _paces(card)
    yield from _driven(card)
    if column.limiting and card.driver != Driver(pump=card.driver.pump):
        yield (
            ("driver",),
            "needs a column circuit: with column.kind=ideal lines take the heat of their cells, at any supply",
        )


def _driven(card: Any) -> Iterator[tuple[Path, str]]:
    """Drivers whose supply does not reach the full scale of their lines."""
    supply, full = card.driver.supply, card.mapping.read_voltage
    furthest = full * max(1.0, 1.0 if card.feedback is None else card.feedback.gain)
    if not card.column.limiting and supply is not None and 0.5 * supply < furthest:
        yield (
            ("driver", "supply"),
            f"drives lines no further than {format_si(0.5 * supply, 'V')} from the middle of {format_si(supply, 'V')}, "
            f"short of their full scale, {format_si(furthest, 'V')}; give at least {format_si(2.0 * furthest, 'V')}",
        )


def _paces(card: Any) -> Iterator[tuple[Path, str]]:
    """Nodes whose time constant would follow from columns that have none of their own."""
    if card.neurons is None:
        return
    for name, neuron in (("hidden", card.neurons.hidden), ("output", card.neurons.output)):
        if neuron.capacitance is None and not (card.network.sums and card.column.paced):
            yield (
                ("neurons", name, "capacitance"),
                "is missing: it follows only from columns with a bandwidth of their own, such as column: {kind: tia, "
                "bandwidth: 1 GHz, ...}; give it, or such a column",
            )


def _rails(card: Any) -> Iterator[tuple[Path, str]]:
    """Neurons whose rails lie beyond what a supply lets their columns reach."""
    if card.column.limiting or card.neurons is None:
        return
    for name, neuron in (("hidden", card.neurons.hidden), ("output", card.neurons.output)):
        furthest = max(abs(end) for end in neuron.activation.rails)
        if math.isfinite(furthest) and furthest > card.column.swing:
            yield (
                ("column", "supply"),
                f"leaves a swing of {format_si(card.column.swing, 'V')} around the middle, short of the rails of the "
                f"{name} neurons, {format_si(furthest, 'V')}; give at least "
                f"{format_si(card.column.rail + 2.0 * (furthest - card.column.swing), 'V')}",
            )
