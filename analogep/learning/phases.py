"""Free and nudged phases of a batch, what is measured in them, and what they cost."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.circuit import CircuitCard
from analogep.circuit.phases import Phase
from analogep.clock import Timed
from analogep.energy import Ledger
from analogep.estimators import Contour
from analogep.learning.sampling import Sampler, loaded, sampled_noise
from analogep.learning.tally import Tally
from analogep.network import Drive, Hardware, Network
from analogep.network.base import Phases
from analogep.network.noise import Deviates
from analogep.network.reads import PhaseReads, phase_reads
from analogep.network.relaxed import Circled, Relaxed
from analogep.network.thermal import Thermal
from analogep.relaxation import march_phases, one_pass, relax

Floats = NDArray[np.float64]


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
        self.circuit = hardware.circuit
        self._memory = hardware.memory
        self.tally = Tally()
        self._amplifiers, self._stretch = hardware.amplifier_power, hardware.stretch
        self._reads: PhaseReads | None = None
        self._still: tuple[Network, Floats, Drive] | None = None
        self._rated: list[tuple[Floats, list[Floats]]] = []
        self._rest = np.zeros((0, 0))
        self._lengths: list[float] | None = None

    @property
    def circuit(self) -> CircuitCard:
        """The card, that of the chip or one with other noise, phases or nudging."""
        return self._circuit

    @circuit.setter
    def circuit(self, card: CircuitCard) -> None:
        self._circuit = card
        # Asked once: each is worked out from other numbers of the card.
        self._converting, self._driving = card.adc.joules, card.dac.joules
        self._per_cell = card.lines.capacitance_per_cell
        # Two independent deviates of one sample are one.
        self._samplers = [
            Sampler.of(card.adc, math.hypot(sampled_noise(card, k), card.adc.noise)) for k in range(card.depth)
        ]

    def lines(self, x: NDArray[np.floating[Any]]) -> Floats:
        """Voltages (samples, inputs) [V] of the input lines for inputs `x` (samples, inputs) [1], by the DAC."""
        # Data may be stored in single precision; phases are subtracted in double.
        return loaded(x, self.circuit.dac.bits if self.noisy else None, self.circuit.mapping.read_voltage)

    def _start(self, network: Network, samples: int) -> Floats:
        """All nodes at 0 V (samples, nodes) [V]: kept, so that the rates there are, too."""
        if self._rest.shape != (samples, network.nodes):
            self._rest = np.zeros((samples, network.nodes))
        return self._rest

    def _drive(self, network: Network, lines: Floats) -> Drive:
        """Input drive of one phase: its read noise, by itself or as that of the next phase of a sample, and its thermal
        noise."""
        noise: Deviates = ()
        if self.noisy:
            noise = network.deviates(lines.shape[0], self.rng) if self._reads is None else self._reads.next()
        # All phases of a batch have the same inputs, and multiply them with the first array once.
        if self._still is None or self._still[0] is not network or self._still[1] is not lines:
            self._still = (network, lines, network.quiet(lines))
        quiet = self._still[2]
        drive = network.disturbed(quiet, noise) if noise else quiet
        kt = self.circuit.noise.kt if self.noisy else 0.0
        if not kt:
            return drive
        return replace(drive, thermal=Thermal(kt, int(self.rng.integers(2**63)), self.circuit.nudging.excess))

    def free(self, network: Network, lines: Floats, phase: str = "free", *, record: bool = False) -> Relaxed:
        """Free phase from 0 V, inputs at `lines` (samples, inputs) [V], its joules booked under `phase`."""
        start, timing = self._start(network, lines.shape[0]), self.circuit.timing
        end = relax(
            network, self._drive(network, lines), start, timing.free, self.circuit.solver, timing.tolerance,
            record=record,
        )  # fmt: skip
        self._enter_free(network, phase, end, start, lines)
        return end

    def _enter_free(self, network: Network, phase: str, end: Relaxed, start: Floats, lines: Floats) -> None:
        """Count a free phase, and book it."""
        self.tally.free += int(np.count_nonzero(end.residual > self.circuit.timing.tolerance))
        self.tally.free_runs += len(lines)
        self.tally.free_time += network.slots * end.duration * self._stretch * len(lines)
        if end.spikes is not None:
            fired = end.spikes[:, 1:].sum(axis=0).astype(np.float64)
            self.tally.spikes = fired if self.tally.spikes is None else self.tally.spikes + fired
        self._pass(phase, end.duration, len(lines))
        self._book(network, phase, end, start, lines, lines.size)
        if phase == "free":
            self.ledger.book(phase, **self._memory.booked(memory=self._memory.inputs(lines.size)))

    def nudged(
        self,
        network: Network,
        lines: Floats,
        start: Floats,
        target: Floats,
        beta: float,
        *,
        record: bool = False,
    ) -> Relaxed:
        """Nudged phase from the end of the free one.

        Inputs at `lines` (samples, inputs), nodes from `start` (samples, nodes), nudged to `target` (samples, classes),
        all in [V].
        """
        timing, constant = self.circuit.timing, self.circuit.nudging.kind == "constant"
        drive = network.nudged(self._drive(network, lines), beta, target, start if constant else None)
        end = relax(network, drive, start, timing.nudged, self.circuit.solver, timing.tolerance, record=record)
        self._enter_nudged(network, lines, end, start, target)
        return end

    def _enter_nudged(self, network: Network, lines: Floats, end: Relaxed, start: Floats, target: Floats) -> None:
        """Count a nudged phase, and book it."""
        self.tally.nudged += int(np.count_nonzero(end.residual > self.circuit.timing.tolerance))
        self.tally.nudged_runs += len(start)
        self.tally.nudged_time += network.slots * end.duration * self._stretch * len(start)
        self._pass("nudged", end.duration, len(start))
        self._book(network, "nudged", end, start, lines, target.size)

    def measure(self, network: Network, v: Floats, phase: str) -> list[Floats]:
        """Rates of each layer (samples, neurons) [V] at `v` (samples, nodes) [V] as the update sees them: sampled with
        noise, quantised by the ADC."""
        return self._sampled(self.rates(network, v), phase)

    def outputs(self, network: Network, v: Floats, phase: str) -> Floats:
        """Scores alone, as inference sees them (samples, classes) [V], at `v` (samples, nodes) [V]."""
        return network.scores(self._sampled(self.rates(network, v)[-1:], phase)[0])

    def equilibrium(self, network: Network, lines: Floats) -> Floats:
        """Node voltages after a free phase of three times the length (samples, nodes) [V], inputs at `lines`
        (samples, inputs) [V]; nothing is booked."""
        timing = self.circuit.timing
        longer = Phase(duration=3.0 * timing.free.duration)
        start = self._start(network, lines.shape[0])
        return relax(network, network.drive(lines), start, longer, self.circuit.solver, timing.tolerance).v

    def _keys(self, layers: int) -> list[int] | None:
        """Keys of the noise of a sample of each layer; None where samples have none."""
        return [int(self.rng.integers(2**63)) for _ in range(layers)] if self.noisy else None

    def _sampled(self, rates: list[Floats], phase: str, keys: list[int] | None = None) -> list[Floats]:
        """Rates [V] sampled with noise, of new `keys` unless some are given, and quantised; booked under `phase`."""
        hold, conversions = self.circuit.sample_hold, sum(r.size for r in rates)
        if keys is None:
            keys = self._keys(len(rates))
        if keys is not None:
            # Of all layers, or of the outputs alone.
            behind = self._samplers[-len(rates) :]
            found = [sampler(r, key) for sampler, r, key in zip(behind, rates, keys, strict=True)]
            volts, rates = sum(total for _, total in found), [r for r, _ in found]
        else:
            volts = sum(float(np.square(r).sum()) for r in rates)
        held = {} if phase == "inference" else self._memory.booked(memory=self._memory.rates(conversions))
        self.ledger.book(phase, adc=conversions * self._converting, sample_hold=hold.capacitance * volts, **held)
        return rates

    def rates(self, network: Network, v: Floats) -> list[Floats]:
        """Line voltages of each layer (samples, neurons) [V] at `v` (samples, nodes) [V]; the last four are kept.

        That is at 0 V, in a free phase and in two nudged ones: what a batch is updated and judged by.
        """
        for k, (known, found) in enumerate(self._rated):
            if known is v:
                self._rated.append(self._rated.pop(k))
                return found
        self._rated = [*self._rated[-3:], (v, network.rates(v))]
        return self._rated[-1][1]

    def gradient(
        self, network: Network, x: NDArray[np.floating[Any]], target: Floats, contour: Contour
    ) -> tuple[list[Floats], Relaxed]:
        """Run all phases of an estimator on a batch.

        Parameters
        ----------
        network : Network
        x : ndarray (samples, inputs) [1]
        target : ndarray (samples, classes) [V]
        contour : pairs (beta, weight)

        Returns
        -------
        list of ndarray (rows, columns) [1]
            Estimated gradient of each store of weights.
        Relaxed
            The free phase.
        """
        phases, lines, free = self.phases(network, x, target, contour)
        return network.gradient(phases, lines), free

    def phases(
        self, network: Network, x: NDArray[np.floating[Any]], target: Floats, contour: Contour, swing: float = 1.0
    ) -> tuple[Phases, Floats, Relaxed]:
        """Run all phases of an estimator on a batch, with lines driven by `swing` times their input.

        Parameters as in `Experimenter.gradient`.

        Returns
        -------
        Phases
            Weight of each phase and what was measured in it, for `Network.gradient` and `factored`.
        ndarray (samples, inputs) [V]
            Input lines.
        Relaxed
            The free phase.
        """
        lines = self.lines(x) if swing == 1.0 else self.lines(x) * swing
        if self.noisy:
            nudged = sum(beta != 0.0 for beta, _ in contour)
            self._reads = phase_reads(self.hardware, network, lines.shape[0], nudged, self.rng)
        run = self._in_one_pass if self._one_pass(network, contour) else self._one_by_one
        self._lengths = []
        try:
            free, phases, points = run(network, lines, target, contour)
            at_rest = any(beta == 0.0 for beta, _ in contour)
            passed = self.hardware.pace.learned(self._lengths[0], self._lengths[1:], at_rest)
        finally:
            self._reads = self._lengths = None
        self._spend(passed, lines.shape[0])
        if not network.gathers:
            # A complex product is two real ones where only its real part is asked for.
            self._book_macs(self.hardware.products(len(contour) + 2 * points) * x.shape[0])
        return phases, lines, free

    def _one_pass(self, network: Network, contour: Contour) -> bool:
        """Whether all phases of a batch can be run together: equal steps, and real voltages."""
        timing, real = self.circuit.timing, all(beta.imag == 0.0 for beta, _ in contour)
        return real and one_pass(network, self.circuit.solver, (timing.free, timing.nudged))

    def _in_one_pass(
        self, network: Network, lines: Floats, target: Floats, contour: Contour
    ) -> tuple[Relaxed, Phases, int]:
        """What `_one_by_one` gives, with all steps in one call; random numbers are drawn in the order of the phases."""
        timing, start = self.circuit.timing, self._start(network, lines.shape[0])
        drives, keys = [self._drive(network, lines)], []
        for beta, _ in contour:
            if beta != 0.0:
                drives.append(network.nudged(self._drive(network, lines), beta.real, target))
            keys.append(self._keys(len(network.slices)))
        lengths = [timing.free, *[timing.nudged] * (len(drives) - 1)]
        free, *others = march_phases(
            network, drives, start, lengths, self.circuit.solver, constant=self.circuit.nudging.kind == "constant"
        )
        self._enter_free(network, "free", free, start, lines)
        ends, phases = iter(others), list[tuple[Any, Any]]()
        for (beta, weight), own in zip(contour, keys, strict=True):
            end, phase = (next(ends), "nudged") if beta != 0.0 else (free, "free")
            if end is not free:
                self._enter_nudged(network, lines, end, free.v, target)
            phases.append((weight, self._sampled(self.rates(network, end.v), phase, own)))
        return free, phases, 0

    def _one_by_one(
        self, network: Network, lines: Floats, target: Floats, contour: Contour
    ) -> tuple[Relaxed, Phases, int]:
        """The free phase, what was measured in each phase of the contour, and how many points lie above the axis."""
        free, local = self.free(network, lines), network.gathers
        phases: list[tuple[Any, Any]] = []
        circle = self._circle(network, lines, free.v, target, contour)
        for beta, weight in contour:
            if beta.imag != 0.0:
                phases.append((weight, self._measure_point(network, free.v, circle, beta)))
            elif beta == 0.0:
                if not local:
                    phases.append((weight, self.measure(network, free.v, "free")))
            else:
                end = self.nudged(network, lines, free.v, target, beta.real)
                phases.append((weight, end.gathered if local else self.measure(network, end.v, "nudged")))
                if local:
                    sums = network.sums_of_gathering(end)
                    self._book_macs(sums, self._memory.sums(sums))
        return free, phases, len(circle)

    def _circle(
        self, network: Network, lines: Floats, start: Floats, target: Floats, contour: Contour
    ) -> dict[complex, Circled]:
        """Ends of the phases of a `holomorphic` estimate above the real axis, by beta."""
        betas = [beta for beta, _ in contour if beta.imag > 0.0]
        if not betas:
            return {}
        timing, constant = self.circuit.timing, self.circuit.nudging.kind == "constant"
        drive = network.nudged(self._drive(network, lines), abs(betas[0]), target, start if constant else None)
        ends = network.circled(drive, start, betas, timing.nudged, self.circuit.solver)
        return dict(zip(betas, ends, strict=True))

    def _measure_point(
        self, network: Network, start: Floats, circle: dict[complex, Circled], beta: complex
    ) -> list[NDArray[np.complex128]]:
        """Complex rates at a point of the circle or below it [V], each part sampled by itself; books both networks."""
        timing, side = self.circuit.timing, 1.0 if beta.imag > 0.0 else -1.0
        end = circle[beta if side > 0.0 else beta.conjugate()]
        self.tally.nudged += int(np.count_nonzero(end.residual > timing.tolerance))
        self.tally.nudged_runs += len(start)
        self.tally.nudged_time += end.duration * self._stretch * len(start)
        self._pass("nudged", end.duration, len(start))
        parts = [r.real for r in end.rates], [side * r.imag for r in end.rates]
        before = self.rates(network, start), [np.zeros_like(part) for part in parts[1]]
        swing = sum(network.line_swings(*both) for both in zip(before, parts, strict=True))
        self.ledger.book(
            "nudged",
            **dict(zip(network.powers_of, map(float, end.energy.sum(axis=0)), strict=True)),
            amplifier=2.0 * self._amplifiers * end.duration * len(start),
            lines=self._per_cell * swing,
            dac=2.0 * end.rates[-1].size * self._driving,
        )
        real, imaginary = (self._sampled(part, "nudged") for part in parts)
        return [r + 1j * s for r, s in zip(real, imaginary, strict=True)]

    def _pass(self, phase: str, length: float, samples: int) -> None:
        """Let the chip's clock go on by a phase, or note its `length` [s] as one of those that a batch goes through."""
        if self._lengths is not None:
            self._lengths.append(length)
        else:
            one = self.hardware.pace.inferred(length)
            self._spend([one if phase == "inference" else Timed(phase, length, 0.0, 0.0)], 1, samples)

    def _spend(self, phases: list[Timed], samples: int, times: int = 1) -> None:
        """Book the seconds of `samples` that follow one another, as many `times`, and bias that waits."""
        for phase, spans in self.hardware.pace.phased(phases, samples):
            self.ledger.spend(phase, {name: times * span for name, span in spans.items()})
            if self.circuit.idle == "on":
                waited = times * (spans["load"] + spans["conversion"])
                self.ledger.book(phase, idle=self._amplifiers * waited)

    def _book(self, network: Network, phase: str, end: Relaxed, start: Floats, lines: Floats, loaded: int) -> None:
        """Integrals of the transient, amplifier bias, `loaded` conversions, and C V^2 of the lines that neurons drive,
        and of both lines of each input, as often as they are driven."""
        before, after, drives = self.rates(network, start), self.rates(network, end.v), network.drives(end.duration)
        # Lines that are driven anew come from ground each time.
        before = before if drives == 1 else [np.zeros_like(r) for r in before]
        # By itself: spikes charge lines too.
        self.ledger.book(phase, **dict(zip(network.powers_of, end.energy.sum(axis=0).tolist(), strict=True)))
        self.ledger.book(
            phase,
            amplifier=self._amplifiers * network.slots * end.duration * len(start),
            lines=drives * self._per_cell * network.line_swings(before, after),
            dac=loaded * self._driving,
        )
        # Inputs that stand still since the free phase are not driven again.
        if phase != "nudged" or drives > 1:
            self.ledger.book(phase, lines=drives * network.input_swings(lines) * self._per_cell)

    def _book_macs(self, macs: float, memory: float = 0.0) -> None:
        """Multiply-accumulates of an update, the `memory` [J] of their sums, clock and control of both."""
        digital = macs * self.circuit.digital.mac
        self.ledger.book("update", **self._memory.booked(digital=digital, memory=memory))
