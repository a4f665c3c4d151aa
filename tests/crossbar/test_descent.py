"""Plain pairs descend in one pass to where rounding, pulses and weighing take them one after the other."""

import numpy as np
import pytest

from analogep.crossbar import Pair
from analogep.crossbar.written import Written, together
from analogep.device import DeviceCard
from analogep.draws import rounded
from analogep.streams import Streams

SHAPE = (230, 70)
SETTINGS = {
    "as shipped": [],
    "unequal steps": ["programming.up.step=0.5 %", "programming.down.step=0.3 %"],
    "coarse steps that reach the bounds": ["programming.up.step=20 %", "programming.down.step=20 %"],
    "half-selected cells": ["energy.half_select=50 %"],
}
MOST = 6.0


def pair(settings: list[str], *, single: bool = False, shape: tuple[int, int] = SHAPE) -> Pair:
    made = Pair(DeviceCard.load("ideal", settings), shape, 0.5, True, Streams(1), "layer1", single=single)
    assert made.plain
    return made


def descended(made: Pair, *given: object) -> Written:
    return together([made.descent(*given)])[0]


def factors(call: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(call)
    lines = rng.random((12, SHAPE[0])) * (rng.random((12, SHAPE[0])) < 0.2)
    lines[:, rng.random(SHAPE[0]) < 0.3] = 0.0
    return lines, rng.standard_normal((12, SHAPE[1])) * 4.0


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("dense", [False, True], ids=["outer product", "gradient"])
def test_one_pass_and_three_agree(settings, dense):
    """Pulses exactly; states, weights, lines and joules to rounding."""
    one, other = pair(settings), pair(settings)
    for call in range(4):
        lines, change = factors(call)
        z = lines.T @ change
        written = descended(one, None, z, 77 + call, MOST) if dense else descended(one, lines, change, 77 + call, MOST)
        expected = other.program(rounded(z, 77 + call, int(MOST)), Streams(3), 0, call)
        assert (written.pulses, written.line_edges) == (expected.pulses, expected.line_edges)
        assert written.pulses > 1000
        assert written.joules == pytest.approx(expected.joules, rel=1e-12)
        assert written.half_select_joules == pytest.approx(expected.half_select_joules, rel=1e-10)
    np.testing.assert_allclose(one.weights, other.weights, rtol=0, atol=1e-15)
    for half in ("plus", "minus"):
        mine, its = one.halves[half], other.halves[half]
        np.testing.assert_allclose(mine.hidden, its.hidden, rtol=0, atol=1e-15)
        np.testing.assert_allclose(mine.g, its.g, rtol=1e-14)
        np.testing.assert_allclose(mine.row_g, mine.g.sum(axis=1), rtol=1e-12)
        np.testing.assert_allclose(mine.column_g, mine.g.sum(axis=0), rtol=1e-12)


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_single_precision_is_close(settings):
    """A pulse more or less where z + u is within rounding of a whole number: fewer than one in 10^4 here."""
    one, other = pair(settings, single=True), pair(settings)
    assert one.weights.dtype == one.plus.hidden.dtype == np.float32
    step, off = other.step, 0
    for call in range(4):
        lines, change = factors(call)
        made = [descended(each, lines, change, 5 + call, MOST) for each in (one, other)]
        off = np.count_nonzero(np.abs(one.weights - other.weights) > 0.5 * step)
        assert made[0].joules == pytest.approx(made[1].joules, rel=1e-4)
        np.testing.assert_allclose(one.plus.row_g, one.plus.g.sum(axis=1), rtol=1e-5)
        np.testing.assert_allclose(one.minus.column_g, one.minus.g.sum(axis=0), rtol=1e-5)
    assert off <= 1e-4 * one.weights.size
    agree = np.abs(one.weights - other.weights) < 0.5 * step
    np.testing.assert_allclose(one.weights[agree], other.weights[agree], rtol=0, atol=1e-6)


@pytest.mark.parametrize("single", [False, True])
def test_the_mean_of_many_roundings_is_the_wanted_change(single):
    """Within five standard errors of 20,000 pairs, sd of a rounding at most 1/2, for changes far below one pulse."""
    made = pair([], single=single, shape=(200, 100))
    before = made.weights.astype(np.float64)
    for z in (0.03, -0.4):
        start = made.weights.astype(np.float64)
        descended(made, None, np.full((200, 100), z), 11 + int(z < 0), MOST)
        mean = float((made.weights - start).mean()) / made.step
        assert abs(mean - z) < 5 * np.sqrt(abs(z) * (1 - abs(z)) / 20_000) + 1e-6
    assert not np.array_equal(before, made.weights)


@pytest.mark.parametrize("single", [False, True])
def test_weights_are_those_that_the_conductances_give(single):
    """To the last bit, or a resumed run would go elsewhere."""
    made = pair(SETTINGS["coarse steps that reach the bounds"], single=single)
    descended(made, *factors(0), 3, MOST)
    kept = made.weights.copy()
    made.refresh()
    np.testing.assert_array_equal(made.weights, kept)


@pytest.mark.parametrize("single", [False, True])
def test_one_and_two_threads_descend_alike(monkeypatch, single):
    monkeypatch.setattr("analogep.crossbar.threads.LEAST_CELLS", 1)
    monkeypatch.setattr("analogep.crossbar.pair._DESCENT", 40 * SHAPE[1])
    found = []
    for count in ("1", "2"):
        monkeypatch.setenv("ANALOGEP_THREADS", count)
        made = pair([], single=single)
        written = [descended(made, *factors(call), call, MOST) for call in range(3)]
        found.append((made.weights, made.plus.row_g, made.minus.column_g, np.array([one.joules for one in written])))
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)
