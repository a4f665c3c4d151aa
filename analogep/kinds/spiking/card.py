"""Spiking networks: synapses and leaky integrate-and-fire neurons at the columns of a crossbar.

A spike is a read pulse of the circuit's read voltage and of `width` on a line: through each cell it delivers the
charge G q(V) width, q = i/G the device's curve. The columns are virtual grounds, and the pair's difference goes through
current mirrors into the capacitor of a synapse, a first-order filter (the DPI synapse of neuromorphic chips):

    tau_s dx/dt = -x + [currents], a spike of line j adds  w_ji q(V) t_r/tau_s  to x

so that a line that spikes at the largest rate 1/t_r, t_r the refractory time, gives in the mean w q(V): what an analog
line at the read voltage gives. x [V] drives the membrane of the neuron,

    du/dt = (x/V) theta/t_r - u/tau_m,      spike when u >= theta, at the earliest t_r after the last one

with the threshold theta. With `reset: subtract` a spike takes theta off u, which goes on integrating; with
`reset: level` it puts u to a level, where it is held for t_r. u does not fall below `floor`, so that inhibition does
not pile up for ever, nor rise above 2 theta: at most one spike is owed. Rates are f t_r V: with `subtract` and no leak
min(max(x, 0), V) exactly, the hard-clip network; with a leak or a level the classical curve of the leaky
integrate-and-fire neuron (`LIF.frequency`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from analogep.cards import Block
from analogep.circuit.kind import Kind, Scheme
from analogep.circuit.neuron import Amplifier
from analogep.circuit.wires import ExactWires
from analogep.rules import Stochastic
from analogep.units import Farads, Joules, Seconds, Siemens, Volts, format_si

Floats = NDArray[np.float64]
Path = tuple[str | int, ...]


class Subtract(Block):
    """A spike takes the threshold off the membrane."""

    kind: Literal["subtract"]


class Level(Block):
    """A spike puts the membrane to a level and holds it there for the refractory time."""

    kind: Literal["level"]
    level: Annotated[float, Field(ge=-10, lt=1)] = 0.0
    """In units of the threshold."""


class LIF(Block):
    """A synapse and a leaky integrate-and-fire neuron."""

    capacitance: Annotated[Farads, Field(gt=0)]
    """Of the synapse."""
    leak: Annotated[Siemens, Field(gt=0)]
    """Of the synapse."""
    membrane: Annotated[Farads, Field(gt=0)]
    """Capacitance of the membrane."""
    membrane_leak: Annotated[Siemens, Field(ge=0)] = 0.0
    threshold: Annotated[Volts, Field(gt=0)]
    reset: Annotated[Subtract | Level, Field(discriminator="kind")] = Subtract(kind="subtract")
    floor: Annotated[float, Field(ge=-1000, le=0)] = 0.0
    """Lowest voltage of the membrane, in units of the threshold: from 0 the neuron answers at once when it is driven
    again after inhibition; further below, fluctuations of x around 0 average out."""
    refractory: Annotated[Seconds, Field(gt=0)]
    """Least time between two spikes."""
    spike: Annotated[Joules, Field(ge=0)]
    """Energy to make one spike, beside what its lines and devices take."""
    amplifier: Amplifier
    """Bias of the synapse and the neuron."""

    @property
    def time_constant(self) -> float:
        """Of the synapse [s]."""
        return self.capacitance / self.leak

    @property
    def decay(self) -> float:
        """Leak of the membrane over its capacitance [1/s]."""
        return self.membrane_leak / self.membrane

    @property
    def linear(self) -> bool:
        """Whether the rate is x between its rails."""
        return self.reset.kind == "subtract" and self.decay == 0.0

    def frequency(self, x: Floats) -> Floats:
        """Share of the largest rate (...) [1] at a constant drive `x` (...) [1] in units of the read voltage.

        The membrane rises from u_0 as u(t) = a - (a - u_0) e^(-t/tau_m), a = x tau_m/t_r in units of the threshold, and
        reaches 1 after tau_m ln((a - u_0)/(a - 1)); without leak after (1 - u_0) t_r/x.
        """
        start = self.reset.level if isinstance(self.reset, Level) else 0.0
        held = self.refractory if isinstance(self.reset, Level) else 0.0
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.decay == 0.0:
                rise = (1.0 - start) * self.refractory / np.maximum(x, 0.0)
            else:
                aim = x / (self.decay * self.refractory)
                rise = np.where(aim > 1.0, np.log((aim - start) / (aim - 1.0)) / self.decay, np.inf)
            return np.minimum(self.refractory / (held + rise), 1.0)


class Current(Block):
    """Inputs are analog: their lines stand at the voltage of the pixel for the whole phase."""

    kind: Literal["current"]


class Regular(Block):
    """Inputs spike in equal intervals, a share x of the largest rate."""

    kind: Literal["regular"]


class Poisson(Block):
    """Inputs spike at random, in each refractory time with the probability of the pixel."""

    kind: Literal["poisson"]


class RateCode(Block):
    """A neuron fires as often as its drive says: integrate and fire."""

    kind: Literal["rate"]


class Ramp(Block):
    """Share of a filter in the t-th step, first/t^power: a leak that is turned down in a phase."""

    first: Annotated[float, Field(gt=0, le=1)]
    power: Annotated[float, Field(ge=0, le=1)] = 0.0

    def shares(self, start: int, count: int) -> Floats:
        """Of `count` steps from the one after `start` on (count,) [1]."""
        return np.asarray(self.first / np.arange(start + 1, start + count + 1, dtype=np.float64) ** self.power)


class Predictive(Block):
    """Spikes say what the receiver cannot predict: sigma-delta modulation behind the inverse of the receiver's filter.

    In the t-th step of a phase, with spikes q in {0, 1} of all lines in the step before, lambda and epsilon of it,

        decoder    x <- (1 - lambda) x + lambda (inputs + sum w q(V) q)
        state      s <- clip(s + epsilon (x - s + pull), 0, V),   pull = beta (d - s) at a nudged output
        encoder    a = (s_t - (1 - lambda) s_{t-1})/(lambda V),  phi <- phi + a,  q = [phi > 1/2],  phi <- phi - q

    so that the decoder of whatever the encoder sends is s itself, but for less than one spike in phi, which weighs
    lambda: the smaller lambda has become, the less. The synapse of the card is the decoder and its membrane holds phi;
    what is sampled is the mean of s over the window. Source: O'Connor, Gavves and Welling 2019 (AISTATS, PMLR 89),
    whose ramps are lambda = 0.832/t^0.584 and epsilon = 0.843/t^0.0923.
    """

    kind: Literal["predictive"]
    decoder: Ramp = Ramp(first=0.832, power=0.584)
    """lambda."""
    state: Ramp = Ramp(first=0.843, power=0.0923)
    """epsilon."""
    resume: Annotated[int, Field(ge=0, le=10**6)] = 0
    """Steps that the ramps of a nudged phase have behind them at its beginning."""


class Counted(Block):
    """The product rule on the rates that are read out after each phase, as in networks without spikes."""

    kind: Literal["counted"]


class EqSpike(Block):
    """The weights learn in the nudged phases, at spikes, from how fast the other side's rate changes.

    The gradient of two phases is the integral of d(r_i r_j)/dt = r_j dr_i/dt + r_i dr_j/dt over the second. A spike of
    j stands for V t_r of r_j dt, so that

        w_ij += rate/(beta V^2) V t_r ds_i/dt   at every spike of j, and with ds_j/dt at every spike of i,

    ds/dt = (trace - s)/slope where `trace` filters the spikes of a neuron (the card's `trace`) and s the trace once
    more. No rate is converted and no earlier phase remembered. Inputs stand still: they have spikes, and no ds/dt. What
    both sides change together, dr_i dr_j, counts twice: a bias of order beta, of which the centered estimator keeps
    what neurons at a rail answer to one sign alone.
    Source: Martin et al. 2021 (EqSpike, doi 10.1016/j.isci.2021.102222); the filters are ours.
    """

    kind: Literal["eqspike"]
    slope: Annotated[Seconds, Field(gt=0)]
    """Time constant of s, which decides over how long a rate's change is seen."""
    pulses: Literal["at_spikes", "at_end"] = "at_spikes"
    """`at_spikes`: each spike programs, by pulses at random whose mean is the change; what rises and falls again wears
    the device. `at_end`: changes add up beside each device, and the update rule writes their sum once a batch."""


class Spiking(Kind):
    """Leaky integrate-and-fire neurons that talk in spikes; rates are measured by traces."""

    kind: Literal["spiking"]
    hidden: LIF
    output: LIF
    step: Annotated[Seconds, Field(gt=0)]
    """Step of the clock; a spike comes at the end of a step, and what it drives moves in the next one."""
    width: Annotated[Seconds, Field(gt=0)]
    """Of a spike's read pulse."""
    inputs: Annotated[Current | Regular | Poisson, Field(discriminator="kind")]
    trace: Annotated[Seconds | None, Field(gt=0)] = None
    """Time constant of the leaky trace of an output's spikes, which the nudging compares with the target. `coding:
    predictive` does not hear it, as it compares the state behind the spikes, and can leave it out."""
    window: Annotated[Seconds, Field(gt=0)]
    """Spikes of the last part of a phase that are counted for its rates."""
    readout: Literal["count", "extended"] = "count"
    """What is sampled: the spikes in the window, or with them, as in an extended-counting converter, what the membrane
    has gained from its beginning to its end, which takes the error of one spike away."""
    coding: Annotated[RateCode | Predictive, Field(discriminator="kind")] = RateCode(kind="rate")
    """What a spike means."""
    gradient: Annotated[Counted | EqSpike, Field(discriminator="kind")] = Counted(kind="counted")
    """Where updates come from."""
    unstable: bool = False
    """As in `rc`."""
    schemes: ClassVar[tuple[Scheme, ...]] = ("push_pull", "reference")
    convolves: ClassVar[bool] = True
    centers_inputs: ClassVar[bool] = True
    rests: ClassVar[bool] = False
    sums: ClassVar[bool] = True
    thermal: ClassVar[bool] = True
    mismatches: ClassVar[tuple[str, ...]] = ("offset", "threshold")

    def builder(self) -> Any:
        """The builder of spiking networks."""
        from analogep.kinds.spiking.build import SpikingBuilder

        return SpikingBuilder

    @property
    def measured(self) -> bool:
        """Not where synapses gather what they change by."""
        return self.gradient.kind == "counted"

    @property
    def gathered(self) -> bool:
        """Where synapses keep what they gather for the end."""
        return getattr(self.gradient, "pulses", "") == "at_end"

    @property
    def outer(self) -> bool:
        """Of rates that are counted."""
        return self.measured

    @property
    def latest(self) -> float:
        """A step: what a column delivers after the step of a spike is taken as delivered within it [s]."""
        return self.step

    def may_run_away(self) -> bool:
        """As the block says."""
        return self.unstable

    def rules(self) -> Iterator[tuple[Path, str]]:
        for name, neuron in (("hidden", self.hidden), ("output", self.output)):
            shortest = min(
                neuron.time_constant, 1.0 / neuron.decay if neuron.decay else math.inf, self.trace or math.inf
            )
            if self.step > shortest:
                yield (
                    ("step",),
                    f"{format_si(self.step, 's')} is above the shortest time constant of the {name} neurons and "
                    f"traces, {format_si(shortest, 's')}; give less",
                )
            turns = neuron.refractory / self.step
            if abs(turns - round(turns)) > 1e-6 or turns < 0.5:
                yield (
                    (name, "refractory"),
                    f"must be a whole number of steps of {format_si(self.step, 's')}, got "
                    f"{format_si(neuron.refractory, 's')}, which is {turns:.3g}",
                )
            if self.width > neuron.refractory * (1.0 + 1e-9):
                yield (
                    ("width",),
                    f"{format_si(self.width, 's')} is longer than the refractory time of the {name} neurons, "
                    f"{format_si(neuron.refractory, 's')}: spikes of a line would overlap",
                )
        if self.readout == "extended" and not (self.hidden.linear and self.output.linear):
            yield ("readout",), "'extended' needs neurons that subtract and do not leak, whose membranes add up"
        if isinstance(self.coding, Predictive):
            yield from self._predictive_rules()
        elif self.trace is None:
            yield (
                ("trace",),
                "is missing: nudging compares a leaky trace of spikes with the target, say 'trace: 250 ns'",
            )
        if isinstance(self.gradient, EqSpike):
            if self.step > self.gradient.slope:
                yield (
                    ("gradient", "slope"),
                    f"must be no less than the step, {format_si(self.step, 's')}, got "
                    f"{format_si(self.gradient.slope, 's')}",
                )
            if self.gradient.pulses == "at_spikes" and self.inputs.kind == "current":
                yield (
                    ("gradient", "pulses"),
                    "'at_spikes' needs inputs that spike: set inputs: {kind: regular}, or pulses: at_end",
                )
        if abs(self.hidden.refractory - self.output.refractory) > 1e-9 * self.output.refractory:
            yield ("output", "refractory"), "must be that of the hidden neurons: one largest rate is the full scale"

    def _predictive_rules(self) -> Iterator[tuple[Path, str]]:
        """What sigma-delta modulation cannot have."""
        if not (self.hidden.linear and self.output.linear):
            yield ("coding", "kind"), "'predictive' needs neurons that subtract and do not leak"
        for name, neuron in (("hidden", self.hidden), ("output", self.output)):
            if abs(neuron.refractory - self.step) > 1e-6 * self.step:
                yield (
                    (name, "refractory"),
                    f"must be the step, {format_si(self.step, 's')}, with coding: predictive, got "
                    f"{format_si(neuron.refractory, 's')}",
                )
        if self.readout != "count":
            yield ("readout",), "'extended' is for coding: rate; of 'predictive' the states are sampled"
        if isinstance(self.gradient, EqSpike):
            yield ("gradient", "kind"), "'eqspike' needs coding: {kind: rate}, whose spikes are rates"

    def rules_with(self, circuit: Any) -> Iterator[tuple[Path, str]]:
        """What a network of spikes needs."""
        if circuit.solver.method != "euler":
            yield (
                ("solver", "method"),
                f"must be 'euler' for spikes, which have network.step; got '{circuit.solver.method}'",
            )
        if isinstance(self.gradient, EqSpike):
            yield from self._eqspike_rules(self.gradient, circuit)
        if circuit.mismatch is not None and circuit.mismatch.threshold and self.coding.kind != "rate":
            yield ("mismatch", "threshold"), "needs network.coding 'rate'; a quantiser of 'predictive' has no threshold"
        if isinstance(circuit.wires, ExactWires):
            yield ("wires", "kind"), "must be 'none' in a spiking network, whose arrays are taken with perfect wires"
        for name, phase in (("free", circuit.timing.free), ("nudged", circuit.timing.nudged)):
            if phase.until != "duration":
                yield ("timing", name, "until"), "must be 'duration': spikes never come to rest"
            count, most = round(phase.duration / self.step), circuit.solver.max_evaluations
            if count > most:
                yield (
                    ("network", "step"),
                    f"{format_si(self.step, 's')} makes {count} steps of timing.{name}.duration, "
                    f"{format_si(phase.duration, 's')}, more than solver.max_evaluations = {most}; give at least "
                    f"{format_si(phase.duration / most, 's')}",
                )
            if phase.duration < self.window:
                yield (
                    ("timing", name, "duration"),
                    f"{format_si(phase.duration, 's')} is shorter than network.window, "
                    f"{format_si(self.window, 's')}, in which spikes are counted",
                )

    def _eqspike_rules(self, gradient: EqSpike, circuit: Any) -> Iterator[tuple[Path, str]]:
        """What learning at spikes cannot have."""
        path = ("network", "gradient", "kind")
        if circuit.convolutional:
            yield path, "'eqspike' is for dense layers; give 'counted' with convolutions"
        if circuit.learning.center_inputs is not None:
            yield ("learning", "center_inputs"), "needs network.gradient: {kind: counted}; remove it for 'eqspike'"
        if gradient.pulses == "at_spikes" and not isinstance(circuit.update, Stochastic):
            yield (
                ("update", "rule"),
                f"must be 'stochastic' where spikes program (network.gradient.pulses: at_spikes), got "
                f"'{circuit.update.rule}'; or set pulses: at_end",
            )
