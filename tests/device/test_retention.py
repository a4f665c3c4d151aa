"""Ageing and temperature: each law's curve, and what a card without one does."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analogep.device.retention import (
    BOLTZMANN,
    Arrhenius,
    FixedTemperature,
    Leak,
    Logarithmic,
    NoRetention,
    PowerLaw,
)

G = np.array([1e-6, 5e-6, 1e-5])
LOW, HIGH = np.full(3, 1e-6), np.full(3, 1e-5)
STILL = np.zeros(3)
PCM = PowerLaw(
    kind="power_law", t0=20.0, nu_log_slope=-0.0155, nu_offset=0.0244, nu_min=0.049, nu_max=0.1,
    nu_sigma_log_slope=-0.0125, nu_sigma_offset=-0.0059, nu_sigma_min=0.008, nu_sigma_max=0.045,
)  # fmt: skip
KINDS = [
    NoRetention(kind="none"),
    PCM,
    Logarithmic(kind="logarithmic", t0=1.0, rate=0.03, sigma=0.3),
    Leak(kind="leak", tau=10.0, sigma=0.3, rest=0.2),
]


@pytest.mark.parametrize("law", KINDS, ids=lambda law: law.kind)
def test_no_time_changes_nothing(law: PowerLaw) -> None:
    np.testing.assert_allclose(law.aged(G, LOW, HIGH, 1e-5, 0.0, np.array([-2.0, 0.0, 3.0])), G, rtol=1e-12)


@pytest.mark.parametrize("law", KINDS, ids=lambda law: law.kind)
def test_conductances_stay_finite_and_not_negative_for_all_times(law: PowerLaw) -> None:
    for seconds in (1e-9, 1.0, 1e5, 1e10):
        g = law.aged(G, LOW, HIGH, 1e-5, seconds, np.array([-4.0, 0.0, 4.0]))
        assert np.all(np.isfinite(g) & (g >= 0.0))


def test_the_power_law_drifts_by_t_over_t0_to_the_minus_nu_of_the_state() -> None:
    """nu = clip(-.0155 ln x + .0244, .049, .1), sigma = clip(-.0125 ln x - .0059, .008, .045) (DEVICES.md)."""
    x = G / 1e-5
    nu = np.clip(-0.0155 * np.log(x) + 0.0244, 0.049, 0.1)
    np.testing.assert_allclose(PCM.aged(G, LOW, HIGH, 1e-5, 86400.0, STILL), G * (86420.0 / 20.0) ** -nu, rtol=1e-12)
    sigma = np.clip(-0.0125 * np.log(x) - 0.0059, 0.008, 0.045)
    aged = PCM.aged(G, LOW, HIGH, 1e-5, 86400.0, np.full(3, 2.0))
    np.testing.assert_allclose(aged, G * (86420.0 / 20.0) ** -(nu + 2.0 * sigma), rtol=1e-12)


def test_the_logarithmic_law_loses_its_rate_per_decade() -> None:
    law = Logarithmic(kind="logarithmic", t0=1.0, rate=0.03)
    for decades in (1, 4):
        aged = law.aged(G, LOW, HIGH, 1e-5, 10.0**decades - 1.0, STILL)
        np.testing.assert_allclose(aged, G * (1.0 - 0.03 * decades), rtol=1e-12)
    np.testing.assert_array_equal(law.aged(G, LOW, HIGH, 1e-5, 1e40, STILL), 0.0)


def test_a_leaking_cell_comes_to_rest_exponentially() -> None:
    law = Leak(kind="leak", tau=10.0, rest=0.2)
    rest = 1e-6 + 0.2 * 9e-6
    for seconds in (1.0, 10.0, 1e4):
        expected = rest + (G - rest) * math.exp(-seconds / 10.0)
        np.testing.assert_allclose(law.aged(G, LOW, HIGH, 1e-5, seconds, STILL), expected, rtol=1e-12)


def test_bounds_of_nu_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ValueError, match=r"nu_max: must not be below 'nu_min' \(0.2\), got 0.1"):
        PowerLaw(kind="power_law", t0=1.0, nu_offset=0.1, nu_min=0.2, nu_max=0.1)


def test_an_activation_energy_speeds_ageing_by_arrhenius_law() -> None:
    hot = Arrhenius(kind="arrhenius", reference=300.0, operating=358.15, retention=1.1)
    expected = math.exp(1.1 / BOLTZMANN * (1.0 / 300.0 - 1.0 / 358.15))
    assert hot.acceleration() == pytest.approx(expected)
    assert expected == pytest.approx(1000.0, rel=0.02), "1.1 eV from 300 K to 85 C"
    assert hot.window() == (1.0, 1.0)
    same = Arrhenius(kind="arrhenius", reference=300.0, operating=300.0, retention=1.1, conductance_min=0.2)
    assert (same.acceleration(), same.window()) == (1.0, (1.0, 1.0))
    assert FixedTemperature(kind="none", reference=300.0).acceleration() == 1.0


def test_hopping_conduction_rises_with_temperature_and_metallic_falls() -> None:
    hot = Arrhenius(kind="arrhenius", reference=300.0, operating=350.0, conductance_min=0.1, conductance_max=-0.01)
    low, high = hot.window()
    assert low == pytest.approx(math.exp(0.1 / BOLTZMANN * (1 / 300 - 1 / 350)))
    assert low > 1.0 > high
