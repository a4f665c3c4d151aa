"""Seconds of converters: k lines that share one take k conversions of 1/rate each."""

from __future__ import annotations

from collections.abc import Iterator

from analogep.circuit import Adc, CircuitCard, Dac


def _turns(converter: Adc | Dac, lines: int) -> float:
    """Conversions of `lines` lines with `converter.shared` to a converter, which all work at once [s]."""
    return 0.0 if converter.rate is None else min(converter.shared, lines) / converter.rate


def converting(circuit: CircuitCard, lines: int) -> float:
    """Seconds in which the ADCs of so many lines convert all of them once.

        t = min(shared, lines)/rate,    0 where the card states no rate (`unstated`)

    Parameters
    ----------
    circuit : CircuitCard
    lines : int
        Of the widest layer, whose converters take longest.
    """
    return _turns(circuit.adc, lines)


def loading(circuit: CircuitCard, lines: int) -> float:
    """Seconds in which the DACs of so many lines are loaded, as `converting`; 0 where that is part of the phase."""
    return _turns(circuit.dac, lines)


def unstated(circuit: CircuitCard) -> Iterator[str]:
    """What takes no time because the card does not say how long it takes, in words."""
    if circuit.adc.rate is None:
        yield "adc.rate is not stated: conversions take no time"
