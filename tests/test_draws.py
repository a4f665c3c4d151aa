"""The counter-based generator: against a plain twin, and against the distributions that it claims."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numba import njit
from scipy import stats

from analogep.draws import normals, rounded, seed, turned, u32

MASK = (1 << 32) - 1
KEY = (0x89ABCDEF, 0x01234567)
SIZE = 1 << 20


def mix(h: int) -> int:
    h ^= h >> 16
    h = (h * 0x7FEB352D) & MASK
    h ^= h >> 15
    h = (h * 0x846CA68B) & MASK
    return h ^ (h >> 16)


def bits(low: int, high: int, cell: int, turn: int) -> int:
    own = mix((cell * 0x9E3779B1 + low) & MASK)
    return mix(own ^ ((turn * 0x85EBCA77 + high) & MASK))


def twin(h: int) -> tuple[float, float]:
    """Box and Muller in double precision: 20 bits of radius, 9 of angle within an octant pair, 3 for which."""
    radius = math.sqrt(-2.0 * math.log(((h >> 12) + 0.5) * 2.0**-20))
    angle = ((h & 0x1FF) - 255.5) * math.pi / 4.0 / 256.0
    first, second = math.cos(angle), math.sin(angle)
    if h >> 9 & 1:
        first, second = second, first
    return radius * first * (-1 if h >> 10 & 1 else 1), radius * second * (-1 if h >> 11 & 1 else 1)


@njit
def fill(low, high, turn, first, second):  # type: ignore[no-untyped-def]
    for k in range(first.size):
        first[k], second[k] = normals(turned(high, seed(low, u32(k)), turn))


def deviates(low: int, high: int, turn: int = 0, size: int = SIZE) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.empty(size, np.float32), np.empty(size, np.float32)
    fill(u32(low), u32(high), u32(turn), first, second)
    return first.astype(np.float64), second.astype(np.float64)


@pytest.fixture(scope="module")
def million() -> tuple[np.ndarray, np.ndarray]:
    return deviates(*KEY)


def test_deviates_agree_with_the_twin_for_any_key_cell_and_turn() -> None:
    """Single precision and polynomials against double precision and the library's functions: 2e-6."""
    for low, high in ((0, 0), (1, 0), (0, 1), (MASK, MASK), KEY):
        for turn in (0, 1, 7, 10**6):
            ours = deviates(low, high, turn, 500)
            theirs = np.array([twin(bits(low, high, cell, turn)) for cell in range(500)])
            np.testing.assert_allclose(np.column_stack(ours), theirs, rtol=0, atol=2e-6)


def test_a_million_deviates_have_the_moments_of_the_normal_law(million: tuple[np.ndarray, np.ndarray]) -> None:
    """Mean, variance, skewness and excess kurtosis within 4 standard errors: 1, 2, 6 and 24 over N under the root."""
    for z in million:
        assert abs(z.mean()) < 4.0 * math.sqrt(1.0 / SIZE)
        assert abs(z.var() - 1.0) < 4.0 * math.sqrt(2.0 / SIZE)
        assert abs(stats.skew(z)) < 4.0 * math.sqrt(6.0 / SIZE)
        assert abs(stats.kurtosis(z)) < 4.0 * math.sqrt(24.0 / SIZE)


def test_a_million_deviates_pass_the_kolmogorov_smirnov_test_and_have_normal_tails(
    million: tuple[np.ndarray, np.ndarray],
) -> None:
    """p above 1e-3; counts beyond 3 and 4 sigma within 4 standard errors (Poisson)."""
    for z in million:
        assert stats.kstest(z, "norm").pvalue > 1e-3
        for bound in (3.0, 4.0):
            expected = 2.0 * stats.norm.sf(bound) * SIZE
            assert abs(np.count_nonzero(np.abs(z) > bound) - expected) < 4.0 * math.sqrt(expected)


def test_deviates_of_other_cells_turns_and_keys_are_uncorrelated(million: tuple[np.ndarray, np.ndarray]) -> None:
    """Correlation within 4.5/sqrt(N), of the deviates and of their squares: one in 1.5e5 by chance."""
    z, partner = million
    low, high = KEY
    others = {
        "partner": partner,
        "next cell": np.roll(z, 1),
        "next row": np.roll(z, 1024),
        "next turn": deviates(low, high, 1)[0],
        "next key": deviates(low + 1, high)[0],
        "next upper half": deviates(low, high + 1)[0],
        "one other bit": deviates(low ^ (1 << 31), high)[0],
        "one other upper bit": deviates(low, high ^ (1 << 31))[0],
    }
    for name, other in others.items():
        for left, right in ((z, other), (z**2, other**2)):
            assert abs(np.corrcoef(left, right)[0, 1]) < 4.5 / math.sqrt(SIZE), name


def test_each_bit_of_the_output_is_set_half_of_the_time_and_follows_no_other() -> None:
    """32 bits of 2e5 cells: shares and pairwise agreements within 5 standard errors."""
    size = 200_000
    own = (np.arange(size, dtype=np.uint64) * 0x9E3779B1 + KEY[0]) & MASK
    h = np.array([mix(mix(int(x)) ^ KEY[1]) for x in own[:size]], dtype=np.uint32)
    table = ((h[:, None] >> np.arange(32, dtype=np.uint32)) & 1).astype(np.int8)
    assert np.abs(table.mean(axis=0) - 0.5).max() < 5.0 * 0.5 / math.sqrt(size)
    for lag in range(1, 32):
        agree = (table == np.roll(table, lag, axis=1)).mean(axis=0)
        assert np.abs(agree - 0.5).max() < 5.0 * 0.5 / math.sqrt(size)


@pytest.mark.parametrize("z", [0.0, 1e-4, 0.25, -0.25, 0.999, 3.7, -12.1])
def test_rounded_numbers_are_the_neighbours_and_their_mean_is_the_number(z: float) -> None:
    """Within 4 standard errors of 4e5 cells."""
    n = rounded(np.full((400, 1000), z), 11, 1000)
    assert set(np.unique(n)) <= {math.floor(z), math.floor(z) + 1}
    share = z - math.floor(z)
    assert abs(n.mean() - z) <= 4.0 * math.sqrt(share * (1.0 - share) / n.size) + 1e-12


def test_rounded_numbers_are_reproduced_by_their_key_and_independent_of_the_shape() -> None:
    z = np.random.default_rng(0).normal(0.0, 2.0, (30, 40))
    np.testing.assert_array_equal(rounded(z, 2**63 + 5, 9), rounded(z.ravel(), 2**63 + 5, 9).reshape(z.shape))
    np.testing.assert_array_equal(rounded(z.T, 3, 9), rounded(np.ascontiguousarray(z.T), 3, 9))
    assert np.any(rounded(z, 3, 9) != rounded(z, 4, 9))
    assert np.abs(rounded(1e9 * z, 3, 9)).max() == 9
