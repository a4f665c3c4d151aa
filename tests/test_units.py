import contextlib
from fractions import Fraction as FractionOf
from typing import Annotated, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from analogep import units
from analogep.units import Farads, Fraction, Hertz, Kelvin, Ohms, Seconds, Siemens, Volts, format_si

CARD = {"source": "card"}


def read(kind: Any, value: Any, context: Any = CARD) -> float:
    return TypeAdapter(kind).validate_python(value, context=context)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Siemens, "10 uS", 10e-6),
        (Siemens, "10uS", 10e-6),
        (Siemens, "10 \u00b5S", 10e-6),
        (Siemens, "10 \u03bcS", 10e-6),
        (Siemens, "1e-3 uS", 1e-9),
        (Siemens, "3 mS", 3e-3),
        (Siemens, "3 MS", 3e6),
        (Siemens, "0.315 uS", 0.315e-6),
        (Volts, "1.6 V", 1.6),
        (Volts, "-1 V", -1.0),
        (Volts, "+.5 mV", 0.5e-3),
        (Volts, "1. V", 1.0),
        (Seconds, "50 ns", 50e-9),
        (Seconds, "2 min", 120.0),
        (Seconds, "1 h", 3600.0),
        (Seconds, "1 d", 86400.0),
        (Farads, "2.2 aF", 2.2e-18),
        (Hertz, "1.5 GHz", 1.5e9),
        (Kelvin, "300 K", 300.0),
        (Ohms, "3.3 kohm", 3300.0),
        (Ohms, "3.3 k\u03a9", 3300.0),
        (Ohms, "7 M\u2126", 7e6),
        (Fraction, "3.7 %", 0.037),
        (Fraction, "57%", 0.57),
        (units.Amperes, "7 fA", 7e-15),
        (units.Joules, "0.675 pJ", 0.675e-12),
        (units.Watts, "2 TW", 2e12),
        (units.Metres, "65 nm", 65e-9),
        (units.Metres, "3 m", 3.0),
        (units.TimeConstants, "0.5 tau", 0.5),
    ],
)
def test_string_with_unit_becomes_the_nearest_si_float(kind: Any, text: str, value: float) -> None:
    assert read(kind, text) == value


PREFIXES = {
    "": "1", "a": "1e-18", "f": "1e-15", "p": "1e-12", "n": "1e-9", "u": "1e-6", "\u00b5": "1e-6", "\u03bc": "1e-6",
    "m": "1e-3", "k": "1e3", "M": "1e6", "G": "1e9", "T": "1e12",
}  # fmt: skip
"""Prefixes of the SI that cards may use, and their size."""
PREFIXED = {
    "S": Siemens, "V": Volts, "s": Seconds, "F": Farads, "A": units.Amperes, "J": units.Joules, "Hz": Hertz,
    "K": Kelvin, "W": units.Watts, "m": units.Metres, "eV": units.ElectronVolts,
    "ohm": Ohms, "\u03a9": Ohms, "\u2126": Ohms,
}  # fmt: skip
"""Units that take a prefix. U+00B5 and U+03BC are micro, U+03A9 and U+2126 ohm."""
PLAIN = {
    "min": (Seconds, "60"), "h": (Seconds, "3600"), "d": (Seconds, "86400"), "y": (Seconds, "31557600"),
    "%": (Fraction, "0.01"), "tau": (units.TimeConstants, "1"),
}  # fmt: skip
"""Units that take none, and their size: a year is a Julian one, 365.25 days."""
NUMBERS = ("1", "-3.7", "0.1", "2.2e-3", "6.02214076", "1e290", "1e-300", "123456789.123456789")


def test_every_unit_has_its_exact_size_with_every_prefix() -> None:
    sizes = {prefix + unit: (kind, size) for unit, kind in PREFIXED.items() for prefix, size in PREFIXES.items()}
    for unit, (kind, size) in (sizes | PLAIN).items():
        for number in NUMBERS:
            exact = FractionOf(number) * FractionOf(size)
            assert read(kind, f"{number} {unit}") == float(exact), f"{number} {unit}"


@pytest.mark.parametrize("unit", PLAIN)
def test_what_is_no_si_unit_takes_no_prefix(unit: str) -> None:
    for prefix in PREFIXES.keys() - {""}:
        with pytest.raises(ValidationError, match="has an unknown unit"):
            read(PLAIN[unit][0], f"1 {prefix}{unit}")


@given(st.decimals(0, 1000, places=6), st.sampled_from([("u", "e-6"), ("n", "e-9"), ("k", "e3"), ("a", "e-18")]))
def test_conversion_is_correctly_rounded(number: Any, prefix: tuple[str, str]) -> None:
    assert read(Siemens, f"{number:f} {prefix[0]}S") == float(f"{number:f}{prefix[1]}")


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (Siemens, 10, r"needs a unit of conductance, such as '10 uS'; got 10$"),
        (Siemens, 1e-5, r"needs a unit of conductance, such as '10 uS'; got 1e-05$"),
        (Siemens, "10", r"needs a unit of conductance, such as '10 uS'; got '10'$"),
        (Siemens, True, r"needs a unit of conductance, such as '10 uS'; got true$"),
        (Siemens, None, r"needs a unit of conductance, such as '10 uS'; got null$"),
        (Siemens, [1], r"needs a unit of conductance, such as '10 uS'; got a list of 1$"),
        (Siemens, "10 V", r"'10 V' is not a conductance; write it in siemens, such as '10 uS'$"),
        (Siemens, "10 us", r"'10 us' is not a conductance; write it in siemens"),
        (units.Joules, "10 V", r"'10 V' is not an energy; write it in joules"),
        (Fraction, 0.037, r"needs a percentage, such as '3.7 %'; got 0.037$"),
        (Fraction, "1 V", r"'1 V' is not a fraction; write it in percent, such as '3.7 %'$"),
        (Volts, "1 %", r"'1 %' is not a voltage"),
        (Volts, "1 eV", r"'1 eV' is not a voltage; write it in volts, such as '1.6 V'$"),
        (units.TimeConstants, "5 ns", r"'5 ns' is not a time step; write it in time constants, such as '0.5 tau'$"),
        (units.TimeConstants, "0.5 utau", r"'0.5 utau' has an unknown unit"),
        (units.TimeConstants, 0.5, r"needs a unit of time step, such as '0.5 tau'; got 0.5$"),
        (Seconds, "2 tau", r"'2 tau' is not a time; write it in seconds, such as '50 ns'$"),
        (Volts, "1 inch", r"'1 inch' has an unknown unit"),
        (Volts, "1,5 V", r"'1,5 V' is not one number with one unit, such as '1.6 V'$"),
        (Volts, "1 V/s", r"'1 V/s' is not one number with one unit"),
        (Volts, "1 V 2 V", r"is not one number with one unit"),
        (Volts, "1  V", r"is not one number with one unit"),
        (Volts, " 1 V", r"is not one number with one unit"),
        (Volts, "1 V\n", r"is not one number with one unit"),
        (Volts, "1_0 V", r"is not one number with one unit"),
        (Volts, "\u0661 V", r"is not one number with one unit"),
        (Volts, "nan V", r"is not one number with one unit"),
        (Volts, "V", r"is not one number with one unit"),
        (Volts, "1" * 1000 + " V", r"is not one number with one unit"),
        (Volts, "1e999 V", r"'1e999 V' is too large for a number$"),
        (Volts, "1e-999 V", r"'1e-999 V' is too small for a number$"),
    ],
)
def test_what_is_no_quantity_is_refused_with_what_is_wanted(kind: Any, value: Any, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        read(kind, value)
    assert [error["type"] for error in caught.value.errors()] == ["quantity"]
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(caught.value.errors()[0]["msg"])


@pytest.mark.parametrize("value", [1e-5, 1, np.float64(0.5), np.float32(0.5), np.int64(2)])
def test_python_may_give_plain_si_numbers(value: Any) -> None:
    assert read(Siemens, value, None) == float(value)
    assert type(read(Siemens, value, None)) is float


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 10**400, True, None, 1j])
def test_python_may_not_give_what_is_no_finite_number(value: Any) -> None:
    with pytest.raises(ValidationError, match=r"finite|too large|needs a unit"):
        read(Siemens, value, None)


def test_minus_zero_is_zero() -> None:
    assert str(read(Volts, "-0 V")) == "0.0"
    assert str(read(Volts, -0.0, None)) == "0.0"


@given(st.text())
def test_any_text_is_a_quantity_or_a_validation_error(text: str) -> None:
    with contextlib.suppress(ValidationError):
        read(Volts, text)


def test_bounds_of_a_field_hold_for_the_si_value() -> None:
    class Model(BaseModel):
        g: Siemens = Field(gt=0, le=1e-3)
        h: Annotated[Siemens, Field(le=1e-3)] = 0
        fractions: tuple[Annotated[Fraction, Field(le=1)], ...] = ()

    assert Model.model_validate({"g": "1 mS"}, context=CARD).g == 1e-3
    for field, too_large in (("g", "2 mS"), ("h", "2 mS"), ("fractions", ["101 %"])):
        with pytest.raises(ValidationError, match="less than or equal to"):
            Model.model_validate({"g": "1 mS", field: too_large}, context=CARD)


def test_json_schema_says_what_a_card_may_hold() -> None:
    schema = TypeAdapter(Siemens).json_schema()
    assert schema["type"] == "string"
    assert schema["description"] == "conductance, a number with its unit"
    assert schema["examples"] == ["10 uS"]


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        (Siemens, ["10 uS", "1e-3S"]),
        (Ohms, ["1 kohm", "1 Ω"]),
        (Seconds, ["1 ms", "1 min"]),
        (Fraction, ["3.7 %"]),
        (units.TimeConstants, ["0.5 tau", "1tau"]),
    ],
)
def test_json_schema_pattern_fits_what_is_accepted(kind: Any, texts: list[str]) -> None:
    pattern = TypeAdapter(kind).json_schema()["pattern"]
    for text in texts:
        assert np.isfinite(read(kind, text))
        with pytest.raises(AssertionError, match=pattern):
            raise AssertionError(text)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1e-05, "S", "10 uS"),
        (0.037, "%", "3.7 %"),
        (0.0, "S", "0 S"),
        (-0.0, "V", "0 V"),
        (0.0, "%", "0 %"),
        (-1.6, "V", "-1.6 V"),
        (9.9996e-7, "S", "1 uS"),
        (9.999e-7, "S", "999.9 nS"),
        (123456.0, "ohm", "123.5 kohm"),
        (100.0, "K", "100 K"),
        (2.2e-18, "F", "2.2 aF"),
        (1e-21, "F", "1e-21 F"),
        (1e15, "Hz", "1e+15 Hz"),
        (1e12, "Hz", "1 THz"),
        (0.5, "", "0.5"),
        (float("inf"), "V", "inf V"),
        (float("nan"), "V", "nan V"),
    ],
)
def test_format_si_writes_engineering_notation(value: float, unit: str, text: str) -> None:
    assert format_si(value, unit) == text


@given(st.floats(1e-18, 9e14))
def test_format_si_reads_back_to_four_digits(value: float) -> None:
    assert read(Siemens, format_si(value, "S")) == pytest.approx(value, rel=5.1e-4)


@pytest.mark.parametrize(
    ("text", "number"), [("10 uS", 10), ("0 %", 0), ("relative", None), ("pcm_1f", None), ("3 ml", None), ("3 mm", 3.0)]
)
def test_number_of_finds_quantity_strings(text: str, number: float | None) -> None:
    assert units.number_of(text) == number
