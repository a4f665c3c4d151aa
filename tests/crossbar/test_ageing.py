"""Arrays that age, heat up, wear out, and stand open."""

from __future__ import annotations

import numpy as np
import pytest

from analogep.crossbar import Array, Pair
from analogep.device import DeviceCard
from analogep.streams import Streams

DRIFT = "retention={kind: power_law, t0: 20 s, nu_offset: 0.05, nu_sigma_offset: 0.02}"
EVEN = "retention={kind: power_law, t0: 20 s, nu_offset: 0.05}"
TIMES = (60.0, 86400.0, 3e8)


def array(settings: list[str], shape: tuple[int, int] = (50, 60), card: str = "ideal") -> Array:
    return Array(DeviceCard.load(card, settings), shape, Streams(3), "a")


def test_an_aged_array_is_a_copy_and_the_original_stays() -> None:
    young = array([EVEN])
    before = young.g.copy()
    old = young.aged(86400.0)
    np.testing.assert_array_equal(young.g, before)
    assert np.all(old.g < before)
    np.testing.assert_allclose(old.row_g, old.g.sum(axis=1), rtol=1e-12)
    np.testing.assert_allclose(old.column_g, old.g.sum(axis=0), rtol=1e-12)


def test_each_cell_drifts_by_an_exponent_of_its_own_that_holds_for_all_times() -> None:
    """nu of a cell from two ages is the same; over cells it has the mean and spread of the card (4 standard errors)."""
    young = array([DRIFT], (200, 300))
    exponents = [-np.log(young.aged(t).g / young.g) / np.log1p(t / 20.0) for t in TIMES]
    for nu in exponents[1:]:
        np.testing.assert_allclose(nu, exponents[0], rtol=1e-9)
    size = young.g.size
    assert abs(exponents[0].mean() - 0.05) < 4.0 * 0.02 / np.sqrt(size)
    assert abs(exponents[0].std() - 0.02) < 4.0 * 0.02 / np.sqrt(2.0 * size)


def test_ageing_is_reproduced_by_the_seed_of_fabrication() -> None:
    first, second = array([DRIFT]), array([DRIFT])
    np.testing.assert_array_equal(first.aged(60.0).g, second.aged(60.0).g)


def test_a_card_without_retention_keeps_its_conductances() -> None:
    young = array([])
    np.testing.assert_array_equal(young.aged(1e9).g, young.g)


def test_heat_ages_faster_by_the_factor_of_the_card() -> None:
    heat = "temperature={kind: arrhenius, reference: 300 K, operating: 358 K, retention: 0.5 eV}"
    cold, hot = array([DRIFT]), array([DRIFT, heat])
    factor = hot.device.temperature.acceleration()  # type: ignore[union-attr]
    assert factor > 10.0
    np.testing.assert_allclose(hot.aged(60.0).g, cold.aged(60.0 * factor).g, rtol=1e-12)


def test_heat_moves_the_ends_of_the_windows() -> None:
    heat = "temperature={kind: arrhenius, reference: 300 K, operating: 350 K, conductance_min: 0.1 eV}"
    cold, hot = array([]), array([heat])
    factor = hot.device.temperature.window()[0]  # type: ignore[union-attr]
    np.testing.assert_allclose(hot.g_min, factor * cold.g_min)
    np.testing.assert_allclose(hot.g_max, cold.g_max)
    np.testing.assert_allclose(hot.g, 0.5 * (hot.g_min + hot.g_max))


def test_an_aged_pair_has_the_weights_of_its_aged_halves() -> None:
    pair = Pair(DeviceCard.load("ideal", [EVEN]), (6, 8), 0.5, True, Streams(0), "layer1")
    pair.program(np.random.default_rng(0).integers(-900, 900, (6, 8)).astype(np.int32), Streams(1), 0, 0)
    weights = pair.weights.copy()
    old = pair.aged(1e6)
    np.testing.assert_array_equal(pair.weights, weights)
    np.testing.assert_allclose(old.weights, (old.plus.g - old.minus.g) * old.scale, rtol=1e-12)
    np.testing.assert_allclose(old.weights, weights * (1.0 + 1e6 / 20.0) ** -0.05, rtol=1e-9)


def test_the_noise_of_an_old_pcm_cell_is_larger() -> None:
    pair = Pair(DeviceCard.load("pcm"), (6, 8), 0.5, True, Streams(0), "layer1")
    young, old = pair.noise_variance(), pair.aged(1e6).noise_variance()
    assert young is not None
    assert old is not None
    assert np.all(old / pair.aged(1e6).plus.g.mean() ** 2 > 0.0)
    noise = pair.device.read.noise
    g = np.array([10e-6])
    assert noise.variance(g, 25e-6, 1e6)[0] > noise.variance(g, 25e-6)[0]


def test_pulses_are_counted_against_the_endurance() -> None:
    cells = array(["endurance={pulses: 5}"], (2, 3))
    cells.program(np.array([[3, -4, 0], [1, 6, -5]], np.int32), Streams(0), 0, 0)
    np.testing.assert_array_equal(cells.cycles, [[3, 4, 0], [1, 6, 5]])
    assert cells.worn == 1
    cells.program(np.array([[3, 1, 0], [0, 0, 1]], np.int32), Streams(0), 0, 1)
    assert cells.worn == 3
    assert array([], (2, 3)).worn == 0


def test_open_cells_conduct_nothing_and_take_no_joules() -> None:
    cells = array(["faults.dead=100 %"], (4, 5))
    np.testing.assert_array_equal(cells.g, 0.0)
    written = cells.program(np.full((4, 5), 7, np.int32), Streams(0), 0, 0)
    np.testing.assert_array_equal(cells.g, 0.0)
    assert written.pulses == 140
    assert written.joules == 0.0


def test_a_share_of_the_cells_is_open() -> None:
    """Within 4 standard errors of 1e5 cells."""
    cells = array(["faults.dead=10 %"], (250, 400))
    assert abs(np.mean(cells.g == 0.0) - 0.1) < 4.0 * np.sqrt(0.09 / 1e5)
    assert not cells.responds[cells.g == 0.0].any()


@pytest.mark.parametrize("steps", ["relative", "absolute"])
def test_absolute_steps_are_the_same_in_siemens_whatever_the_window(steps: str) -> None:
    cells = array(["variation.device_to_device.max=20 %", f"variation.device_to_device.steps={steps}"], (20, 30))
    before = cells.g.copy()
    cells.program(np.full((20, 30), 10, np.int32), Streams(0), 0, 0)
    change = cells.g - before
    nominal = 10 * 1e-4 * 9e-6
    expected = np.full_like(change, nominal) if steps == "absolute" else 10 * 1e-4 * (cells.g_max - cells.g_min)
    np.testing.assert_allclose(change, expected, rtol=1e-9)
