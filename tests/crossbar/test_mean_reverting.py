"""Write noise that has a memory: engine against NumPy, structure function in closed form, kept and resumed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analogep import DeviceCard
from analogep.budget import pulses
from analogep.crossbar.array import Array
from analogep.device.write_noise import MeanReverting
from analogep.draws import key_of
from analogep.errors import CardError
from analogep.streams import Streams
from tests.test_draws import bits, twin

WHITE, SIGMA, LENGTH = 0.02, 0.03, 10.7
NOISE = (
    f"variation.write_noise={{sigma: {100 * WHITE} %, mean_reverting: {{sigma: {100 * SIGMA} %, length: {LENGTH}}}}}"
)


def made(shape: tuple[int, int], *settings: str, single: bool = False) -> Array:
    return Array(DeviceCard.load("ideal", [NOISE, *settings]), shape, Streams(0), "a", single=single)


def apparent(array: Array) -> np.ndarray:
    """What cells show less what the law says [window]."""
    window = array.device.conductance
    return (array.g - window.min) / window.span - array.hidden


@pytest.mark.parametrize("share", [0.1, 1.0])
def test_the_engine_is_the_numpy_reference_cell_by_cell(share: float) -> None:
    """Rows of few pulses and of many; deviates in single precision. Cells without pulses keep all they have."""
    array, rng, operation = made((5, 21)), np.random.default_rng(2), Streams(1)
    part = array.device.variation.write_noise.mean_reverting
    memory = np.zeros(array.shape)
    for call in range(4):
        before = array.g.copy()
        counts = (rng.integers(-9, 10, array.shape) * (rng.random(array.shape) < share)).astype(np.int32)
        array.program(counts, operation, 2, call)
        _, key = operation.keys(f"a/pulse/{call}", 2, 2)
        drawn = np.array([twin(bits(int(key_of(key)), cell, 0)) for cell in range(counts.size)]).reshape(
            *counts.shape, 2
        )
        memory = part.after(memory, np.abs(counts), drawn[..., 1])
        np.testing.assert_allclose(array.memory, memory, rtol=0, atol=1e-7)
        moved = counts != 0
        expected = np.clip(array.hidden + WHITE * drawn[..., 0] + memory, 0.0, 1.0) - array.hidden
        np.testing.assert_allclose(apparent(array)[moved], expected[moved], rtol=0, atol=1e-7)
        np.testing.assert_array_equal(array.g[~moved], before[~moved])


def test_its_structure_function_is_the_closed_form() -> None:
    """D(k) of 40,000 cells after pulses one by one and three at a time, within four standard errors D sqrt(2/N)."""
    array = made((200, 200))
    ones = np.ones(array.shape, np.int32)
    array.program(300 * ones, Streams(1), 0, 0)
    first, gone = apparent(array), 0
    white, reverting = 2.0 * WHITE**2, 2.0 * SIGMA**2
    assert abs(first.var() - 0.5 * (white + reverting)) < 4.0 * 0.5 * (white + reverting) * math.sqrt(2.0 / first.size)
    for call, n in enumerate((1, 1, 1, 3, 3, 3, 12, 24), start=1):
        array.program(n * ones * (-1) ** call, Streams(1), 0, call)
        gone += n
        expected = white + reverting * -math.expm1(-gone / LENGTH)
        found = np.mean((apparent(array) - first) ** 2)
        assert abs(found - expected) < 4.0 * expected * math.sqrt(2.0 / first.size), gone


def test_n_pulses_at_once_scatter_as_n_pulses() -> None:
    """The closed form against its own recursion: the same share of the past, the same variance."""
    part = MeanReverting(sigma=0.05, length=3.0)
    past, fresh, one = 1.0, 0.0, np.ones(1)
    for n in range(1, 8):
        share, sd = float(part.after(one, one, 0 * one)[0]), float(part.after(0 * one, one, one)[0])
        past, fresh = share * past, math.hypot(share * fresh, sd)
        assert float(part.after(one, n * one, 0 * one)[0]) == pytest.approx(past, rel=1e-12)
        assert float(part.after(0 * one, n * one, one)[0]) == pytest.approx(fresh, rel=1e-12)
    np.testing.assert_array_equal(part.after(0.02 * one, 0 * one, one), 0.02 * one)


@pytest.mark.parametrize("single", [False, True])
def test_memory_is_saved_and_a_restored_array_goes_on_alike(single: bool) -> None:
    one, other, counts = made((4, 9), single=single), made((4, 9), single=single), np.full((4, 9), 2, np.int32)
    one.program(counts, Streams(1), 0, 0)
    other.restore({name: values.copy() for name, values in one.state().items()})
    assert one.state()["memory"].dtype == one.hidden.dtype
    aged = one.aged(1.0)
    for array in (one, other):
        array.program(counts, Streams(1), 0, 1)
    np.testing.assert_array_equal(one.g, other.g)
    np.testing.assert_array_equal(one.memory, other.memory)
    assert not np.array_equal(aged.memory, one.memory)
    one.place(np.full(one.shape, 0.5))
    assert not one.memory.any()
    assert "memory" not in Array(DeviceCard.load("ideal"), (2, 2), Streams(0), "b").state()


def test_without_a_memory_all_numbers_are_as_before_and_budgets_take_it_away() -> None:
    plain = DeviceCard.load("ideal", [f"variation.write_noise={{sigma: {100 * WHITE} %}}"])
    array, both = Array(plain, (6, 6), Streams(0), "a"), made((6, 6))
    for each in (array, both):
        each.program(np.full((6, 6), 3, np.int32), Streams(1), 0, 0)
    np.testing.assert_allclose(apparent(both) - both.memory, apparent(array), rtol=0, atol=1e-7)
    quiet = DeviceCard.load("ideal", [NOISE, *pulses.silent(both.device)])
    assert quiet.variation.write_noise.deviation == 0.0
    assert both.device.variation.write_noise.deviation == pytest.approx(math.hypot(WHITE, SIGMA))
    with pytest.raises(CardError, match=r"mean_reverting.length: must be at least 0.01, got 0"):
        DeviceCard.load("ideal", [NOISE, "variation.write_noise.mean_reverting.length=0"])
