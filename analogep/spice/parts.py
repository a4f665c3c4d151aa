"""What a card says, in SPICE: devices with their I-V curve, transfer curves, diodes; and meters of power.

Exponentials are behavioural sources. SPICE's own D element has another thermal voltage (its k and q are rounded, at 27
degrees Celsius), adds gmin across the junction and limits its steps, so that it is another diode in the sixth digit.
"""

from __future__ import annotations

from functools import singledispatch

from analogep.circuit.diodes import AntiparallelDiodes, ShockleyDiodes
from analogep.device.iv import Curve, LinearIV
from analogep.spice.netlist import GROUND, Netlist, number

WATTS_PER_VOLT = 1e-6
"""Scale of the power meters: 1 V at their nodes means 1 uW."""


def device(iv: Curve, netlist: Netlist, name: str, a: str, b: str, siemens: float) -> None:
    """One device of conductance `siemens` [S] from `a` to `b` with the I-V curve `iv`; 0 S is no element."""
    if isinstance(iv, LinearIV):
        netlist.resistor(name, a, b, siemens)
    elif siemens > 0.0:
        netlist.behavioural_current(name, a, b, iv.expression(siemens, f"v({a},{b})"), conducts=True)


@singledispatch
def diode(clamp: object, node: str, sign: float) -> str:
    """Current from `node` to ground through its diodes, as an expression; `sign` +1 keeps it above ground."""
    raise NotImplementedError(f"no SPICE expression for diodes of the kind {type(clamp).__name__}")


def _exponential(x: str) -> str:
    """exp(x), from x = 80 on its tangent, as in our equations: ngspice's first guesses must not overflow."""
    return f"exp(min({x},80))*(1+max({x}-80,0))"


@diode.register
def _(clamp: ShockleyDiodes, node: str, sign: float) -> str:
    exponent = f"({number(-sign / clamp.scale)}*v({node}))"
    return f"{number(-sign * clamp.saturation)}*({_exponential(exponent)}-1)"


@diode.register
def _(clamp: AntiparallelDiodes, node: str, sign: float) -> str:
    up, down = (f"({number(slope / clamp.scale)}*v({node}))" for slope in (1.0, -1.0))
    return f"{number(clamp.saturation)}*({_exponential(up)}-{_exponential(down)})"


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
