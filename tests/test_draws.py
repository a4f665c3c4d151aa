"""The counter-based generator: against a plain twin, and against the distributions that it claims."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from numba import njit
from scipy import stats

from analogep.draws import key_of, normals, rounded, word
from analogep.draws import squares as compiled_squares
from analogep.streams import Streams

MASK = (1 << 64) - 1
KEY = 0x8B5AD4CEF9C1E2A3
SIZE = 1 << 20


def squares(counter: int, key: int) -> int:
    """The generator as its author states it, in whole numbers of Python."""
    x = y = counter * key & MASK
    z = y + key & MASK
    for added in (y, z, y):
        x = x * x + added & MASK
        x = x >> 32 | x << 32 & MASK
    return (x * x + z & MASK) >> 32


def bits(key: int, cell: int, turn: int) -> int:
    return squares(turn << 32 | cell, key)


def twin(h: int) -> tuple[float, float]:
    """Box and Muller in double precision: 20 bits of radius, 9 of angle within an octant pair, 3 for which."""
    radius = math.sqrt(-2.0 * math.log(((h >> 12) + 0.5) * 2.0**-20))
    angle = ((h & 0x1FF) - 255.5) * math.pi / 4.0 / 256.0
    first, second = math.cos(angle), math.sin(angle)
    if h >> 9 & 1:
        first, second = second, first
    return radius * first * (-1 if h >> 10 & 1 else 1), radius * second * (-1 if h >> 11 & 1 else 1)


@njit
def fill(key, turn, first, second):  # type: ignore[no-untyped-def]
    for k in range(first.size):
        first[k], second[k] = normals(word(key, k, turn))


@njit
def raw(counter, key):  # type: ignore[no-untyped-def]
    return compiled_squares(counter, key)


def deviates(key: int, turn: int = 0, size: int = SIZE) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.empty(size, np.float32), np.empty(size, np.float32)
    fill(np.uint64(key), turn, first, second)
    return first.astype(np.float64), second.astype(np.float64)


@pytest.mark.parametrize(
    ("key", "published"),
    [
        (0x32D1638D0D582ACF, (0x84EF8BB4, 0x4666B593, 0x366ADA38, 0x8788C4C4, 0xE651D0B4, 0x7C583714)),
        (0x3BC8BCA4D301945B, (0x5167EA8B, 0x0E03102B, 0xE59F61D7, 0x943AC4D0, 0x55A66612, 0x8DE30538)),
    ],
)
def test_bits_are_those_of_the_published_generator(key: int, published: tuple[int, ...]) -> None:
    """Counters 0 to 5 of the 32-bit variant, from the test sets of the package randomgen (squares-32-testset-2 and -1).

    They are made there with the author's C code.
    """
    assert tuple(int(raw(np.uint64(k), np.uint64(key))) for k in range(6)) == published
    for counter in (0, 1, 2**32 - 1, 2**32, 2**64 - 1):
        assert int(raw(np.uint64(counter), np.uint64(key))) == squares(counter, key)


def test_keys_have_the_digits_that_the_author_asks_for_and_differ() -> None:
    rng = np.random.default_rng(0)
    made = [int(key_of(int(one))) for one in rng.integers(0, 2**64, 2000, dtype=np.uint64)]
    made += [int(key_of(k)) for k in (0, 1, 2, 8, 2**63, 2**64 - 1)]
    for key in made:
        digits = f"{key:016x}"
        assert "0" not in digits
        assert len(set(digits[8:])) == 8
        assert int(digits[-1], 16) % 2 == 1
        assert all(one != other for one, other in itertools.pairwise(digits[:9]))
    assert len(set(made)) == len(made)


@pytest.fixture(scope="module")
def million() -> tuple[np.ndarray, np.ndarray]:
    return deviates(KEY)


def test_deviates_agree_with_the_twin_for_any_key_cell_and_turn() -> None:
    """Single precision and polynomials against double precision and the library's functions: 2e-6."""
    for key in (KEY, int(key_of(0)), int(key_of(2**64 - 1))):
        for turn in (0, 1, 7, 10**6, 2**31 + 5):
            ours = deviates(key, turn, 500)
            theirs = np.array([twin(bits(key, cell, turn)) for cell in range(500)])
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
    others = {
        "partner": partner,
        "next cell": np.roll(z, 1),
        "next row": np.roll(z, 1024),
        "next turn": deviates(KEY, 1)[0],
        "a law's own turn": deviates(KEY, 1 << 30)[0],
        "next key": deviates(int(key_of(1)))[0],
        "key after it": deviates(int(key_of(2)))[0],
    }
    for name, other in others.items():
        for left, right in ((z, other), (z**2, other**2)):
            assert abs(np.corrcoef(left, right)[0, 1]) < 4.5 / math.sqrt(SIZE), name


def test_halves_calls_and_epochs_of_an_array_are_uncorrelated() -> None:
    """Correlation within 4.5/sqrt(N) of every two streams of pulses, of the deviates and of their squares."""
    names = ["layer1/plus/pulse/0", "layer1/minus/pulse/0", "layer1/plus/pulse/1", "layer2/plus/pulse/0"]
    keys = [Streams(3).key(name, epoch) for name in names for epoch in (0, 1)]
    streams = [deviates(int(key_of(key)), size=200_000)[0] for key in keys]
    for one, other in itertools.combinations(streams, 2):
        for left, right in ((one, other), (one**2, other**2)):
            assert abs(np.corrcoef(left, right)[0, 1]) < 4.5 / math.sqrt(200_000)


def test_uniform_numbers_are_uniform_and_neighbours_fill_the_square() -> None:
    """Chi-squared of 32 x 32 boxes of (u of a cell, u of the next), p above 1e-3; mean and variance within 4 errors."""
    u = (np.array([bits(KEY, cell, 0) for cell in range(200_000)]) + 0.5) * 2.0**-32
    assert abs(u.mean() - 0.5) < 4.0 * math.sqrt(1.0 / 12.0 / u.size)
    assert abs(u.var() - 1.0 / 12.0) < 4.0 * math.sqrt(1.0 / 180.0 / u.size)
    boxes = np.histogram2d(u[:-1:2], u[1::2], bins=32, range=[[0, 1], [0, 1]])[0]
    assert stats.chisquare(boxes.ravel()).pvalue > 1e-3


def test_each_bit_of_the_output_is_set_half_of_the_time_and_follows_no_other() -> None:
    """32 bits of 2e5 cells: shares and pairwise agreements within 5 standard errors."""
    size = 200_000
    h = np.array([bits(KEY, cell, 0) for cell in range(size)], dtype=np.uint32)
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
