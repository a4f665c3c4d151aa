"""Quantisation of the converters and the noise of a sampling capacitor."""

from __future__ import annotations

import numpy as np
import pytest

from analogep.circuit import Adc, Dac, SampleHold

BITS = [1, 2, 3, 8, 12]
MADE = {"node": 65e-9, "rate": 2.5e6}


@pytest.mark.parametrize("bits", BITS)
def test_a_dac_has_two_to_the_bits_levels_with_0_and_1_among_them(bits: int) -> None:
    levels = np.unique(Dac(bits=bits, supply=1.1).quantise(np.linspace(0.0, 1.0, 16 * 2**bits + 1)))
    assert levels.size == 2**bits
    assert (levels[0], levels[-1]) == (0.0, 1.0)
    np.testing.assert_allclose(np.diff(levels), 1.0 / (2**bits - 1), rtol=1e-9)


@pytest.mark.parametrize("bits", BITS)
def test_an_adc_has_two_to_the_bits_codes_from_low_to_high(bits: int) -> None:
    adc = Adc(bits=bits, low=-0.2, high=0.4, **MADE)
    codes = np.unique(np.round(adc.quantise(np.linspace(-1.0, 1.0, 64 * 2**bits + 1)), 12))
    assert codes.size == 2**bits
    assert (codes[0], codes[-1]) == pytest.approx((-0.2, 0.4))
    np.testing.assert_allclose(np.diff(codes), adc.lsb, rtol=1e-6)


@pytest.mark.parametrize("bits", [*BITS, 24, 32])
def test_within_the_range_the_error_is_half_a_code_at_most_and_a_code_is_its_own_code(bits: int) -> None:
    adc, dac = Adc(bits=bits, low=-0.2, high=0.4, **MADE), Dac(bits=bits, supply=1.1)
    v = np.random.default_rng(bits).uniform(-0.2, 0.4, 10_000)
    assert np.abs(adc.quantise(v) - v).max() <= 0.5 * adc.lsb + 1e-15
    np.testing.assert_allclose(adc.quantise(adc.quantise(v)), adc.quantise(v), rtol=0, atol=1e-15)
    x = np.random.default_rng(bits).uniform(0.0, 1.0, 10_000)
    assert np.abs(dac.quantise(x) - x).max() <= 0.5 / (2.0**bits - 1.0) + 1e-15
    np.testing.assert_array_equal(dac.quantise(dac.quantise(x)), dac.quantise(x))


def test_the_error_of_an_adc_is_spread_evenly_over_a_code() -> None:
    """Variance LSB^2/12, within 4 standard errors of 1e5 samples."""
    adc = Adc(bits=8, low=-0.2, high=0.4, **MADE)
    v = np.random.default_rng(0).uniform(-0.2, 0.4, 100_000)
    square = (adc.quantise(v) - v) ** 2
    assert abs(square.mean() - adc.lsb**2 / 12.0) < 4.0 * square.std() / np.sqrt(v.size)


def test_voltages_beyond_the_range_are_clipped() -> None:
    adc = Adc(bits=8, low=-0.2, high=0.4, **MADE)
    np.testing.assert_allclose(adc.quantise(np.array([-9.0, 9.0])), [-0.2, 0.4], rtol=1e-12)


def test_ideal_converters_change_nothing_and_do_not_clip() -> None:
    v = np.array([-9.0, 0.1234, 9.0])
    adc = Adc(bits=None, booked=8, low=-0.2, high=0.4, **MADE)
    np.testing.assert_array_equal(adc.quantise(v), v)
    assert adc.lsb == 0.0
    np.testing.assert_array_equal(Dac(bits=None, booked=8, supply=1.1).quantise(v), v)


def test_an_adc_whose_range_is_empty_is_refused() -> None:
    with pytest.raises(ValueError, match=r"high: must be above 'low' \(400 mV\), got 400 mV"):
        Adc(bits=8, low=0.4, high=0.4, **MADE)


@pytest.mark.parametrize(("farads", "volts"), [(1e-15, 2.0e-3), (10e-15, 0.64e-3), (100e-15, 0.20e-3), (1e-12, 64e-6)])
def test_kt_over_c_at_300_kelvin_is_as_tabulated(farads: float, volts: float) -> None:
    """PHYSICS.md, section 3: two digits, so within 2 %."""
    assert SampleHold(capacitance=farads, noise=0.0).thermal_noise() == pytest.approx(volts, rel=0.02)
    assert SampleHold(capacitance=farads, noise=0.0).thermal_noise(1200.0) == pytest.approx(2.0 * volts, rel=0.02)
