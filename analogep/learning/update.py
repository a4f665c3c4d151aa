"""From a gradient to pulses: wanted change in steps -> update rule -> pulses on the pairs, with joules."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analogep.circuit import ActiveRule, rule_named
from analogep.circuit.update import DeviceRule
from analogep.crossbar import Pair, Written
from analogep.energy import Ledger
from analogep.network import Hardware

Floats = NDArray[np.float64]

_WRITE_CALLS = 100
"""Numbers set apart for the rounds of one write with verify."""


def active_rule(hardware: Hardware) -> ActiveRule:
    """The circuit card's rule, or the one that the device card recommends."""
    rule = hardware.circuit.update
    if isinstance(rule, DeviceRule):
        recommended = hardware.device.recommended
        return rule_named(recommended.rule, recommended.threshold, recommended.max_pulses)
    return rule


class Updater:
    """Programs the pairs of a chip; owns the digital memory that accumulating rules need.

    Parameters
    ----------
    hardware : Hardware
        Its pairs are programmed, mirrored ones with the same pulses.

    Attributes
    ----------
    memory : dict of ndarray (rows, columns)
        `layerN/residual`: change wanted and not written [steps] (mixed precision), or `layerN/wanted` and
        `layerN/seen`: wanted weight and last read [1] (closed loop).
    """

    def __init__(self, hardware: Hardware) -> None:
        self.hardware = hardware
        self.rule = active_rule(hardware)
        self.memory: dict[str, Floats] = {}

    def start(self, ledger: Ledger, rng: np.random.Generator) -> None:
        """Write the initial weights and fill the memory; the closed loop reads every pair once."""
        for written in self.hardware.initialise():
            self.book(written, ledger, "initial")
        for pair in self.hardware.pairs:
            if self.rule.verifies:
                everywhere = np.ones(pair.shape, dtype=bool)
                seen = self._verify(pair, everywhere, ledger, rng, "initial").reshape(pair.shape)
                self.memory[f"{pair.name}/seen"] = seen
                self.memory[f"{pair.name}/wanted"] = seen.copy()
            elif self.rule.accumulates:
                self.memory[f"{pair.name}/residual"] = np.zeros(pair.shape)

    def _verify(
        self, pair: Pair, where: NDArray[np.bool_], ledger: Ledger, rng: np.random.Generator, phase: str
    ) -> Floats:
        seen = pair.read(where, self.hardware.adc_fraction, rng)
        self.book(Written(reads=2 * seen.size, read_joules=pair.read_joules(where)), ledger, phase)
        return seen

    def book(self, written: Written, ledger: Ledger, phase: str) -> None:
        """Enter what a write or a verify read took."""
        circuit = self.hardware.circuit
        ledger.book(
            phase,
            array=written.read_joules,
            adc=written.reads * circuit.adc.energy,
            programming=written.joules,
            half_select=written.half_select_joules,
            lines=circuit.lines.capacitance_per_cell * written.line_edges,
        )

    def apply(
        self, gradient: list[Floats], rates: tuple[float, ...], epoch: int, batch: int, ledger: Ledger,
        rng: np.random.Generator, done: int,
    ) -> list[float]:  # fmt: skip
        """Descend one step: dw = -rate gradient, as pulses.

        Parameters
        ----------
        gradient : list of ndarray (rows, columns) [1]
        rates : tuple of float
            Learning rate of each layer.
        epoch, batch : int
            Which update of the run this is.
        ledger : Ledger
        rng : Generator
            Verify reads.
        done : int
            Updates of the whole run before this one: epochs may be shorter than the time between two renewals.

        Returns
        -------
        list of float
            Pulses applied in each layer.
        """
        pulses = []
        for k, (pair, slope) in enumerate(zip(self.hardware.pairs, gradient, strict=True)):
            wanted = slope * (-rates[k] / pair.step)
            counts = self._counts(
                pair, wanted, self.hardware.seeds.operation.key(f"{pair.name}/rounding/{batch}", epoch)
            )
            written = pair.program(counts, self.hardware.seeds.operation, epoch, batch)
            mirror = self.hardware.mirrors[k]
            if mirror is not None:
                written += mirror.program(counts, self.hardware.seeds.operation, epoch, batch)
            self.book(written, ledger, "update")
            if self.rule.verifies:
                where = counts != 0
                self.memory[f"{pair.name}/seen"][where] = self._verify(pair, where, ledger, rng, "verify")
            pulses.append(written.pulses + self._renew(pair, mirror, epoch, batch, ledger, rng, done))
        return pulses

    def _renew(
        self, pair: Pair, mirror: Pair | None, epoch: int, batch: int, ledger: Ledger, rng: np.random.Generator,
        done: int,
    ) -> float:  # fmt: skip
        """Now and then reset the pairs of a unidirectional device that have run high; returns the pulses it took."""
        reset = pair.device.programming.reset
        if reset is None or (done + 1) % reset.every:
            return 0.0
        pulses = 0.0
        for one in (pair, mirror):
            if one is None:
                continue
            # Counted downwards, apart from the writes of batches and of the initial weights.
            call = -_WRITE_CALLS * (batch + 1)
            written, where = one.renew(self.hardware.seeds.operation, rng, self.hardware.adc_fraction, epoch, call)
            self.book(written, ledger, "verify")
            pulses += written.pulses
            if one is pair and self.rule.verifies:
                self.memory[f"{pair.name}/seen"][where] = self._verify(pair, where, ledger, rng, "verify")
        return pulses

    def _counts(self, pair: Pair, wanted: Floats, key: int) -> NDArray[np.int32]:
        if self.rule.verifies:
            target = self.memory[f"{pair.name}/wanted"]
            target += wanted * pair.step
            # What the window cannot hold is not remembered: a residual without bound would never come back.
            np.clip(target, -pair.limit, pair.limit, out=target)
            return self.rule.counts((target - self.memory[f"{pair.name}/seen"]) / pair.step, key)
        if self.rule.accumulates:
            residual = self.memory[f"{pair.name}/residual"]
            residual += wanted
            counts = self.rule.counts(residual, key)
            residual -= counts
            return counts
        return self.rule.counts(wanted, key)
