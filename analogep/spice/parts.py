"""What a card says, in SPICE: devices with their I-V curve, transfer curves, diodes; and meters of power.

Exponentials are behavioural sources. SPICE's own D element has another thermal voltage (its k and q are rounded, at 27
degrees Celsius), adds gmin across the junction and limits its steps, so that it is another diode in the sixth digit.
"""

from __future__ import annotations

from functools import singledispatch

from analogep.circuit.activation import HardClip, ReLU, Sigmoid, Tanh
from analogep.circuit.diodes import AntiparallelDiodes, ShockleyDiodes
from analogep.device.iv import CubicIV, LinearIV, SinhIV
from analogep.spice.netlist import GROUND, Netlist, number

WATTS_PER_VOLT = 1e-6
"""Scale of the power meters: 1 V at their nodes means 1 uW."""


@singledispatch
def device(iv: object, netlist: Netlist, name: str, a: str, b: str, siemens: float) -> None:
    """One device of conductance `siemens` [S] from `a` to `b` with the I-V curve `iv`; 0 S is no element."""
    raise NotImplementedError(f"no SPICE element for the I-V curve {type(iv).__name__}")


@device.register
def _(iv: LinearIV, netlist: Netlist, name: str, a: str, b: str, siemens: float) -> None:
    netlist.resistor(name, a, b, siemens)


@device.register
def _(iv: SinhIV, netlist: Netlist, name: str, a: str, b: str, siemens: float) -> None:
    if siemens > 0.0:
        scale, v0 = number(siemens * iv.v0), number(iv.v0)
        netlist.behavioural_current(name, a, b, f"{scale}*sinh(v({a},{b})/{v0})", conducts=True)


@device.register
def _(iv: CubicIV, netlist: Netlist, name: str, a: str, b: str, siemens: float) -> None:
    if siemens > 0.0:
        g, v0 = number(siemens), number(iv.v0)
        expression = f"{g}*v({a},{b})*(1+(v({a},{b})/{v0})*(v({a},{b})/{v0}))"
        netlist.behavioural_current(name, a, b, expression, conducts=True)


@singledispatch
def curve(activation: object, v: str) -> str:
    """Line voltage of a neuron, rho(v), as an expression of the expression `v`."""
    raise NotImplementedError(f"no SPICE expression for the transfer curve {type(activation).__name__}")


@curve.register
def _(activation: HardClip, v: str) -> str:
    return f"min(max({v},{number(activation.low)}),{number(activation.high)})"


@curve.register
def _(activation: ReLU, v: str) -> str:
    positive = f"max({v},0)"
    return positive if activation.high is None else f"min({positive},{number(activation.high)})"


@curve.register
def _(activation: Tanh, v: str) -> str:
    a = number(activation.amplitude)
    return f"{a}*tanh({v}/{a})"


@curve.register
def _(activation: Sigmoid, v: str) -> str:
    a = number(activation.amplitude)
    return f"{a}/(1+exp(-4*({v}/{a}-0.5)))"


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
