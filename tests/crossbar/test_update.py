"""A rule's update in one pass comes to where its steps would, one after the other: rule, pulses, weights, reads."""

from __future__ import annotations

import numpy as np
import pytest

from analogep.crossbar import Array, Pair, Single, Store
from analogep.crossbar.outer import Outer
from analogep.crossbar.program import Wanted, deciding
from analogep.crossbar.write import At, together
from analogep.crossbar.written import Written
from analogep.device import DeviceCard
from analogep.draws import key_of
from analogep.rules import rule_named
from analogep.streams import Streams

SHAPE = (230, 70)
OPERATION = Streams(3)
LSB = 1 / 255
CARDS = {
    "plain": ("ideal", []),
    "plain, unequal steps": ("ideal", ["programming.up.step=0.5 %", "programming.down.step=0.3 %"]),
    "plain, half-selected": ("ideal", ["energy.half_select=50 %"]),
    "as shipped": ("rram", []),
    "half-selected cells": ("rram", ["energy.half_select=33 %", "read.noise={kind: none}"]),
    "noise of reads": ("rram", ["read.noise={kind: absolute, sigma: 20 nS}"]),
    "write noise": ("rram", ["variation.write_noise={sigma: 0.5 %}"]),
    "curved law": ("fefet", ["programming.up.pulses=200", "programming.down.pulses=200", "conductance.levels=200"]),
    "stuck cells": ("rram", ["faults.stuck_min=3 %"]),
    "pulses up alone": ("pcm", []),
}
RULES = {
    "stochastic": ("stochastic", 1.0, None),
    "fixed pulse": ("fixed_pulse", 1.0, None),
    "mixed precision": ("mixed_precision", 3.0, None),
    "mixed precision, one pulse": ("mixed_precision", 2.0, 1),
    "closed loop": ("closed_loop", 1.0, None),
    "closed loop, one pulse": ("closed_loop", 4.0, 1),
}
EVERY_CARD_AND_RULE = [(card, rule) for card in CARDS for rule in ("stochastic", "closed loop, one pulse")]
EVERY_CARD_AND_RULE += [(card, rule) for rule in RULES for card in ("plain", "as shipped")]


class Trained:
    """A store, its rule and the rule's memory."""

    def __init__(self, store: Store, rule: str) -> None:
        self.store, self.rule, real = store, rule_named(*RULES[rule]), store.real
        self.numbers = deciding(self.rule.numbers(store.step, store.range), real)
        self.kept = self.seen = np.zeros((0, 0), real)
        if self.rule.verifies:
            self.kept, self.seen = (np.array(store.weights, real) for _ in range(2))
        elif self.rule.accumulates:
            self.kept = np.zeros(store.shape, real)
        self.again = np.ones(store.shape[0], bool)
        self.counts = np.zeros(store.shape, real)

    def update(self, change: Outer | np.ndarray, call: int) -> tuple[Written, Written]:
        real, nothing = self.store.real, np.zeros((0, 0), self.store.real)
        lines, columns = (change.rows.T, change.columns) if isinstance(change, Outer) else (nothing, change)
        wanted = Wanted(
            np.ascontiguousarray(lines, real), np.ascontiguousarray(columns, real), False, self.numbers, self.kept,
            self.seen, self.again, key_of(OPERATION.key("rounding", call)),
        )  # fmt: skip
        at = At(OPERATION, 0, call)
        self.counts[:] = 0
        return together([self.store.update(wanted, self.counts, LSB, self.rule.verifies, at)])[0]


def pair(card: str, *, single: bool = False, shape: tuple[int, int] = SHAPE, push_pull: bool = True) -> Pair:
    made = Pair(DeviceCard.load(*CARDS[card]), shape, 0.5, push_pull, Streams(1), "layer1", single=single)
    made.write(np.random.default_rng(5).normal(0, 0.1, shape), OPERATION, np.random.default_rng(6), LSB)
    return made


def change(call: int, step: float) -> Outer:
    """A wanted change of some steps in some rows; every fourth update wants nothing."""
    rng = np.random.default_rng(call)
    lines = rng.random((6, SHAPE[0])) * (rng.random(SHAPE[0]) < (0.0 if call % 4 == 3 else 0.5))
    return Outer(lines, rng.standard_normal((6, SHAPE[1])) * (0.006 / step))


def expected_counts(trained: Trained, z: np.ndarray, memory: dict[str, np.ndarray], call: int) -> np.ndarray:
    """The rules as their docstrings state them, over the whole array."""
    rule, store, key = trained.rule, trained.store, OPERATION.key("rounding", call)
    if rule.verifies:
        memory["kept"] = np.clip(memory["kept"] + z * store.step, *store.range)
        return rule.counts((memory["kept"] - memory["seen"]) / store.step, key)
    if rule.accumulates:
        memory["kept"] = memory["kept"] + z
        counts = rule.counts(memory["kept"], key)
        memory["kept"] = memory["kept"] - counts
        return counts
    return rule.counts(z, key)


@pytest.mark.parametrize(("card", "rule"), dict.fromkeys(EVERY_CARD_AND_RULE))
def test_one_pass_and_one_step_after_the_other_agree(card: str, rule: str) -> None:
    """Counts, states and weights to the last bit, joules to rounding; five updates, of either form."""
    one, other = Trained(pair(card), rule), pair(card)
    memory = {"kept": one.kept.copy(), "seen": one.seen.copy()}
    pulsed = 0
    for call in range(5):
        outer = change(call, other.step)
        z = outer.dense()
        memory["seen"] = one.seen.copy()
        written, read = one.update(outer if call % 2 else z, call)
        counts = expected_counts(one, z, memory, call)
        np.testing.assert_array_equal(one.counts, counts)
        np.testing.assert_allclose(one.kept, memory["kept"], rtol=0, atol=1e-13)
        wanted = other.program(counts, OPERATION, 0, call)
        assert (written.pulses, written.line_edges) == (wanted.pulses, wanted.line_edges)
        assert written.joules == pytest.approx(wanted.joules, rel=1e-12)
        assert written.half_select_joules == pytest.approx(wanted.half_select_joules, rel=1e-12)
        where = counts != 0
        if one.rule.verifies:
            assert read.reads == 2 * np.count_nonzero(where)
            assert read.read_joules == pytest.approx(other.read_joules(where), rel=1e-12)
        else:
            assert read == Written()
        np.testing.assert_array_equal(one.store.weights, other.weights)
        for half, mine in one.store.halves.items():
            for name, values in mine.state().items():
                its = other.halves[half].state()[name]
                np.testing.assert_allclose(values, its, rtol=1e-12, atol=0)
        pulsed += np.count_nonzero(where)
    assert pulsed > 200


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("card", ["plain", "as shipped", "write noise", "pulses up alone"])
def test_weights_variances_and_lines_are_those_that_the_conductances_give(card: str, single: bool) -> None:
    """Weights and variances to the last bit, or a resumed run would go elsewhere; lines to 1e-12, or 1e-5 in single
    precision."""
    one = Trained(pair(card, single=single), "closed loop")
    for call in range(8):
        one.update(change(call, one.store.step), call)
    store = one.store
    weights, variances = store.weights.copy(), store.noise_variance()
    variances = None if variances is None else variances.copy()
    for array in store.halves.values():
        np.testing.assert_allclose(array.row_g, array.g.sum(axis=1, dtype=np.float64), rtol=1e-5 if single else 1e-12)
        np.testing.assert_allclose(
            array.column_g, array.g.sum(axis=0, dtype=np.float64), rtol=1e-5 if single else 1e-12
        )
        assert array.hidden.dtype == (np.float32 if single else np.float64)
    store.refresh()
    np.testing.assert_array_equal(store.weights, weights)
    if variances is not None:
        np.testing.assert_array_equal(store.noise_variance(), variances)


@pytest.mark.parametrize("single", [False, True])
def test_the_mean_of_many_roundings_is_the_wanted_change(single: bool) -> None:
    """Within five standard errors of 20,000 pairs, sd of a rounding at most 1/2, for changes far below one pulse."""
    one = Trained(pair("plain", single=single, shape=(200, 100)), "stochastic")
    for call, z in enumerate((0.03, -0.4)):
        one.update(np.full((200, 100), z), call)
        mean = float(one.counts.mean(dtype=np.float64))
        assert abs(mean - z) < 5 * np.sqrt(abs(z) * (1 - abs(z)) / 20_000) + 1e-6


@pytest.mark.parametrize("card", ["plain", "as shipped"])
def test_single_precision_is_close(card: str) -> None:
    """Without noise a pulse more or less where z + u is within rounding of a whole number: fewer than one in 10^4."""
    ones = [Trained(pair(card, single=single), "stochastic") for single in (True, False)]
    for call in range(4):
        joules = [one.update(change(call, one.store.step), call)[0].joules for one in ones]
        assert joules[0] == pytest.approx(joules[1], rel=1e-3)
        assert np.count_nonzero(ones[0].counts != ones[1].counts) <= 1e-4 * ones[0].counts.size


@pytest.mark.parametrize(("card", "rule"), [("plain", "stochastic"), ("as shipped", "closed loop, one pulse")])
def test_threads_change_nothing(card: str, rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of several jobs, on an array that is worth threads."""
    monkeypatch.setattr("analogep.crossbar.write._BLOCK", 1 << 12)
    monkeypatch.setattr("analogep.crossbar.threads.LEAST_CELLS", 1)
    found = []
    for count in ("1", "2"):
        monkeypatch.setenv("ANALOGEP_THREADS", count)
        one = Trained(pair(card), rule)
        written = [one.update(change(call, one.store.step), call) for call in range(3)]
        found.append((written, one.kept, one.seen, one.store.weights, one.store.plus.row_g, one.store.minus.column_g))
    assert found[0][0] == found[1][0]
    for ours, theirs in zip(found[0][1:], found[1][1:], strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("card", ["half-selected cells", "noise of reads", "as shipped"])
def test_verify_reads_show_the_weight_through_noise_and_converter(card: str) -> None:
    """On the converter's steps; with noise, deviates of mean 0 and variance 1 within 4 standard errors."""
    one = Trained(pair(card), "closed loop, one pulse")
    store, deviates = one.store, []
    quantum = LSB * store.device.conductance.span * store.scale
    for call in range(8):
        before = one.seen.copy()
        one.update(change(call, store.step).dense() * 2.0, call)
        read = one.seen != before
        off, variance = (one.seen - store.weights)[read], store.noise_variance()
        steps = one.seen[read] / quantum
        np.testing.assert_allclose(steps, np.rint(steps), rtol=0, atol=1e-7)
        if variance is None:
            assert np.abs(off).max() <= 1.01 * quantum
            assert read.any()
        else:
            # Rounding to codes adds the variance of a uniform error of either half.
            deviates.append(off / np.sqrt(variance[read] + quantum**2 / 6.0))
    if deviates:
        xi = np.concatenate(deviates)
        assert xi.size > 3000
        assert abs(xi.mean()) < 4 / np.sqrt(xi.size)
        assert abs(xi.var() - 1) < 4 * np.sqrt(2 / xi.size) + 0.02


def test_rows_of_which_nothing_is_wanted_are_looked_at_as_long_as_they_were_pulsed() -> None:
    store = pair("as shipped")
    one = Trained(store, "closed loop, one pulse")
    one.kept[:] = one.seen[:] = np.clip(store.weights, *store.range)
    first, nothing = one.seen.copy(), Outer(np.zeros((1, SHAPE[0])), np.zeros((1, SHAPE[1])))
    one.kept[3] += 20 * store.step
    pulses = [one.update(nothing, call)[0].pulses for call in range(60)]
    assert pulses[0] >= 2 * SHAPE[1]
    # Twenty steps at a pulse a time, then the noise of the pulses alone.
    assert np.abs(one.kept - store.weights)[3].mean() < 10 * store.step
    other = np.delete(np.arange(SHAPE[0]), 3)
    np.testing.assert_array_equal(one.seen[other], first[other])
    np.testing.assert_array_equal(one.kept[other], first[other])


def test_an_update_that_begins_in_the_middle_goes_on_as_if_it_had_been_there() -> None:
    """As after a resume: memory comes from a checkpoint, what was pulsed last is not known."""
    one, other = (Trained(pair("as shipped"), "mixed precision") for _ in range(2))
    for call in range(8):
        if call == 4:
            other.again[:] = True
        for each in (one, other):
            each.update(change(call, each.store.step), call)
        np.testing.assert_array_equal(one.counts, other.counts)
    np.testing.assert_array_equal(one.kept, other.kept)


@pytest.mark.parametrize("rule", RULES)
def test_single_cells_follow_the_rules_as_pairs_do(rule: str) -> None:
    """States of the one array are those of counts given by hand; what is read is its conductance."""
    device = DeviceCard.load("rram", ["read.noise={kind: none}"])
    one, other = (Single(device, SHAPE, 0.5, Streams(1), "layer1", 0) for _ in range(2))
    trained = Trained(one, rule)
    for call in range(4):
        before = trained.seen.copy()
        trained.update(change(call, one.step), call)
        other.program(trained.counts, OPERATION, 0, call)
        np.testing.assert_array_equal(one.array.hidden, other.array.hidden)
        np.testing.assert_array_equal(one.array.g, other.array.g)
        if trained.rule.verifies:
            read = trained.counts != 0
            quantum = LSB * 0.5
            assert np.abs(trained.seen - one.weights)[read].max() <= 0.51 * quantum
            np.testing.assert_array_equal(trained.seen[~read], before[~read])


def test_a_reference_scheme_moves_plus_alone() -> None:
    one = Trained(pair("as shipped", push_pull=False), "stochastic")
    minus = one.store.minus.hidden.copy()
    one.update(change(0, one.store.step), 0)
    np.testing.assert_array_equal(one.store.minus.hidden, minus)
    weights = one.store.weights.copy()
    one.store.refresh()
    np.testing.assert_array_equal(one.store.weights, weights)


def test_plain_rows_and_rows_in_buffers_agree() -> None:
    """The schedule of `settled` and that of `row` on the same cells: states to 1e-15, joules to 1e-12."""
    device = DeviceCard.load("ideal", ["energy.half_select=50 %"])
    plain, general = (Array(device, SHAPE, Streams(1), "layer1/plus") for _ in range(2))
    general.cycles = np.zeros(SHAPE, np.int32)
    rng = np.random.default_rng(0)
    for call, share in enumerate((0.02, 0.9, 0.3)):
        counts = (rng.integers(-400, 400, SHAPE) * (rng.random(SHAPE) < share)).astype(np.int32)
        ours, theirs = (array.program(counts, OPERATION, 0, call) for array in (plain, general))
        assert ours.pulses == theirs.pulses
        assert ours.joules == pytest.approx(theirs.joules, rel=1e-12)
        assert ours.half_select_joules == pytest.approx(theirs.half_select_joules, rel=1e-10)
        np.testing.assert_allclose(plain.hidden, general.hidden, rtol=0, atol=1e-15)
        np.testing.assert_allclose(plain.row_g, general.row_g, rtol=1e-13)
        np.testing.assert_allclose(plain.column_g, general.column_g, rtol=1e-13)
    assert general.cycles.sum() > 0
