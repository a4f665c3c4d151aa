"""The block of a deep resistive network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from analogep.cards import Block
from analogep.circuit.kind import Kind, Path, Scheme, Window
from analogep.circuit.neuron import Amplifier
from analogep.kinds.resistive.diodes import Diodes
from analogep.units import Farads, Fraction, Siemens, Volts

Share = Annotated[Fraction, Field(ge=0, le=1)]


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


class Resistive(Kind):
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
    pairs: ClassVar[bool] = False
    loads_nodes: ClassVar[bool] = True
    thermal: ClassVar[bool] = True
    mismatches: ClassVar[tuple[str, ...]] = ("offset", "gain", "reverse_gain")
    input_lines: ClassVar[int] = 2
    bias_lines: ClassVar[int] = 2

    def builder(self) -> Any:
        """The builder of resistive networks."""
        from analogep.kinds.resistive.build import ResistiveBuilder

        return ResistiveBuilder

    def full_score(self, read_voltage: float) -> float:
        """The block's own."""
        return self.target

    @property
    def output_nodes(self) -> int:
        """Two of doubled outputs."""
        return 2 if self.outputs == "doubled" else 1

    def lists(self) -> Iterator[tuple[str, tuple[object, ...]]]:
        """Bias voltages and initial conductances."""
        yield "bias", self.bias
        yield "initial", self.initial

    @property
    def nudges_with(self) -> str:
        """The conductance of the nudging sources."""
        return "network.nudging_conductance"

    def output_limit(self, window: Window, circuit: Any) -> tuple[float, float] | None:
        """g_n, and the conductance G of an output's cells and leak with every cell at the lower end of the window.

        -beta g_n between the halves of an output, each held by G, has no equilibrium from beta g_n = G/2 on (single
        outputs: from G).
        """
        least = circuit.shapes[-1][0] * window.min + self.output.leak
        return self.nudging_conductance, 0.5 * least if self.outputs == "doubled" else least

    def rules_with(self, circuit: Any) -> Iterator[tuple[Path, str]]:
        """Mismatch is that of amplifiers."""
        if self.amplifiers is None and circuit.mismatch is not None and circuit.mismatch.spread:
            yield ("mismatch",), "is that of amplifiers in a resistive network, which has none; give network.amplifiers"

    def rules(self) -> Iterator[tuple[Path, str]]:
        for k, (low, high) in enumerate(self.initial):
            if low > high:
                yield ("initial", k), f"must not fall from {100 * low:g} % to {100 * high:g} %; give [lower, upper]"
