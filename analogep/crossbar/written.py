"""Record of a write: pulses, verify reads, and their joules."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Written:
    """Pulses and reads of one call of `program`.

    Attributes
    ----------
    pulses : float
        Pulses applied.
    joules : float
        Energy of the pulsed cells [J].
    half_select_joules : float
        Energy of half-selected cells [J]; 0 with selectors.
    line_edges : float
        Line-charging sum over pulses of V^2 x number of cells on the pulsed lines [V^2]: times the capacitance per
        cell it is the lines' energy.
    reads : int
        Verify reads of single devices.
    read_joules : float
        Energy of the devices in these reads [J].
    """

    pulses: float = 0.0
    joules: float = 0.0
    half_select_joules: float = 0.0
    line_edges: float = 0.0
    reads: int = 0
    read_joules: float = 0.0

    def __add__(self, other: Written) -> Written:
        return Written(
            self.pulses + other.pulses,
            self.joules + other.joules,
            self.half_select_joules + other.half_select_joules,
            self.line_edges + other.line_edges,
            self.reads + other.reads,
            self.read_joules + other.read_joules,
        )

    def __mul__(self, copies: int) -> Written:
        """The same done to several arrays."""
        if copies == 1:
            return self
        return Written(
            copies * self.pulses,
            copies * self.joules,
            copies * self.half_select_joules,
            copies * self.line_edges,
            copies * self.reads,
            copies * self.read_joules,
        )
