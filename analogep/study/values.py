"""Values of an axis as people write them: lists, ranges, and what a study file holds."""

from __future__ import annotations

import json
import math
import re
import typing
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from analogep import units
from analogep.cards.reader import read_value
from analogep.errors import CardError
from analogep.units import Quantity, shown

MOST: Final = 10_000
"""Values of one axis."""

_TAGS: Final = ("kind", "model", "rule", "method", "estimator")
"""Keys whose value says what a block is."""
_JOINED: Final = {"layers": "-", "tile": " × "}
"""What stands between the numbers of a list, by its key; else a comma."""
_NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?"
_BOUND = rf"({_NUMBER})(?: ?([^\s0-9.,/\[\]{{}}'\"]+))?"
_RANGE = re.compile(rf"(log )?\s*{_BOUND}\s*\.\.\s*{_BOUND}\s*/\s*([0-9]{{1,6}})")
_CLOSING: Final = {"[": "]", "{": "}"}
_TYPES = (
    units.Siemens, units.Volts, units.Seconds, units.Farads, units.Amperes, units.Joules, units.Hertz, units.Kelvin,
    units.Ohms, units.Watts, units.Metres, units.ElectronVolts, units.Fraction,
)  # fmt: skip
_QUANTITIES: Final[tuple[Quantity, ...]] = tuple(typing.get_args(kind)[1] for kind in _TYPES)


def split(text: str, separator: str) -> list[str]:
    """Cut a text at a separator that stands outside brackets and quotes.

    >>> split("[1,2], 'a,b'", ",")
    ['[1,2]', "'a,b'"]
    """
    parts, closing, quote, start = [], [], "", 0
    for place, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in _CLOSING:
            closing.append(_CLOSING[letter])
        elif closing and letter == closing[-1]:
            closing.pop()
        elif letter == separator and not closing:
            parts.append(text[start:place].strip())
            start = place + 1
    return [*parts, text[start:].strip()]


def expand(text: str) -> list[str]:
    """Values that a text means: `a,b,c`, `0.1..0.5/5` (linear), `log 10 ns..1 us/5`, or a list of these.

    Each is what would stand after `--set key=`. Values of a range have up to twelve significant digits.

    Raises
    ------
    ValueError
        Saying what is wrong.

    >>> expand("0, log 10 ns..1 us/3")
    ['0', '1e-08 s', '1e-07 s', '1e-06 s']
    """
    out: list[str] = []
    for part in split(text, ","):
        if not part:
            raise ValueError(f"{shown(text)} has an empty value")
        found = _RANGE.fullmatch(part)
        if found:
            out += _range(part, found)
        elif re.match(rf"(log )|{_NUMBER}[^,]*\.\.", part):
            raise ValueError(f"{shown(part)} is no range: write it first..last/number, such as 'log 10 ns..1 us/5'")
        else:
            out.append(part)
    return out


def _range(text: str, found: re.Match[str]) -> list[str]:
    log, first, first_unit, last, last_unit, count = found.groups()
    number = int(count)
    if not 2 <= number <= MOST:
        raise ValueError(f"range {shown(text)} needs 2 to {MOST} values, got {number}")
    start, stop, unit = float(first), float(last), first_unit or ""
    if (first_unit or "") != (last_unit or ""):
        start, stop, unit = _common(text, first, first_unit, last, last_unit)
    if start == stop or not math.isfinite(stop - start):
        raise ValueError(f"range {shown(text)} needs two different ends")
    if log and not (start > 0.0 and stop > 0.0):
        raise ValueError(f"range {shown(text)} is logarithmic: both ends must be above zero")
    shares = [k / (number - 1) for k in range(number)]
    if log:
        values = [start ** (1.0 - share) * stop**share for share in shares]
    else:
        values = [start * (1.0 - share) + stop * share for share in shares]
    return [f"{_short(value)} {unit}".strip() for value in values]


def _common(
    text: str, first: str, first_unit: str | None, last: str, last_unit: str | None
) -> tuple[float, float, str]:
    """Both ends of a range in the SI unit that they share."""
    if not (first_unit and last_unit):
        raise ValueError(f"range {shown(text)} needs a unit at both ends or at none")
    ends = [quantity(f"{first} {first_unit}"), quantity(f"{last} {last_unit}")]
    if ends[0] is None or ends[1] is None or ends[0][1] != ends[1][1]:
        raise ValueError(f"range {shown(text)} goes from one dimension to another")
    scale = 100.0 if ends[0][1] == "%" else 1.0
    return scale * ends[0][0], scale * ends[1][0], ends[0][1]


def _short(value: float) -> str:
    rounded = float(f"{value:.12g}")
    return str(int(rounded)) if rounded.is_integer() and abs(rounded) < 1e15 else repr(rounded)


def quantity(text: str) -> tuple[float, str] | None:
    """(SI value, SI unit) of a text such as `10 uS` or `0.5`; None if it is neither.

    >>> quantity("10 uS"), quantity("2"), quantity("centered")
    ((1e-05, 'S'), (2.0, ''), None)
    """
    if re.fullmatch(_NUMBER, text):
        return float(text), ""
    for kind in _QUANTITIES:
        try:
            return kind.parse(text), kind.unit
        except ValueError:
            continue
    return None


def written(value: Any) -> str:
    """Text that means `value` after `--set key=`: the way back from what a YAML file held."""
    if isinstance(value, str):
        try:
            if value and value == value.strip() and "\n" not in value and read_value(value, "") == value:
                return value
        except CardError:
            pass
    return json.dumps(value, ensure_ascii=False)


def spoken(key: str, text: str) -> str:
    """What a value of an axis is called in figures and on pages: `--set key=text` without brackets and quotes.

    >>> spoken("variation.cycle_to_cycle", '{"kind": "range", "sigma": "5 %"}')
    'range, sigma 5 %'
    >>> spoken("timing.free.duration", "1e-07 s")
    '100 ns'
    >>> spoken("wires.tile", "[32, 32]"), spoken("layers", "[64, 128, 10]"), spoken("nudging.beta", "0.5")
    ('32 × 32', '64-128-10', '0.5')
    """
    if not text.startswith(("[", "{")):
        number = quantity(text) if re.search(r"[0-9]e[+-]?[0-9]", text) else None  # of a range; people write prefixes
        return units.format_si(float(f"{number[0]:.4g}"), number[1]) if number and number[1] else text
    try:
        value = read_value(text, "")
    except CardError:
        return text
    return _spoken(key.rpartition(".")[2], value)


def _spoken(key: str, value: Any) -> str:
    if isinstance(value, Mapping):
        # What a block is stands first and needs no name.
        parts = [_spoken(name, one) for name, one in value.items() if name in _TAGS]
        parts += [f"{name} {_spoken(name, one)}" for name, one in value.items() if name not in _TAGS]
        return ", ".join(parts) or "nothing"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _JOINED.get(key, ", ").join(_spoken("", one) for one in value)
    return value if isinstance(value, str) else json.dumps(value)


def called(said: Mapping[str, str], between: str = "; ") -> str:
    """What a combination of values is called: each as `spoken`, with the last part of its key where there are several.

    Parameters
    ----------
    said : mapping
        Key -> text.
    between : str
        What stands between two values.

    >>> called({"learning.rate": "[0.01, 0.0003]", "timing.free.duration": "1.5e-06 s"})
    'rate 0.01, 0.0003; duration 1.5 us'
    """
    if len(said) < 2:
        return "".join(spoken(key, text) for key, text in said.items())
    return between.join(f"{key.rpartition('.')[2]} {spoken(key, text)}" for key, text in said.items())


def texts(values: str | Sequence[Any], *, repeated: bool = False) -> list[str]:
    """Values of an axis as a study file or a notebook gives them: a text as in `--vary`, or a list.

    Ranges may stand in a list of texts as well. A key that moves together with others may have a value twice
    (`repeated`).

    Raises
    ------
    ValueError
        Saying what is wrong.
    """
    if isinstance(values, str):
        found = expand(values)
    else:
        found = []
        for value in values:
            ranged = isinstance(value, str) and _RANGE.fullmatch(value.strip())
            found += expand(value) if ranged else [written(value)]
    if not found:
        raise ValueError("has no values")
    if len(found) > MOST:
        raise ValueError(f"has {len(found)} values, more than {MOST}")
    twice = next((text for text, times in Counter(found).items() if times > 1), None)
    if twice is not None and not repeated:
        raise ValueError(f"has the value {shown(twice)} twice")
    return found
