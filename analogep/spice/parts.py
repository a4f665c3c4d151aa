"""Devices in SPICE with their I-V curve, and meters of power."""

from __future__ import annotations

from analogep.device.iv import Curve, LinearIV
from analogep.spice.netlist import GROUND, Netlist

WATTS_PER_VOLT = 1e-6
"""Scale of the power meters: 1 V at their nodes means 1 uW."""


def device(iv: Curve, netlist: Netlist, name: str, a: str, b: str, siemens: float) -> None:
    """One device of conductance `siemens` [S] from `a` to `b` with the I-V curve `iv`; 0 S is no element."""
    if isinstance(iv, LinearIV):
        netlist.resistor(name, a, b, siemens)
    elif siemens > 0.0:
        netlist.behavioural_current(name, a, b, iv.expression(siemens, f"v({a},{b})"), conducts=True)


class Meter:
    """A node at which power adds up: each part injects its watts as a current into one resistor.

    V(node) = sum of powers / WATTS_PER_VOLT.
    """

    def __init__(self, netlist: Netlist, component: str) -> None:
        self._netlist, self.node = netlist, f"p_{component}"
        self._parts = 0
        netlist.resistor(self.node, self.node, GROUND, WATTS_PER_VOLT)

    def add(self, expression: str) -> None:
        """Count the power that the expression gives [W]."""
        self._parts += 1
        self._netlist.behavioural_current(f"{self.node}_{self._parts}", GROUND, self.node, expression)

    def driver(self, source: str, node: str) -> None:
        """Count what the voltage source called `source` delivers into `node`."""
        self.add(f"-v({node})*i({source})")
