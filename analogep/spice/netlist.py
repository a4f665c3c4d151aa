"""A SPICE netlist, element by element: names are unique, numbers keep all their digits, no node floats.

Two-terminal elements stand between `a` and `b`; a positive current flows from `a` through the element to `b`. Ground
is the node `0`. ngspice knows no difference between upper and lower case: names are lower case here.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from analogep.columns.elements import GROUND as GROUND
from analogep.columns.elements import number as number
from analogep.errors import SimulationError

_NAME = re.compile(r"[a-z0-9_]+\Z")
_WIDTH = 118


class Netlist:
    """Elements in the order in which they were added, and the subcircuits that they use.

    Parameters
    ----------
    ports : sequence of str
        Nodes by which a subcircuit is joined to what uses it; none for a whole circuit.
    """

    def __init__(self, ports: Sequence[str] = ()) -> None:
        self._ports = tuple(ports)
        self._subcircuits: dict[str, Netlist] = {}
        self._lines: list[str] = []
        self._names: set[str] = set()
        self._nodes: dict[str, int] = {GROUND: 0}
        self._conducting: list[tuple[int, int]] = []

    def comment(self, text: str) -> None:
        """A line for readers."""
        self._lines.append(f"* {text}")

    def resistor(self, name: str, a: str, b: str, siemens: float) -> None:
        """I = G V(a, b), given by its conductance [S]; one of 0 S is no element.

        Raises
        ------
        SimulationError
            If the conductance is negative.
        """
        if siemens < 0.0:
            raise SimulationError(f"resistor '{name}' would have {siemens:.6g} S; a conductance is 0 S or more")
        if siemens > 0.0:
            self._element("r", name, a, b, number(1.0 / siemens), conducts=True)

    def capacitor(self, name: str, a: str, b: str, farads: float) -> None:
        """I = C dV(a, b)/dt, discharged at the start [F].

        Raises
        ------
        SimulationError
            If the capacitance is not positive.
        """
        if not farads > 0.0:
            raise SimulationError(f"capacitor '{name}' would have {farads:.6g} F; a capacitance is above 0 F")
        self._element("c", name, a, b, f"{number(farads)} ic=0")

    def source(self, name: str, a: str, b: str, volts: float) -> str:
        """Voltage source, `a` above `b` [V]; returns its name for `i(name)`."""
        return self._element("v", name, a, b, f"dc {number(volts)}", conducts=True)

    def step(self, name: str, a: str, b: str, start: float, rise: float) -> None:
        """Voltage source of 0 V that goes to 1 V at `start` within `rise` [s]."""
        points = " ".join(map(number, (0.0, 0.0, start, 0.0, start + rise, 1.0)))
        self._element("v", name, a, b, f"dc 0.0 pwl({points})", conducts=True)

    def gate(self, name: str, a: str, b: str, spans: Sequence[tuple[float, float]], rise: float) -> None:
        """Voltage source of 1 V from the start to the end of each of `spans` [s] and of 0 V between them, which rises
        and falls within `rise` [s]; 1 V in the operating point. Spans and what is between them are longer than that."""
        points: list[float] = []
        for start, end in spans:
            points += [0.0, 1.0] if start == 0.0 else [start, 0.0, start + rise, 1.0]
            points += [end, 1.0, end + rise, 0.0]
        if points[:1] != [0.0]:
            points = [0.0, 0.0, *points]
        text = " ".join(map(number, points))
        self._element("v", name, a, b, f"dc 1.0 pwl({text})", conducts=True)
        self._lines[-1] = _wrapped(self._lines[-1])

    def ammeter(self, name: str, a: str, b: str) -> str:
        """0 V between `a` and `b`; returns the name whose current counts positive from `a` to `b`."""
        return self.source(name, a, b, 0.0)

    def amplifier(self, name: str, out: str, node: str, gain: float) -> str:
        """V(out) = gain V(node), whatever it has to drive; returns its name."""
        return self._element("e", name, out, GROUND, f"{node} {GROUND} {number(gain)}", conducts=True)

    def conveyor(self, name: str, node: str, sense: str, gain: float) -> None:
        """Current into `node`: gain x the current through the voltage source called `sense`."""
        self._element("f", name, GROUND, node, f"{sense} {number(gain)}")

    def behavioural_voltage(self, name: str, a: str, b: str, expression: str) -> str:
        """V(a, b) = expression of node voltages and source currents; returns its name."""
        return self._element("b", name, a, b, f"v={expression}", conducts=True)

    def behavioural_current(self, name: str, a: str, b: str, expression: str, *, conducts: bool = False) -> None:
        """Current from `a` to `b` = expression; `conducts` where it falls as the voltage across it does."""
        self._element("b", name, a, b, f"i={expression}", conducts=conducts)

    def subcircuit(self, name: str, ports: Sequence[str]) -> tuple[Netlist, bool]:
        """The subcircuit of this name, to be filled if it is new, and whether it is."""
        _check(name, *ports)
        new = name not in self._subcircuits
        if new:
            self._subcircuits[name] = Netlist(ports)
        return self._subcircuits[name], new

    def instance(self, name: str, subcircuit: str, nodes: Sequence[str]) -> None:
        """One of a subcircuit, `nodes` at its ports."""
        inner = self._subcircuits[subcircuit]
        label = self._label("x", name, *nodes)
        outer = dict(zip(inner._ports, nodes, strict=True)) | {GROUND: GROUND}
        places = [self._nodes.setdefault(outer.get(node, f"{label}.{node}"), len(self._nodes)) for node in inner._nodes]
        self._conducting += [(places[one], places[other]) for one, other in inner._conducting]
        self._lines.append(_wrapped(f"{label} {' '.join(nodes)} {subcircuit}"))

    def _label(self, letter: str, name: str, *nodes: str) -> str:
        """Name of an element, which no other one has."""
        _check(name, *nodes)
        label = f"{letter}{name}"
        if label in self._names:
            raise ValueError(f"the netlist has an element '{label}' already")
        self._names.add(label)
        return label

    def _element(self, letter: str, name: str, a: str, b: str, value: str, *, conducts: bool = False) -> str:
        label = self._label(letter, name, a, b)
        one, other = (self._nodes.setdefault(node, len(self._nodes)) for node in (a, b))
        if conducts:
            self._conducting.append((one, other))
        self._lines.append(f"{label} {a} {b} {value}")
        return label

    def floating(self) -> list[str]:
        """Nodes without a path for direct current to ground, in order of appearance."""
        count = len(self._nodes)
        pairs = np.array(self._conducting, dtype=np.int64).reshape(-1, 2)
        graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
        _, island = connected_components(graph, directed=False)
        return [name for name, k in self._nodes.items() if island[k] != island[0]]

    def text(self) -> str:
        """The lines of the netlist, and below them those of its subcircuits.

        Raises
        ------
        SimulationError
            If a node floats: SPICE would meet a singular matrix and say so without a reason.
        """
        floating = self.floating()
        if floating:
            shown = ", ".join(floating[:5]) + (" ..." if len(floating) > 5 else "")
            raise SimulationError(
                f"{len(floating)} of {len(self._nodes)} nodes are disconnected, without a path for direct current "
                f"to ground: {shown}; give them a leak or a device"
            )
        lines = list(self._lines)
        for name, inner in self._subcircuits.items():
            lines += [_wrapped(f".subckt {name} {' '.join(inner._ports)}"), *inner._lines, f".ends {name}"]
        return "\n".join(lines) + "\n"


def _check(*words: str) -> None:
    for word in words:
        if not _NAME.match(word):
            raise ValueError(f"'{word}' is no name of an element or node: use a to z, 0 to 9 and _")


def _wrapped(line: str) -> str:
    """A line cut where it is long; ngspice takes those that begin with + as one with the line before."""
    return "\n+ ".join(textwrap.wrap(line, _WIDTH, break_long_words=False))
