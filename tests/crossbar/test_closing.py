"""A closed loop in one pass comes to where counts, pulses, weighing and verify reads take it one after the other."""

import numpy as np
import pytest

from analogep.circuit import rule_named
from analogep.crossbar import Pair
from analogep.crossbar.written import Written, together
from analogep.device import DeviceCard
from analogep.learning.outer import Outer
from analogep.learning.writer import Writer
from analogep.streams import Streams

SHAPE = (230, 70)
OPERATION = Streams(3)
NOISY = "read.noise={kind: relative, sigma: 1 %}"
CARDS = {
    "as shipped": ("rram", []),
    "reads without noise": ("rram", ["read.noise={kind: none}"]),
    "half-selected cells, wear": ("rram", ["energy.half_select=33 %", "endurance={pulses: 1e6}"]),
    "noise of both kinds": ("rram", ["read.noise={kind: absolute, sigma: 20 nS}"]),
    "write noise": ("rram", ["variation.write_noise={sigma: 0.5 %}"]),
    "curved law": ("fefet", ["programming.up.pulses=200", "programming.down.pulses=200", "conductance.levels=200"]),
    "stuck cells": ("rram", ["faults.stuck_min=3 %"]),
}
LSB = 1 / 255


def pair(card: str, settings: list[str], *, single: bool = False) -> Pair:
    made = Pair(DeviceCard.load(card, settings), SHAPE, 0.5, True, Streams(1), "layer1", single=single)
    assert made.closes
    made.write(np.random.default_rng(5).normal(0, 0.1, SHAPE), OPERATION, np.random.default_rng(6), LSB)
    made.noise_variance()
    return made


def gradient(call: int) -> Outer:
    """A wanted change of some steps in some rows; every fourth update wants nothing."""
    rng = np.random.default_rng(call)
    lines = rng.random((6, SHAPE[0])) * (rng.random(SHAPE[0]) < (0.0 if call % 4 == 3 else 0.5))
    return Outer(lines, 0.02 * rng.standard_normal((6, SHAPE[1])))


def start(store: Pair) -> dict[str, np.ndarray]:
    return {"layer1/wanted": store.weights.copy(), "layer1/seen": store.weights.copy()}


def closed(writer: Writer, call: int) -> tuple[Written, Written]:
    work, verified = writer.update(LSB, OPERATION, 0, call)
    return together([work])[0], verified()


def one_after_the_other(writer: Writer, call: int) -> tuple[Written, np.ndarray]:
    """What `Updater` does where cells are not known to the kernel, up to the verify reads: where they would be."""
    store = writer.store
    written = store.program(writer.counts, OPERATION, 0, call, writer.fill)
    return written, writer.positions()


@pytest.mark.parametrize(("threshold", "most"), [(4.0, 1), (1.0, None)], ids=["one pulse", "trains"])
@pytest.mark.parametrize(("card", "settings"), CARDS.values(), ids=CARDS)
@pytest.mark.parametrize("form", ["outer product", "gradient"])
def test_one_pass_and_four_agree(card, settings, threshold, most, form):
    """Cells to the last bit, joules to rounding; the other side is given our verify reads, which draw other numbers."""
    one, other = pair(card, settings), pair(card, settings)
    rule = rule_named("closed_loop", threshold, most)
    ours, theirs = start(one), start(other)
    here, there = Writer(one, rule, ours), Writer(other, rule, theirs)
    pulsed = 0
    for call in range(5):
        whole = gradient(call) if form == "outer product" else gradient(call).dense()
        for writer in (here, there):
            writer.want(whole, 0.3, call)
        written, reads = closed(here, call)
        expected, where = one_after_the_other(there, call)
        theirs["layer1/seen"].ravel()[where] = ours["layer1/seen"].ravel()[where]
        pulsed += where.size
        assert (written.pulses, written.line_edges) == (expected.pulses, expected.line_edges)
        assert written.joules == pytest.approx(expected.joules, rel=1e-12)
        assert written.half_select_joules == pytest.approx(expected.half_select_joules, rel=1e-9)
        assert reads.reads == 2 * where.size
        assert reads.read_joules == pytest.approx(other.read_joules(where), rel=1e-12)
        assert reads.pulses == 0
        np.testing.assert_allclose(ours["layer1/wanted"], theirs["layer1/wanted"], rtol=0, atol=1e-14)
        np.testing.assert_array_equal(ours["layer1/seen"], theirs["layer1/seen"])
        np.testing.assert_array_equal(one.weights, other.weights)
        if one.noise_variance() is not None:
            np.testing.assert_array_equal(one.noise_variance(), other.noise_variance())
        for half, mine in one.halves.items():
            its = other.halves[half]
            for name, values in mine.state().items():
                if name in ("row_g", "column_g"):
                    np.testing.assert_allclose(values, its.state()[name], rtol=1e-12)
                else:
                    np.testing.assert_array_equal(values, its.state()[name])
    assert pulsed > 500


@pytest.mark.parametrize("settings", [["read.noise={kind: none}"], [NOISY], CARDS["noise of both kinds"][1]])
def test_verify_reads_show_the_weight_through_noise_and_converter(settings):
    """Without noise to the converter's step; with noise deviates of mean 0 and variance 1, within 4 standard errors."""
    store = pair("rram", settings)
    memory = start(store)
    writer, lsb = Writer(store, rule_named("closed_loop", 1.0, 1), memory), 1e-9
    deviates = []
    for call in range(6):
        before = memory["layer1/seen"].copy()
        writer.want(gradient(call).dense(), 0.5, call)
        work, _ = writer.update(lsb, OPERATION, 0, call)
        together([work])
        read = memory["layer1/seen"] != before
        off = (memory["layer1/seen"] - store.weights)[read]
        variance = store.noise_variance()
        if variance is None:
            assert np.abs(off).max() <= 1.01 * lsb * store.device.conductance.span * store.scale
            assert read.any()
            return
        deviates.append(off / np.sqrt(variance[read]))
    xi = np.concatenate(deviates)
    assert xi.size > 5000
    assert abs(xi.mean()) < 4 / np.sqrt(xi.size)
    assert abs(xi.var() - 1) < 4 * np.sqrt(2 / xi.size)


def test_reads_of_the_converter_lie_on_its_steps():
    store = pair("rram", ["read.noise={kind: none}"])
    memory = start(store)
    writer = Writer(store, rule_named("closed_loop", 1.0, 1), memory)
    writer.want(gradient(0), 0.5, 0)
    before = memory["layer1/seen"].copy()
    closed(writer, 0)
    read = memory["layer1/seen"] != before
    steps = memory["layer1/seen"][read] / (LSB * store.device.conductance.span * store.scale)
    assert read.sum() > 500
    np.testing.assert_allclose(steps, np.rint(steps), rtol=0, atol=1e-9)
    assert np.abs(steps).max() > 3


@pytest.mark.parametrize("threads", ["1", "2"])
def test_threads_change_nothing(threads, monkeypatch):
    """Rows of three jobs, on an array that is worth threads."""
    monkeypatch.setattr("analogep.crossbar.pair._DESCENT", 1 << 12)
    monkeypatch.setattr("analogep.crossbar.threads.LEAST_CELLS", 1)
    monkeypatch.setenv("ANALOGEP_THREADS", "1")
    one, other = pair("rram", []), pair("rram", [])
    ours, theirs = start(one), start(other)
    here, there = (Writer(*given) for given in ((one, rule_named("closed_loop", 2.0, 2), ours),
                                                (other, rule_named("closed_loop", 2.0, 2), theirs)))  # fmt: skip
    for call in range(3):
        monkeypatch.setenv("ANALOGEP_THREADS", threads)
        there.want(gradient(call), 0.5, call)
        expected = closed(there, call)
        monkeypatch.setenv("ANALOGEP_THREADS", "1")
        here.want(gradient(call), 0.5, call)
        assert closed(here, call) == expected
    for name, values in ours.items():
        np.testing.assert_array_equal(values, theirs[name])
    for half, mine in one.halves.items():
        for name, values in mine.state().items():
            np.testing.assert_array_equal(values, other.halves[half].state()[name])


def test_rows_of_which_nothing_is_wanted_are_looked_at_as_long_as_they_were_pulsed():
    store = pair("rram", [])
    first = np.clip(store.weights, *store.range)
    memory = {"layer1/wanted": first.copy(), "layer1/seen": first.copy()}
    writer = Writer(store, rule_named("closed_loop", 1.0, 1), memory)
    nothing = Outer(np.zeros((1, SHAPE[0])), np.zeros((1, SHAPE[1])))
    memory["layer1/wanted"][3] += 20 * store.step
    counts = []
    for call in range(60):
        writer.want(nothing, 1.0, call)
        written, _ = closed(writer, call)
        counts.append(written.pulses)
    assert counts[0] >= 2 * SHAPE[1]
    # Twenty steps at a pulse a time, then the noise of the pulses alone.
    off = (memory["layer1/wanted"] - store.weights)[3]
    assert np.abs(off).mean() < 10 * store.step
    other = np.delete(np.arange(SHAPE[0]), 3)
    np.testing.assert_array_equal(memory["layer1/seen"][other], first[other])
    np.testing.assert_array_equal(memory["layer1/wanted"][other], first[other])


def test_single_precision_keeps_lines_and_weights_with_their_cells():
    """Forty updates: line sums stay those of the cells, weights those of a fresh look, states near the double ones."""
    store, double = pair("rram", [], single=True), pair("rram", [])
    rule = rule_named("closed_loop", 4.0, 1)
    memory, other = start(store), start(double)
    writer, there = Writer(store, rule, memory), Writer(double, rule, other)
    assert memory["layer1/wanted"].dtype == np.float32
    assert store.plus.hidden.dtype == store.plus.g.dtype == np.float32
    total = np.zeros(2)
    for call in range(40):
        for k, one in enumerate((writer, there)):
            one.want(gradient(call), 0.3, call)
            total[k] += closed(one, call)[0].joules
    for array in store.halves.values():
        np.testing.assert_allclose(array.row_g, array.g.sum(axis=1, dtype=np.float64), rtol=1e-11)
        np.testing.assert_allclose(array.column_g, array.g.sum(axis=0, dtype=np.float64), rtol=1e-11)
    kept, variances = store.weights.copy(), store.noise_variance().copy()
    store.refresh()
    np.testing.assert_array_equal(store.weights, kept)
    np.testing.assert_array_equal(store.noise_variance(), variances)
    assert total[0] == pytest.approx(total[1], rel=0.02)
    assert np.mean(np.abs(store.weights - double.weights) < 1e-5) > 0.5
