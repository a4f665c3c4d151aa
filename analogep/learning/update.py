"""From a gradient to pulses: wanted change in steps -> update rule -> pulses on the pairs, with joules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.clock import Writing
from analogep.crossbar import Pair, Store, Written
from analogep.crossbar.opposed import Opposed
from analogep.crossbar.outer import Gradient, Outer
from analogep.crossbar.program import Wanted, deciding
from analogep.crossbar.store import Chosen
from analogep.crossbar.write import At, Work, together
from analogep.draws import NO_KEY, key_of
from analogep.energy import Ledger
from analogep.network import Hardware
from analogep.routines import Made
from analogep.rules import Rule, rule_named

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
        Its stores are programmed. A mirrored one is to hold the weights that its array is to hold: under a rule that
        verifies it has its own reads and gets its own pulses, under any other the same pulses as its array, each with
        the noise and the steps of its own cells.

    Attributes
    ----------
    memory : dict of ndarray (rows, columns)
        `layerN/residual`: change wanted and not written [steps] (mixed precision), or `layerN/wanted` and
        `layerN/seen`: wanted weight and last read [1] (closed loop), and `mirrorN/wanted` and `mirrorN/seen` of a
        mirror. Both wanted weights are the same numbers, which a chip need hold once.
    """

    def __init__(self, hardware: Hardware) -> None:
        self.hardware = hardware
        self.rule = active_rule(hardware)
        self._writing = Writing.of(hardware.circuit, hardware.device)
        self.memory: dict[str, Floats] = {}
        # After a resume nobody knows what memory still wants: look everywhere once.
        self._again = {store.name: np.ones(store.shape[0], dtype=bool) for store in hardware.every}
        self._decided, self._rooms = dict[str, Made](), dict[tuple[str, str], Floats]()
        # Asked once: each is worked out from other numbers of the cards.
        circuit = hardware.circuit
        self._converting, self._copies, self._pump = circuit.adc.joules, circuit.copies, circuit.driver.pump
        self._waiting = hardware.amplifier_power if circuit.idle == "on" else None
        self._per_cell, self._lsb = circuit.lines.capacitance_per_cell, hardware.adc_fraction

    def start(self, ledger: Ledger, rng: np.random.Generator) -> None:
        """Write the initial weights and fill the memory; the closed loop reads every pair once."""
        for store, written in zip(self.hardware.stores, self.hardware.initialise(), strict=True):
            self.book(store, written, ledger, "initial")
        self.remember(ledger, rng)

    def remember(self, ledger: Ledger, rng: np.random.Generator) -> None:
        """Fill the memory from the weights as they are: nothing is wanted beyond those of the arrays.

        A mirror is to hold what its array was read to hold, so that it is written anew wherever the two differ.
        """
        for store, mirror in zip(self.hardware.stores, self.hardware.mirrors, strict=True):
            for one in (store, mirror):
                if one is None:
                    continue
                self._again[one.name][:] = True
                if self.rule.verifies:
                    self.memory[f"{one.name}/seen"] = self._everywhere(one, ledger, rng, "initial")
                    self.memory[f"{one.name}/wanted"] = self.memory[f"{store.name}/seen"].copy()
                elif self.rule.accumulates and one is store:
                    self.memory[f"{one.name}/residual"] = np.zeros(one.shape, one.weights.dtype)
        digital = self.hardware.memory
        ledger.book("initial", **digital.booked(memory=digital.filling))

    def recall(self, memory: Mapping[str, Floats]) -> None:
        """Take the memory of a checkpoint.

        Parameters
        ----------
        memory : mapping of ndarray (rows, columns)
            With the names and units of `Updater.memory`.

        Raises
        ------
        KeyError
            If an array that the rule needs is not there.
        """
        if self.rule.verifies:
            names = [f"{store.name}/{part}" for store in self.hardware.every for part in ("seen", "wanted")]
        else:
            names = [f"{store.name}/residual" for store in self.hardware.stores if self.rule.accumulates]
        self.memory = {name: memory[name] for name in names}

    def _everywhere(self, store: Store, ledger: Ledger, rng: np.random.Generator, phase: str) -> Floats:
        """A verify read of every weight (rows, columns) [1]."""
        seen = self._verify(store, np.ones(store.shape, dtype=bool), ledger, rng, phase)
        return seen.reshape(store.shape).astype(store.weights.dtype)

    def _verify(self, store: Store, where: Chosen, ledger: Ledger, rng: np.random.Generator, phase: str) -> Floats:
        seen = store.read(where, self.hardware.adc_fraction, rng)
        self.book(store, store.looked(where), ledger, phase)
        return seen

    def book(self, store: Store, written: Written, ledger: Ledger, phase: str, by_product: float | None = None) -> None:
        """Enter what a write or a verify read of a store took, in all of its copies.

        Parameters
        ----------
        store, written, ledger, phase
        by_product : float or None [s]
            As in `clock.Writing.pulses`.
        """
        writing, pump = self._writing, self._pump
        programming = writing.pulses(written.row_seconds, written.cell_seconds, by_product)
        reading = writing.reads(written.rows, written.reads)
        ledger.spend(phase, {"programming": programming, "reading": reading})
        if self._waiting is not None:
            ledger.book(phase, idle=self._waiting * (programming + reading))
        if self._copies[store.layer] != 1:
            written *= self._copies[store.layer]
        lines = self._per_cell * written.line_edges
        pulsed = written.joules + written.half_select_joules + lines
        ledger.book(
            phase,
            array=written.read_joules,
            adc=written.reads * self._converting,
            programming=written.joules,
            half_select=written.half_select_joules,
            lines=lines,
            pump=0.0 if pump is None else pulsed * (1.0 / pump - 1.0),
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
        pulses = [0.0] * len(self._copies)
        hardware, works, counts = self.hardware, dict[str, Work](), dict[str, Floats]()
        done_now, at = dict[str, tuple[Written, Written]](), At(hardware.seeds.operation, epoch, batch)
        for store, mirror, slope in zip(hardware.stores, hardware.mirrors, gradient, strict=True):
            rate = rates[store.layer] / store.step
            if isinstance(slope, Opposed):
                done_now[store.name] = self._at_spikes(store, mirror, slope * rate, epoch, batch), Written()
            else:
                counts[store.name] = self._prepare(store, mirror, slope, -rate, at, works)
        done_now |= dict(zip(works, together(list(works.values())), strict=True))
        for number, (store, mirror) in enumerate(zip(hardware.stores, hardware.mirrors, strict=True)):
            written, read = done_now[store.name]
            if mirror is not None and mirror.name in done_now:
                written, read = (
                    one.beside(own) for one, own in zip((written, read), done_now[mirror.name], strict=True)
                )
            elif mirror is not None and store.name in counts:
                written = written.beside(mirror.program(counts[store.name], *at))
            self.book(store, written, ledger, "update", self._by_product(store, gradient[number], rates))
            if read.reads:
                self.book(store, read, ledger, "verify")
            if store.name in counts:
                self._remembered(store, mirror, read, ledger)
            taken = written.pulses + self._renew(store, mirror, epoch, batch, ledger, rng, done)
            taken += self._refresh(store, mirror, at, ledger, rng, done)
            pulses[store.layer] += self._copies[store.layer] * taken
        hardware.wiring.moved()
        return pulses

    def _remembered(self, store: Store, mirror: Store | None, read: Written, ledger: Ledger) -> None:
        """Book the accesses to what the rule remembers of a store in an update with the verify reads `read`."""
        digital = self.hardware.memory
        joules = digital.update(store.shape[0] * store.shape[1], mirror is not None, read.reads / len(store.halves))
        if joules:
            ledger.book("update", **digital.booked(memory=joules))

    def _by_product(self, store: Store, slope: Gradient, rates: tuple[float, ...]) -> float | None:
        """Seconds of the pulses of an update, of outer products that are written by coincidence [s]; else None."""
        if not isinstance(slope, Outer) or self._writing.schedule != "rank_one":
            return None
        columns = slope.columns * (rates[store.layer] / store.step)
        return self._writing.product(slope.rows, columns, store.device.programming.unidirectional)

    def _prepare(
        self, store: Store, mirror: Store | None, slope: Outer | Floats, rate: float, at: At, works: dict[str, Work]
    ) -> Floats:
        """Add the writes of a store and of a mirror that is verified to `works`: `rate` times `slope` is wanted.

        Returns
        -------
        ndarray (rows, columns) or (0, 0) [pulses]
            Will hold the signed pulses of the store, where a mirror is to get the same.
        """
        verifies, lsb, nothing = self.rule.verifies, self._lsb, self._room(store.name, "nothing", (0, 0), store.real)
        key = at.operation.counted(f"{store.name}/rounding", at.call, at.epoch)[0] if self.rule.draws else 0
        wanted = self._wanted(store, slope, rate, key)
        counts = nothing if mirror is None or verifies else np.zeros(store.shape, store.real)
        works[store.name] = store.update(wanted, counts, lsb, verifies, at)
        if mirror is not None and verifies:
            own = wanted._replace(
                kept=self.memory[f"{mirror.name}/wanted"],
                seen=self.memory[f"{mirror.name}/seen"],
                again=self._again[mirror.name],
            )
            works[mirror.name] = mirror.update(own, nothing, lsb, verifies, at)
        return counts

    def _wanted(self, store: Store, slope: Outer | Floats, rate: float, key: int) -> Wanted:
        """A wanted change [steps], `rate` times `slope`, for the engine, beside the rule's memory."""
        real, name = store.real, store.name
        nothing = lines = self._room(name, "nothing", (0, 0), real)
        if isinstance(slope, Outer):
            lines = self._room(name, "lines", slope.rows.shape[::-1], real)
            lines[...] = slope.rows.T
            slope = slope.columns
        change = self._room(name, "change", slope.shape, real)
        np.multiply(slope, rate, out=change, casting="same_kind")
        kept = self.memory.get(f"{name}/wanted", self.memory.get(f"{name}/residual", nothing))
        seen, again = self.memory.get(f"{name}/seen", nothing), self._again[name]
        if name not in self._decided:
            self._decided[name] = deciding(self.rule.numbers(store.step, store.range), real)
        return Wanted(lines, change, False, self._decided[name], kept, seen, again, key_of(key))

    def _room(self, name: str, part: str, shape: tuple[int, ...], real: type[np.floating[Any]]) -> Floats:
        """An array of the store `name` that each update fills anew."""
        found = self._rooms.get((name, part))
        if found is None or found.shape != shape:
            found = self._rooms[name, part] = np.zeros(shape, real)
        return found

    def _at_spikes(self, store: Store, mirror: Store | None, wanted: Opposed, epoch: int, batch: int) -> Written:
        """Pulses of all spikes of a batch for `wanted` [steps], those up and those down.

        They came in turn; here all of one direction go first, which of them at random: without a preference. They take
        no time beside that of their phases.
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
        return written._replace(row_seconds=0.0, cell_seconds=0.0)

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
            if self.rule.verifies:
                self.memory[f"{one.name}/seen"][where] = self._verify(one, where, ledger, rng, "verify")
                self._again[one.name] |= where.any(axis=1)
        return pulses

    def _refresh(
        self, store: Store, mirror: Store | None, at: At, ledger: Ledger, rng: np.random.Generator, done: int
    ) -> float:
        """Now and then compare a mirror with its array and pulse what is off; returns the pulses it took.

            chi = (read of the array - read of the mirror)/step,    pulses of the closed loop

        Every weight of both is read. One write a time, with the threshold and the most pulses that the device card
        recommends: what one write leaves, the next one finds.
        """
        feedback = self.hardware.circuit.feedback
        every = None if feedback is None else feedback.refresh
        if mirror is None or every is None or (done + 1) % every:
            return 0.0
        target, seen = (self._everywhere(one, ledger, rng, "verify") for one in (store, mirror))
        if self.rule.verifies:
            self.memory[f"{mirror.name}/seen"][:] = seen
            self._again[mirror.name][:] = True
            seen = self.memory[f"{mirror.name}/seen"]
        real, nothing = mirror.real, np.zeros((0, 0), mirror.real)
        rule = deciding(self._loop.numbers(mirror.step, mirror.range), real)
        again, zero = np.ones(mirror.shape[0], dtype=bool), np.zeros(mirror.shape, real)
        wanted = Wanted(nothing, zero, False, rule, target, seen, again, NO_KEY)
        # Counted downwards, apart from the writes of batches, of the initial weights and of renewals.
        call = at._replace(call=-_WRITE_CALLS * (at.call + 1) - _WRITE_CALLS // 2)
        work = mirror.update(wanted, nothing, self.hardware.adc_fraction, self.rule.verifies, call)
        ((written, read),) = together([work])
        self.book(mirror, written + read, ledger, "verify")
        return written.pulses

    @property
    def _loop(self) -> Rule:
        """The rule by which mirrors are refreshed."""
        device = self.hardware.device.recommended
        return self.rule if self.rule.verifies else rule_named("closed_loop", device.threshold, device.max_pulses)
