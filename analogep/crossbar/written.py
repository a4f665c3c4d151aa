"""Record of a write: pulses, verify reads, their joules, and how long they take by either schedule."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

_TIMES = ("row_seconds", "cell_seconds", "rows")
"""What does not add up where two arrays are written side by side."""


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
    row_seconds : float
        Time of the pulses [s] where rows follow one another, each with a slot up and one down, as long as the most
        pulses of one of its cells.
    cell_seconds : float
        Time of the pulses [s] where cells follow one another.
    rows : int
        Rows with reads.
    """

    pulses: float = 0.0
    joules: float = 0.0
    half_select_joules: float = 0.0
    line_edges: float = 0.0
    reads: int = 0
    read_joules: float = 0.0
    row_seconds: float = 0.0
    cell_seconds: float = 0.0
    rows: int = 0

    def __add__(self, other: Written) -> Written:
        """One after the other."""
        return Written(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    def beside(self, other: Written) -> Written:
        """Both at the same time, in arrays of their own: the one that takes longer sets the time."""
        return replace(self + other, **{name: max(getattr(self, name), getattr(other, name)) for name in _TIMES})

    def __mul__(self, copies: int) -> Written:
        """The same done to several arrays at the same time."""
        if copies == 1:
            return self
        return Written(
            copies * self.pulses,
            copies * self.joules,
            copies * self.half_select_joules,
            copies * self.line_edges,
            copies * self.reads,
            copies * self.read_joules,
            self.row_seconds,
            self.cell_seconds,
            self.rows,
        )
