"""Seconds of an update before anybody knows its pulses: one up and one down for a cell of every row, once a batch.

    row        sum over arrays of rows (t_up + t_down)                            one pulse a row and direction
    rank_one   batch x outer products of a sample x (t_up + t_down)               one pulse a train
    cell       sum over arrays of cells (t_up + t_down)/2                         one pulse a cell

and, of rules that verify, a read of every row or cell; of devices without pulses down t_up alone. Renewals of such
devices and refreshes of mirrors read every row, which is shared out to the updates between two of them. What a run
takes is counted from its own pulses, which may be fewer, as rows whose lines were dark get none, or more.
"""

from __future__ import annotations

from analogep.circuit import CircuitCard
from analogep.clock.schedule import Spans, Writing
from analogep.device import DeviceCard


def _outer_products(circuit: CircuitCard) -> int:
    """Outer products of all arrays and samples of a batch; inputs are the same in all phases."""
    phases = len(circuit.nudging.contour(circuit.nudging.chosen.signs[0]))
    return circuit.learning.batch * (1 + phases * (circuit.depth - 1))


def update(circuit: CircuitCard, device: DeviceCard) -> dict[str, Spans]:
    """Seconds of a nominal update by phase (`update`, `verify`) and span; equations above.

    Parameters
    ----------
    circuit : CircuitCard
    device : DeviceCard
    """
    writing, rule = Writing.of(circuit, device), circuit.update.active(device.recommended)
    halves = 1 if circuit.mapping.scheme == "single" else 2
    rows = float(sum(rows for rows, _ in circuit.shapes))
    cells = float(halves * sum(rows * columns for rows, columns in circuit.shapes))
    one_way = device.programming.unidirectional
    each = writing.widths[0] if one_way else writing.each
    pulses = writing.pulses(rows * each, cells * (each if one_way else 0.5 * each), _outer_products(circuit) * each)
    everywhere = writing.reads(rows, cells)
    seconds = {
        "update": {"programming": pulses},
        "verify": {"programming": 0.0, "reading": everywhere if rule.verifies else 0.0},
    }
    reset, feedback = device.programming.reset, circuit.feedback
    if reset is not None:
        seconds["verify"]["reading"] += everywhere / reset.every
    if feedback is not None and feedback.refresh is not None:
        seconds["verify"]["reading"] += 2.0 * everywhere / feedback.refresh
        seconds["verify"]["programming"] += rows * each / feedback.refresh
    return seconds
