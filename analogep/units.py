"""Quantities with units: engineering strings such as `10 uS` at the YAML border, SI floats everywhere inside.

Each type below is an annotated `float` for a pydantic field. Read from a card (validation context `{"source":
"card"}`) it accepts only strings with a unit of its dimension; without that context a plain SI number is
accepted too. Prefixes and the spans of time are exact decimals, so that a string becomes the float nearest to it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from numbers import Real
from typing import Annotated, Any, Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

CARD = {"source": "card"}
"""Validation context of what people wrote as text: numbers with a dimension need their unit."""

_NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,5})?"
_FORM = re.compile(rf"({_NUMBER}) ?([^\s0-9.,/*^+-]+)")
_UNIT = re.compile(r"([afpnu\u00b5\u03bcmkMGT]?)(S|V|s|m|F|A|J|Hz|K|W|eV|ohm|\u03a9|\u2126)|(min|h|d|y|%|tau)")
_OF = {"\u03a9": "ohm", "\u2126": "ohm", "min": "s", "h": "s", "d": "s", "y": "s"}
_SIZE = {"%": Decimal("0.01"), "tau": Decimal(1)}
_SIZE |= {"min": Decimal(60), "h": Decimal(3600), "d": Decimal(86400), "y": Decimal(31557600)}  # a Julian year
_WORDS = {
    "sec": "s", "second": "s", "minute": "min", "hour": "h", "hr": "h", "day": "d", "year": "y", "yr": "y",
    "volt": "V", "ampere": "A", "amp": "A", "joule": "J", "watt": "W", "farad": "F", "siemen": "S", "kelvin": "K",
    "metre": "m", "meter": "m", "hertz": "Hz", "percent": "%",
}  # fmt: skip
"""Units in words, without the plural's s -> symbol: a hint for those who write them."""
_LONGEST = 64
_PREFIX = {-18: "a", -15: "f", -12: "p", -9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T"}
_POWER = {prefix: power for power, prefix in _PREFIX.items()} | {"\u00b5": -6, "\u03bc": -6}
_EXACT = Context(prec=200)


def shown(value: object, length: int = 60) -> str:
    """Return `value` as messages quote it: escaped, on one line, at most about `length` characters."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Mapping):
        return "a block of keys"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, int) and abs(value) >= 10**length:
        return "an integer of many digits"
    if isinstance(value, str) and len(value) > length:
        return repr(value[: length - 3] + "...")
    text = repr(value)
    return text if isinstance(value, str) or len(text) <= length else text[: length - 3] + "..."


def is_card(context: object) -> bool:
    """Whether a validation context says that the values come from a card."""
    return isinstance(context, Mapping) and context.get("source") == CARD["source"]


@dataclass(frozen=True)
class Quantity:
    """Annotation of a float field that has a dimension.

    Parameters
    ----------
    unit : str
        SI unit that the value has inside, `%` for a fraction.
    dimension : str
        Word for the dimension, such as `conductance`.
    spoken : str
        Word for the unit, such as `siemens`.
    example : str
        A valid string.
    """

    unit: str
    dimension: str
    spoken: str
    example: str

    @property
    def _article(self) -> str:
        return "an" if self.dimension[0] in "aeiou" else "a"

    def parse(self, text: str) -> float:
        """Return the SI value of a string such as `10 uS`.

        Raises
        ------
        ValueError
            If it is not a number with a unit of this dimension, or none that a float can hold; says what to write.
        """
        form = _FORM.fullmatch(text) if len(text) <= _LONGEST else None
        if form is None:
            if len(text) <= _LONGEST and re.fullmatch(_NUMBER, text):
                raise ValueError(f"{self._wanted()}; got {shown(text)}")
            raise ValueError(f"{shown(text)} is not one number with one unit, such as '{self.example}'")
        number, unit = form.groups()
        advice = f"write it in {self.spoken}, such as '{self.example}'"
        known = _UNIT.fullmatch(unit)
        if known is None:
            meant = _WORDS.get(unit.lower().rstrip("s"), "")
            hint = f"; did you mean '{number} {meant}'?" if meant else ""
            raise ValueError(f"{shown(text)} has an unknown unit; {advice}{hint}")
        symbol = known[2] or known[3]
        if _OF.get(symbol, symbol) != self.unit:
            raise ValueError(f"{shown(text)} is not {self._article} {self.dimension}; {advice}")
        size = _SIZE[symbol] if known[3] else Decimal(1).scaleb(_POWER[known[1]])
        exact = _EXACT.multiply(Decimal(number), size)
        value = float(exact)
        if math.isinf(value):
            raise ValueError(f"{shown(text)} is too large for a number")
        if value == 0 and exact != 0:
            raise ValueError(f"{shown(text)} is too small for a number")
        return value + 0.0  # minus zero becomes zero

    def _wanted(self) -> str:
        if self.unit == "%":
            return f"needs a percentage, such as '{self.example}'"
        return f"needs a unit of {self.dimension}, such as '{self.example}'"

    def _convert(self, value: object, info: core_schema.ValidationInfo) -> float:
        try:
            if isinstance(value, str):
                return self.parse(value)
            if isinstance(value, bool) or not isinstance(value, Real) or is_card(info.context):
                raise ValueError(f"{self._wanted()}; got {shown(value)}")
            number = float(value) + 0.0
            if not math.isfinite(number):
                raise ValueError(f"must be a finite number, got {shown(value)}")
        except OverflowError:
            raise PydanticCustomError("quantity", "is too large for a number") from None
        except ValueError as error:
            raise PydanticCustomError("quantity", "{reason}", {"reason": str(error)}) from None
        return number

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        # The handler brings the bounds of `x: Siemens = Field(gt=0)`, which pydantic puts before this.
        return core_schema.with_info_before_validator_function(self._convert, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        units = {"s": "[afpnuµμmkMGT]?s|min|h|d|y", "ohm": "[afpnuµμmkMGT]?(?:ohm|Ω)"}
        unit = units.get(self.unit, self.unit if self.unit in ("%", "tau") else f"[afpnuµμmkMGT]?{self.unit}")
        return {
            "type": "string",
            "description": f"{self.dimension}, a number with its unit",
            "examples": [self.example],
            "pattern": f"^{_NUMBER} ?(?:{unit})$",
        }


class Unknown(float):
    """A number that no source gives: 0 wherever it is computed with, `unknown` wherever it is written."""

    def __repr__(self) -> str:
        return UNKNOWN_WORD


UNKNOWN_WORD: Final = "unknown"
"""What a card writes in place of a number that nobody knows."""
UNKNOWN: Final = Unknown(0.0)


class Knowable:
    """Annotation of a float field that may be `unknown`: `Annotated[Fraction, Field(ge=0), Knowable()]`."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(
            lambda value, known: UNKNOWN if isinstance(value, Unknown) or value == UNKNOWN_WORD else known(value),
            handler(source),
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda value: UNKNOWN_WORD if isinstance(value, Unknown) else value, when_used="json"
            ),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        known = handler(schema["schema"])
        return {"anyOf": [known, {"const": UNKNOWN_WORD, "type": "string"}]}


Siemens = Annotated[float, Quantity("S", "conductance", "siemens", "10 uS")]
Volts = Annotated[float, Quantity("V", "voltage", "volts", "1.6 V")]
TIME = Quantity("s", "time", "seconds", "50 ns")
Seconds = Annotated[float, TIME]
Metres = Annotated[float, Quantity("m", "length", "metres", "65 nm")]
Farads = Annotated[float, Quantity("F", "capacitance", "farads", "10 fF")]
Amperes = Annotated[float, Quantity("A", "current", "amperes", "10 uA")]
Joules = Annotated[float, Quantity("J", "energy", "joules", "5 pJ")]
Hertz = Annotated[float, Quantity("Hz", "frequency", "hertz", "10 MHz")]
Kelvin = Annotated[float, Quantity("K", "temperature", "kelvin", "300 K")]
Ohms = Annotated[float, Quantity("ohm", "resistance", "ohms", "10 kohm")]
Watts = Annotated[float, Quantity("W", "power", "watts", "5 mW")]
ElectronVolts = Annotated[float, Quantity("eV", "activation energy", "electronvolts", "1.1 eV")]
Fraction = Annotated[float, Quantity("%", "fraction", "percent", "3.7 %")]
TimeConstants = Annotated[float, Quantity("tau", "time step", "time constants", "0.5 tau")]


def number_of(text: str) -> float | None:
    """Return the number in front of the unit of a quantity string, or None if `text` is no quantity string.

    >>> number_of("10 uS"), number_of("relative")
    (10.0, None)
    """
    form = _FORM.fullmatch(text) if len(text) <= _LONGEST else None
    return float(form[1]) if form and _UNIT.fullmatch(form[2]) else None


def format_si(value: float, unit: str) -> str:
    """Write an SI value in engineering notation with up to four significant digits.

    Parameters
    ----------
    value : float
        Number [unit].
    unit : str
        SI unit; `%` writes a fraction in percent, an empty string writes the number alone.

    >>> format_si(1e-05, "S"), format_si(0.037, "%")
    ('10 uS', '3.7 %')
    """
    if unit in ("", "%"):
        return f"{100 * value:.4g} %" if unit else f"{value:.4g}"
    if value == 0 or not math.isfinite(value):
        return f"{value + 0.0:g} {unit}"
    # Rounding comes first: 999.96 nS has four digits only as 1 uS.
    rounded = Decimal(f"{value:.3e}")
    exponent = 3 * (rounded.adjusted() // 3)
    if exponent not in _PREFIX:
        return f"{value:.4g} {unit}"
    digits = f"{rounded.scaleb(-exponent):f}"
    digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return f"{digits} {_PREFIX[exponent]}{unit}"


def format_exact(value: float, unit: str) -> str:
    """Write an SI value in engineering notation with all of its digits: reading the text gives the same float.

    Parameters
    ----------
    value : float
        Finite number [unit].
    unit : str
        SI unit; `%` writes a fraction in percent.

    >>> format_exact(1e-05, "S"), format_exact(0.1 + 0.2, "V"), format_exact(0.037, "%")
    ('10 uS', '300.00000000000004 mV', '3.7 %')
    """
    number = Decimal(repr(value))
    if unit == "%":
        number = number.scaleb(2)
    if number == 0:
        return f"0 {unit}"
    # Kilokelvins and megaseconds are right and nobody's words.
    most, least = {"%": (0, 0), "tau": (0, 0), "K": (0, 0), "s": (0, -18)}.get(unit, (12, -18))
    exponent = 3 * (number.adjusted() // 3)
    if not least <= exponent <= most:
        if not -7 < number.adjusted() < 16:
            return f"{number.normalize()} {unit}"
        exponent = 0
    digits = f"{number.scaleb(-exponent):f}"
    digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return f"{digits} {_PREFIX[exponent]}{unit}"


_LONG: Final = (("years", 365.25 * 86400.0), ("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0))


def spoken(seconds: float) -> str:
    """A duration with three digits, in years, days, hours or minutes from two of them on, else in SI: '126 days'.

    Parameters
    ----------
    seconds : float [s]
    """
    for unit, size in _LONG:
        if seconds >= 2.0 * size:
            return f"{seconds / size:.3g} {unit}"
    return format_si(float(f"{seconds:.3g}"), "s")
