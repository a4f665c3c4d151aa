"""What two cards cannot have together on one clock."""

from __future__ import annotations

from collections.abc import Iterator

from analogep.circuit import CircuitCard
from analogep.clock.account import batch
from analogep.device import DeviceCard
from analogep.device.retention import Leak
from analogep.errors import Problem
from analogep.units import spoken


def clock_rules(circuit: CircuitCard, device: DeviceCard) -> Iterator[Problem]:
    """Why two cards cannot run by one clock: a schedule that rule or network forbid, cells that forget within a batch.

    Parameters
    ----------
    circuit : CircuitCard
    device : DeviceCard
    """
    yield from _rank_one_rules(circuit, device)
    yield from _retention_rules(circuit, device)


def _rank_one_rules(circuit: CircuitCard, device: DeviceCard) -> Iterator[Problem]:
    """Why two cards cannot be written by coincident pulses on lines and columns."""
    if circuit.update.schedule != "rank_one":
        return
    rule, where = circuit.update.active(device.recommended), circuit.origin or circuit.name
    said = ""
    if not rule.coincides:
        said = (
            f"'rank_one' writes what coincides on lines and columns, and the rule '{rule.rule}' decides on each cell "
            "by itself; write update: {rule: stochastic, schedule: rank_one}, or schedule: row"
        )
    elif circuit.convolutional or not circuit.network.outer:
        kind = "a convolution" if circuit.convolutional else f"a network of kind '{circuit.network.kind}'"
        said = f"'rank_one' needs gradients that are outer products, and {kind} has others; write schedule: row"
    if said:
        yield Problem(where, "update.schedule", said)


def _retention_rules(circuit: CircuitCard, device: DeviceCard) -> Iterator[Problem]:
    """A charge that leaks away while one batch is learned."""
    leak, taken = device.retention, batch(circuit, device)
    if not isinstance(leak, Leak):
        return
    hot = 1.0 if device.temperature is None else device.temperature.acceleration()
    if leak.tau < hot * taken:
        yield Problem(
            device.origin or device.name,
            "retention.tau",
            f"{spoken(leak.tau)} is shorter than a batch of circuit '{circuit.name}', which takes {spoken(taken)}: "
            f"cells would forget what they are taught; give at least {spoken(hot * taken)}, fewer samples a batch, "
            "shorter pulses, or another update.schedule",
        )
