"""The card of a fit validates, says where each number is from, and says which numbers are nobody's."""

from __future__ import annotations

import numpy as np
import pytest

from analogep import fit
from analogep.device import DeviceCard
from analogep.errors import CardError
from analogep.fit import Known, Measurement, Value

from .synthetic import HIGH, LOW, known, measure

LAWS = known()


@pytest.mark.parametrize("name", sorted(LAWS))
def test_the_card_of_every_law_validates_and_steps_as_the_law_that_was_measured(name: str) -> None:
    law = LAWS[name]
    found = fit.fit(measure(law, np.random.default_rng(1), 8, ("range", 5e-4), ("absolute", 5e-4)), name)
    made = fit.make_card(found, Known("mine"))
    card = DeviceCard.from_text(made.text, "mine.yaml")
    assert card.programming.model == name
    x = np.linspace(0.1, 0.9, 17)
    g = LOW + (HIGH - LOW) * x
    for way in ("up", "down"):
        step = card.conductance.span * card.programming.step(way, (g - card.conductance.min) / card.conductance.span)
        expected = (HIGH - LOW) * law.step(way, x)
        np.testing.assert_allclose(step, expected, atol=0.06 * np.abs(expected).mean())


def test_every_fitted_number_has_its_error_and_every_default_is_listed() -> None:
    found = fit.fit(measure(LAWS["exponential"], np.random.default_rng(1)), "exponential")
    made = fit.make_card(found, Known("mine"))
    for path, (source, status) in made.card.provenance.items():
        if source == "measured":
            assert status.startswith("fit; ")
            assert " +- " in status, path
        else:
            assert (source, status.split(";")[0]) == ("assumed", "default")
            assert any(line.startswith(f"{path}: ") for line in made.defaults), path


def test_what_the_user_states_is_no_default() -> None:
    found = fit.fit(measure(LAWS["exponential"], np.random.default_rng(1)), "exponential")
    stated = Known("mine", "My device", "ecram", 3, 2.0, -1.5, 1e-6, 2e-6, 0.05, 1e-7)
    made = fit.make_card(found, stated)
    card = made.card
    assert (card.title, card.technology, card.terminals) == ("My device", "ecram", 3)
    assert (card.programming.up.amplitude, card.branch("down").amplitude) == (2.0, -1.5)
    assert (card.programming.up.width, card.branch("down").width) == (1e-6, 2e-6)
    assert (card.read.voltage, card.read.width) == (0.05, 1e-7)
    assert card.provenance["read.voltage"] == ("stated", "measured; as stated by whoever made the fit")
    assert [line for line in made.defaults if line.startswith("programming")] == []


def test_the_sign_of_the_pulse_down_is_the_opposite_of_up_unless_stated() -> None:
    found = fit.fit(measure(LAWS["exponential"], np.random.default_rng(1)), "exponential")
    assert fit.make_card(found, Known("mine", amplitude_up=-2.0)).card.branch("down").amplitude == 2.0


def test_a_read_voltage_above_the_pulses_is_refused_as_on_any_card() -> None:
    found = fit.fit(measure(LAWS["exponential"], np.random.default_rng(1)), "exponential")
    with pytest.raises(CardError, match=r"read\.voltage: must be below the smallest write amplitude"):
        fit.make_card(found, Known("mine", read_voltage=3.0))


def test_a_unidirectional_device_gets_a_reset() -> None:
    measurement = measure(LAWS["soft_bounds"], np.random.default_rng(1))
    ups = measurement.select([ramp for ramp in measurement.ramps if ramp.direction == "up"])
    made = fit.make_card(fit.fit(ups, "soft_bounds", unidirectional=True), Known("mine"))
    assert made.card.programming.unidirectional
    assert made.card.programming.reset is not None
    assert "programming.reset.refresh_above: 90 %" in made.defaults


def test_spread_between_devices_is_recovered_less_that_of_measurement() -> None:
    sigma = {"max": 0.12, "min": 0.08, "step": 0.10}
    rng = np.random.default_rng(8)
    ramps = []
    for k in range(40):
        window = LOW * np.exp(sigma["min"] * rng.standard_normal()), HIGH * np.exp(sigma["max"] * rng.standard_normal())
        factor = 1.0 + sigma["step"] * rng.standard_normal()
        values = {"step": LAWS["constant"].up.step * factor, "amplitude": 1.0, "width": 1e-7}  # type: ignore[attr-defined]
        law = type(LAWS["constant"]).model_validate(
            {"model": "constant", "up": values, "down": {**values, "amplitude": -1.0}}
        )
        pulses = round(1.0 / values["step"])
        ramps += measure(law, rng, 1, ("range", 5e-4), ("absolute", 1e-3), window, f"cell {k}", pulses).ramps
    found = fit.fit(Measurement(tuple(ramps), ()), "constant")
    for key, truth in sigma.items():
        value, error = found.spread.values[key]
        assert abs(value - truth) < 3.0 * truth / np.sqrt(2 * 39) + 0.01, key
        assert error == pytest.approx(value / np.sqrt(2 * 39), rel=0.2)
    assert found.spread.values["asymmetry"][0] < 0.02
    spread = fit.make_card(found, Known("mine")).card.variation.device_to_device
    assert spread.max == pytest.approx(found.spread.values["max"][0], rel=1e-4)
    assert spread.distribution == "lognormal"


def test_one_device_shows_no_spread_and_this_is_said() -> None:
    found = fit.fit(measure(LAWS["constant"], np.random.default_rng(1)), "constant")
    made = fit.make_card(found, Known("mine"))
    assert made.card.variation.device_to_device.max == 0.0
    assert "variation.device_to_device: 0 %, one device shows no spread" in made.defaults


def test_windows_that_would_cross_are_truncated_earlier() -> None:
    rng = np.random.default_rng(2)
    ramps = []
    for k, (low, high) in enumerate([(5e-6, 8e-6), (9e-6, 15e-6), (4e-6, 7e-6), (6e-6, 16e-6)]):
        ramps += measure(LAWS["constant"], rng, 2, window=(low, high), device=f"cell {k}").ramps
    made = fit.make_card(fit.fit(Measurement(tuple(ramps), ()), "constant"), Known("mine"))
    assert made.card.variation.device_to_device.truncate < 3.0


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (Value(162.9113e-6, 0.0691e-6), "S", "162.911 +- 0.069 uS"),
        (Value(0.0004976, 0.0000064), "%", "0.04976 +- 0.00064 %"),
        (Value(-1.4217, 0.0058), "", "-1.4217 +- 0.0058"),
        (Value(3e-8, float("nan")), "S", "30 nS"),
        (Value(185.48, 12.3), "", "185 +- 12"),
    ],
)
def test_errors_are_written_with_two_digits(value: Value, unit: str, text: str) -> None:
    assert fit.plus_minus(value, unit) == text
