"""Figures of merit of square arrays, by size and by bits of the converters.

An array of N x N is the circuit with the layers [N, N] and its first weight range: one product of N inputs, whose
cells stand as initial weights leave them, measured on one inference of a simulated chip. Bits change the joules of
converters, which follow from them, and their area; the rest of an inference is what it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from analogep import clock
from analogep.area import Merit, areas, merit, total
from analogep.chip import Chip
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.energy import COMPONENTS, PHASES

SIZES: Final = (64, 128, 256)
BITS: Final = (4, 6, 8, 10)


@dataclass(frozen=True)
class Point:
    """A square array of `size` word lines with converters of `bits`."""

    size: int
    bits: int
    merit: Merit


def square(circuit: CircuitCard, size: int) -> CircuitCard:
    """The circuit with one layer of weights between as many inputs and outputs.

    Raises
    ------
    CardError
        If the circuit cannot have it.
    """
    changes: dict[str, object] = {"layers": [size, size]}
    changes["mapping.weight_range"] = [circuit.mapping.weight_range[0]]
    changes["learning.rate"] = [circuit.learning.rate[0]]
    if circuit.learning.initial_gain is not None:
        changes["learning.initial_gain"] = [circuit.learning.initial_gain[0]]
    for key, values in circuit.network.lists():
        changes[f"network.{key}"] = [values[0]]
    return circuit.changed(changes)


def with_bits(circuit: CircuitCard, bits: int) -> CircuitCard:
    """The circuit with converters of so many bits, whose joules follow from them."""
    return circuit.changed({"adc.bits": bits, "adc.enob": None, "dac.bits": bits})


def sweep(
    device: DeviceCard, circuit: CircuitCard, sizes: Sequence[int] = SIZES, bits: Sequence[int] = BITS, seed: int = 0
) -> list[Point]:
    """Figures of merit of square arrays, sizes first.

    Parameters
    ----------
    device, circuit : cards
    sizes, bits : sequences of int
    seed : int

    Raises
    ------
    CardError
        If the circuit cannot have such an array.
    """
    found = []
    for size in sizes:
        one = square(circuit, size)
        chip = Chip(device, one, seed)
        start = chip.emulator.joules
        chip.scores(np.random.default_rng(seed).random((1, size)))
        spent = (chip.emulator.joules - start)[:, PHASES.index("inference")]
        adc, dac = (float(spent[COMPONENTS.index(name)]) for name in ("adc", "dac"))
        for count in bits:
            own = with_bits(one, count)
            joules = float(spent.sum()) + adc * (own.adc.joules / one.adc.joules - 1.0)
            joules += dac * (own.dac.joules / one.dac.joules - 1.0)
            area = total(areas(device, own)) or None
            found.append(Point(size, count, merit(own, joules, clock.latency(own, device), area)))
    return found
