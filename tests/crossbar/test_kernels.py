"""Compiled pulses against a plain NumPy twin, and the normal deviates that they draw."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from analogep.crossbar.kernels import normal, program_cells

MASK = (1 << 64) - 1
GOLDEN, PULSE = 0x9E3779B97F4A7C15, 0xD1342543DE82EF95
LAWS = {
    "constant": (0.02, 0.0, -0.03, 0.0),
    "saturating": (0.05, -0.05, 0.0, -0.04),
    "accelerating": (0.01, 0.03, -0.05, 0.04),
    "longer than the window": (1.5, -1.5, 0.0, -1.3),
}
NOISES = {
    "none": (0.0, 0.0, 0.0),
    "additive": (0.03, 0.0, 0.0),
    "multiplicative": (0.0, 0.4, 0.0),
    "both": (0.02, 0.3, 0.0),
    "write": (0.0, 0.0, 0.05),
    "all": (0.02, 0.3, 0.05),
}


def mix(z: int) -> int:
    """Stafford's variant 13, as in SplitMix64."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def twin_normal(key: int, cell: int, pulse: int) -> float:
    h = mix((key + (cell + 1) * GOLDEN) & MASK)
    h = mix((h + (pulse + 1) * PULSE) & MASK)
    radius = math.sqrt(-2.0 * math.log(((h >> 32) + 1.0) * 2.0**-32))
    return radius * math.cos(2.0 * math.pi * ((h & 0xFFFFFFFF) * 2.0**-32))


def clip(x: float) -> float:
    return min(max(x, 0.0), 1.0)


def twin(cells: dict[str, Any], law: Any, noise: Any, levels: int, key: int, write_key: int) -> dict[str, Any]:
    """What `program_cells` should do, pulse by pulse with a clip after each, in plain Python."""
    hidden, g, counts = cells["hidden"].copy(), cells["g"].copy(), cells["counts"]
    rows, columns = counts.shape
    pulses, mean, start = np.zeros(2), np.zeros(2), np.zeros(2)
    slots, per_column = np.zeros((2, rows), np.int64), np.zeros((2, columns), np.int64)
    for i, j in np.ndindex(rows, columns):
        n, side = abs(int(counts[i, j])), 0 if counts[i, j] > 0 else 1
        if n == 0:
            continue
        before = g[i, j]
        if cells["responds"][i, j]:
            scale = cells["up" if side == 0 else "down"][i, j]
            x, cell = hidden[i, j], i * columns + j
            for pulse in range(n):
                xi = twin_normal(key, cell, pulse) if noise[0] or noise[1] else 0.0
                x = clip(x + scale * (law[2 * side] + law[2 * side + 1] * x) * (1.0 + noise[1] * xi) + noise[0] * xi)
            hidden[i, j] = x
            if noise[2] > 0.0:
                x = clip(x + noise[2] * twin_normal(write_key, cell, 0))
            if levels:
                x = round(x * (levels - 1)) / (levels - 1)
            low, high = cells["g_min"][i, j], cells["g_max"][i, j]
            g[i, j] = low + (high - low) * x
        pulses[side] += n
        mean[side] += n * 0.5 * (before + g[i, j])
        start[side] += n * before
        slots[side, i] = max(slots[side, i], n)
        per_column[side, j] += n
    return {
        "hidden": hidden,
        "g": g,
        "pulses": pulses,
        "mean": mean,
        "start": start,
        "slots": slots,
        "columns": per_column,
    }


def some_cells(shape: tuple[int, int] = (7, 9), most: int = 12) -> dict[str, Any]:
    rng = np.random.default_rng(4)
    g_min, g_max = rng.uniform(0.5e-6, 2e-6, shape), rng.uniform(5e-6, 2e-5, shape)
    hidden = rng.random(shape)
    return {
        "hidden": hidden,
        "g": g_min + (g_max - g_min) * hidden,
        "counts": rng.integers(-most, most + 1, shape).astype(np.int32) * (rng.random(shape) < 0.8).astype(np.int32),
        "g_min": g_min,
        "g_max": g_max,
        "up": rng.uniform(0.5, 1.6, shape),
        "down": rng.uniform(0.5, 1.6, shape),
        "responds": rng.random(shape) > 0.2,
    }


def compiled(cells: dict[str, Any], law: Any, noise: Any, levels: int, key: int, write_key: int) -> dict[str, Any]:
    hidden, g, shape = cells["hidden"].copy(), cells["g"].copy(), cells["counts"].shape
    slots, per_column = np.full((2, shape[0]), 99), np.full((2, shape[1]), 99)
    pulses, mean, start = program_cells(
        hidden, g, cells["counts"], cells["g_min"], cells["g_max"], cells["up"], cells["down"], cells["responds"],
        np.array(law), np.array(noise), levels, np.uint64(key), np.uint64(write_key), slots, per_column,
    )  # fmt: skip
    return {
        "hidden": hidden,
        "g": g,
        "pulses": pulses,
        "mean": mean,
        "start": start,
        "slots": slots,
        "columns": per_column,
    }


@pytest.mark.parametrize("levels", [0, 2, 128])
@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("law", LAWS)
def test_the_kernel_agrees_with_its_plain_twin(law: str, noise: str, levels: int) -> None:
    """Counts exactly, states to 1e-13 (the noise-free path is a closed form), joule sums to rounding."""
    cells, key = some_cells(), 0xFEDCBA9876543210
    ours = compiled(cells, LAWS[law], NOISES[noise], levels, key, 17)
    theirs = twin(cells, LAWS[law], NOISES[noise], levels, key, 17)
    for name in ("pulses", "slots", "columns"):
        np.testing.assert_array_equal(ours[name], theirs[name])
    np.testing.assert_allclose(ours["hidden"], theirs["hidden"], rtol=0, atol=1e-13)
    np.testing.assert_allclose(ours["g"], theirs["g"], rtol=1e-12)
    np.testing.assert_allclose(ours["mean"], theirs["mean"], rtol=1e-12)
    np.testing.assert_allclose(ours["start"], theirs["start"], rtol=1e-14)


def test_single_noisy_pulses_agree_with_the_twin_to_rounding() -> None:
    cells = some_cells(most=1)
    ours = compiled(cells, LAWS["saturating"], NOISES["both"], 0, 5, 6)
    theirs = twin(cells, LAWS["saturating"], NOISES["both"], 0, 5, 6)
    np.testing.assert_allclose(ours["hidden"], theirs["hidden"], rtol=0, atol=1e-15)


def test_normal_deviates_agree_with_the_twin_for_any_key() -> None:
    for key in (0, 1, 2**63, 2**64 - 1, 0x123456789ABCDEF0):
        for cell, pulse in ((0, 0), (1, 0), (0, 1), (10**6, 3), (2**40, 10**6)):
            ours = normal(np.uint64(key), cell, pulse)
            assert ours == pytest.approx(twin_normal(key, cell, pulse), rel=1e-14, abs=1e-14)


def test_rows_count_their_longest_train_and_columns_all_their_pulses() -> None:
    cells = some_cells((2, 3))
    cells["counts"] = np.array([[3, -1, 2], [0, -4, -2]], np.int32)
    found = compiled(cells, LAWS["constant"], NOISES["none"], 0, 1, 2)
    np.testing.assert_array_equal(found["slots"], [[3, 0], [1, 4]])
    np.testing.assert_array_equal(found["columns"], [[3, 0, 2], [0, 5, 2]])
    np.testing.assert_array_equal(found["pulses"], [5, 7])


def test_stuck_cells_are_counted_and_do_not_move() -> None:
    cells = some_cells()
    cells["responds"][:] = False
    found = compiled(cells, LAWS["saturating"], NOISES["all"], 16, 1, 2)
    np.testing.assert_array_equal(found["hidden"], cells["hidden"])
    np.testing.assert_array_equal(found["g"], cells["g"])
    assert found["pulses"].sum() == np.abs(cells["counts"]).sum()
    up = np.maximum(cells["counts"], 0)
    assert found["mean"][0] == pytest.approx(float((up * cells["g"]).sum()))


def test_cells_without_pulses_keep_their_state_and_their_write_noise() -> None:
    cells = some_cells()
    cells["g"] = cells["g"] * 1.01
    found = compiled(cells, LAWS["constant"], NOISES["all"], 128, 1, 2)
    idle = cells["counts"] == 0
    np.testing.assert_array_equal(found["hidden"][idle], cells["hidden"][idle])
    np.testing.assert_array_equal(found["g"][idle], cells["g"][idle])


def test_a_pulse_draws_the_same_number_wherever_its_train_is_cut() -> None:
    """The deviate belongs to (key, cell, pulse): three pulses begin as two pulses do."""
    shape = (20, 20)
    two, three = deviates(11, 2, shape), deviates(11, 3, shape)
    np.testing.assert_allclose(three - two, deviates_of_pulse(11, 2, shape), atol=1e-12)


def deviates(key: int, pulses: int, shape: tuple[int, int]) -> np.ndarray:
    """Sum of the deviates of the first pulses of each cell, read off cells that take additive noise alone."""
    sigma, one = 0.02, np.ones(shape)
    hidden = 0.5 * one
    program_cells(
        hidden, hidden.copy(), np.full(shape, pulses, np.int32), 0.0 * one, one, one, one, one.astype(bool),
        np.zeros(4), np.array([sigma, 0.0, 0.0]), 0, np.uint64(key), np.uint64(0),
        np.zeros((2, shape[0]), np.int64), np.zeros((2, shape[1]), np.int64),
    )  # fmt: skip
    return (hidden - 0.5) / sigma


def deviates_of_pulse(key: int, pulse: int, shape: tuple[int, int]) -> np.ndarray:
    cells = range(shape[0] * shape[1])
    return np.array([twin_normal(key, cell, pulse) for cell in cells]).reshape(shape)


@pytest.fixture(scope="module")
def million() -> np.ndarray:
    return deviates(0x0123456789ABCDEF, 1, (1000, 1000)).ravel()


def test_a_million_deviates_have_the_moments_of_the_normal_law(million: np.ndarray) -> None:
    """Mean, variance, skewness and excess kurtosis within 4 standard errors: 1, 2, 6 and 24 over N under the root."""
    size = million.size
    assert abs(million.mean()) < 4.0 * math.sqrt(1.0 / size)
    assert abs(million.var() - 1.0) < 4.0 * math.sqrt(2.0 / size)
    assert abs(stats.skew(million)) < 4.0 * math.sqrt(6.0 / size)
    assert abs(stats.kurtosis(million)) < 4.0 * math.sqrt(24.0 / size)


def test_a_million_deviates_pass_the_kolmogorov_smirnov_test_and_have_normal_tails(million: np.ndarray) -> None:
    """p above 1e-3; counts beyond 3 and 4 sigma within 4 standard errors (Poisson)."""
    assert stats.kstest(million, "norm").pvalue > 1e-3
    for bound in (3.0, 4.0):
        expected = 2.0 * stats.norm.sf(bound) * million.size
        assert abs(np.count_nonzero(np.abs(million) > bound) - expected) < 4.0 * math.sqrt(expected)


def test_deviates_of_other_cells_pulses_and_keys_are_uncorrelated(million: np.ndarray) -> None:
    """Correlation within 4/sqrt(N), of the deviates and of their squares."""
    shape, key = (1000, 1000), 0x0123456789ABCDEF
    others = {
        "next cell": np.roll(million, 1),
        "next row": np.roll(million, 1000),
        "next pulse": deviates(key, 2, shape).ravel() - million,
        "next key": deviates(key + 1, 1, shape).ravel(),
        "one other bit": deviates(key ^ (1 << 63), 1, shape).ravel(),
    }
    for name, other in others.items():
        for left, right in ((million, other), (million**2, other**2)):
            assert abs(np.corrcoef(left, right)[0, 1]) < 4.0 / math.sqrt(million.size), name
