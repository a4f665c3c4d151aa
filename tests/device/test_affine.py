"""The affine laws: closed forms, each law's own curve, and the variance of noisy pulses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from analogep.device import DIRECTIONS, Affine, AffineLaw, Branch, Direction, label_of, shape_of
from analogep.device.laws import CountedBranch
from tests.device.examples import (
    EXAMPLES,
    PULSE,
    constant,
    exponential,
    linear,
    programmed,
    soft_bounds,
)

ALL = [
    pytest.param(law, id=f"{kind.__name__}-{k}")
    for kind, laws in EXAMPLES.items()
    for k, law in enumerate(laws)
    if issubclass(kind, AffineLaw)
]
GENTLE = [
    pytest.param(law, id=f"{kind.__name__}-{k}")
    for kind, laws in EXAMPLES.items()
    for k, law in enumerate(laws)
    if issubclass(kind, AffineLaw) and max(abs(law.affine(side).after(0.5, 9) - 0.5) for side in DIRECTIONS) < 0.3
]
"""Examples that nine pulses keep away from the bounds."""
CELLS = (400, 500)


def pulse_by_pulse(law: Affine, x: float, n: int, clip: bool) -> float:
    for _ in range(n):
        x = x + law.offset + law.slope * x
        x = min(max(x, 0.0), 1.0) if clip else x
    return x


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("law", ALL)
class TestContract:
    def test_closed_form_equals_the_recursion(self, law: Any, direction: Direction) -> None:
        one = law.affine(direction)
        for x in (0.0, 0.25, 0.5, 0.9, 1.0):
            for n in (0, 1, 2, 7, 40):
                stepped = pulse_by_pulse(one, x, n, clip=False)
                assert one.after(x, n) == pytest.approx(stepped, rel=1e-12, abs=1e-12)

    def test_n_pulses_and_then_m_are_n_plus_m(self, law: Any, direction: Direction) -> None:
        one = law.affine(direction)
        for n, m in ((1, 1), (3, 10), (20, 7)):
            assert one.after(one.after(0.4, n), m) == pytest.approx(float(one.after(0.4, n + m)), rel=1e-12, abs=1e-12)

    def test_each_pulse_moves_in_its_direction_everywhere_in_the_window(self, law: Any, direction: Direction) -> None:
        one, sign = law.affine(direction), 1.0 if direction == "up" else -1.0
        x = np.linspace(0.0, 1.0, 101)
        assert np.all(sign * (one.after(x, 1) - x) >= -1e-15)
        assert np.any(sign * (one.after(x, 1) - x) > 0.0)

    def test_a_higher_state_stays_higher_or_meets_the_bound(self, law: Any, direction: Direction) -> None:
        after = np.clip(law.affine(direction).after(np.linspace(0.0, 1.0, 101), 1), 0.0, 1.0)
        if law.affine(direction).slope >= -1.0:
            assert np.all(np.diff(after) >= -1e-15)

    def test_one_clip_at_the_end_equals_a_clip_after_each_pulse(self, law: Any, direction: Direction) -> None:
        one = law.affine(direction)
        for x in (0.0, 0.3, 1.0):
            for n in (1, 5, 60):
                clipped = pulse_by_pulse(one, x, n, clip=True)
                assert 0.0 <= clipped <= 1.0
                assert np.clip(one.after(x, n), 0.0, 1.0) == pytest.approx(clipped, abs=1e-12)

    def test_the_kernel_follows_the_law_and_stays_in_the_window(self, law: Any, direction: Direction) -> None:
        one, sign = law.affine(direction), 1 if direction == "up" else -1
        start = np.repeat(np.linspace(0.0, 1.0, 11)[:, None], 6, axis=1)
        n = np.broadcast_to(np.array([1, 2, 3, 10, 50, 5000], np.int32), start.shape)
        hidden = programmed(law, sign * n, start)
        assert np.all((hidden >= 0.0) & (hidden <= 1.0))
        for i, j in np.ndindex(*start.shape):
            assert hidden[i, j] == pytest.approx(pulse_by_pulse(one, start[i, j], n[i, j], clip=True), abs=1e-9)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("law", GENTLE)
@pytest.mark.parametrize(("additive", "multiplicative"), [(0.004, 0.0), (0.0, 0.3)])
def test_n_noisy_pulses_have_the_mean_and_the_variance_of_the_formula(
    law: Any, direction: Direction, additive: float, multiplicative: float
) -> None:
    """Nine pulses on 2e5 cells; within 4 standard errors, that of the variance from the sample's fourth moment."""
    one, x, n = law.affine(direction), 0.5, 9
    expected = one.additive_variance(additive, n) + one.multiplicative_variance(multiplicative, n, x)
    counts = np.full(CELLS, n if direction == "up" else -n)
    sample = programmed(law, counts, np.full(CELLS, x), (additive, multiplicative))
    assert sample.min() > 0.0
    assert sample.max() < 1.0
    square = (sample - one.after(x, n)) ** 2
    assert abs((sample - one.after(x, n)).mean()) < 4.0 * math.sqrt(expected / sample.size)
    assert abs(square.mean() - expected) < 4.0 * square.std() / math.sqrt(sample.size)


def test_the_square_root_law_overestimates_the_noise_of_a_saturating_law() -> None:
    """b .03, n 60, sigma .01: Var = 1.65e-3 where sigma^2 n says 6.0e-3 (DEVICES.md, section 1)."""
    one = soft_bounds(0.03, 0.03).affine("up")
    assert one.additive_variance(0.01, 60) == pytest.approx(1.65e-3, rel=5e-3)
    assert constant(0.03, 0.03).affine("up").additive_variance(0.01, 60) == pytest.approx(6.0e-3)
    assert one.additive_variance(0.01, 60) == pytest.approx(
        sum(0.01**2 * 0.97 ** (2 * k) for k in range(60)), rel=1e-12
    )


@pytest.mark.parametrize(("label", "shape"), [(2.40, 0.499181), (4.88, 0.200303), (1.00, 1.251653)])
def test_labels_of_neurosim_have_the_published_shapes(label: float, shape: float) -> None:
    assert round(shape_of(label), 6) == shape


def test_label_and_shape_invert_each_other_over_the_whole_range_of_labels() -> None:
    for label in (0.01, 0.04, 0.24, 0.63, 1.0, 1.45, 2.4, 4.88, 6.76, 9.0, 9.98):
        assert label_of(shape_of(label)) == pytest.approx(label, rel=1e-12)
    for shape in (0.002, 0.05, 0.5, 5.0):
        assert shape_of(label_of(shape)) == pytest.approx(shape, rel=1e-9)


def test_the_label_is_the_largest_distance_of_the_curve_from_the_straight_line() -> None:
    """label x 0.07 sqrt 2 = max of B (1 - e^{-p/a}) - p over 0 <= p <= 1."""
    for label in (0.5, 2.4, 4.88, 9.0):
        a = shape_of(label)
        p = np.linspace(0.0, 1.0, 2_000_001)
        distance = -np.expm1(-p / a) / -np.expm1(-1.0 / a) - p
        assert distance.max() / (0.07 * math.sqrt(2.0)) == pytest.approx(label, rel=1e-8)


@pytest.mark.parametrize("pulses", [1, 2, 64, 128, 1000])
@pytest.mark.parametrize("label", [-6.76, -4.88, -1.45, -1e-9, 0.0, 0.04, 0.63, 2.4, 9.9])
def test_the_counted_pulses_of_the_exponential_law_span_the_window(pulses: int, label: float) -> None:
    law = exponential(pulses, label, label)
    up, down = law.affine("up"), law.affine("down")
    assert up.after(0.0, pulses) == pytest.approx(1.0, abs=1e-9)
    assert down.after(1.0, pulses) == pytest.approx(0.0, abs=1e-9)


def test_the_steepest_accelerating_label_still_spans_the_window_on_the_way_up() -> None:
    assert exponential(128, -9.98, 0.0).affine("up").after(0.0, 128) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("label", [-4.88, -1.45, 0.04, 2.4])
def test_the_exponential_law_is_neurosim_s_curve_at_every_pulse_and_mirrored_on_the_way_down(label: float) -> None:
    """G = B (1 - e^{-P/A}) + G_min, B = (G_max - G_min)/(1 - e^{-P_max/A}); A < 0 for negative labels."""
    low, high, most = 1e-6, 1e-5, 128
    law, p = exponential(most, label, label), np.arange(most + 1)
    a = math.copysign(shape_of(abs(label)), label) * most
    curve = (high - low) / (1.0 - math.exp(-most / a)) * (1.0 - np.exp(-p / a)) + low
    np.testing.assert_allclose(low + (high - low) * law.affine("up").after(0.0, p), curve, rtol=1e-10)
    np.testing.assert_allclose(high + low - curve, low + (high - low) * law.affine("down").after(1.0, p), rtol=1e-9)


def test_a_positive_label_decelerates_a_negative_one_accelerates_and_zero_is_a_straight_line() -> None:
    p = np.arange(33)
    for label, bent in ((2.0, -1.0), (-2.0, 1.0)):
        law = exponential(32, label, label)
        for path in (law.affine("up").after(0.0, p), 1.0 - law.affine("down").after(1.0, p)):
            assert np.all(bent * np.diff(path, 2) > 0.0)
    law = exponential(32, 0.0, 0.0)
    assert law.affine("up") == Affine(1.0 / 32.0, 0.0)
    assert law.affine("down") == Affine(-1.0 / 32.0, 0.0)


def test_a_label_near_zero_joins_the_straight_line_without_a_jump() -> None:
    for label in (1e-7, 2e-6, 1e-4):
        one = exponential(100, label, label).affine("up")
        np.testing.assert_allclose(one.after(0.0, np.arange(101)), np.arange(101) / 100, atol=0.1 * label + 1e-9)


def test_soft_bounds_are_the_linear_law_with_slope_one_at_half_the_step() -> None:
    """`step` is the change at the far end for soft bounds, in the middle for the linear law: twice as much there."""
    for direction in DIRECTIONS:
        soft, sloped = soft_bounds(0.02, 0.02).affine(direction), linear(0.01, 1.0, 1.0).affine(direction)
        assert (soft.offset, soft.slope) == pytest.approx((sloped.offset, sloped.slope), abs=1e-17)


def test_the_constant_law_is_the_linear_law_without_slope() -> None:
    for direction in DIRECTIONS:
        flat, sloped = constant(0.01, 0.01).affine(direction), linear(0.01, 0.0, 0.0).affine(direction)
        assert (flat.offset, flat.slope) == (sloped.offset, sloped.slope)


def test_the_linear_law_loses_its_slope_from_the_middle_to_the_far_bound() -> None:
    """dw = step (1 - gamma w) up and -step (1 + gamma w) down, in units where dx = dw at the same step."""
    law = linear(0.01, 0.4, 0.3)
    up, down = law.affine("up"), law.affine("down")
    for x, w in ((0.0, -1.0), (0.5, 0.0), (1.0, 1.0)):
        assert up.after(x, 1) - x == pytest.approx(0.01 * (1.0 - 0.4 * w), abs=1e-15)
        assert down.after(x, 1) - x == pytest.approx(-0.01 * (1.0 + 0.3 * w), abs=1e-15)


def test_the_affine_laws_have_the_limits_and_rates_of_the_table() -> None:
    """G_inf and b of DEVICES.md, section 1, in units of the window."""
    soft = soft_bounds(0.03, 0.05)
    assert (soft.affine("up").slope, soft.affine("up").after(0.2, 10**6)) == (-0.03, pytest.approx(1.0))
    assert (soft.affine("down").slope, soft.affine("down").after(0.2, 10**6)) == (-0.05, pytest.approx(0.0))
    a = shape_of(2.4)
    expo = exponential(100, 2.4, 2.4).affine("up")
    assert -expo.slope == pytest.approx(-math.expm1(-1.0 / (a * 100)), rel=1e-12)
    assert expo.after(0.0, 10**7) == pytest.approx(1.0 / -math.expm1(-1.0 / a), rel=1e-9)
    # w = bound/gamma is x = (1 + 1/gamma)/2
    assert linear(0.01, 0.4, 0.4).affine("up").after(0.5, 10**6) == pytest.approx(0.5 * (1.0 + 1.0 / 0.4))


@pytest.mark.parametrize("law", [soft_bounds(1.0, 1.0), linear(1.0, 1.0, 1.0), linear(0.8, 0.9, 0.9)])
@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_a_step_longer_than_the_way_that_is_left_ends_at_the_bound_after_any_number_of_pulses(law: Any, n: int) -> None:
    """1 + scale slope < 0: the unclipped closed form would swing back and forth across the bound."""
    start = np.array([[0.0, 0.4, 1.0]])
    np.testing.assert_array_equal(programmed(law, np.full((1, 3), n), start, scale=1.7), 1.0)
    np.testing.assert_array_equal(programmed(law, np.full((1, 3), -n), start, scale=1.7), 0.0)


def test_a_cell_where_the_step_vanishes_stays_whatever_the_number_of_pulses() -> None:
    law = linear(0.5, -1.0, -1.0)
    ends = programmed(law, np.array([[10_000, -10_000, 10_000]]), np.array([[0.0, 1.0, 1e-9]]))
    np.testing.assert_array_equal(ends, [[0.0, 1.0, 1.0]])


@pytest.mark.parametrize("label", [9.99, -9.99, 10.2])
def test_labels_that_no_curve_has_are_refused(label: float) -> None:
    with pytest.raises(ValueError, match=r"nonlinearity\n.*should be (less|greater) than -?9.99"):
        CountedBranch(pulses=10, nonlinearity=label, **PULSE)


def test_a_pulse_without_voltage_is_refused() -> None:
    with pytest.raises(ValueError, match="amplitude: must not be 0 V: a pulse without voltage programs nothing"):
        Branch(amplitude=0.0, width=1e-9)


@pytest.mark.parametrize(
    ("law", "up", "down"),
    [
        (constant(0.001 / 1.2, 0.001 / 1.2), 0.4999971, 0.0),
        (soft_bounds(0.002 / 1.2, 0.002 / 1.2), 0.33942226, -0.19201255),
        (linear(0.001 / 1.2, 0.3, 0.2), 0.44249588, -0.08607108),
    ],
)
def test_500_pulses_up_and_500_down_end_where_aihwkit_ends(law: Any, up: float, down: float) -> None:
    """Nominal devices of aihwkit 1.2.0 (float32) from w = 0 in a window of +-0.6, dw_min 0.001, gamma 0.3 and 0.2."""
    top = law.affine("up").after(0.5, 500)
    assert 1.2 * float(top) - 0.6 == pytest.approx(up, abs=2e-5)
    assert 1.2 * float(law.affine("down").after(top, 500)) - 0.6 == pytest.approx(down, abs=2e-5)
