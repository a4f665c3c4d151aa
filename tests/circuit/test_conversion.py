"""Joules and area of a conversion: against the published regression as it is coded, and against bounds of physics."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analogep.circuit import Adc, CircuitCard, Dac
from analogep.circuit.conversion import adc_area, adc_joules, dac_joules, thermal_joules
from analogep.errors import CardError

KT = 1.380649e-23 * 300.0


def published(n: float, f: float, nm: float) -> tuple[float, float]:
    """Energy [pJ] and area [um^2] with the coefficients rounded as in the docstring, ENOB rounded up."""
    signal = 6.02 * n + 1.76
    merit = min(213.78 - 2.8719 * math.log(f), 128.31 + 3.2205 * math.ceil(n))
    energy = 0.5 * 10 ** ((signal - merit) / 10) * math.exp(24.579 + 1.8800 * math.log(nm) - 2.8291 * math.log(n))
    area = math.exp(1.3462 + 0.99328 * math.log(nm) + 0.18072 * math.log(f) + 0.29912 * math.log(energy))
    return energy, area


@pytest.mark.parametrize("nm", [180.0, 65.0, 28.0])
@pytest.mark.parametrize("rate", [1e5, 2.5e6, 1e8, 1e9])
@pytest.mark.parametrize("bits", [5, 6, 8, 10, 12, 14])
def test_whole_bits_are_as_published(bits: int, rate: float, nm: float) -> None:
    """Within 1 %, which is what 6.02 and 1.76 leave of 6.0206 and 1.7609."""
    energy, area = published(bits, rate, nm)
    assert adc_joules(bits, rate, nm * 1e-9) == pytest.approx(energy * 1e-12, rel=0.01)
    assert adc_area(bits, rate, nm * 1e-9) == pytest.approx(area * 1e-12, rel=0.003)


def test_eight_bits_at_65_nanometres_and_100_megahertz() -> None:
    assert adc_joules(8, 1e8, 65e-9) == pytest.approx(6.494e-12, rel=1e-3)
    assert adc_area(8, 1e8, 65e-9) == pytest.approx(11862e-12, rel=1e-3)


@pytest.mark.parametrize("nm", [180.0, 65.0, 7.0])
@pytest.mark.parametrize("rate", [1e3, 2.5e6, 1e8, 1e10])
def test_no_converter_takes_less_for_more_bits_and_none_jumps(rate: float, nm: float) -> None:
    """A step of 1e-3 bits multiplies the joules by at most 4^1e-3."""
    bits = np.arange(1.0, 20.0, 1e-3)
    joules = np.array([adc_joules(float(n), rate, nm * 1e-9) for n in bits])
    growth = joules[1:] / joules[:-1]
    assert growth.min() >= 1.0
    assert growth.max() <= 4.0**1.001e-3


@pytest.mark.parametrize(("rate", "least"), [(2.5e6, 4.388), (1e10, 4.388), (3e12, 2.041)])
def test_joules_are_flat_below_the_least_of_the_regression(rate: float, least: float) -> None:
    """Where F grows with n, d ln E/dn = 0.6447 - 2.8291/n; where the rate holds it, 1.3863 - 2.8291/n."""
    assert adc_joules(1, rate, 65e-9) == adc_joules(0.99 * least, rate, 65e-9)
    grid = np.linspace(1.0, 8.0, 7001)
    smooth = [
        6.0206 * n - min(213.7807 - 2.871903 * math.log(rate), 128.3068 + 3.2205 * n) - 28.2913 / 2.302585 * math.log(n)
        for n in grid
    ]
    assert grid[int(np.argmin(smooth))] == pytest.approx(least, abs=0.01)


def test_few_nanometres_and_many_bits_do_not_fall_below_thermal_noise() -> None:
    """Class-B charging takes 4 kT times the signal-to-noise ratio; the regression alone would be 2.7 times lower."""
    ratio = 10.0 ** ((6.0206 * 13 + 1.7609) / 10.0)
    assert thermal_joules(13) == pytest.approx(4.0 * KT * ratio, rel=1e-4)
    assert published(13, 1e5, 7.0)[0] * 1e-12 < thermal_joules(13)
    assert adc_joules(13, 1e5, 7e-9) == thermal_joules(13)
    assert adc_joules(13, 1e5, 65e-9) > 10.0 * thermal_joules(13)
    assert thermal_joules(13, 600.0) == pytest.approx(2.0 * thermal_joules(13))


def test_the_thermal_bound_is_that_of_a_simulated_sampler() -> None:
    """A capacitor follows a full-scale sine from a supply of V: what it draws, over the noise of a sample.

    Charge is drawn while the voltage rises, at V. Two samples a period; ratio of the sine's variance to kT/C.
    """
    farads, volts, steps = 1e-12, 0.8, 20_000
    wave = 0.5 * volts * (1.0 + np.sin(np.linspace(0.0, 2.0 * np.pi, steps + 1)))
    drawn = volts * farads * np.maximum(np.diff(wave), 0.0).sum()
    ratio = wave[:-1].var() / (KT / farads)
    assert 0.5 * drawn == pytest.approx(thermal_joules(math.log(ratio / 1.5, 4.0)), rel=1e-4)


def test_a_dac_takes_50_femtofarads_a_bit_and_four_times_the_thermal_noise_of_its_steps_at_least() -> None:
    assert dac_joules(8, 1.1) == pytest.approx(8 * 50e-15 * 1.21)
    assert dac_joules(1, 1.1) == pytest.approx(50e-15 * 1.21)
    # C V^2/2 on the capacitor whose kT/C is the rounding error (V/2^n)^2/12: 6 kT 4^n.
    volts, bits = 1.1, 16
    farads = 12.0 * KT * 4.0**bits / volts**2
    assert dac_joules(bits, volts) == pytest.approx(0.5 * farads * volts**2)


def test_effective_bits_decide_the_joules_and_what_lacks_is_noise() -> None:
    """Rounding and the converter's noise together have the variance of rounding to the effective bits.

    Within 5 standard errors of 200,000 samples.
    """
    adc = Adc(bits=10, enob=7.5, low=-0.2, high=0.4, node=65e-9, rate=2.5e6)
    assert adc.joules == adc_joules(7.5, 2.5e6, 65e-9)
    rng = np.random.default_rng(3)
    v = rng.uniform(-0.1, 0.3, 200_000)
    square = (adc.quantise(v + rng.normal(0.0, adc.noise, v.size)) - v) ** 2
    wanted = (0.6 / (2.0**7.5 - 1.0)) ** 2 / 12.0
    assert abs(square.mean() - wanted) < 5.0 * square.std() / np.sqrt(v.size)
    assert adc.noise > 5.0 * adc.lsb / np.sqrt(12.0)
    assert Adc(bits=10, low=-0.2, high=0.4, node=65e-9, rate=2.5e6).noise == 0.0
    assert Adc(bits=10, enob=10, low=-0.2, high=0.4, node=65e-9, rate=2.5e6).noise == 0.0


def test_an_ideal_converter_has_the_joules_that_it_is_booked_with() -> None:
    made = {"node": 65e-9, "rate": 2.5e6}
    assert Adc(bits=None, booked=12, low=0, high=1, **made).joules == Adc(bits=12, low=0, high=1, **made).joules
    assert Dac(bits=None, booked=12, supply=1.1).joules == Dac(bits=12, supply=1.1).joules
    assert Adc(bits=12, booked=3, low=0, high=1, **made).joules == Adc(bits=12, low=0, high=1, **made).joules


def test_an_energy_with_a_source_is_taken_as_it_is() -> None:
    said = ["adc.energy=3.8 pJ", "adc.source=data sheet", "dac.energy=1 pJ", "dac.source=data sheet"]
    card = CircuitCard.load("digits", said)
    assert (card.adc.joules, card.dac.joules) == (3.8e-12, 1e-12)
    assert card.warnings() == []
    bare = ["adc={bits: null, low: 0 V, high: 1 V, energy: 3.8 pJ, source: data sheet}"]
    assert CircuitCard.load("digits", bare).adc.joules == 3.8e-12
    assert card.changed({"adc.bits": 6}).warnings() == []


def test_a_changed_number_of_bits_whose_energy_a_card_fixes_is_warned_of() -> None:
    text = CircuitCard.load("digits").text.replace("node: 65 nm, rate: 2.5 MHz", "energy: 3.8 pJ, source: data sheet")
    text = text.replace("source: data sheet", "area: 1270, source: data sheet")
    stale = CircuitCard.from_text(text).changed({"adc.bits": 6}).warnings()
    assert [str(problem).partition("adc.")[2] for problem in stale] == [
        f"{key}: stays at {said}, as its source says, though adc.bits was changed; with adc.{key}=null and "
        "adc.source=null it follows the bits"
        for key, said in (("energy", "3.8 pJ"), ("area", "1270 um^2"))
    ]


SAY = (
    "is missing: say where 'energy' comes from, such as source: \"data sheet\", or remove 'energy', which then follows "
    "from "
)
FOLLOWS = "is missing: the energy follows from it; write {}, or 'energy' with its 'source'"
REFUSALS = {
    "adc.energy=2 pJ": f"adc.source: {SAY}bits, node, rate",
    "dac.energy=2 pJ": f"dac.source: {SAY}bits, supply",
    "adc.area=1270": f"adc.source: {SAY.replace('energy', 'area')}bits, node, rate",
    "adc.source=me": "adc.energy: is missing: 'source' says where it comes from; write energy: 3.8 pJ, or remove "
    "'source'",
    "adc.node=null": f"adc.node: {FOLLOWS.format('node: 65 nm')}",
    "adc.rate=null": f"adc.rate: {FOLLOWS.format('rate: 2.5 MHz')}",
    "dac.supply=null": f"dac.supply: {FOLLOWS.format('supply: 1.1 V')}",
    "adc.bits=null": "adc.booked: is missing: an ideal converter (bits: null) needs the bits whose joules are booked, "
    "such as booked: 12, or 'energy' with its 'source'",
    "adc.enob=9": "adc.enob: must be at most the 8 'bits', got 9",
    "adc={bits: null, booked: 8, enob: 7, low: 0 V, high: 1 V, node: 65 nm, rate: 1 MHz}": "adc.enob: an ideal "
    "converter (bits: null) has none; remove it, and say with 'booked' what it costs",
    "adc.rate=20 GHz": "adc.rate: must be at most 10 GHz, got 20 GHz",
    "adc.node=65 nF": "adc.node: '65 nF' is not a length; write it in metres, such as '65 nm'",
}


@pytest.mark.parametrize("override", REFUSALS)
def test_what_lacks_is_said_with_what_to_write(override: str) -> None:
    with pytest.raises(CardError) as caught:
        CircuitCard.load("digits", [override])
    assert REFUSALS[override] in str(caught.value)


def test_a_card_says_what_its_converters_take() -> None:
    said = CircuitCard.load("digits").understood()
    assert "\n  # takes 484 fJ a conversion\n" in said
    assert "\n  # takes 6.494 pJ a conversion\n  # covers 6090 um^2 each\n" in said
