"""Free and nudged phases of a batch, what is measured in them, and what they cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.circuit import CircuitCard
from analogep.circuit.phases import Phase, Stencil
from analogep.energy import Ledger
from analogep.learning.gradient import estimate
from analogep.network import Drive, Hardware, LayeredRC
from analogep.relaxation import Relaxed, relax

Floats = NDArray[np.float64]
_Deviates = tuple[Floats, tuple[tuple[Floats | None, Floats | None], ...]]


@dataclass
class Tally:
    """Relaxations of single samples: how many, how many did not settle, how long they took.

    Attributes
    ----------
    free, nudged : int
        Relaxations that had not settled at the end of their phase.
    free_runs, nudged_runs : int
        All relaxations.
    free_time, nudged_time : float [s]
        Sum of their durations.
    """

    free: int = 0
    nudged: int = 0
    free_runs: int = 0
    nudged_runs: int = 0
    free_time: float = 0.0
    nudged_time: float = 0.0

    def unsettled(self) -> Floats:
        """Share of free and of nudged relaxations that did not settle (2,) [1]."""
        return np.array([self.free / max(self.free_runs, 1), self.nudged / max(self.nudged_runs, 1)])

    def duration(self) -> Floats:
        """Mean duration of free and of nudged relaxations (2,) [s]."""
        return np.array([self.free_time / max(self.free_runs, 1), self.nudged_time / max(self.nudged_runs, 1)])


class Experimenter:
    """Runs phases on a chip: drives inputs, nudges outputs, samples voltages, books joules.

    Parameters
    ----------
    hardware : Hardware
    ledger : Ledger
        Where joules go.
    rng : numpy.random.Generator
        Read noise, sample-and-hold noise.
    noisy : bool
        Whether reads and samples are disturbed and converters quantise.
    """

    def __init__(self, hardware: Hardware, ledger: Ledger, rng: np.random.Generator, *, noisy: bool = True) -> None:
        self.hardware, self.ledger, self.rng, self.noisy = hardware, ledger, rng, noisy
        self.circuit: CircuitCard = hardware.circuit
        self.tally = Tally()
        self._held: _Deviates | None = None

    def lines(self, x: NDArray[np.floating[Any]]) -> Floats:
        """Voltages of the input lines [V] for inputs `x` (samples, inputs) in [0, 1], through the DAC."""
        # Data may be stored in single precision; phases are subtracted in double.
        double = np.asarray(x, dtype=np.float64)
        quantised = self.circuit.dac.quantise(double) if self.noisy else double
        return quantised * self.circuit.mapping.read_voltage

    def _drive(self, network: LayeredRC, lines: Floats) -> Drive:
        """Input drive of one phase, with the read noise of this phase."""
        if not self.noisy or network.layers[0].variance is None:
            return network.drive(lines)
        first, rest = self._deviates(network, lines.shape[0]) if self._held is None else self._held
        return replace(network.drive(lines, first), noise=rest)

    def _deviates(self, network: LayeredRC, samples: int) -> _Deviates:
        """Fresh normal deviates of the read noise of every array, forward and reverse."""
        first = self.rng.standard_normal((samples, network.layers[0].size))
        noise: list[tuple[Floats | None, Floats | None]] = [(None, None)]
        for before, layer in zip(network.layers, network.layers[1:], strict=False):
            noise.append(
                (
                    self.rng.standard_normal((samples, layer.size)),
                    self.rng.standard_normal((samples, before.size)),
                )
            )
        return first, tuple(noise)

    def free(self, network: LayeredRC, lines: Floats, phase: str = "free", *, record: bool = False) -> Relaxed:
        """Free phase from discharged nodes, its joules booked under `phase`."""
        start = np.zeros((lines.shape[0], network.nodes))
        timing = self.circuit.timing
        end = relax(
            network, self._drive(network, lines), start, timing.free, self.circuit.solver, timing.tolerance,
            record=record,
        )  # fmt: skip
        self.tally.free += int(np.count_nonzero(end.residual > timing.tolerance))
        self.tally.free_runs += len(lines)
        self.tally.free_time += end.duration * len(lines)
        self._book(network, phase, end, start)
        self._book_inputs(phase, lines)
        return end

    def nudged(
        self,
        network: LayeredRC,
        lines: Floats,
        start: Floats,
        target: Floats,
        beta: float,
        *,
        record: bool = False,
    ) -> Relaxed:
        """Nudged phase from the end of the free one."""
        timing, drive = self.circuit.timing, self._drive(network, lines)
        frozen = None
        if self.circuit.nudging.kind == "constant":
            frozen = target - network.rates(start)[-1]
        drive = replace(drive, beta=beta, target=target, frozen=frozen)
        end = relax(network, drive, start, timing.nudged, self.circuit.solver, timing.tolerance, record=record)
        self.tally.nudged += int(np.count_nonzero(end.residual > timing.tolerance))
        self.tally.nudged_runs += len(lines)
        self.tally.nudged_time += end.duration * len(lines)
        self._book(network, "nudged", end, start)
        self.ledger.book("nudged", dac=target.size * self.circuit.dac.energy)
        return end

    def measure(self, network: LayeredRC, v: Floats, phase: str) -> list[Floats]:
        """Rates as the update sees them [V]: sampled with noise, quantised by the ADC."""
        return self._sampled(network.rates(v), phase)

    def outputs(self, network: LayeredRC, v: Floats, phase: str) -> Floats:
        """Output rates alone, as inference sees them (samples, outputs) [V]."""
        return self._sampled(network.rates(v)[-1:], phase)[0]

    def equilibrium(self, network: LayeredRC, lines: Floats) -> Floats:
        """Node voltages after a free phase of three times the length (samples, nodes) [V]; nothing is booked."""
        timing = self.circuit.timing
        longer = Phase(duration=3.0 * timing.free.duration)
        start = np.zeros((lines.shape[0], network.nodes))
        return relax(network, network.drive(lines), start, longer, self.circuit.solver, timing.tolerance).v

    def _sampled(self, rates: list[Floats], phase: str) -> list[Floats]:
        hold, adc = self.circuit.sample_hold, self.circuit.adc
        conversions = sum(r.size for r in rates)
        volts = sum(float(np.square(r).sum()) for r in rates)
        self.ledger.book(phase, adc=conversions * adc.energy, sample_hold=hold.capacitance * volts)
        if not self.noisy:
            return rates
        return [adc.quantise(r + hold.noise * self.rng.standard_normal(r.shape)) for r in rates]

    def gradient(
        self, network: LayeredRC, x: NDArray[np.floating[Any]], target: Floats, stencil: Stencil
    ) -> tuple[list[Floats], Relaxed]:
        """Run all phases of an estimator on a batch.

        Parameters
        ----------
        network : LayeredRC
        x : ndarray (samples, inputs) [1]
        target : ndarray (samples, outputs) [V]
        stencil : pairs (beta, weight)

        Returns
        -------
        list of ndarray (inputs + bias, neurons) [1]
            Estimated gradient of each layer.
        Relaxed
            The free phase.
        """
        lines = self.lines(x)
        if self.noisy and self.hardware.device.read.noise.slow and network.layers[0].variance is not None:
            # Noise slower than a sample stands still over its phases.
            self._held = self._deviates(network, lines.shape[0])
        free = self.free(network, lines)
        phases = []
        for beta, weight in stencil:
            if beta == 0.0:
                phases.append((weight, self.measure(network, free.v, "free")))
            else:
                end = self.nudged(network, lines, free.v, target, beta)
                phases.append((weight, self.measure(network, end.v, "nudged")))
        self._held = None
        self._book_products(len(stencil), x.shape[0])
        circuit = self.circuit
        gradient = estimate(phases, lines, circuit.mapping.read_voltage, circuit.feedback.gain, circuit.bias)
        return gradient, free

    def _book(self, network: LayeredRC, phase: str, end: Relaxed, start: Floats) -> None:
        """Integrals of the transient, amplifier bias, and C V^2 of the lines that neurons drive."""
        samples = start.shape[0]
        array, leak, nudging = end.energy.sum(axis=0)
        self.ledger.book(
            phase,
            array=float(array),
            leak=float(leak),
            nudging=float(nudging),
            amplifier=self.hardware.amplifier_power * end.duration * samples,
        )
        per_cell, gain = self.circuit.lines.capacitance_per_cell, self.circuit.feedback.gain
        lines = 0.0
        for k, (before, after) in enumerate(zip(network.rates(start), network.rates(end.v), strict=True)):
            swing = float(np.square(after - before).sum())
            # A neuron drives its word line in the next array and, in reverse, its bit line in the one before.
            ahead = network.layers[k + 1].size if k + 1 < len(network.layers) else 0
            behind = network.layers[k].weights.shape[0] if k > 0 else 0
            lines += per_cell * swing * (2 * ahead + 2 * behind * gain**2)
        self.ledger.book(phase, lines=lines)

    def _book_inputs(self, phase: str, lines: Floats) -> None:
        """Conversion of the inputs and charging of their lines, both halves of each pair, once a sample."""
        per_cell, columns = self.circuit.lines.capacitance_per_cell, self.circuit.layers[1]
        charge = float(np.square(lines).sum()) * 2 * columns * per_cell
        self.ledger.book(phase, dac=lines.size * self.circuit.dac.energy, lines=charge)

    def _book_products(self, phases: int, samples: int) -> None:
        """One multiply-accumulate per weight, measured phase and sample; the first layer takes differences once."""
        weights = [pair.shape[0] * pair.shape[1] for pair in self.hardware.pairs]
        macs = weights[0] + phases * sum(weights[1:])
        self.ledger.book("update", digital=macs * samples * self.circuit.digital.mac)
