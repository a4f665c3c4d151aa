"""The block of a deep resistive network."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from analogep.cards import Block
from analogep.circuit.kind import Kind, Path, Scheme, Window
from analogep.circuit.neuron import Amplifier
from analogep.circuit.noise import BOLTZMANN
from analogep.kinds.resistive.diodes import Diodes
from analogep.units import Farads, Fraction, Siemens, Volts, format_si

Share = Annotated[Fraction, Field(ge=0, le=1)]


class BidirectionalAmplifier(Block):
    """Between a hidden node and the next array: voltage times `gain` forward, current times `back` in return.

    The network is reciprocal only for back = gain. For back = 1/gain what an amplifier drives costs the node before
    it little, and the gradient of the layers before it comes out back/gain of the true one for each stage, which the
    update divides out.

    With gm = 2 pi GBW C_load its input-referred noise is e_n^2 = 4kT gamma/gm [V^2/Hz] up to GBW/gain, where it closes:
    gain gamma kT/C_load at its output.
    """

    gain: Annotated[float, Field(gt=0, le=1e4)]
    back: Annotated[float, Field(gt=0, le=1e4)]
    bias: Amplifier
    """Its bias power, its gain-bandwidth product, and what it drives beside the cells."""
    excess: Annotated[float, Field(ge=0, le=100)] = 4.0 / 3.0
    """gamma: 2/3 for each of the two input transistors in strong inversion."""

    @property
    def lag(self) -> float:
        """gain/(2 pi GBW) [s]; without end for 0 Hz."""
        return self.gain / (2.0 * math.pi * self.bias.bandwidth) if self.bias.bandwidth else math.inf

    @property
    def resistance(self) -> float:
        """gamma/gm [ohm]: the resistor that makes as much noise at the input."""
        return self.excess * self.lag / (self.gain * self.bias.load)

    def output_noise(self, kelvin: float) -> float:
        """Standard deviation of its noise in a sample of its output [V]."""
        return math.sqrt(self.gain * self.excess * BOLTZMANN * kelvin / self.bias.load)


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
        yield from self._pace(circuit)

    def _pace(self, circuit: Any) -> Iterator[tuple[Path, str]]:
        """Amplifiers that do not settle within a phase: the equations have them follow at once."""
        stages = circuit.depth - 1
        if self.amplifiers is None or stages == 0:
            return
        timing = circuit.timing
        shortest = min(timing.free.duration, timing.nudged.duration)
        needed = stages * math.log(1.0 / timing.tolerance)
        if needed * self.amplifiers.lag <= shortest:
            return
        least = needed * self.amplifiers.gain / (2.0 * math.pi * shortest)
        yield (
            ("network", "amplifiers", "bias", "bandwidth"),
            f"must be at least {format_si(least, 'Hz')}, got {format_si(self.amplifiers.bias.bandwidth, 'Hz')}: a gain "
            f"of {self.amplifiers.gain:g} leaves 1/{self.amplifiers.gain:g} of it, and {_stages(stages)} to "
            f"settle to {100 * timing.tolerance:g} % in a phase of {format_si(shortest, 's')}",
        )

    def node_capacitances(self, circuit: Any) -> tuple[float | None, float | None]:
        """The block's own."""
        return self.hidden.capacitance, self.output.capacitance

    def amplifiers_in(self, circuit: Any) -> int:
        """One behind each hidden node, if there are any."""
        return 0 if self.amplifiers is None else sum(circuit.sizes[1:-1])

    def amplifier_noise(self, layer: int, depth: int, kelvin: float) -> float:
        """Of the amplifier behind a hidden node, at whose output it is sampled."""
        return 0.0 if self.amplifiers is None or layer == depth - 1 else self.amplifiers.output_noise(kelvin)

    def rules(self) -> Iterator[tuple[Path, str]]:
        for k, (low, high) in enumerate(self.initial):
            if low > high:
                yield ("initial", k), f"must not fall from {100 * low:g} % to {100 * high:g} %; give [lower, upper]"


def _stages(count: int) -> str:
    """So many stages, in words."""
    return "one stage has" if count == 1 else f"{count} stages in a row have"
