"""Spread between cells and noise of pulses: moments, bounds, refusals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad

from analogep.crossbar import Array
from analogep.device import DeviceCard
from analogep.device.card import Conductance
from analogep.device.laws import SoftBounds, StepBranch
from analogep.device.variation import (
    DeviceToDevice,
    NominalStepNoise,
    NoPulseNoise,
    PulseNoise,
    RangeNoise,
    StateNoise,
    StepNoise,
)
from analogep.errors import CardError
from analogep.streams import Streams

CELLS = 400_000


def spread(distribution: Any, truncate: float, **sigmas: float) -> DeviceToDevice:
    return DeviceToDevice(
        distribution=distribution,
        truncate=truncate,
        **{"max": 0.0, "min": 0.0, "step": 0.0, "asymmetry": 0.0, **sigmas},
    )


def truncated_moments(law: DeviceToDevice, sigma: float) -> tuple[float, float]:
    """Mean and standard deviation of the factor, by quadrature over the truncated normal density."""

    def moment(power: int) -> float:
        def integrand(xi: float) -> float:
            return float(law.factor(sigma, xi)) ** power * math.exp(-0.5 * xi * xi)

        return float(quad(integrand, -law.truncate, law.truncate, epsabs=1e-12)[0])

    mass = moment(0)
    mean = moment(1) / mass
    return mean, math.sqrt(moment(2) / mass - mean**2)


@pytest.mark.parametrize("distribution", ["normal", "lognormal"])
@pytest.mark.parametrize(("sigma", "truncate"), [(0.16, 3.0), (0.3, 3.0), (0.05, 1.0)])
def test_drawn_factors_have_the_mean_and_spread_of_the_truncated_law(
    distribution: str, sigma: float, truncate: float
) -> None:
    """Within 4 standard errors of 4e5 draws."""
    law = spread(distribution, truncate)
    mean, std = truncated_moments(law, sigma)
    drawn = law.draw(sigma, (CELLS,), np.random.default_rng(1))
    assert abs(drawn.mean() - mean) < 4.0 * std / math.sqrt(CELLS)
    square = (drawn - mean) ** 2
    assert abs(square.mean() - std**2) < 4.0 * square.std() / math.sqrt(CELLS)


def test_a_truncated_normal_keeps_its_mean_and_loses_1_3_percent_of_its_spread_at_three_sigma() -> None:
    """std/sigma = sqrt(1 - 2 T phi(T)/(2 Phi(T) - 1)) = 0.98658 at T = 3."""
    mean, std = truncated_moments(spread("normal", 3.0), 0.1)
    assert mean == pytest.approx(1.0, abs=1e-12)
    assert std / 0.1 == pytest.approx(0.986578, abs=1e-6)


@pytest.mark.parametrize("distribution", ["normal", "lognormal"])
def test_without_truncation_in_reach_the_factor_has_mean_one_and_the_stated_spread(distribution: str) -> None:
    mean, std = truncated_moments(spread(distribution, 8.0), 0.1)
    assert (mean, std) == pytest.approx((1.0, 0.1), rel=1e-6)


def test_a_truncated_lognormal_falls_short_of_mean_one_by_less_than_half_a_percent_on_the_rram_card() -> None:
    law = DeviceCard.load("rram").variation.device_to_device
    mean, _ = truncated_moments(law, law.min)
    assert 0.995 < mean < 0.997


@pytest.mark.parametrize("distribution", ["normal", "lognormal"])
@pytest.mark.parametrize("truncate", [0.5, 3.0, 8.0])
def test_no_factor_is_beyond_the_truncation(distribution: str, truncate: float) -> None:
    law = spread(distribution, truncate)
    drawn = law.draw(0.1, (CELLS,), np.random.default_rng(2))
    low, high = law.factor(0.1, -truncate), law.factor(0.1, truncate)
    assert drawn.min() >= low * (1.0 - 1e-12)
    assert drawn.max() <= high * (1.0 + 1e-12)
    assert drawn.min() > 0.0


def test_the_ends_of_the_uniform_numbers_are_the_ends_of_the_truncation() -> None:
    class Ends:
        def random(self, shape: tuple[int, ...]) -> np.ndarray:
            return np.array([0.0, 0.5, 1.0 - 2.0**-53])

    drawn = spread("normal", 3.0).draw(0.1, (3,), Ends())  # type: ignore[arg-type]
    np.testing.assert_allclose(drawn, [0.7, 1.0, 1.3], rtol=1e-12)


@pytest.mark.parametrize("distribution", ["normal", "lognormal"])
def test_a_spread_of_zero_is_a_factor_of_exactly_one(distribution: str) -> None:
    np.testing.assert_array_equal(spread(distribution, 3.0).draw(0.0, (9,), np.random.default_rng(0)), 1.0)


def test_a_normal_spread_that_could_reach_zero_is_refused() -> None:
    with pytest.raises(
        ValueError,
        match="step: a normal spread of 40 % truncated at 3 sigma reaches zero; "
        "use a smaller 'truncate' or 'distribution: lognormal'",
    ):
        spread("normal", 3.0, step=0.4)
    assert spread("lognormal", 3.0, step=0.4).step == 0.4


def test_cards_whose_windows_could_cross_are_refused_with_the_two_conductances() -> None:
    """min(1 + k s_min) >= max(1 - k s_max)."""
    with pytest.raises(
        CardError,
        match=r"variation\.device_to_device: windows can cross: 'min' reaches 4 uS and 'max' falls to 4 uS at 3 "
        "sigma; use a smaller spread or 'truncate'",
    ):
        DeviceCard.load(
            "ideal", ["conductance.min=2.5 uS", *(f"variation.device_to_device.{end}=20 %" for end in ("min", "max"))]
        )
    allowed = DeviceCard.load(
        "ideal", ["conductance.min=2.4 uS", *(f"variation.device_to_device.{end}=20 %" for end in ("min", "max"))]
    )
    array = Array(allowed, (300, 300), Streams(3), "a")
    assert np.all(array.g_min < array.g_max)


def test_each_kind_of_pulse_noise_has_its_own_deviation() -> None:
    """In windows, relative to the step at x, relative to the nominal step, and a share of the conductance."""
    window, x = Conductance(min=5e-6, max=30e-6), np.array([0.0, 0.25, 1.0])
    law = SoftBounds(
        model="soft_bounds",
        up=StepBranch(step=0.02, amplitude=1.0, width=1e-7),
        down=StepBranch(step=0.03, amplitude=-1.0, width=1e-7),
    )
    change = 0.02 * (1.0 - x)
    cases: list[tuple[PulseNoise, object]] = [
        (NoPulseNoise(kind="none"), 0.0 * x),
        (RangeNoise(kind="range", sigma=0.02), 0.02 + 0.0 * x),
        (StepNoise(kind="step", sigma=0.3), 0.3 * change),
        (NominalStepNoise(kind="nominal_step", sigma=3.75), 3.75 * 0.02 + 0.0 * x),
        (
            StateNoise(kind="state_polynomial", step=0.6, floor=0.25e-6, slope=0.0648),
            0.6 * change + 0.01 + 0.0648 * (x + 0.2),
        ),
    ]
    for noise, expected in cases:
        np.testing.assert_allclose(noise.deviation(law, "up", x, window), expected, rtol=1e-12, err_msg=noise.kind)
        numbers = noise.numbers(law, window)
        if numbers is None:
            assert noise.kind == "none"
            continue
        # What the engine adds for a deviate of 1 is the same.
        added = [
            numbers.disturbed(c, s, True, 1.0, window.min / window.span, 1.0) - c
            for c, s in zip(change, x, strict=True)
        ]
        np.testing.assert_allclose(added, expected, rtol=1e-12, err_msg=noise.kind)


def test_write_noise_is_drawn_anew_at_each_write_and_does_not_accumulate() -> None:
    """Apparent = hidden + sigma xi: after 50 writes its variance is sigma^2 still, and the hidden state is exact."""
    sigma, shape = 0.02, (300, 400)
    card = DeviceCard.load("ideal", [f"variation.write_noise={{sigma: {100 * sigma} %}}"])
    array, window = Array(card, shape, Streams(0), "a"), card.conductance
    seen = []
    for call in range(50):
        array.program(np.full(shape, 1 if call % 2 else -1, np.int32), Streams(1), 0, call)
        seen.append((array.g - window.min) / (window.max - window.min) - array.hidden)
    np.testing.assert_allclose(array.hidden, 0.5, atol=1e-12)
    for apparent in (seen[0], seen[-1]):
        assert abs(apparent.mean()) < 4.0 * sigma / math.sqrt(apparent.size)
        assert abs(apparent.var() / sigma**2 - 1.0) < 4.0 * math.sqrt(2.0 / apparent.size)
    assert abs(np.mean(seen[0] * seen[-1])) < 4.0 * sigma**2 / math.sqrt(seen[0].size)


def test_fabricated_cells_have_the_spread_of_the_card() -> None:
    card = DeviceCard.load("rram")
    law, array = card.variation.device_to_device, Array(card, (300, 300), Streams(5), "a")
    for drawn, sigma in (
        (array.g_max / card.conductance.max, law.max),
        (array.g_min / card.conductance.min, law.min),
        (np.sqrt(array.step_up * array.step_down), law.step),
        (np.sqrt(array.step_up / array.step_down), law.asymmetry),
    ):
        mean, std = truncated_moments(law, sigma)
        assert abs(drawn.mean() - mean) < 4.0 * std / math.sqrt(drawn.size)
        assert abs(drawn.std() / std - 1.0) < 0.02


@pytest.mark.parametrize("kind", ["normal", "lognormal"])
def test_a_spread_that_is_stated_after_truncation_is_what_cells_have(kind: str) -> None:
    """Of 200,000 factors cut at 1.5 sigma, within five standard errors; what nothing leaves is refused."""
    law = DeviceToDevice(distribution=kind, truncate=1.5, max=0.2, min=0.0, step=0.0, asymmetry=0.0, stated="after")
    drawn = law.draw(0.2, (200_000,), np.random.default_rng(3))
    spread = float(drawn.std() / drawn.mean())
    error = float(np.std(np.square(drawn / drawn.mean() - 1.0))) / (2.0 * spread * math.sqrt(drawn.size))
    assert abs(spread - 0.2) < 5.0 * error
    assert law.whole(0.2, kind) > 0.25
    before = law.model_copy(update={"stated": "before"}).draw(0.2, (200_000,), np.random.default_rng(3))
    assert float(before.std() / before.mean()) < 0.16
    with pytest.raises(CardError, match=r"max: (no spread leaves 300 %|a normal spread of 300 %)"):
        law.model_copy(update={"max": 3.0})
