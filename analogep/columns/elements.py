"""What a column circuit may be made of in a netlist, and what it says of the elements that it has written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from analogep.errors import SimulationError

GROUND = "0"
"""Node of the ground of all signals, in the middle of the supply."""


class Writer(Protocol):
    """The elements of a netlist (`spice.Netlist`); their names and nodes are of a to z, 0 to 9 and _."""

    def resistor(self, name: str, a: str, b: str, siemens: float) -> None:
        """I = G V(a, b)."""

    def capacitor(self, name: str, a: str, b: str, farads: float) -> None:
        """I = C dV(a, b)/dt, discharged at the start."""

    def source(self, name: str, a: str, b: str, volts: float) -> str:
        """V(a, b) = volts; returns the element's name."""

    def ammeter(self, name: str, a: str, b: str) -> str:
        """0 V between `a` and `b`; returns the name whose current counts positive from `a` to `b`."""

    def amplifier(self, name: str, out: str, node: str, gain: float) -> str:
        """V(out) = gain V(node), whatever it has to drive."""

    def behavioural_voltage(self, name: str, a: str, b: str, expression: str) -> str:
        """V(a, b) = expression of node voltages and source currents."""

    def behavioural_current(self, name: str, a: str, b: str, expression: str, *, conducts: bool = False) -> None:
        """Current from `a` to `b` = expression; `conducts` where it falls as the voltage across it does."""


@dataclass(frozen=True)
class Place:
    """Where in a netlist a column circuit stands.

    Where arrays take turns a gate says when the circuit follows its line. Beside its turn its pole's capacitor is cut
    off from all that charges it, and leaks: C dv/dt = -C v/droop.

    Attributes
    ----------
    line : str
        Node of the summing line, at which all of its cells end. Elements and nodes of the circuit begin with its name.
    offset : float [V]
        Input-referred offset of this one circuit.
    gate : str
        Node at 1 V while it follows its line and at 0 V while it holds what it had; empty where it always follows.
    droop : float [s]
        Time constant with which it leaks while it holds.
    """

    line: str
    offset: float = 0.0
    gate: str = ""
    droop: float = math.inf

    def following(self, expression: str) -> str:
        """`expression` while the circuit follows, and 0 while it holds."""
        return f"v({self.gate})*{expression}" if self.gate else expression

    def holding(self, expression: str) -> str:
        """`expression` while the circuit holds, and 0 while it follows; empty where it never holds."""
        return f"(1-v({self.gate}))*{expression}" if self.gate else ""

    def pole(self, writer: Writer, node: str, siemens: float, farads: float) -> None:
        """The circuit's pole: `farads` from `node` to ground beside `siemens`, which are cut off while it holds."""
        if not self.gate:
            writer.resistor(node, node, GROUND, siemens)
        else:
            conductance = f"{self.following(number(siemens))}+{self.holding(number(farads / self.droop))}"
            writer.behavioural_current(f"{node}_pole", node, GROUND, f"({conductance})*v({node})", conducts=True)
        writer.capacitor(node, node, GROUND, farads)


@dataclass(frozen=True)
class Written:
    """A column circuit in a netlist.

    Attributes
    ----------
    out : str
        Node that stands at y [V].
    watts : tuple of str
        Expressions of what its signal currents take from the supply [W].
    left_out : str
        What its elements have and its `Response` does not, in half a sentence; empty where there is nothing.
    """

    out: str
    watts: tuple[str, ...] = ()
    left_out: str = ""


def number(value: float) -> str:
    """Shortest text that reads back as the same double, such as `5e-13`; SPICE's suffixes are not used.

    Raises
    ------
    SimulationError
        If the value is not finite.
    """
    if not math.isfinite(value):
        raise SimulationError(f"the netlist would hold the number {value}: ngspice reads finite numbers alone")
    return repr(float(value))


def clipped(expression: str, limit: float) -> str:
    """`expression` held between -limit and limit."""
    return f"min({number(limit)},max({number(-limit)},{expression}))"
