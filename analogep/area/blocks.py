"""How large a chip is: everything that takes joules takes room.

    cells         the square of the pitch that the lines' capacitance implies, (C_cell/c_wire)^2, or `lines.cell`
    capacitors    C/density: nodes, sampling and holding capacitors, the DAC's 50 fF a bit
    amplifiers    of neurons, and of columns one for each summing line and tile, each as large as the node says
    converters    the regression of `circuit.conversion` for an ADC on every neuron, or shared by several, or `adc.area`
    memory        bits times the area of a cell over its share of a memory
    digital       a multiply-accumulate unit beside every ADC, as wide as it
    drivers       of programming pulses on every line, of a size that no source was found for
    routing       44 % of amplifiers, converters and digital units

The last is what wires add to a circuit's area once it is laid out, as NeuroSim 1.4 is calibrated by 40 nm silicon
(`alpha` in its Param.cpp). Cells, capacitors and memory are taken as laid out. Nothing is stacked: capacitors of upper
metals may lie over circuits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from analogep.circuit import CircuitCard
from analogep.circuit.node import Node, known, node
from analogep.columns.tia import Transimpedance
from analogep.device import DeviceCard
from analogep.memory import DigitalMemory
from analogep.scaling import mac_joules

ROUTING: Final = 0.44
"""Area of wires over that of amplifiers, converters and digital units."""
_OF_DAC: Final = 50e-15
_SQUARE: Final = 1e-12
_CROSSED: Final = ("amplifiers", "converters", "digital")


@dataclass(frozen=True)
class Area:
    """A block of a chip.

    Attributes
    ----------
    name : str
    count : float
        How many of them there are; bits of a memory, farads of capacitors.
    each : float or None [m^2]
        Of one of them; None where it is not known.
    source : str
    """

    name: str
    count: float
    each: float | None
    source: str

    @property
    def total(self) -> float:
        """Of all of them [m^2]; 0 where it is not known."""
        return 0.0 if self.each is None else self.count * self.each


def technology_of(circuit: CircuitCard) -> Node | None:
    """The circuit's node, or that of its ADC; None where neither is known."""
    if circuit.technology is not None:
        return circuit.technology
    size = circuit.adc.node
    return node(size) if size is not None and known(size) else None


def areas(device: DeviceCard, circuit: CircuitCard) -> list[Area]:
    """Every block of the chip that two cards make; empty where the circuit has no technology.

    Parameters
    ----------
    device, circuit : cards
    """
    technology = technology_of(circuit)
    if technology is None:
        return []
    found = [
        _cells(circuit, technology),
        _capacitors(circuit, technology),
        _amplifiers(circuit, technology),
        _converters(circuit),
        _memory(device, circuit, technology),
        _digital(circuit, technology),
        _drivers(circuit, technology),
    ]
    crossed = sum(one.total for one in found if one.name in _CROSSED)
    return [*found, Area("routing", ROUTING * crossed, 1.0, "NeuroSim 1.4, Param.cpp: alpha")]


def total(found: Sequence[Area]) -> float:
    """Area of all blocks whose area is known [m^2]."""
    return sum(one.total for one in found)


def unknown(found: Sequence[Area]) -> list[str]:
    """Blocks whose area is not known."""
    return [one.name for one in found if one.each is None]


def _arrays(circuit: CircuitCard) -> Iterator[tuple[int, int, int]]:
    """Word lines, bit lines and number of each array, mirrors among them."""
    mirrored = circuit.feedback is not None and circuit.feedback.kind == "mirrored"
    for k, ((rows, columns), copies) in enumerate(zip(circuit.shapes, circuit.copies, strict=True)):
        yield rows, columns, copies * (1 + int(mirrored and k > 0))


def _cells(circuit: CircuitCard, technology: Node) -> Area:
    halves = 1 if circuit.mapping.scheme == "single" else 2
    count = halves * sum(rows * columns * copies for rows, columns, copies in _arrays(circuit))
    pitch = circuit.lines.capacitance_per_cell / (1e-15 * technology.wire_capacitance)
    kind = circuit.lines.cell
    least = technology.cell(kind)
    said = technology.sources[kind] if pitch**2 <= least else "the pitch that lines.capacitance implies"
    return Area("cells", count, _SQUARE * max(pitch**2, least), said)


def _capacitors(circuit: CircuitCard, technology: Node) -> Area:
    """All capacitance that a card states [F]."""
    sizes, feedback = circuit.sizes, circuit.feedback
    farads = sum(circuit.nodes) * circuit.sample_hold.capacitance
    hidden, output = circuit.network.node_capacitances(circuit)
    if hidden is None or output is None:
        return Area("capacitors", farads, None, "nodes follow from their columns: give neurons.*.capacitance")
    farads += sum(circuit.nodes[:-1]) * hidden + circuit.nodes[-1] * output
    if feedback is not None and feedback.turns is not None:
        farads += feedback.turns.hold * (_forward(circuit) + _reverse(circuit))
    farads += sizes[0] * _OF_DAC * (circuit.dac.effective or 0.0)
    density = technology.capacitor
    each = None if density == "unknown" else _SQUARE / (1e-15 * density)
    return Area("capacitors", farads, each, technology.sources.get("capacitor", "unknown"))


def _forward(circuit: CircuitCard) -> int:
    """Bit lines whose currents are summed."""
    return sum(columns * copies for _, columns, copies in _arrays(circuit))


def _reverse(circuit: CircuitCard) -> int:
    """Word lines of hidden neurons, which sum currents in reverse."""
    return sum(rows * copies for rows, _, copies in list(_arrays(circuit))[1:])


def _amplifiers(circuit: CircuitCard, technology: Node) -> Area:
    count = float(circuit.network.amplifiers_in(circuit))
    column = circuit.column
    if circuit.network.sums and not column.limiting:
        tile = column.tile if isinstance(column, Transimpedance) and column.tile else 0
        for k, (rows, columns, copies) in enumerate(_arrays(circuit)):
            count += columns * copies * (math.ceil(rows / tile) if tile else 1)
            if k > 0:
                count += rows * copies * (math.ceil(columns / tile) if tile else 1)
    area = technology.amplifier_area
    each = None if area == "unknown" else _SQUARE * area
    return Area("amplifiers", count, each, technology.sources.get("amplifier_area", "unknown"))


def _converters(circuit: CircuitCard) -> Area:
    adc = circuit.adc
    count = math.ceil(sum(circuit.nodes) / adc.shared)
    if adc.area is not None:
        return Area("converters", count, adc.room, str(adc.source))
    if adc.room is None:
        return Area("converters", count, None, "needs adc.bits, adc.rate and adc.node")
    return Area("converters", count, adc.room, "arXiv 2404.06553: regression of Murmann's survey")


def _memory(device: DeviceCard, circuit: CircuitCard, technology: Node) -> Area:
    each = _SQUARE * technology.sram_cell / technology.sram_share
    return Area("memory", DigitalMemory(device, circuit).bits, each, technology.sources["sram_cell"])


def _digital(circuit: CircuitCard, technology: Node) -> Area:
    bits = float(circuit.adc.effective or 8.0)
    wide = mac_joules(bits, bits, 2.0 * bits) / mac_joules(8.0, 8.0, 16.0)
    count = math.ceil(sum(circuit.nodes) / circuit.adc.shared)
    return Area("digital", count, _SQUARE * technology.mac_area * wide, technology.sources["mac_area"])


def _drivers(circuit: CircuitCard, technology: Node) -> Area:
    count = sum((rows + columns) * copies for rows, columns, copies in _arrays(circuit))
    area = technology.pulse_driver
    each = None if area == "unknown" else _SQUARE * area
    return Area("drivers", count, each, technology.sources.get("pulse_driver", "unknown"))
