"""Settled phases of a few batches, with and without the noise of their reads.

    estimate(stencil) = sum_k weight_k dE/dtheta(v(beta_k)),   0 = current into every node at v(beta_k)

Every phase goes to its equilibrium by Newton's method, so that an unfinished phase does not pose as a bias of beta;
what the card's own durations add is a number of its own (`Probe.unsettled`). The reference is the adjoint gradient at
the same inputs, those that the DAC puts on the lines.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.energy import Ledger
from analogep.errors import SimulationError, UsageError
from analogep.estimators import Stencil
from analogep.learning import Experimenter
from analogep.network import Hardware
from analogep.network.noise import Deviates
from analogep.network.reads import correlations, phase_ends
from analogep.network.thermal import Thermal
from analogep.relaxation.equilibrium import CLOSE, equilibrium
from analogep.streams import Streams

Floats = NDArray[np.float64]

_NOISY_CLOSE = 1e-6
"""Residual at which a phase with read noise is over: far below that noise, and reached in few rounds."""


@dataclass(frozen=True)
class Batch:
    """One batch at rest.

    Attributes
    ----------
    lines : ndarray (samples, inputs) [V]
        Voltages of the input lines.
    target : ndarray (samples, classes) [V]
    free : ndarray (samples, nodes) [V]
        Free equilibrium.
    exact : ndarray (weights,) [1]
        Gradient of the mean cost by the adjoint.
    """

    lines: Floats
    target: Floats
    free: Floats
    exact: Floats


def flat(gradient: list[Floats]) -> Floats:
    """`gradient` of all stores, (rows, columns) [1] each, as one vector (weights,) [1]."""
    return np.concatenate([part.ravel() for part in gradient])


class Probe:
    """Batches on a chip as it stands now.

    Parameters
    ----------
    hardware : Hardware
    x : ndarray (samples, inputs) [1]
    labels : ndarray (samples,)
    size : int
        Samples of a batch; what is left over is not used, unless there is less than one batch.
    streams : Streams
        Read noise of the arrays, by batch, beta and repeat.

    Attributes
    ----------
    batches : list of Batch
    exact : ndarray (batches, weights) [1]
        Gradient of the mean cost of each batch by the adjoint.

    Raises
    ------
    UsageError
        If the network is one of spikes.
    SimulationError
        If the exact gradient is zero in every batch.
    """

    def __init__(
        self,
        hardware: Hardware,
        x: NDArray[np.floating[Any]],
        labels: NDArray[np.int64],
        size: int,
        streams: Streams,
    ) -> None:
        if not hardware.circuit.network.rests:
            raise UsageError(
                f"circuit '{hardware.circuit.name}' never comes to rest: there is no equilibrium "
                "at which to measure bias and noise. Take a circuit of kind 'rc', or vary nudging.beta in a study"
            )
        self.hardware, self.streams = hardware, streams
        self.network, self.circuit = hardware.network(), hardware.circuit
        self._found: dict[tuple[int, float], Floats] = {}
        self._noisy: dict[tuple[int, float, int], Floats] = {}
        targets = np.eye(self.circuit.sizes[-1]) * self.circuit.target_voltage
        last = max(len(x) - size + 1, 1)
        self.batches = [self._batch(x[k : k + size], targets[labels[k : k + size]]) for k in range(0, last, size)]
        self.exact = np.stack([batch.exact for batch in self.batches])
        if not self.exact.any():
            samples = sum(len(batch.lines) for batch in self.batches)
            raise SimulationError(
                f"the exact gradient is zero on all {samples} probe samples, so that there is nothing to hold "
                "estimates against: neurons stand at a rail, or outputs at their targets; use more samples "
                "(learning.probe), fewer epochs or a smaller learning.rate"
            )

    def _batch(self, x: NDArray[np.floating[Any]], target: Floats) -> Batch:
        network, volts = self.network, self.circuit.mapping.read_voltage
        lines = self.circuit.dac.quantise(np.asarray(x, dtype=np.float64)) * volts
        free, _ = equilibrium(network, network.drive(lines), np.zeros((len(lines), network.nodes)))
        return Batch(lines, target, free, flat(network.exact_gradient(free, lines, target)))

    def _settled(self, number: int, beta: float, noise: Deviates, start: Floats) -> Floats:
        """Equilibrium of a batch at `beta` under given read noise (samples, nodes) [V]."""
        batch, network = self.batches[number], self.network
        drive, close = network.drive(batch.lines, noise), _NOISY_CLOSE if noise else CLOSE
        if beta == 0.0:
            return equilibrium(network, drive, start, close)[0]
        frozen = None
        if self.circuit.nudging.kind == "constant":
            frozen = equilibrium(network, drive, batch.free, close)[0] if noise else batch.free
        try:
            return equilibrium(network, network.nudged(drive, beta, batch.target, frozen), start, close)[0]
        except SimulationError as error:
            raise SimulationError(f"nudging of {beta:.4g} has no equilibrium on batch {number + 1}: {error}") from None

    def quiet_state(self, number: int, beta: float) -> Floats:
        """Equilibrium of a batch at `beta` without noise (samples, nodes) [V]."""
        if (number, beta) not in self._found:
            self._found[number, beta] = self._settled(number, beta, (), self.batches[number].free)
        return self._found[number, beta]

    def quiet(self, stencil: Stencil) -> Floats:
        """Noise-free estimate of each batch (batches, weights) [1]."""
        out = []
        for number, batch in enumerate(self.batches):
            phases = [(weight, self.network.rates(self.quiet_state(number, beta))) for beta, weight in stencil]
            out.append(flat(self.network.gradient(phases, batch.lines)))
        return np.stack(out)

    def reader(self, rng: np.random.Generator, noise: float | None = None) -> Experimenter:
        """An experimenter with the noise of converters and of sample and hold.

        Parameters
        ----------
        rng : numpy.random.Generator
            Noise of samples.
        noise : float or None [V]
            Standard deviation of one sample, instead of the card's.
        """
        reader = Experimenter(self.hardware, Ledger(), rng)
        if noise is not None:
            hold = self.circuit.sample_hold.model_copy(update={"noise": noise})
            reader.circuit = self.circuit.model_copy(update={"sample_hold": hold})
        return reader

    def noisy_state(self, number: int, beta: float, repeat: int) -> Floats:
        """State of a batch at `beta` under the read noise and the thermal noise of one repeat (samples, nodes) [V].

        The same for every estimator that has this phase: settling is what takes time.
        """
        key = (number, beta, repeat)
        if key not in self._noisy:
            v = self.quiet_state(number, beta)
            noise = self._deviates(number, beta, repeat, len(v))
            end = self._settled(number, beta, noise, v) if noise else v
            self._noisy[key] = self._warm(number, beta, repeat, end)
        return self._noisy[key]

    def _deviates(self, number: int, beta: float, repeat: int, samples: int) -> Deviates:
        """sqrt(rho) common + sqrt(1 - rho) own deviates (samples, lines) [1], rho of phases that follow each other.

        A phase serves several estimators, which have it at other times: all of them take it for the next one.
        """
        names = f"beta/read/{number}", f"beta/read/{number}/{beta!r}"
        times = phase_ends(self.hardware, self.network, 1)
        rho = [one[0, 1] for one in correlations(self.hardware, times)]
        drawn = [
            self.network.deviates(samples, self.streams.rng(name, repeat))
            for name, needed in zip(names, (any(rho), min(rho) < 1.0), strict=True)
            if needed
        ]
        if len(drawn) == 1:
            return drawn[0]
        return self.network.mixed(drawn, [[math.sqrt(one), math.sqrt(1.0 - one)] for one in rho])

    def _warm(self, number: int, beta: float, repeat: int, v: Floats) -> Floats:
        """The state with the thermal noise that it has at the end of a phase (samples, nodes) [V]."""
        kt, batch = self.circuit.noise.kt, self.batches[number]
        if not kt:
            return v
        key = int(self.streams.rng(f"beta/thermal/{number}/{beta!r}", repeat).integers(2**63))
        drive = replace(self.network.drive(batch.lines), thermal=Thermal(kt, key, self.circuit.nudging.excess))
        if beta != 0.0:
            frozen = batch.free if self.circuit.nudging.kind == "constant" else None
            drive = self.network.nudged(drive, beta, batch.target, frozen)
        timing = self.circuit.timing
        return self.network.agitated(v, drive, (timing.free if beta == 0.0 else timing.nudged).duration)

    def noisy(self, stencil: Stencil, reader: Experimenter, repeat: int) -> Floats:
        """Estimate of each batch from noisy reads (batches, weights) [1].

        Parameters
        ----------
        stencil : pairs (beta, weight)
        reader : Experimenter
            Draws the noise of samples, anew in each call.
        repeat : int
            Which draw of the arrays' read noise.
        """
        out = []
        for number, batch in enumerate(self.batches):
            phases = [
                (weight, reader.measure(self.network, self.noisy_state(number, beta, repeat), "nudged"))
                for beta, weight in stencil
            ]
            out.append(flat(self.network.gradient(phases, batch.lines)))
        return np.stack(out)

    def unsettled(self, stencil: Stencil) -> float:
        """|estimate in the card's own phases - settled estimate| / |exact gradient|, both without noise [1].

        Parameters
        ----------
        stencil : pairs (beta, weight)
        """
        runner = Experimenter(self.hardware, Ledger(), np.random.default_rng(0), noisy=False)
        settled, off = self.quiet(stencil), 0.0
        for batch, rest in zip(self.batches, settled, strict=True):
            inputs = batch.lines / self.circuit.mapping.read_voltage
            found, _ = runner.gradient(self.network, inputs, batch.target, stencil)
            off += float(np.square(flat(found) - rest).sum())
        return float(np.sqrt(off) / np.linalg.norm(self.exact))
