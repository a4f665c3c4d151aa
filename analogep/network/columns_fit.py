"""Whether column circuits give what nodes are to get: swing, share of the current, offset, thermal noise."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from analogep.circuit import CircuitCard
from analogep.columns import Response, SummingLines
from analogep.units import format_si

_LOST: Final = 0.8
"""Share of a line's current below which a warning is due, and above whose inverse as well."""
_LEAST: Final = 0.1
"""Limit of a column over the full scale below which it is refused."""
_LOUD: Final = 0.1
"""Thermal noise or offset of a node over the full scale from which a warning is due."""

Known = Sequence[tuple[str, SummingLines]]


def column_problems(circuit: CircuitCard, known: Known) -> Iterator[tuple[str, str]]:
    """Columns that give next to nothing, or whose offset or noise drowns the full scale, as (key of the circuit card,
    message)."""
    full = circuit.mapping.read_voltage
    for most, message in _short(circuit, known):
        if most < _LEAST * full:
            yield "column", message
            return
    for what, key, volts, remedy in _disturbed(circuit, known):
        if volts > full:
            yield (
                key,
                f"{what} is {format_si(volts, 'V')} at each node, more than the full scale of {format_si(full, 'V')}; "
                f"{remedy}",
            )
            return


def column_warnings(circuit: CircuitCard, known: Known) -> Iterator[tuple[str, str]]:
    """Columns that pass on little of a current or too much, or much noise, as (key of the circuit card, message)."""
    for name, lines in known:
        gain = float(_designed(circuit, lines).gain[0])
        if not _LOST <= gain <= 1.0 / _LOST:
            yield (
                "column",
                f"the columns of the {name} pass on {gain:.2g} times the current of their lines, with cells at "
                "mapping.common_mode",
            )
    full = circuit.mapping.read_voltage
    for most, message in _short(circuit, known):
        if most >= _LEAST * full:
            yield "column", message
    for what, key, volts, remedy in _disturbed(circuit, known):
        if _LOUD * full < volts <= full:
            yield (
                key,
                f"{what} is {format_si(volts, 'V')} at each node, {volts / full:.2g} times the full scale; {remedy}",
            )


def _designed(circuit: CircuitCard, lines: SummingLines) -> Response:
    """Of a column whose cells are at the common mode."""
    return circuit.column.response(lines, np.array([lines.design]))


def _short(circuit: CircuitCard, known: Known) -> Iterator[tuple[float, str]]:
    """Limits of columns that do not reach the full scale [V], and what is to be said of them."""
    full = circuit.mapping.read_voltage
    for name, lines in known:
        most = _designed(circuit, lines).limit
        if most < full:
            yield (
                most,
                f"the columns of the {name} give {format_si(most, 'V')} at most, less than the full scale of "
                f"{format_si(full, 'V')}; give {full / most:.3g} times the current or swing, or a larger "
                "mapping.weight_range",
            )


def _disturbed(circuit: CircuitCard, known: Known) -> Iterator[tuple[str, str, float, str]]:
    """What disturbs a node, the key of the card that it is of, its standard deviation [V], and what would be less."""
    for name, lines in known:
        offset = float(_designed(circuit, lines).offset[0])
        left = 0.0 if circuit.mismatch is None else offset * circuit.mismatch.left
        wanted = format_si(_LOUD * circuit.mapping.read_voltage / offset, "V")
        yield (
            f"the offset of the columns of the {name}", "mismatch", left,
            f"give offsets, after auto-zeroing, of {wanted}: columns multiply them by {offset:.3g}",
        )  # fmt: skip
    for name, floor in _floors(circuit, known):
        wanted = format_si(floor / _LOUD, "V")
        yield (
            f"thermal noise of the columns of the {name}", "column", floor,
            f"give mapping.read_voltage={wanted}, amplifiers of more load or bandwidth, or a smaller "
            "mapping.weight_range",
        )  # fmt: skip


def _floors(circuit: CircuitCard, known: Known) -> Iterator[tuple[str, float]]:
    """Standard deviation of a node by its leak and one kind of its columns [V]: kT/C + kT R_n/(tau + tau_a), or 2 kT
    R_n/T of samples; none of networks that do not rest, whose pulses average it."""
    kt, column = circuit.noise.kt, circuit.column
    if not kt or not circuit.network.rests:
        return
    for name, lines in known:
        found = _designed(circuit, lines)
        noise, lag = float(found.noise[0]), float(found.tau[0])
        spread = 2.0 * noise / lines.window if column.windowed and lines.window else noise / (lines.tau + lag)
        yield name, math.sqrt(kt * (1.0 / (lines.leak * lines.tau) + spread))
