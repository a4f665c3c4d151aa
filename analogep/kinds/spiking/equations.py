"""Spiking networks: what their arrays hold and their neurons are; spikes are events, and `phase` runs them.

The state of a neuron is six numbers, in blocks of all neurons: the synapse x [V], the membrane [threshold], steps to
wait [1], the leaky trace [V], the rate of the last phase [V], f t_r V, which is what is sampled, and the trace filtered
once more [V] (the last two traces are of output neurons, or of all where spikes learn). The `analog`
network, to which rates converge as the time of observation grows, has the same weights and the neurons' curve of rate
against drive; it answers for the exact gradient and the loop gain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from analogep.costs import Cost
from analogep.draws import standard_normals
from analogep.kinds.rc.columns import Supplied
from analogep.kinds.rc.drive import RCDrive
from analogep.kinds.rc.network import LayeredRC
from analogep.kinds.spiking.card import LIF, Spiking
from analogep.network.base import Network
from analogep.network.drive import Drive
from analogep.network.noise import Deviates

Floats = NDArray[np.float64]

BLOCKS = 6
"""Numbers of each neuron: synapse, membrane, waiting, trace, rate, filtered trace."""
_RATE = 4


@dataclass(frozen=True)
class FiringRate:
    """Rate of a leaky integrate-and-fire neuron against its drive, both in volts of the read voltage.

    Attributes
    ----------
    neuron : LIF
    volts : float [V]
        Full scale.
    threshold : ndarray (neurons,) or float [1]
        Thresholds over the nominal one: with a higher one the same drive looks as much smaller.
    """

    straight: ClassVar[bool] = False
    neuron: LIF
    volts: float
    threshold: Any = 1.0

    def numbers(self, kind: Any) -> None:
        """None: the compiled steps are of neurons that do not fire."""

    def expression(self, v: str) -> str:
        """Refused: a netlist has no events of this emulator's clock."""
        raise NotImplementedError("neurons that fire have no expression in a netlist")

    def rate(self, v: Floats) -> Floats:
        """f t_r V (...) [V] at the drive `v` (...) [V]."""
        return np.asarray(self.volts * self.neuron.frequency(np.asarray(v) / (self.volts * self.threshold)))

    def slope(self, v: Floats) -> Floats:
        """Derivative of `rate` (...) [1] at `v` (...) [V], by differences over +-1e-6 of full scale; 0 at the rails."""
        h = 1e-6 * self.volts
        return np.asarray((self.rate(v + h) - self.rate(v - h)) / (2.0 * h))

    def primitive(self, r: Floats) -> Floats:
        """Integral of the inverse curve (...) [V^2] from 0 to `r` (...) [V]: r^2/2 of linear neurons, else unknown."""
        return 0.5 * self.threshold * np.square(r) if self.neuron.linear else np.full_like(r, np.nan)

    @property
    def steepest(self) -> Any:
        """Largest slopes of linear neurons (neurons,) or of all [1]."""
        return 1.0 / self.threshold

    @property
    def rails(self) -> tuple[float, float]:
        """0 V and full scale."""
        return 0.0, self.volts


@dataclass(frozen=True)
class SpikingDrive(RCDrive):
    """Inputs of a spiking network during one phase.

    Attributes
    ----------
    x : ndarray (samples, inputs) [V]
        Input lines.
    key : int
        Of the phase's random numbers.
    """

    x: Floats = field(default_factory=lambda: np.empty((0, 0)))
    key: int = 0


@dataclass(frozen=True)
class SpikingEquations(Network):
    """The circuit of one instant.

    Attributes
    ----------
    analog : LayeredRC
        Weights, lines, and the neurons' curves.
    card : Spiking
    line_capacitance : float [F]
        Of a line, per cell.
    supplied : Supplied or None
        What the supply gives for currents of lines; None where they are held ideally, and take the heat of their cells.
    tau : ndarray (states,) [s]
        Time constant of each synapse, for each of the `BLOCKS` numbers of its neuron.
    """

    analog: LayeredRC
    card: Spiking
    line_capacitance: float
    supplied: Supplied | None = None
    powers_of: ClassVar[tuple[str, ...]] = ("array", "leak", "nudging", "spikes", "lines", "driver", "column")
    slices: tuple[slice, ...] = field(init=False)
    tau: Floats = field(init=False)
    read_voltage: float = field(init=False)
    cost: Cost = field(init=False)
    kept: dict[str, object] = field(init=False, repr=False, compare=False, default_factory=dict)
    """What the clock has worked out of this network, for its next phases."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "slices", self.analog.slices)
        object.__setattr__(self, "tau", np.tile(self.analog.tau, BLOCKS))
        object.__setattr__(self, "read_voltage", self.analog.read_voltage)
        object.__setattr__(self, "cost", self.analog.cost)

    @property
    def neurons(self) -> int:
        """Number of neurons."""
        return self.analog.nodes

    @property
    def slots(self) -> int:
        """As in the analog network: spikes go to one patch after the other."""
        return self.analog.slots

    @property
    def lif(self) -> list[LIF]:
        """Neurons of each layer."""
        return [*[self.card.hidden] * (len(self.analog.layers) - 1), self.card.output]

    def rates(self, v: Floats) -> list[Floats]:
        """Rates of the last phase (..., samples, neurons) [V] of each layer."""
        start = _RATE * self.neurons
        return [v[..., start + part.start : start + part.stop] for part in self.slices]

    def quiet(self, x: Floats) -> Drive:
        """Analog inputs as in an RC network; of spiking ones the bias lines alone, which are always analog."""
        given = self.analog.quiet(x if self.card.inputs.kind == "current" else np.zeros_like(x))
        assert isinstance(given, RCDrive)
        return SpikingDrive(inputs=given.inputs, power=given.power, deviation=given.deviation, x=x)

    def disturbed(self, quiet: Drive, noise: Deviates) -> Drive:
        """The same inputs with the read noise of one phase, and the key of its random numbers."""
        assert isinstance(quiet, SpikingDrive)
        xi, key = noise[0]
        assert key is not None
        inputs = quiet.inputs
        if xi is not None and self.card.inputs.kind == "current":
            inputs = inputs + xi * quiet.deviation
        return replace(quiet, noise=noise, inputs=inputs, key=int(key[0, 0]))

    def deviates(self, samples: int, rng: np.random.Generator) -> Deviates:
        """Deviates of analog inputs, if reads have noise, and a key from which all others are drawn, spike by spike."""
        key = np.array([[float(rng.integers(1, 2**52))]])
        first = self.analog.layers[0]
        noisy = first.variance is not None
        return ((standard_normals((samples, first.size), rng) if noisy else None, key),)

    def mixed(self, drawn: Sequence[Deviates], weights: Sequence[Sequence[float]]) -> Deviates:
        """Sums of the deviates of analog inputs; spikes draw by the latest key, one pulse apart from the other.

        `drawn` has the deviates (samples, lines) [1] and the key of each phase, `weights` [1] are as in
        `Network.mixed`.
        """
        ((xi, _),) = super().mixed([((one[0][0], None),) for one in drawn], weights[:1])
        return ((xi, drawn[-1][0][1]),)

    @property
    def noisy(self) -> bool:
        """Whether reads have noise."""
        return self.analog.layers[0].variance is not None

    def derivative(self, v: Floats, drive: Drive) -> Floats:
        """Refused: spikes are events.

        Raises
        ------
        TypeError
            Always.
        """
        raise TypeError("a spiking network has no derivative: its spikes are events; see `phase`")

    def jacobian(self, v: Floats, drive: Drive) -> Floats:
        """Refused: spikes are events.

        Raises
        ------
        TypeError
            Always.
        """
        raise TypeError("a spiking network has no Jacobian: its spikes are events; see `analog`")

    def residual(self, v: Floats, drive: Drive) -> Floats:
        """Of the `analog` network at the synapses' voltages (samples,) [1]."""
        return self.analog.residual(v[:, : self.neurons], drive)

    def powers(self, v: Floats, drive: Drive) -> Floats:
        """Refused: joules come with events.

        Raises
        ------
        TypeError
            Always.
        """
        raise TypeError("a spiking network books joules by event; see `phase`")

    def charging(self, before: Floats, after: Floats) -> Floats:
        """1/2 C (change of v)^2 of the synapses (samples,) [J]."""
        many = self.neurons
        return self.analog.charging(before[:, :many], after[:, :many])

    def line_swings(self, before: Sequence[Floats], after: Sequence[Floats]) -> float:
        """0: lines are charged by every spike, which is booked with it."""
        return 0.0

    def input_swings(self, x: Floats) -> float:
        """Of analog inputs; spiking ones are booked by spike."""
        return self.analog.input_swings(x) if self.card.inputs.kind == "current" else 0.0
