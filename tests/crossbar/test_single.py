"""Single conductances as weights: the map, its origin, reads, writes, wear and age."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analogep.crossbar import Single
from analogep.device import DeviceCard
from analogep.streams import Streams

IDEAL, RRAM = DeviceCard.load("ideal"), DeviceCard.load("rram")
LOW, MIDDLE, SPAN = 1e-6, 5.5e-6, 9e-6
"""Nominal window of both cards, 1 to 10 uS."""
ORIGINS = [("", LOW), ("plus", MIDDLE), ("minus", MIDDLE)]


def single(device: DeviceCard = IDEAL, shape: tuple[int, int] = (6, 8), half: str = "", seed: int = 0) -> Single:
    return Single(device, shape, 0.5, Streams(seed), "layer1", 0, half)


def counts(shape: tuple[int, int], seed: int = 0, most: int = 200) -> np.ndarray:
    return np.random.default_rng(seed).integers(-most, most + 1, shape).astype(np.int32)


@pytest.mark.parametrize("device", [IDEAL, RRAM], ids=["ideal", "rram"])
@pytest.mark.parametrize(("half", "origin"), ORIGINS)
def test_a_weight_is_its_range_times_the_distance_from_the_origin_over_the_nominal_window(
    device: DeviceCard, half: str, origin: float
) -> None:
    """w = range (g - g_0)/(G_max - G_min): from the lower end, or for a half of a pair from the middle."""
    s = single(device, half=half)
    s.program(counts(s.shape), Streams(1), 0, 0)
    assert np.unique(s.array.g).size > 1
    np.testing.assert_allclose(s.weights, 0.5 * (s.array.g - origin) / SPAN, rtol=1e-12, atol=1e-15)
    assert s.scale == pytest.approx(0.5 / SPAN, rel=1e-12)


@pytest.mark.parametrize(("half", "low", "high"), [("", 0.0, 0.5), ("plus", -0.25, 0.25), ("minus", -0.25, 0.25)])
def test_the_range_is_what_the_ends_of_the_window_weigh(half: str, low: float, high: float) -> None:
    s = single(half=half)
    np.testing.assert_allclose(s.range, (low, high), atol=1e-15)
    for sign, end in ((-1, low), (1, high)):
        s.program(np.full(s.shape, sign * 20_000, np.int32), Streams(1), 0, sign)
        np.testing.assert_allclose(s.weights, end, atol=1e-12)


@pytest.mark.parametrize("half", ["", "plus", "minus"])
def test_a_pulse_up_raises_the_conductance_by_a_step_and_a_pulse_down_lowers_it(half: str) -> None:
    """Step 1e-4 of the window, range 0.5: 0.5e-4 a pulse, in the negative half of a pair as well."""
    s, n = single(half=half), counts((6, 8))
    before = s.weights.copy()
    written = s.program(n, Streams(1), 0, 0)
    assert s.step == pytest.approx(0.5e-4)
    np.testing.assert_allclose(s.weights - before, 0.5e-4 * n, atol=1e-12)
    assert written.pulses == np.abs(n).sum()
    assert written.joules > 0.0
    np.testing.assert_allclose(s.array.row_g, s.array.g.sum(axis=1), rtol=1e-12)
    np.testing.assert_allclose(s.array.column_g, s.array.g.sum(axis=0), rtol=1e-12)


def test_the_two_halves_of_a_layer_and_one_array_alone_have_names_and_spreads_of_their_own() -> None:
    arrays = [single(RRAM, half=half) for half, _ in ORIGINS]
    assert [s.name for s in arrays] == ["layer1", "layer1/plus", "layer1/minus"]
    assert [list(s.halves) for s in arrays] == [[""], ["plus"], ["minus"]]
    assert len({s.array.name for s in arrays}) == 3
    for k, one in enumerate(arrays):
        assert all(np.all(one.array.g_max != other.array.g_max) for other in arrays[k + 1 :])
    np.testing.assert_array_equal(single(RRAM).array.g_max, arrays[0].array.g_max)
    assert np.all(single(RRAM, seed=1).array.g_max != arrays[0].array.g_max)


def test_the_cells_are_counted_once() -> None:
    assert single(shape=(6, 8)).devices == 48


def test_reads_come_in_the_order_of_where_and_leave_the_cells_alone() -> None:
    s = single()
    s.program(counts(s.shape), Streams(1), 0, 0)
    where = np.random.default_rng(3).random(s.shape) < 0.4
    before = s.array.g.copy()
    np.testing.assert_allclose(s.read(where, 0.0, np.random.default_rng(0)), s.weights[where], atol=1e-15)
    assert s.read(np.zeros(s.shape, bool), 0.1, np.random.default_rng(0)).shape == (0,)
    np.testing.assert_array_equal(s.array.g, before)


@pytest.mark.parametrize(("half", "origin"), ORIGINS)
def test_a_cell_is_read_as_its_nearest_code(half: str, origin: float) -> None:
    """Codes 0.9 uS apart: 5.39 uS reads as 5.4 uS."""
    s = single(shape=(1, 1), half=half)
    s.array.g[...] = 5.39e-6
    seen = s.read(np.ones((1, 1), bool), 0.1, np.random.default_rng(0))
    assert seen[0] == pytest.approx(0.5 * (5.4e-6 - origin) / SPAN, rel=1e-9, abs=1e-12)


def test_noise_of_a_read_is_that_of_one_cell() -> None:
    """RRAM, 1.5 % of the conductance: normalised reads have mean 0, variance 1 within 4 standard errors of 1.2e5."""
    s = single(RRAM, (300, 400))
    s.program(counts(s.shape, most=20), Streams(1), 0, 0)
    seen = s.read(np.ones(s.shape, bool), 0.0, np.random.default_rng(2)).reshape(s.shape)
    z = (seen - s.weights) / (0.5 / SPAN * 0.015 * s.array.g)
    assert abs(z.mean()) < 4.0 / math.sqrt(z.size)
    assert abs(z.var() - 1.0) < 4.0 * math.sqrt(2.0 / z.size)


@pytest.mark.parametrize(("iv", "drive"), [("{kind: linear}", 0.1), ("{kind: sinh, v0: 0.05 V}", 0.05 * math.sinh(2))])
def test_a_verify_read_takes_v_i_t_once(iv: str, drive: float) -> None:
    """V i(V) G t at the card's read voltage 0.1 V and width 5 ns, two cells in the middle of the window."""
    s = single(DeviceCard.load("ideal", [] if "linear" in iv else [f"read.iv={iv}"]))
    s.array.g[...] = MIDDLE
    where = np.zeros(s.shape, bool)
    where[1, 2:4] = True
    assert s.read_joules(where) == pytest.approx(0.1 * drive * 5e-9 * 2 * MIDDLE, rel=1e-12)


@pytest.mark.parametrize("half", ["", "plus"])
def test_write_and_verify_brings_ideal_cells_within_one_step_of_any_target_in_range(half: str) -> None:
    s = single(half=half, shape=(20, 30))
    target = np.random.default_rng(5).uniform(*s.range, s.shape)
    written = s.write(target, Streams(1), np.random.default_rng(6), 0.0)
    assert np.abs(s.weights - target).max() <= s.step
    assert written.pulses > 0.0
    assert written.reads == 2 * s.weights.size
    assert written.read_joules > 0.0


def test_write_and_verify_of_noisy_cells_ends_near_the_target() -> None:
    """RRAM, 8-bit reads, eight chips: half of the cells end within 8 % of the range."""
    for seed in range(8):
        s = single(RRAM, (40, 50), seed=seed)
        target = np.random.default_rng(5).uniform(0.05, 0.45, s.shape)
        s.write(target, Streams(seed + 1), np.random.default_rng(6), 1.0 / 255.0)
        assert np.median(np.abs(s.weights - target)) < 0.08 * 0.5


def test_targets_that_are_met_already_take_reads_and_no_pulses() -> None:
    s = single()
    written = s.write(s.weights.copy(), Streams(1), np.random.default_rng(6), 0.0)
    assert (written.pulses, written.joules, written.reads) == (0.0, 0.0, s.weights.size)


def test_cells_left_out_of_a_write_stay_where_they_are() -> None:
    s = single()
    where = np.zeros(s.shape, bool)
    where[2] = True
    before = s.array.g.copy()
    s.write(np.full(s.shape, 0.4), Streams(1), np.random.default_rng(6), 0.0, where=where)
    np.testing.assert_allclose(s.weights[2], 0.4, atol=s.step)
    np.testing.assert_array_equal(np.delete(s.array.g, 2, axis=0), np.delete(before, 2, axis=0))


def test_cells_that_had_more_pulses_than_the_endurance_are_worn() -> None:
    s = single(DeviceCard.load("ideal", ["endurance={pulses: 3}"]), (2, 3))
    assert s.worn == 0
    s.program(np.array([[3, -4, 0], [2, 2, -2]], np.int32), Streams(1), 0, 0)
    assert s.worn == 1
    s.program(np.array([[0, 0, 9], [1, 2, -1]], np.int32), Streams(1), 0, 1)
    assert s.worn == 3


def test_an_old_array_drifts_and_the_new_one_stays() -> None:
    """g (1 + t/t0)^-nu from the card's power law: with nu 0.1 and t0 1 s, 0.501 of it is left after 999 s."""
    s = single(DeviceCard.load("ideal", ["retention={kind: power_law, t0: 1 s, nu_offset: 0.1}"]))
    s.program(counts(s.shape), Streams(1), 0, 0)
    before = s.array.g.copy()
    later = s.aged(999.0)
    np.testing.assert_allclose(later.array.g, before * 1000.0**-0.1, rtol=1e-12)
    np.testing.assert_allclose(later.weights, 0.5 * (later.array.g - LOW) / SPAN, rtol=1e-12)
    assert (later.elapsed, s.elapsed) == (999.0, None)
    np.testing.assert_array_equal(s.array.g, before)
