"""What a person says of a device that a file about it does not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Told:
    """Name, pulses and reads of a device; None where nothing was said.

    Parameters
    ----------
    name : str
        Name of the card.
    title, technology : str or None
    terminals : int or None
    amplitude_up, amplitude_down : float or None
        Write pulses [V]; the sign of down is the opposite of up unless given.
    width_up, width_down : float or None
        [s]
    read_voltage, read_width : float or None
        [V], [s]
    """

    name: str
    title: str | None = None
    technology: str | None = None
    terminals: int | None = None
    amplitude_up: float | None = None
    amplitude_down: float | None = None
    width_up: float | None = None
    width_down: float | None = None
    read_voltage: float | None = None
    read_width: float | None = None
