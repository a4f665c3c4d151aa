"""The circuit card: all that a YAML file says about network, neurons, converters, timing and learning."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from analogep.cards import Card
from analogep.circuit.activation import ReLU
from analogep.circuit.converters import Adc, Dac, Digital, SampleHold
from analogep.circuit.learning import Learning
from analogep.circuit.mapping import Feedback, Lines, Mapping
from analogep.circuit.neuron import Neurons
from analogep.circuit.phases import Nudging, Solver, Timing
from analogep.circuit.update import UpdateRule
from analogep.errors import Problem
from analogep.units import format_si

Path = tuple[str | int, ...]


class CircuitCard(Card):
    """All that surrounds the devices. `kind` names the network; `rc` is the layered RC circuit at virtual ground."""

    kind: ClassVar[Literal["circuit"]] = "circuit"

    network: Literal["rc"]
    layers: Annotated[tuple[Annotated[int, Field(ge=1, le=1_000_000)], ...], Field(min_length=2, max_length=20)]
    """Sizes from inputs to outputs."""
    bias: bool
    """An input line at full scale in every layer, whose weights are the biases."""
    neurons: Neurons
    mapping: Mapping
    feedback: Feedback
    dac: Dac
    adc: Adc
    sample_hold: SampleHold
    lines: Lines
    digital: Digital
    nudging: Nudging
    timing: Timing
    solver: Solver
    learning: Learning
    update: UpdateRule

    @property
    def depth(self) -> int:
        """Number of layers of weights."""
        return len(self.layers) - 1

    def per_layer(self, values: tuple[float, ...]) -> tuple[float, ...]:
        """One value for each layer of weights from a list of one or of as many."""
        return values if len(values) == self.depth else values * self.depth

    def rules(self) -> Iterator[tuple[Path, str]]:
        lists: tuple[tuple[Path, tuple[float, ...]], ...] = (
            (("mapping", "weight_range"), self.mapping.weight_range),
            (("learning", "rate"), self.learning.rate),
            (("learning", "initial_gain"), self.learning.initial_gain),
        )
        for path, values in lists:
            if len(values) not in (1, self.depth):
                yield (
                    path,
                    f"needs 1 number or {self.depth}, one for each layer of weights; got {len(values)}",
                )
        low, high = self.neurons.output.activation.rails
        full = self.mapping.read_voltage
        if low > 0.0 or high < full:
            yield (
                ("neurons", "output", "activation"),
                f"the targets 0 V and {format_si(full, 'V')} must lie within its rails, "
                f"{format_si(low, 'V')} to {format_si(high, 'V') if math.isfinite(high) else 'none'}",
            )

    def warnings(self) -> list[Problem]:
        """Return what is allowed but suspicious about the circuit."""
        found: list[tuple[Path, str]] = []
        thermal = self.sample_hold.thermal_noise()
        if 0.0 < self.sample_hold.noise < thermal:
            found.append(
                (
                    ("sample_hold", "noise"),
                    f"is below kT/C of its capacitor, {format_si(thermal, 'V')} at 300 K",
                )
            )
        if self.neurons.output.activation.rails[0] > -0.25 * self.mapping.read_voltage:
            found.append(
                (
                    ("neurons", "output", "activation"),
                    "an output that sits at its lower rail in both phases gets no gradient; "
                    "put the rail well below 0 V",
                )
            )
        strongest = -min(beta for beta, _ in self.nudging.stencil(-1.0))
        if strongest >= 1.0 and self.nudging.kind == "proportional":
            found.append((("nudging", "beta"), "negative nudging of 1 or more cancels the output leak"))
        for name, neuron in (("hidden", self.neurons.hidden), ("output", self.neurons.output)):
            if isinstance(neuron.activation, ReLU) and neuron.activation.high is None:
                found.append((("neurons", name, "activation"), "has no upper rail: a grown loop gain has no bound"))
            shortest = min(self.timing.free.duration, self.timing.nudged.duration)
            if shortest < neuron.time_constant:
                found.append(
                    (
                        ("timing",),
                        f"a phase is shorter than the {name} time constant {format_si(neuron.time_constant, 's')}",
                    )
                )
        return [*super().warnings(), *(self.warning(path, message) for path, message in found)]
