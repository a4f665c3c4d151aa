"""Whether lines, drivers and columns can do what two cards ask of them, with the numbers that would do."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from analogep.circuit import CircuitCard
from analogep.columns import SummingLines
from analogep.crossbar.wires import Resistances, severity
from analogep.device import DeviceCard
from analogep.network.columns_fit import column_problems, column_warnings
from analogep.units import format_si

SETTLED: Final = 4.6
"""Time constants after which 1 % is left."""
_SLOW: Final = 1.0 / 3.0
"""Time constant of a column over that of its node from which a warning is due."""
_FITS: Final = 0.05
"""Share by which a ratio of time constants may be off that is given beside both of them."""
_EXAMPLE: Final = 1.0
"""Resistance of a line between two cells [ohm] by which arrays without wires are judged."""


@dataclass(frozen=True)
class Cards:
    """Two cards, as a builder of networks asks for them."""

    device: DeviceCard
    circuit: CircuitCard


def summing_lines(device: DeviceCard, circuit: CircuitCard) -> list[tuple[str, SummingLines]]:
    """Every kind of summing line of a chip, with its name in words; none where the network has no such lines."""
    builder: Any = circuit.network.builder()
    found: list[tuple[str, SummingLines]] = builder(Cards(device, circuit)).summing_lines()
    return found


def driven_currents(device: DeviceCard, circuit: CircuitCard) -> list[tuple[str, float]]:
    """Current [A] of a pair's driven lines of each array at full scale, cells at the common mode, by name."""
    stands, found = device.standing(circuit.mapping.common_mode), []
    full, feedback = circuit.mapping.read_voltage, circuit.feedback
    for k, (rows, columns) in enumerate(circuit.shapes, 1):
        drives = [("word", full, columns)]
        if k > 1 and feedback is not None:
            drives.append(("bit", full * feedback.gain, rows))
        for name, volts, cells in drives:
            current = float(np.asarray(device.read.iv.drive(np.array([volts])))[0])
            found.append((f"a {name} line of layer {k}", stands * current * cells))
    return found


def line_problems(device: DeviceCard, circuit: CircuitCard) -> Iterator[tuple[str, str]]:
    """What no circuit could do, as (key of the circuit card, message)."""
    if circuit.column.limiting:
        return
    for key, most, what in (
        ("driver.current", circuit.driver.current, "its driver gives"),
        ("lines.current", circuit.lines.current, "its width carries"),
    ):
        name, current = max(driven_currents(device, circuit), key=lambda one: one[1])
        if most is not None and current > most:
            yield (
                key,
                f"{name} carries {format_si(current, 'A')} at full scale with device '{device.name}' at "
                f"mapping.common_mode, more than the {format_si(most, 'A')} that {what}; give {key} of as much, a "
                "smaller mapping.read_voltage or common mode, or a device of less conductance",
            )
    yield from _tied(device, circuit)
    yield from _turns(device, circuit)
    yield from _windows(circuit)
    yield from column_problems(circuit, summing_lines(device, circuit))
    yield from _late(device, circuit)


def _tied(device: DeviceCard, circuit: CircuitCard) -> Iterator[tuple[str, str]]:
    """A bandwidth, a ratio and nodes that do not go together, each of which follows from the other two."""
    column = circuit.column
    if not column.paced or getattr(column, "ratio", None) is None:
        return
    slow: dict[float, tuple[float, str, SummingLines]] = {}
    for name, lines in summing_lines(device, circuit):
        lag = column.time_constant(lines)
        slow[lines.tau] = max(slow.get(lines.tau, (0.0, name, lines)), (lag, name, lines), key=lambda one: one[0])
    for tau, (lag, name, lines) in slow.items():
        if not math.isclose(tau / lag, column.wanted, rel_tol=_FITS):
            what = "node" if circuit.network.rests else "pulse"
            yield (
                "column.ratio",
                f"the columns of the {name} close at a time constant of {format_si(lag, 's')}, and their {what} of "
                f"{format_si(tau, 's')} is {tau / lag:.3g} times as slow, not {column.wanted:g} times; leave out "
                "one of column.ratio, column.bandwidth and the neurons' capacitance, or "
                f"{column.remedy(lines, tau / column.wanted)}",
            )
            return


def _late(device: DeviceCard, circuit: CircuitCard) -> Iterator[tuple[str, str]]:
    """Columns that a clock does not wait for."""
    most = circuit.network.latest
    for name, lines in summing_lines(device, circuit):
        lag = circuit.column.time_constant(lines)
        if lag > most:
            yield (
                "column",
                f"the columns of the {name} close at a time constant of {format_si(lag, 's')}, longer than the clock's "
                f"step of {format_si(most, 's')}: pulses would arrive in later steps than it says; "
                f"{circuit.column.remedy(lines, 0.2 * lines.tau)}",
            )
            return


def _turns(device: DeviceCard, circuit: CircuitCard) -> Iterator[tuple[str, str]]:
    """The turn or phase that is the shortest for its columns, where they do not settle in it."""
    if not circuit.network.rests:
        return
    turns = None if circuit.feedback is None else circuit.feedback.turns
    timing, found = circuit.timing, []
    for name, lines in summing_lines(device, circuit):
        lag = circuit.column.time_constant(lines)
        limits = [("timing.free.duration", timing.free.duration), ("timing.nudged.duration", timing.nudged.duration)]
        if turns is not None and name.startswith("word"):
            limits.append(("feedback.turns.reverse", turns.reverse))
        elif turns is not None:
            limits.append(("feedback.turns.forward", turns.forward))
        found += [(seconds / lag if lag > 0.0 else math.inf, key, seconds, name, lines, lag) for key, seconds in limits]
    ratio, key, seconds, name, lines, lag = min(found, key=lambda one: one[0])
    if ratio < SETTLED:
        what = f", in which the columns of the {name} settle to 1 %, {SETTLED:g} times {format_si(lag, 's')}"
        if circuit.column.windowed:
            what = (
                f": the columns of the {name} take {format_si(lag, 's')} to hold their lines, which are lost of every "
                f"turn, {1.0 / SETTLED:.0%} at most".replace("%", " %")
            )
        yield (
            key,
            f"{format_si(seconds, 's')} is shorter than {format_si(SETTLED * lag, 's')}{what}; give as much, or "
            f"{circuit.column.remedy(lines, seconds / SETTLED).removeprefix('give ')}",
        )


def _windows(circuit: CircuitCard) -> Iterator[tuple[str, str]]:
    """Phases that end before word lines are read, or before columns that integrate them have shown what they have."""
    turns, timing = None if circuit.feedback is None else circuit.feedback.turns, circuit.timing
    if turns is None:
        return
    before, shown = turns.forward + turns.guard, circuit.column.windowed
    least = before + turns.reverse
    for key, phase in (("timing.free.duration", timing.free), ("timing.nudged.duration", timing.nudged)):
        if phase.duration < least if shown else phase.duration <= before:
            what = "the columns of both directions have shown what they integrate" if shown else "word lines are read"
            yield (
                key,
                f"{format_si(phase.duration, 's')} end before {what}; give at least {format_si(least, 's')}, one "
                "forward and one reverse turn and a guard, or shorter turns",
            )


def line_warnings(device: DeviceCard, circuit: CircuitCard) -> Iterator[tuple[str, str]]:
    """What a designer would look at, as (key of the circuit card, message)."""
    if circuit.column.limiting:
        return
    for name, lines in summing_lines(device, circuit):
        lag = circuit.column.time_constant(lines)
        if lag > _SLOW * lines.tau:
            what = "node" if circuit.network.rests else "pulse"
            yield (
                "column",
                f"the columns of the {name} close at a time constant of {format_si(lag, 's')}, "
                f"{lag / lines.tau:.2g} times that of their {what}, {format_si(lines.tau, 's')}, with device "
                f"'{device.name}' at mapping.common_mode; {circuit.column.remedy(lines, 0.2 * lines.tau)}",
            )
    yield from column_warnings(circuit, summing_lines(device, circuit))
    if circuit.wires.kind == "none":
        stands = device.standing(circuit.mapping.common_mode)
        found = [
            severity(np.full(shape, stands), Resistances(_EXAMPLE, _EXAMPLE, 0.0, 0.0)) for shape in circuit.shapes
        ]
        if max(found) > 1.0:
            yield (
                "wires",
                f"lines have no resistance here; with {format_si(_EXAMPLE, 'ohm')} between cells the severity kappa of "
                f"layer {int(np.argmax(found)) + 1} would be {max(found):.2g}, and an array bears 0.1; "
                "give wires with tiles",
            )


def said(device: DeviceCard, circuit: CircuitCard) -> str:
    """What holds the lines of a chip, in a sentence with numbers; empty where the network has no summing lines."""
    if not circuit.network.sums:
        return ""
    if circuit.column.limiting:
        return "ideal, a limit and no circuit: what holds the lines has no bandwidth, noise, swing and power"
    found = [(circuit.column.time_constant(lines), name, lines) for name, lines in summing_lines(device, circuit)]
    lag, name, lines = max(found, key=lambda one: one[0] / one[2].tau)
    line, current = max(driven_currents(device, circuit), key=lambda one: one[1])
    limit = "" if circuit.driver.current is not None else "; what a driver can give is not known"
    return (
        f"{circuit.column.kind}, {format_si(lag, 's')} for the {format_si(lines.tau, 's')} of the {name}, the slowest; "
        f"{line} carries {format_si(current, 'A')} at full scale{limit}"
    )
