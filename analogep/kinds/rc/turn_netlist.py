"""Gates of a netlist whose arrays take turns.

Two sources say what is read, `gate_forward` and `gate_reverse`: 1 V in the turns of their direction, 0 V in those of
the other one and in guards. Each phase begins with a forward turn, and the last turn of a phase may be cut short
(`reading.turns_of`). Behind its gate a line is driven, at 1 V, or stands at ground, and a column follows, or holds what
it had (`columns.Place`).

In the operating point both gates are closed: it is the equilibrium of both directions at once, without droop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from analogep.circuit.mapping import Turns
from analogep.kinds.rc.reading import FORWARD, REVERSE, turns_of
from analogep.spice.netlist import GROUND, Netlist, number

RISE: Final = 1e-6
"""Rise and fall of the gates in shortest time constants, as of the nudging control: columns go no further in an edge
than this share of their swing."""


@dataclass(frozen=True)
class Gates:
    """What follows the turns in a netlist.

    Attributes
    ----------
    taking : Turns
    forward, reverse : str
        Nodes of the gates.
    """

    taking: Turns
    forward: str = "gate_forward"
    reverse: str = "gate_reverse"

    def write(self, netlist: Netlist, phases: Sequence[float], shortest: float) -> None:
        """Both sources, for `phases` of such lengths [s] one after the other; `shortest` time constant [s]."""
        rise = RISE * shortest
        netlist.comment(f"v({self.forward}), v({self.reverse}): 1 V while arrays are read forward, in reverse")
        for name, way in ((self.forward, FORWARD), (self.reverse, REVERSE)):
            netlist.gate(name, name, GROUND, _spans(self.taking, phases, way, rise), rise)

    def line(self, netlist: Netlist, line: str, expression: str, *, back: bool) -> str:
        """A line that is driven at `expression` in its turns and stands at ground beside; returns the source's name."""
        gated = f"v({self.reverse if back else self.forward})*{expression}"
        return netlist.behavioural_voltage(line, line, GROUND, gated)

    def capacitor(self, out: str) -> str:
        """Expression of what the capacitor that holds v(out) takes [W]: once a period C V^2, spread over all of it, as
        our equations do."""
        return f"{number(self.taking.hold / self.taking.period)}*v({out})*v({out})"


def _spans(taking: Turns, phases: Sequence[float], way: int, rise: float) -> list[tuple[float, float]]:
    """Start and end [s] of the turns in which `way` is read; turns and gaps shorter than two edges are none."""
    found: list[tuple[float, float]] = []
    start = 0.0
    for phase in phases:
        now = start
        for length, reads in turns_of(taking, phase):
            if reads == way and length > 2.0 * rise:
                if found and now - found[-1][1] <= 2.0 * rise:
                    found[-1] = found[-1][0], now + length
                else:
                    found.append((now, now + length))
            now += length
        start += phase
    return found
