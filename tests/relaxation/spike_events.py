"""A spiking network event by event: exact between spikes, for small networks, as the judge of the clock.

Between two events the drive D of a synapse stands still, and without a leak of the membrane

    x(t) = D + (x_0 - D) e^(-t/tau_s),      u(t) = u_0 + [D t + (x_0 - D) tau_s (1 - e^(-t/tau_s))]/(V t_r)

x has one change of sign at most, so that u falls to its floor first or rises at once, and the time at which it reaches
the threshold is the root of a function that rises: it is bracketed and found to rounding. A spike acts at once; the
clock delivers it at the beginning of the next step. Inputs are analog, and the drive of the outputs is not nudged.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from analogep.kinds.spiking.clock import Clock
from analogep.kinds.spiking.equations import SpikingDrive
from analogep.kinds.spiking.network import SpikingNetwork

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Events:
    """What happened in a phase.

    Attributes
    ----------
    times : list of float [s]
        Of all spikes, ascending.
    neurons : list of int
        Which neuron spiked.
    x, u : ndarray (neurons,) [V], [threshold]
        Synapses and membranes at the end.
    """

    times: list[float]
    neurons: list[int]
    x: Floats
    u: Floats


@dataclass
class _Neuron:
    """One synapse and membrane, as they were at a time."""

    drive: float
    tau: float
    scale: float
    floor: float
    x: float = 0.0
    u: float = 0.0
    at: float = 0.0
    earliest: float = 0.0

    def synapse(self, t: float) -> float:
        return self.drive + (self.x - self.drive) * math.exp(-(t - self.at) / self.tau)

    def _charge(self, t: float) -> float:
        """Integral of x from `at` to t over V t_r."""
        away = (self.x - self.drive) * self.tau
        return (self.drive * (t - self.at) - away * math.expm1(-(t - self.at) / self.tau)) / self.scale

    def turn(self) -> float:
        """When x changes its sign from negative to positive, or infinity."""
        if self.x >= 0.0 or self.drive <= 0.0:
            return math.inf
        return self.at + self.tau * math.log((self.x - self.drive) / -self.drive)

    def membrane(self, t: float) -> float:
        """u at a time before the next spike."""
        turn = self.turn()
        if self.x < 0.0 and t > turn:
            low = max(self.u + self._charge(turn), self.floor)
            return min(low + self._charge(t) - self._charge(turn), 2.0)
        return min(max(self.u + self._charge(t), self.floor), 2.0)

    def next(self, end: float) -> float:
        """When it spikes next, if nothing else happens, or infinity beyond `end`."""
        start = max(self.at, self.earliest)
        if self.membrane(start) >= 1.0:
            return start
        # u is largest at the end, or where x falls through 0.
        last = end
        if self.x > 0.0 > self.drive:
            last = min(end, self.at + self.tau * math.log((self.x - self.drive) / -self.drive))
        if last <= start or self.membrane(last) < 1.0:
            return math.inf
        rising = max(start, self.turn()) if self.x < 0.0 else start
        return float(brentq(lambda t: self.membrane(t) - 1.0, rising, last, xtol=1e-18, rtol=4 * np.finfo(float).eps))

    def move(self, t: float) -> None:
        """Bring it to a time before its next spike."""
        self.x, self.u, self.at = self.synapse(t), self.membrane(t), t


def events(network: SpikingNetwork, drive: SpikingDrive, duration: float, clock: Clock) -> Events:
    """Run the first sample of a free phase from rest.

    Parameters
    ----------
    network : SpikingNetwork
        Dense, with `reset: subtract`, no leaks of membranes, analog inputs.
    drive : SpikingDrive
    duration : float [s]
    clock : Clock
        Its jumps, in double precision.
    """
    neurons = []
    for k, part in enumerate(network.slices):
        constant = network.analog.constants[k]
        lif = network.lif[k]
        still = drive.inputs[0] if k == 0 else np.zeros(part.stop - part.start) if constant is None else constant
        scale = network.read_voltage * lif.refractory
        neurons += [_Neuron(float(d), lif.time_constant, scale, lif.floor) for d in still]
    times: list[float] = []
    fired: list[int] = []
    while True:
        due = [neuron.next(duration) for neuron in neurons]
        first = int(np.argmin(due))
        if not due[first] <= duration:
            break
        _spike(network, clock, neurons, first, due[first])
        times.append(due[first])
        fired.append(first)
    for neuron in neurons:
        neuron.move(duration)
    return Events(times, fired, np.array([n.x for n in neurons]), np.array([n.u for n in neurons]))


def _spike(network: SpikingNetwork, clock: Clock, neurons: list[_Neuron], which: int, t: float) -> None:
    """Let a neuron spike: everything moves to that time, then its charge arrives at both sides."""
    for neuron in neurons:
        neuron.move(t)
    k = next(k for k, part in enumerate(network.slices) if part.start <= which < part.stop)
    own, lif = which - network.slices[k].start, network.lif[k]
    neurons[which].u -= 1.0
    neurons[which].earliest = t + lif.refractory
    # Jumps are padded with zeros behind the last neuron.
    if k + 1 < len(network.slices):
        for neuron, jump in zip(neurons[network.slices[k + 1]], clock.forward[k + 1][own], strict=False):
            neuron.x += float(jump)
    if k > 0:
        for neuron, jump in zip(neurons[network.slices[k - 1]], clock.reverse[k][own], strict=False):
            neuron.x += float(jump)
