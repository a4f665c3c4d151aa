"""Kinetics: rates at a voltage, and the dose that makes pulses of another height worth so many reference pulses."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analogep.device import DeviceCard
from analogep.device.laws import Kinetics, SinhRate, Threshold, Vteam, Yakopcic
from analogep.device.laws.rates import Pulse
from analogep.errors import CardError
from tests.device.examples import SINH, VTEAM, YAKOPCIC, dosed, exponential


def test_vteam_moves_by_its_power_law_beyond_each_threshold_and_not_between() -> None:
    """k (V/v_t - 1)^a; on raises the conductance, whatever polarity it has."""
    assert VTEAM.rate(-1.6) == pytest.approx(2e4)
    assert VTEAM.rate(-1.2) == pytest.approx(2e4 * 0.5**2)
    assert VTEAM.rate(1.2) == pytest.approx(-1e4)
    assert VTEAM.rate(0.9) == pytest.approx(-1e4 * 0.5**3)
    assert VTEAM.rate(0.59) == VTEAM.rate(-0.79) == VTEAM.rate(0.0) == 0.0
    turned = VTEAM.model_copy(update={"v_on": 0.8, "v_off": -0.6})
    assert turned.rate(1.2) == VTEAM.rate(-1.2)


def test_yakopcic_moves_exponentially_beyond_its_thresholds() -> None:
    assert YAKOPCIC.rate(1.0) == pytest.approx(4e3 * (math.e - math.exp(0.5)))
    assert YAKOPCIC.rate(-1.0) == pytest.approx(-4e3 * (math.e - math.exp(0.6)))
    assert YAKOPCIC.rate(0.5) == YAKOPCIC.rate(-0.6) == 0.0


def test_sinh_and_threshold_rates_are_odd() -> None:
    threshold = Threshold(kind="threshold", k=1e6, v_t=0.5)
    for rate in (SINH, threshold):
        for v in (0.2, 0.7, 3.0):
            assert rate.rate(v) == -rate.rate(-v)
    assert SINH.rate(0.6) == pytest.approx(1e3 * math.sinh(2.0))
    assert threshold.rate(1.0) == pytest.approx(1e6)
    assert threshold.rate(0.4) == 0.0


def test_absurd_voltages_give_infinity_and_no_error() -> None:
    assert SINH.rate(1e4) == math.inf
    assert YAKOPCIC.rate(-1e4) == -math.inf


@pytest.mark.parametrize("rate", [VTEAM, YAKOPCIC, SINH])
def test_the_dose_is_the_ratio_of_widths_times_that_of_rates(rate: Vteam | Yakopcic | SinhRate) -> None:
    up, down = (-1.0, 0.9) if rate is VTEAM else (1.0, -0.9)
    kinetics = Kinetics(rate=rate, up=Pulse(amplitude=up, width=1e-7), down=Pulse(amplitude=down, width=1e-7))
    assert kinetics.dose("up", up, 1e-7) == pytest.approx(1.0)
    assert kinetics.dose("down", down, 3e-7) == pytest.approx(3.0)
    expected = 0.5 * rate.rate(1.3 * up) / rate.rate(up)
    assert kinetics.dose("up", 1.3 * up, 0.5e-7) == pytest.approx(expected)
    assert kinetics.dose("up", -up, 1e-7) <= 0.0


@pytest.mark.parametrize("n", [1, 4, 17])
def test_a_pulse_of_whole_dose_is_that_many_reference_pulses(n: int) -> None:
    """n_eq = n (t/t_ref) r(V)/r(V_ref), exact for the affine laws: width n t_ref is n pulses."""
    law, reference = exponential(64, 2.0, 1.0), Pulse(amplitude=1.0, width=1e-9)
    kinetics = Kinetics(rate=SINH, up=reference, down=Pulse(amplitude=-1.0, width=1e-9))
    up, down = law.up.model_copy(update={"width": n * 1e-9}), law.down.model_copy(update={"amplitude": -1.0})
    long = law.model_copy(update={"kinetics": kinetics, "up": up, "down": down})
    x = np.linspace(0.0, 1.0, 11)
    assert long.dose("up") == pytest.approx(n)
    np.testing.assert_allclose(long.after("up", x, 1), law.after("up", x, n), atol=1e-12)


def test_a_dosed_law_is_faster_where_its_pulses_are_higher() -> None:
    law = dosed()
    assert law.dose("up") == pytest.approx(0.5 * math.sinh(4.0) / math.sinh(1.0 / 0.3))
    assert law.dose("down") == pytest.approx(2.0 * math.sinh(3.0) / math.sinh(1.0 / 0.3))


def dosed_card(*settings: str) -> DeviceCard:
    pulses = "up: {amplitude: 1.6 V, width: 50 ns}, down: {amplitude: -1.6 V, width: 50 ns}"
    rate = "rate: {kind: vteam, k_on: 1 MHz, v_on: 0.8 V, a_on: 2, k_off: 1 MHz, v_off: -0.8 V, a_off: 2}"
    return DeviceCard.load("rram", [f"programming.kinetics={{{rate}, {pulses}}}", *settings])


def test_a_card_whose_pulses_are_the_reference_pulses_is_the_card_without_kinetics() -> None:
    assert dosed_card().step == pytest.approx(DeviceCard.load("rram").step, rel=1e-12)
    assert dosed_card("programming.up.amplitude=2.4 V").step > 1.5 * dosed_card().step


def test_a_pulse_below_the_threshold_of_the_kinetics_is_refused() -> None:
    with pytest.raises(CardError, match=r"programming.up.amplitude: a pulse of 0.7 V moves nothing by the card's"):
        dosed_card("programming.up.amplitude=0.7 V")


def test_thresholds_of_one_sign_and_of_zero_are_refused() -> None:
    with pytest.raises(ValueError, match="v_off: must have the other sign than v_on"):
        Vteam(kind="vteam", k_on=1.0, v_on=1.0, a_on=1.0, k_off=1.0, v_off=0.5, a_off=1.0)
    with pytest.raises(ValueError, match="v_on: must not be 0 V"):
        Vteam(kind="vteam", k_on=1.0, v_on=0.0, a_on=1.0, k_off=1.0, v_off=0.5, a_off=1.0)


def test_a_reference_pulse_that_moves_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"up.amplitude: the reference pulse of 0.3 V has the rate 0/s; it must move"):
        Kinetics(rate=YAKOPCIC, up=Pulse(amplitude=0.3, width=1e-9), down=Pulse(amplitude=-1.0, width=1e-9))
