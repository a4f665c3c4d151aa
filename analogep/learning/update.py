"""From a gradient to pulses: wanted change in steps -> update rule -> pulses on the pairs, with joules."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analogep.crossbar import Pair, Store, Written
from analogep.crossbar.opposed import Opposed
from analogep.crossbar.outer import Gradient, Outer
from analogep.crossbar.program import Wanted, deciding
from analogep.crossbar.store import Chosen
from analogep.crossbar.write import At, Work, together
from analogep.draws import key_of
from analogep.energy import Ledger
from analogep.network import Hardware
from analogep.rules import Rule

Floats = NDArray[np.float64]

_WRITE_CALLS = 100
"""Numbers set apart for the rounds of one write with verify."""
_SECOND = 1 << 40
"""Added to the number of a call that is the second of its batch."""


def active_rule(hardware: Hardware) -> Rule:
    """The circuit card's rule, or the one that the device card recommends."""
    return hardware.circuit.update.active(hardware.device.recommended)


class Updater:
    """Programs the stores of a chip; owns the digital memory that accumulating rules need.

    Parameters
    ----------
    hardware : Hardware
        Its stores are programmed, mirrored ones with the same pulses.

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
        # After a resume nobody knows what memory still wants: look everywhere once.
        self._again = {store.name: np.ones(store.shape[0], dtype=bool) for store in hardware.stores}

    def start(self, ledger: Ledger, rng: np.random.Generator) -> None:
        """Write the initial weights and fill the memory; the closed loop reads every pair once."""
        for store, written in zip(self.hardware.stores, self.hardware.initialise(), strict=True):
            self.book(store, written, ledger, "initial")
        self.remember(ledger, rng)

    def remember(self, ledger: Ledger, rng: np.random.Generator) -> None:
        """Fill the memory from the weights as they are: nothing is wanted beyond them."""
        for store in self.hardware.stores:
            self._again[store.name][:] = True
            if self.rule.verifies:
                everywhere = np.ones(store.shape, dtype=bool)
                seen = self._verify(store, everywhere, ledger, rng, "initial").reshape(store.shape)
                seen = seen.astype(store.weights.dtype)
                self.memory[f"{store.name}/seen"] = seen
                self.memory[f"{store.name}/wanted"] = seen.copy()
            elif self.rule.accumulates:
                self.memory[f"{store.name}/residual"] = np.zeros(store.shape, store.weights.dtype)

    def _verify(self, store: Store, where: Chosen, ledger: Ledger, rng: np.random.Generator, phase: str) -> Floats:
        seen = store.read(where, self.hardware.adc_fraction, rng)
        reads = len(store.halves) * seen.size
        self.book(store, Written(reads=reads, read_joules=store.read_joules(where)), ledger, phase)
        return seen

    def book(self, store: Store, written: Written, ledger: Ledger, phase: str) -> None:
        """Enter what a write or a verify read of a store took, in all of its copies."""
        circuit = self.hardware.circuit
        written *= circuit.copies[store.layer]
        ledger.book(
            phase,
            array=written.read_joules,
            adc=written.reads * circuit.adc.joules,
            programming=written.joules,
            half_select=written.half_select_joules,
            lines=circuit.lines.capacitance_per_cell * written.line_edges,
        )

    def apply(
        self, gradient: Sequence[Gradient], rates: tuple[float, ...], epoch: int, batch: int, ledger: Ledger,
        rng: np.random.Generator, done: int,
    ) -> list[float]:  # fmt: skip
        """Descend one step: dw = -rate gradient, as pulses.

        Parameters
        ----------
        gradient : sequence of Outer, Opposed or ndarray (rows, columns) [1]
            One for each store of weights.
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
            Pulses applied in each layer, in all copies of its arrays.
        """
        pulses = [0.0] * self.hardware.circuit.depth
        hardware, operation, works = self.hardware, self.hardware.seeds.operation, dict[str, Work]()
        spiked, counts = dict[str, Written](), dict[str, Floats]()
        for store, mirror, slope in zip(hardware.stores, hardware.mirrors, gradient, strict=True):
            if isinstance(slope, Opposed):
                spiked[store.name] = self._at_spikes(
                    store, mirror, slope * (rates[store.layer] / store.step), epoch, batch
                )
                continue
            counts[store.name] = np.zeros((0, 0) if mirror is None else store.shape, store.real)
            key = operation.key(f"{store.name}/rounding/{batch}", epoch) if self.rule.draws else 0
            wanted = self._wanted(store, slope * (-rates[store.layer] / store.step), key)
            works[store.name] = store.update(
                wanted, counts[store.name], hardware.adc_fraction, self.rule.verifies, At(operation, epoch, batch)
            )
        done_now = dict(zip(works, together(list(works.values())), strict=True))
        for store, mirror in zip(hardware.stores, hardware.mirrors, strict=True):
            written, read = done_now.get(store.name) or (spiked[store.name], Written())
            if mirror is not None and store.name in counts:
                written += mirror.program(counts[store.name], operation, epoch, batch)
            self.book(store, written, ledger, "update")
            self.book(store, read, ledger, "verify")
            taken = written.pulses + self._renew(store, mirror, epoch, batch, ledger, rng, done)
            pulses[store.layer] += hardware.circuit.copies[store.layer] * taken
        hardware.wiring.moved()
        return pulses

    def _wanted(self, store: Store, change: Outer | Floats, key: int) -> Wanted:
        """A wanted change [steps] for the engine, beside the rule's memory."""
        real, name, nothing = store.real, store.name, np.zeros((0, 0), store.real)
        lines, columns = nothing, change
        if isinstance(change, Outer):
            lines, columns = np.ascontiguousarray(change.rows.T, real), change.columns
        kept = self.memory.get(f"{name}/wanted", self.memory.get(f"{name}/residual", nothing))
        seen, again = self.memory.get(f"{name}/seen", nothing), self._again[name]
        rule = deciding(self.rule.numbers(store.step, store.range), real)
        return Wanted(lines, np.ascontiguousarray(columns, real), False, rule, kept, seen, again, key_of(key))

    def _at_spikes(self, store: Store, mirror: Store | None, wanted: Opposed, epoch: int, batch: int) -> Written:
        """Pulses of all spikes of a batch for `wanted` [steps], those up and those down.

        They came in turn; here all of one direction go first, which of them at random: without a preference.
        """
        operation = self.hardware.seeds.operation
        rng = operation.rng(f"{store.name}/spikes/{batch}", epoch)
        up, down = wanted.pulses(rng)
        turns = [(up, batch), (-down, batch + _SECOND)]
        if rng.random() < 0.5:
            turns.reverse()
        written = Written()
        for one in (store, mirror):
            if one is not None:
                for counts, call in turns:
                    written += one.program(counts, operation, epoch, call)
        return written

    def _renew(
        self, store: Store, mirror: Store | None, epoch: int, batch: int, ledger: Ledger, rng: np.random.Generator,
        done: int,
    ) -> float:  # fmt: skip
        """Now and then reset the pairs of a unidirectional device that have run high; returns the pulses it took."""
        reset = store.device.programming.reset
        if reset is None or (done + 1) % reset.every:
            return 0.0
        pulses = 0.0
        for one in (store, mirror):
            if not isinstance(one, Pair):
                continue
            # Counted downwards, apart from the writes of batches and of the initial weights.
            call = -_WRITE_CALLS * (batch + 1)
            written, where = one.renew(self.hardware.seeds.operation, rng, self.hardware.adc_fraction, epoch, call)
            self.book(store, written, ledger, "verify")
            pulses += written.pulses
            if one is store and self.rule.verifies:
                self.memory[f"{store.name}/seen"][where] = self._verify(store, where, ledger, rng, "verify")
                self._again[store.name] |= where.any(axis=1)
        return pulses
