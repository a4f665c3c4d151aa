"""Kinds of network: what a layer of neurons is made of, and how conductances become weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from analogep.cards import Block
from analogep.circuit.diodes import Diodes
from analogep.circuit.neuron import Amplifier
from analogep.circuit.spiking import Spiking
from analogep.units import Farads, Fraction, Siemens, Volts

Path = tuple[str | int, ...]
Share = Annotated[Fraction, Field(ge=0, le=1)]
Scheme = Literal["push_pull", "reference", "separate", "single"]


class RC(Block):
    """Summing nodes at virtual ground: C dv/dt = -g v + k (G_plus - G_minus)' r, with a leak that is fixed."""

    kind: Literal["rc"]
    unstable: bool = False
    """Whether training may begin with a loop gain of 1 or more, where the equilibrium need not be unique and, without
    upper rails, need not exist."""
    schemes: ClassVar[tuple[Scheme, ...]] = ("push_pull", "reference")
    neurons: ClassVar[bool] = True
    pairs: ClassVar[bool] = True


class Passive(Block):
    """Summing nodes that are only nodes: the array's conductances load them.

    C dv_i/dt = -g_L v_i + sum_j [g+_ij (r_j - v_i) + g-_ij (-r_j - v_i)]: lines at +r and -r, r = rho(A v). The leak
    g_L + sum (g+ + g-) depends on the weights, so g_plus and g_minus have gradients of their own; their difference,
    along which push-pull programming moves, has the product rule of the virtual ground.
    """

    kind: Literal["passive"]
    gain: tuple[Annotated[float, Field(gt=0, le=1e6)], ...]
    """Gain A of each layer's neurons, which makes up for the division by all conductances; one number serves all."""
    schemes: ClassVar[tuple[Scheme, ...]] = ("push_pull", "reference", "separate")
    neurons: ClassVar[bool] = True
    pairs: ClassVar[bool] = True


class BidirectionalAmplifier(Block):
    """Between a hidden node and the next array: voltage times `gain` forward, current times `back` in return.

    The network is reciprocal only for back = gain. For back = 1/gain what an amplifier drives costs the node before
    it little, and the gradient of the layers before it comes out back/gain of the true one for each stage, which the
    update divides out.
    """

    gain: Annotated[float, Field(gt=0, le=1e4)]
    back: Annotated[float, Field(gt=0, le=1e4)]
    bias: Amplifier
    """Its bias power."""


class HiddenNode(Block):
    """A hidden node: capacitance and leak to ground, diodes."""

    capacitance: Annotated[Farads, Field(gt=0)]
    leak: Annotated[Siemens, Field(ge=0)] = 0.0
    diodes: Diodes


class OutputNode(Block):
    """An output node: capacitance and leak to ground."""

    capacitance: Annotated[Farads, Field(gt=0)]
    leak: Annotated[Siemens, Field(ge=0)] = 0.0


class Resistive(Block):
    """Deep resistive network: every weight is one conductance between two nodes; Kirchhoff's laws do the rest.

    Inputs are doubled, lines at +x and -x; bias lines stand at +bias and -bias in each array. The cost is
    C = 1/2 |s - d|^2/target^2 with the scores s = v, or s = V_plus - V_minus of doubled outputs; nudging is the current
    beta g_n (d - s). Sources: Kendall et al. 2020 (arXiv 2006.01981), Scellier 2024 (arXiv 2402.11674).
    """

    kind: Literal["resistive"]
    target: Annotated[Volts, Field(gt=0)]
    """Score of the right class; 0 V for the others."""
    bias: tuple[Annotated[Volts, Field(gt=0)], ...]
    """Voltage of the bias lines of each array; one number serves all."""
    outputs: Literal["single", "doubled"]
    hidden: HiddenNode
    output: OutputNode
    amplifiers: BidirectionalAmplifier | None = None
    """Behind every hidden node; null for none."""
    nudging_conductance: Annotated[Siemens, Field(gt=0)]
    """g_n: conductance of the nudging sources at beta = 1."""
    initial: tuple[tuple[Share, Share], ...]
    """Initial conductances of each array: uniform between these shares of the window; one pair serves all."""
    rule: Literal["co_content", "squared"] = "co_content"
    """Gradient of a cell: the difference of its co-content between phases, right for any I-V curve, or of its squared
    voltage drop, right for linear devices."""
    schemes: ClassVar[tuple[Scheme, ...]] = ("single",)
    neurons: ClassVar[bool] = False
    pairs: ClassVar[bool] = False

    def rules(self) -> Iterator[tuple[Path, str]]:
        for k, (low, high) in enumerate(self.initial):
            if low > high:
                yield ("initial", k), f"must not fall from {100 * low:g} % to {100 * high:g} %; give [lower, upper]"


Network = Annotated[RC | Passive | Resistive | Spiking, Field(discriminator="kind")]
