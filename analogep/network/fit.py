"""Whether two cards go together: what is an error, and what deserves a warning."""

from __future__ import annotations

import math

import numpy as np

from analogep.circuit import CircuitCard
from analogep.circuit.wires import ExactWires
from analogep.clock import clock_rules
from analogep.crossbar.wires import Resistances, severity
from analogep.device import DeviceCard
from analogep.errors import CardError, Problem
from analogep.network.lines_fit import line_problems, line_warnings
from analogep.units import format_si

_SUSPICIOUS = 0.1
"""Severity of wires from which a warning is due: the worst line loses about a tenth of its current."""
_COARSE = 0.8
"""Change of a weight by one pulse, in standard deviations of the initial weights, from which a warning is due."""
_FINE = 0.1
"""The same ratio at which to try again."""
MOST_PULSES = 1e13
"""Pulses that bring all cells of a chip once across their window, from which a run is refused: a day at ten
nanoseconds for each of them, for the initial weights alone."""
_HOPELESS = 10.0
"""Severity from which a run is refused: far corners of the array are hardly read at all."""


def check_fit(device: DeviceCard, circuit: CircuitCard) -> None:
    """Refuse two cards that are each valid and do not go together.

    Raises
    ------
    CardError
        If reading at the circuit's read voltage would program the devices, weights could not fall, writing them
        would not end, the wires would eat the signal, lines could not carry their currents, columns not settle, cells
        forget within a batch, or the update's schedule suit neither rule nor network.
    """
    read = circuit.mapping.read_voltage
    threshold = device.threshold
    if device.programming.unidirectional and circuit.mapping.scheme in ("separate", "single"):
        raise CardError(
            [
                Problem(
                    circuit.origin or circuit.name,
                    "mapping.scheme",
                    f"'{circuit.mapping.scheme}' needs gradual pulses both ways, and device '{device.name}' has none "
                    "down; take a network of pairs (rc or passive, push_pull)",
                )
            ]
        )
    if device.programming.unidirectional and circuit.mapping.scheme != "push_pull":
        raise CardError(
            [
                Problem(
                    circuit.origin or circuit.name,
                    "mapping.scheme",
                    f"must be 'push_pull' for device '{device.name}', which has no gradual pulse down: a weight "
                    f"falls by pulses on the other half of its pair; got '{circuit.mapping.scheme}'",
                )
            ]
        )
    if read >= threshold:
        raise CardError(
            [
                Problem(
                    circuit.origin or circuit.name,
                    "mapping.read_voltage",
                    f"must be below the smallest write amplitude of device '{device.name}' "
                    f"({format_si(threshold, 'V')}), got {format_si(read, 'V')}: reading would program",
                )
            ]
        )
    problems = [Problem(circuit.origin or circuit.name, *found) for found in line_problems(device, circuit)]
    problems += clock_rules(circuit, device)
    if problems:
        raise CardError(problems)
    _check_complex(device, circuit)
    _check_pulses(device, circuit)
    kappa, layer = wire_severity(device, circuit)
    if kappa > _HOPELESS:
        raise CardError(
            [
                Problem(
                    circuit.origin or circuit.name,
                    "wires",
                    f"eat nearly all of the signal of layer {layer + 1}: severity kappa is {kappa:.3g}, above "
                    f"{_HOPELESS:g}, with device '{device.name}' at mapping.common_mode; use a smaller tile or less "
                    "resistance",
                )
            ]
        )


def _check_pulses(device: DeviceCard, circuit: CircuitCard) -> None:
    """Refuse steps so small that already the initial weights are not written in any bearable time."""
    halves = 1 if circuit.mapping.scheme == "single" else 2
    cells = halves * sum(rows * columns for rows, columns in circuit.shapes)
    if cells <= MOST_PULSES * device.step:
        return
    pulses = cells / device.step if device.step else math.inf
    raise CardError(
        [
            Problem(
                device.origin or device.name,
                "programming",
                f"a pulse moves a cell by {device.step:.3g} of its window: the {cells} cells of circuit "
                f"'{circuit.name}' take some {pulses:.3g} pulses to be written, more than "
                f"{MOST_PULSES:g}; give steps of at least {cells / MOST_PULSES:.2g} of the window, or fewer cells",
            )
        ]
    )


def _check_complex(device: DeviceCard, circuit: CircuitCard) -> None:
    """Refuse complex voltages across cells that are not plain conductances."""
    curve, noise = device.read.iv.kind, device.read.components.kind
    if circuit.nudging.chosen.real or (curve in ("linear", "unknown") and noise == "none"):
        return
    raise CardError(
        [
            Problem(
                circuit.origin or circuit.name,
                "nudging.estimator",
                f"'{circuit.nudging.estimator}' needs linear devices without read noise, and device '{device.name}' "
                f"has read.iv '{curve}' and read.noise '{noise}'; set read.iv={{kind: linear}} "
                "and read.noise={kind: none}, or give the noise to sample_hold.noise",
            )
        ]
    )


def wire_severity(device: DeviceCard, circuit: CircuitCard) -> tuple[float, int]:
    """Severity kappa of the worst layer's largest tile with every cell at the common mode, and that layer.

    About the share of the worst bit line's current that the wires eat while it is small
    (`analogep.crossbar.wires.severity`); 0 without wires.
    """
    wires = circuit.wires
    if not isinstance(wires, ExactWires):
        return 0.0, 0
    stands = device.standing(circuit.mapping.common_mode)
    resistances = Resistances(wires.word, wires.bit, wires.driver, wires.sense)
    found = []
    for k, shape in enumerate(circuit.shapes):
        tile = tuple(min(size, most) for size, most in zip(shape, wires.tile, strict=True))
        found.append((severity(np.full(tile, stands), resistances), k))
    return max(found)


def fit_warnings(device: DeviceCard, circuit: CircuitCard) -> list[Problem]:
    """Return what is allowed but suspicious about two cards together."""
    origin = circuit.origin or circuit.name
    found = (
        *_wire_warnings(device, circuit),
        *_pole(device, circuit),
        *_coarse(device, circuit),
        *line_warnings(device, circuit),
    )
    return [Problem(origin, key, text) for key, text in found]


def suspicious(device: DeviceCard, circuit: CircuitCard) -> list[Problem]:
    """What is allowed but suspicious about each of two cards, and about both together, before they are used."""
    return [*device.warnings(), *circuit.warnings(), *fit_warnings(device, circuit)]


def _pole(device: DeviceCard, circuit: CircuitCard) -> list[tuple[str, str]]:
    """Whether negative nudging can cancel what holds an output."""
    nudging, network = circuit.nudging, circuit.network
    limits = network.output_limit(device.conductance, circuit)
    if limits is None or nudging.kind != "proportional":
        return []
    unit, least = limits
    signs = nudging.chosen.signs
    strongest = -min(beta for sign in signs for beta, _ in nudging.stencil(sign)) * unit * circuit.cost.steepest
    if strongest < least:
        return []
    message = (
        f"negative nudging by {format_si(strongest, 'S')} can cancel the conductance that holds an output, from "
        f"{format_si(least, 'S')} on with its cells as low as they get; lower nudging.beta or {network.nudges_with}, "
        "or take nudging.kind=constant"
    )
    return [("nudging.beta", message)]


def _wire_warnings(device: DeviceCard, circuit: CircuitCard) -> list[tuple[str, str]]:
    """How much of the signal wires eat, where it is much."""
    kappa, layer = wire_severity(device, circuit)
    if kappa <= _SUSPICIOUS:
        return []
    message = (
        f"eat much of the signal of layer {layer + 1}: severity kappa is {kappa:.3g} (0.1 is a tenth of the worst "
        f"line's current) with device '{device.name}' at mapping.common_mode; use a smaller tile or less resistance"
    )
    return [("wires", message)]


def pulse_ratios(device: DeviceCard, circuit: CircuitCard) -> list[float]:
    """Change of each layer's weights by one pulse, step and noise, over the spread of its initial weights.

    A pulse on a push-pull pair moves it by 2 step range and scatters it by sqrt(2) sigma range, at the common
    mode; initial weights are uniform within gain sqrt(6/(inputs + outputs)), hence spread gain sqrt(2/(...)).
    Networks that start from conductances have none.
    """
    gains = circuit.learning.initial_gain
    if gains is None:
        return []
    share = device.stands(circuit.mapping.common_mode)
    law, state, step = device.programming, np.array(share), device.step_at(share)
    noise = device.variation.cycle_to_cycle
    scatter = max(float(noise.deviation(law, one, state, device.conductance)) for one in law.directions)
    both = circuit.mapping.scheme == "push_pull" and not device.programming.unidirectional
    change = math.hypot((2.0 if both else 1.0) * step, (math.sqrt(2.0) if both else 1.0) * scatter)
    per_layer = zip(
        circuit.per_layer(circuit.mapping.weight_range), circuit.per_layer(gains), circuit.fans, strict=True
    )
    return [span * change / (gain * math.sqrt(2.0 / sum(fans))) for span, gain, fans in per_layer]


def _coarse(device: DeviceCard, circuit: CircuitCard) -> list[tuple[str, str]]:
    """Layers whose weights a single pulse throws about."""
    found = []
    ranges = circuit.per_layer(circuit.mapping.weight_range)
    for k, ratio in enumerate(pulse_ratios(device, circuit)):
        if ratio > _COARSE:
            less = float(f"{ranges[k] * _FINE / ratio:.1g}")
            message = (
                f"a pulse of device '{device.name}', step and noise, moves a weight of layer {k + 1} by {ratio:.2g} "
                "times the spread of the initial weights: what a weight has learned survives few of them, so that it "
                f"takes a rule that writes few, such as mixed_precision; a range of {less:g} there instead of "
                f"{ranges[k]:g} makes it {_FINE:g}"
            )
            found.append(("mapping.weight_range", message))
    return found
