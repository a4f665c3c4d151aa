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
        rng: np.random.Generator,
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
            Rounding and verify reads.

        Returns
        -------
        list of float
            Pulses applied in each layer.
        """
        pulses = []
        for k, (pair, slope) in enumerate(zip(self.hardware.pairs, gradient, strict=True)):
            wanted = slope * (-rates[k] / pair.step)
            counts = self._counts(pair, wanted, rng)
            written = pair.program(counts, self.hardware.seeds.operation, epoch, batch)
            mirror = self.hardware.mirrors[k]
            if mirror is not None:
                written += mirror.program(counts, self.hardware.seeds.operation, epoch, batch)
            self.book(written, ledger, "update")
            if self.rule.verifies:
                where = counts != 0
                self.memory[f"{pair.name}/seen"][where] = self._verify(pair, where, ledger, rng, "verify")
            pulses.append(written.pulses)
        return pulses

    def _counts(self, pair: Pair, wanted: Floats, rng: np.random.Generator) -> NDArray[np.int32]:
        if self.rule.verifies:
            target = self.memory[f"{pair.name}/wanted"]
            target += wanted * pair.step
            # What the window cannot hold is not remembered: a residual without bound would never come back.
            np.clip(target, -pair.limit, pair.limit, out=target)
            return self.rule.counts((target - self.memory[f"{pair.name}/seen"]) / pair.step, rng)
        if self.rule.accumulates:
            residual = self.memory[f"{pair.name}/residual"]
            residual += wanted
            counts = self.rule.counts(residual, rng)
            residual -= counts
            return counts
        return self.rule.counts(wanted, rng)
