"""Crossbars: windows, faults, seeds, and joules against loops over slots."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analogep.crossbar import Array, Written
from analogep.device import DeviceCard
from analogep.streams import Streams

DEVICES = {name: DeviceCard.load(name) for name in ("ecram", "ideal", "rram")}
DEVICES["noisy"] = DeviceCard.load(
    "rram",
    [
        "variation.cycle_to_cycle={kind: step, sigma: 300 %}",
        "variation.write_noise={sigma: 20 %}",
        "faults.stuck_min=10 %",
        "faults.stuck_max=10 %",
        "faults.stuck_random=10 %",
        "conductance.levels=7",
    ],
)
STRONG = DeviceCard.load(
    "ideal",
    [
        "energy={write: ohmic, half_select: 50 %}",
        "programming={model: soft_bounds, up: {step: 20 %, amplitude: 2 V, width: 10 ns}, "
        "down: {step: 10 %, amplitude: -3 V, width: 20 ns}}",
        "variation.device_to_device.max=10 %",
        "variation.device_to_device.min=10 %",
    ],
)
"""Large steps, unequal directions, half-selected cells: nothing cancels."""


def array(device: DeviceCard, shape: tuple[int, int] = (5, 7), seed: int = 0, name: str = "a") -> Array:
    return Array(device, shape, Streams(seed), name)


def random_counts(shape: tuple[int, int], seed: int, most: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).integers(-most, most + 1, shape).astype(np.int32)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.sampled_from(sorted(DEVICES)),
    st.integers(0, 2**32),
    st.lists(st.tuples(st.integers(0, 2**32), st.sampled_from([1, 20, 500])), min_size=1, max_size=4),
)
def test_every_cell_stays_within_its_own_window(name: str, seed: int, trains: list[tuple[int, int]]) -> None:
    cells = array(DEVICES[name], seed=seed)
    for call, (draw, most) in enumerate(trains):
        written = cells.program(random_counts(cells.shape, draw, most), Streams(seed), 0, call)
        slack = 1e-12 * cells.g_max
        assert np.all(cells.g >= cells.g_min - slack)
        assert np.all(cells.g <= cells.g_max + slack)
        assert np.all((cells.hidden >= 0.0) & (cells.hidden <= 1.0))
        assert np.all(cells.g_min < cells.g_max)
        assert written.joules >= 0.0
        assert written.half_select_joules >= 0.0


@pytest.mark.parametrize("name", sorted(DEVICES))
def test_fabrication_is_reproduced_by_its_seed_and_differs_between_seeds_and_arrays(name: str) -> None:
    device = DEVICES[name]
    one, same, other, elsewhere = (array(device, seed=s, name=n) for s, n in ((1, "a"), (1, "a"), (2, "a"), (1, "b")))
    for field in ("g_max", "g_min", "step_up", "step_down", "hidden", "g", "responds"):
        np.testing.assert_array_equal(getattr(one, field), getattr(same, field))
    if name != "ideal":
        assert np.all(one.g_max != other.g_max)
        assert np.all(one.g_max != elsewhere.g_max)


def test_pulses_are_reproduced_by_the_seed_of_operation_and_leave_fabrication_alone() -> None:
    arrays = [array(DEVICES["rram"], seed=1) for _ in range(4)]
    counts = random_counts(arrays[0].shape, 1) | 1
    for cells, (seed, epoch, call) in zip(arrays, ((5, 0, 0), (5, 0, 0), (6, 0, 0), (5, 1, 0)), strict=True):
        cells.program(counts, Streams(seed), epoch, call)
    np.testing.assert_array_equal(arrays[0].hidden, arrays[1].hidden)
    for other in arrays[2:]:
        assert np.all(arrays[0].hidden != other.hidden)
        np.testing.assert_array_equal(arrays[0].g_max, other.g_max)
        np.testing.assert_array_equal(arrays[0].step_up, other.step_up)


def test_cells_are_made_in_the_middle_of_their_own_windows() -> None:
    cells = array(STRONG)
    np.testing.assert_allclose(cells.g, 0.5 * (cells.g_min + cells.g_max), rtol=1e-12)


def test_the_steps_of_both_directions_share_a_factor_and_differ_by_their_asymmetry() -> None:
    """Normal: up f (1 + a), down f (1 - a), so up/f + down/f = 2; log-normal: up f a, down f/a."""
    spread = ["variation.device_to_device.asymmetry=20 %"]
    normal = array(DeviceCard.load("ideal", spread), (50, 50))
    np.testing.assert_allclose(normal.step_up + normal.step_down, 2.0, rtol=1e-12)
    assert normal.step_up.std() == pytest.approx(0.2, rel=0.1)
    skewed = array(DeviceCard.load("ideal", [*spread, "variation.device_to_device.distribution=lognormal"]), (50, 50))
    np.testing.assert_allclose(skewed.step_up * skewed.step_down, 1.0, rtol=1e-12)


def test_faults_strike_the_stated_share_of_cells() -> None:
    """Within 4 standard errors of 1e5 cells."""
    shares = {"stuck_min": 0.1, "stuck_max": 0.05, "stuck_random": 0.2}
    device = DeviceCard.load("ideal", [f"faults.{key}={100 * share} %" for key, share in shares.items()])
    cells = array(device, (250, 400))
    stuck = ~cells.responds
    found = {
        "stuck_min": np.mean(cells.hidden == 0.0),
        "stuck_max": np.mean(cells.hidden == 1.0),
        "stuck_random": np.mean(stuck & (cells.hidden > 0.0) & (cells.hidden < 1.0)),
    }
    for key, share in shares.items():
        assert abs(found[key] - share) < 4.0 * np.sqrt(share * (1.0 - share) / cells.g.size)
    assert abs(cells.hidden[stuck & (cells.hidden > 0) & (cells.hidden < 1)].mean() - 0.5) < 0.01
    np.testing.assert_array_equal(cells.hidden[cells.responds], 0.5)


def test_stuck_cells_take_joules_and_do_not_move() -> None:
    device = DeviceCard.load("ideal", ["faults.stuck_random=100 %"])
    cells = array(device)
    before = cells.g.copy()
    written = cells.program(np.full(cells.shape, 3, np.int32), Streams(0), 0, 0)
    np.testing.assert_array_equal(cells.g, before)
    assert written.pulses == 3 * before.size
    assert written.joules == pytest.approx(3 * before.sum() * 1.0**2 * 1e-9)


def test_programming_joules_are_n_v2_g_t_at_the_mean_of_before_and_after() -> None:
    cells, counts = array(STRONG), random_counts((5, 7), 3)
    before = cells.g.copy()
    written = cells.program(counts, Streams(0), 0, 0)
    mean = 0.5 * (before + cells.g)
    by_hand = 0.0
    for i, j in np.ndindex(*cells.shape):
        volts, seconds = (2.0, 10e-9) if counts[i, j] > 0 else (-3.0, 20e-9)
        by_hand += abs(int(counts[i, j])) * volts**2 * mean[i, j] * seconds
    assert written.joules == pytest.approx(by_hand, rel=1e-12)
    assert written.pulses == np.abs(counts).sum()


def half_select_by_slots(g: np.ndarray, counts: np.ndarray, share: float, volts: float, seconds: float) -> float:
    """Rows one after another; in slot s of a row its cells with n > s are pulsed, the rest of the row and the rest of
    the pulsed columns see share V. `counts` holds the pulses of one direction; `g` is before the write."""
    joules = 0.0
    for i in range(g.shape[0]):
        for slot in range(int(counts[i].max(initial=0))):
            pulsed = counts[i] > slot
            for k, j in np.ndindex(*g.shape):
                if (k == i) != pulsed[j]:
                    joules += (share * volts) ** 2 * g[k, j] * seconds
    return joules


@pytest.mark.parametrize("seed", range(4))
def test_half_select_joules_are_those_of_a_loop_over_rows_and_slots(seed: int) -> None:
    cells, counts = array(STRONG, seed=seed), random_counts((5, 7), seed)
    before = cells.g.copy()
    written = cells.program(counts, Streams(0), 0, 0)
    up, down = np.maximum(counts, 0), np.maximum(-counts, 0)
    by_hand = half_select_by_slots(before, up, 0.5, 2.0, 10e-9) + half_select_by_slots(before, down, 0.5, -3.0, 20e-9)
    assert written.half_select_joules == pytest.approx(by_hand, rel=1e-12)


@pytest.mark.parametrize("counts", [5, -5])
def test_a_cell_alone_has_nothing_half_selected_beside_it(counts: int) -> None:
    cells = array(STRONG, (1, 1))
    written = cells.program(np.full((1, 1), counts, np.int32), Streams(0), 0, 0)
    assert written.joules > 0.0
    assert written.half_select_joules == pytest.approx(0.0, abs=1e-12 * written.joules)


def test_a_whole_row_at_once_half_selects_the_other_rows_only() -> None:
    cells = array(STRONG, (3, 4))
    before, counts = cells.g.copy(), np.zeros((3, 4), np.int32)
    counts[1] = 2
    written = cells.program(counts, Streams(0), 0, 0)
    others = before[0].sum() + before[2].sum()
    assert written.half_select_joules == pytest.approx(2 * 1.0**2 * others * 10e-9, rel=1e-12)


@pytest.mark.parametrize("name", ["ecram", "ideal"])
def test_arrays_with_selectors_or_gates_have_no_half_selected_joules(name: str) -> None:
    cells = array(DEVICES[name])
    assert cells.program(random_counts(cells.shape, 1), Streams(0), 0, 0).half_select_joules == 0.0


def test_line_edges_are_v2_times_the_cells_on_the_pulsed_lines() -> None:
    """A row's line once in each of its slots, a column's line at each of its pulses."""
    cells = array(STRONG, (2, 3))
    counts = np.array([[3, -1, 2], [0, -4, -2]], np.int32)
    written = cells.program(counts, Streams(0), 0, 0)
    up, down = 2.0**2 * (3 * 3 + 5 * 2), 3.0**2 * ((1 + 4) * 3 + 7 * 2)
    assert written.line_edges == pytest.approx(up + down)


def test_no_pulses_cost_nothing_and_change_nothing() -> None:
    cells = array(DEVICES["rram"])
    before = cells.g.copy()
    assert cells.program(np.zeros(cells.shape, np.int32), Streams(0), 0, 0) == Written()
    np.testing.assert_array_equal(cells.g, before)


def test_what_two_calls_wrote_adds_up() -> None:
    assert Written(1.0, 2.0, 3.0, 4.0) + Written(1.0, 1.0, 1.0, 1.0) == Written(2.0, 3.0, 4.0, 5.0)


def test_shown_conductances_stand_on_the_levels_of_the_card() -> None:
    cells = array(DEVICES["rram"], (20, 30))
    for call in range(3):
        cells.program(random_counts(cells.shape, call), Streams(0), 0, call)
        level = (cells.g - cells.g_min) / (cells.g_max - cells.g_min) * 127
        np.testing.assert_allclose(level, np.rint(level), atol=1e-9)


def test_a_saturated_cell_stands_at_its_bound_and_not_one_rounding_above_it() -> None:
    """g_min + (g_max - g_min) rounds to just above g_max in a few of a hundred windows."""
    array = Array(DeviceCard.load("rram"), (64, 64), Streams(5), "layer1/plus")
    array.hidden[:] = 1.0
    array.program(np.full((64, 64), 500, dtype=np.int32), Streams(0), 0, 0)
    assert (array.g <= array.g_max).all()
    assert (array.g == array.g_max).any()


@pytest.mark.parametrize("shape", [(1, 9), (9, 1), (1, 1)])
def test_cells_of_a_single_row_or_column_have_windows_of_their_own(shape: tuple[int, int]) -> None:
    cells = array(DeviceCard.load("rram", ["variation.cycle_to_cycle={kind: none}"]), shape)
    cells.program(np.full(shape, 400, np.int32), Streams(0), 0, 0)
    np.testing.assert_array_less(0.9 * cells.g_max, cells.g)
    assert np.all(cells.g <= cells.g_max)
