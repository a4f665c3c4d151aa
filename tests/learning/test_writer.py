"""Counts a block of rows at a time: what each rule says of the whole gradient, with rows that want nothing left out."""

import numpy as np
import pytest

from analogep.circuit import rule_named
from analogep.crossbar import Pair
from analogep.device import DeviceCard
from analogep.learning.outer import Outer, dense
from analogep.learning.writer import Writer
from analogep.streams import Streams

SHAPE = (130, 40)
RULES = {
    "stochastic": rule_named("stochastic", 1.0, None),
    "fixed pulse": rule_named("fixed_pulse", 1.0, None),
    "mixed precision": rule_named("mixed_precision", 3.0, None),
    "mixed precision, one pulse": rule_named("mixed_precision", 2.0, 1),
    "closed loop": rule_named("closed_loop", 4.0, None),
    "closed loop, one pulse": rule_named("closed_loop", 1.5, 1),
}


def pair() -> Pair:
    return Pair(DeviceCard.load("ideal", ["programming.up.step=1 %", "programming.down.step=1 %"]), SHAPE, 0.5, True,
                Streams(1), "layer1")  # fmt: skip


def updates(number: int = 12) -> list[Outer]:
    """Gradients with many rows of zeros, and some updates with nothing at all."""
    rng = np.random.default_rng(3)
    out = []
    for k in range(number):
        rows = rng.random((5, SHAPE[0])) * (rng.random(SHAPE[0]) < (0.0 if k % 5 == 4 else 0.4))
        out.append(Outer(rows, 0.02 * rng.standard_normal((5, SHAPE[1]))))
    return out


def start(rule, store: Pair) -> dict[str, np.ndarray]:
    if rule.verifies:
        return {"layer1/wanted": store.weights.copy(), "layer1/seen": store.weights.copy()}
    return {"layer1/residual": np.zeros(SHAPE)} if rule.accumulates else {}


def plain(rule, store: Pair, memory: dict[str, np.ndarray], gradient: np.ndarray, key: int) -> np.ndarray:
    """The rules as their docstrings state them, over the whole array."""
    z = gradient * (-0.3 / store.step)
    if rule.verifies:
        memory["layer1/wanted"] = np.clip(memory["layer1/wanted"] + z * store.step, *store.range)
        return rule.counts((memory["layer1/wanted"] - memory["layer1/seen"]) / store.step, key)
    if rule.accumulates:
        memory["layer1/residual"] += z
        counts = rule.counts(memory["layer1/residual"], key)
        memory["layer1/residual"] -= counts
        return counts
    return rule.counts(z, key)


def fill(writer: Writer) -> None:
    for first in range(0, SHAPE[0], 64):
        writer.fill(first, min(first + 64, SHAPE[0]))


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@pytest.mark.parametrize("form", ["outer", "dense"])
def test_counts_and_memory_are_those_of_the_rule_over_the_whole_gradient(rule, form):
    """Twelve updates; reads after a write are off by a third of a step, so that memory wants more of pulsed rows."""
    store = pair()
    ours, theirs = start(rule, store), start(rule, store)
    writer, rng = Writer(store, rule, ours), np.random.default_rng(8)
    seen = 0
    for key, gradient in enumerate(updates()):
        whole = gradient.dense()
        writer.want(gradient if form == "outer" else whole, 0.3, key)
        fill(writer)
        expected = plain(rule, store, theirs, whole, key)
        np.testing.assert_array_equal(writer.counts, expected)
        np.testing.assert_array_equal(writer.positions(), np.flatnonzero(expected))
        seen += np.count_nonzero(expected)
        if rule.verifies:
            where = expected != 0
            read = ours["layer1/wanted"][where] + store.step * rng.normal(0, 2, np.count_nonzero(where))
            ours["layer1/seen"][where] = theirs["layer1/seen"][where] = read
        for name, array in ours.items():
            np.testing.assert_allclose(array, theirs[name], rtol=0, atol=1e-14)
    assert seen > 100


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_writer_that_begins_in_the_middle_goes_on_as_if_it_had_been_there(rule):
    """As after a resume: memory comes from a checkpoint, what was pulsed last is not known."""
    store = pair()
    memory = start(rule, store)
    writer = Writer(store, rule, memory)
    gradients = updates()
    for key, gradient in enumerate(gradients[:6]):
        writer.want(gradient, 0.3, key)
        fill(writer)
    copied = {name: array.copy() for name, array in memory.items()}
    later = Writer(store, rule, copied)
    for key, gradient in enumerate(gradients[6:], 6):
        for one in (writer, later):
            one.want(gradient, 0.3, key)
            fill(one)
        np.testing.assert_array_equal(writer.counts, later.counts)
    for name, array in memory.items():
        np.testing.assert_array_equal(array, copied[name])


def test_rows_whose_memory_was_changed_are_looked_at_when_asked():
    rule, store = RULES["closed loop"], pair()
    memory = start(rule, store)
    writer = Writer(store, rule, memory)
    nothing = Outer(np.zeros((1, SHAPE[0])), np.zeros((1, SHAPE[1])))
    for _ in range(2):
        writer.want(nothing, 0.3, 0)
        fill(writer)
    memory["layer1/seen"][7] += 10 * store.step
    rows = np.arange(SHAPE[0]) == 7
    writer.look_at(rows)
    fill(writer)
    assert (writer.counts[7] == -10).all()
    assert not writer.counts[~rows].any()


def test_an_outer_product_is_its_dense_form_in_any_rows():
    gradient = updates(1)[0]
    whole = gradient.rows.T @ gradient.columns
    np.testing.assert_array_equal(dense(gradient), whole)
    np.testing.assert_array_equal(dense(whole), whole)
    some = np.array([3, 5, 100])
    np.testing.assert_allclose(gradient.some(some), whole[some], atol=1e-17)
    np.testing.assert_array_equal(gradient.active(3, 101), whole.any(axis=1)[3:101])
    np.testing.assert_allclose((gradient * 2.0).dense(), 2.0 * whole, atol=1e-17)
