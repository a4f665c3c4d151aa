"""Transfer curves: one contract for all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

from analogep.circuit import HardClip, ReLU, Sigmoid, Tanh
from analogep.circuit.activation import ACTIVATIONS

EXAMPLES: list[Any] = [
    HardClip(kind="hard_clip", low=0.0, high=0.2),
    HardClip(kind="hard_clip", low=-0.2, high=0.4),
    ReLU(kind="relu", high=0.3),
    ReLU(kind="relu"),
    Tanh(kind="tanh", amplitude=0.3),
    Sigmoid(kind="sigmoid", amplitude=0.2),
]
V = np.linspace(-1.0, 1.0, 801) + 3.1e-4


def test_every_transfer_curve_of_the_package_has_an_example_here() -> None:
    assert {type(rho) for rho in EXAMPLES} == set(ACTIVATIONS.classes())


@pytest.mark.parametrize("rho", EXAMPLES, ids=lambda rho: f"{rho.kind}{rho.rails}")
class TestContract:
    def test_the_slope_is_the_derivative_of_the_rate(self, rho: Any) -> None:
        h = 1e-6
        np.testing.assert_allclose(rho.slope(V), (rho.rate(V + h) - rho.rate(V - h)) / (2 * h), atol=1e-8)

    def test_the_steepest_slope_is_one(self, rho: Any) -> None:
        fine = np.linspace(-1.0, 1.0, 200_001)
        assert rho.slope(fine).max() == pytest.approx(1.0, abs=1e-6)
        assert rho.slope(fine).max() <= 1.0

    def test_the_curve_rises_within_its_rails(self, rho: Any) -> None:
        low, high = rho.rails
        far = np.array([-1e6, -10.0, *V, 10.0, 1e3])
        assert np.all(np.diff(rho.rate(np.sort(far))) >= 0.0)
        assert rho.rate(far).min() >= low
        assert rho.rate(far).max() <= high

    def test_the_rails_are_reached_far_away(self, rho: Any) -> None:
        low, high = rho.rails
        assert rho.rate(np.array([-50.0]))[0] == pytest.approx(low, abs=1e-12)
        if np.isfinite(high):
            assert rho.rate(np.array([50.0]))[0] == pytest.approx(high, abs=1e-12)

    def test_the_primitive_is_the_integral_of_the_inverse_curve(self, rho: Any) -> None:
        """Integral from 0 to r of rho^-1, by quadrature over roots of rho(v) = r."""
        low, high = rho.rails

        def inverse(r: float) -> float:
            return float(brentq(lambda v: float(rho.rate(np.array([v]))[0]) - r, -3.0, 3.0, xtol=1e-14))

        for share in (0.2, 0.6, 0.9):
            for end in (low, min(high, 0.5)):
                r = share * end
                area = quad(inverse, 0.0, r, epsabs=1e-12, limit=200)[0]
                assert rho.primitive(np.array([r]))[0] == pytest.approx(area, abs=1e-9)

    def test_the_primitive_is_zero_at_zero_and_finite_at_the_rails(self, rho: Any) -> None:
        ends = np.array([end for end in (0.0, *rho.rails) if np.isfinite(end)])
        assert rho.primitive(ends)[0] == pytest.approx(0.0, abs=1e-15)
        assert np.all(np.isfinite(rho.primitive(ends)))


def test_the_slope_of_a_clipped_stage_is_zero_at_its_rails() -> None:
    np.testing.assert_array_equal(EXAMPLES[0].slope(np.array([0.0, 0.1, 0.2])), [0.0, 1.0, 0.0])
    np.testing.assert_array_equal(EXAMPLES[2].slope(np.array([0.0, 0.1, 0.3])), [0.0, 1.0, 0.0])


def test_the_sigmoid_is_steepest_at_half_of_its_saturation() -> None:
    assert EXAMPLES[5].slope(np.array([0.1]))[0] == 1.0
    assert EXAMPLES[5].rate(np.array([0.1]))[0] == pytest.approx(0.1)


def test_rails_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ValueError, match=r"high: must be above 'low' \(200 mV\), got 100 mV"):
        HardClip(kind="hard_clip", low=0.2, high=0.1)
    with pytest.raises(ValueError, match="greater than 0"):
        ReLU(kind="relu", high=0.0)
