"""What attributes and variables of a result must be; what is wrong is said in words, before it can end in a traceback.

A file that was changed by hand, by another program or by a failing disk may hold anything. It is checked once, where
it is read (`results.read_run`, the page of a study), and all that use it can then rely on it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from analogep.cards import origin
from analogep.errors import ResultError
from analogep.units import shown

if TYPE_CHECKING:
    import xarray as xr

LARGEST: Final = 1e60
"""Magnitude up to which numbers, in SI units, are taken for numbers of a result."""


class OddError(ValueError):
    """A result holds something that it must not: says what, but not in which file and what to do."""


def refusal(odd: OddError, path: Path, dataset: xr.Dataset) -> ResultError:
    """Turn what is odd about a file into the error that people read."""
    version = dataset.attrs.get("analogep_version")
    version = version if isinstance(version, str) and is_text(version) and len(version) < 40 else "of unknown version"
    return ResultError(
        f"{path}: {odd}; it was written by analogep {version}, or changed since: remove it and run it again with this "
        "version"
    )


@dataclass(frozen=True)
class Rule:
    """Condition on one attribute.

    Attributes
    ----------
    words : str
        Names it in messages: `a number from 0`.
    holds : callable
        Whether a value is that; may raise ValueError, KeyError, TypeError or RecursionError where it is not.
    """

    words: str
    holds: Callable[[Any], bool]

    def check(self, name: str, value: object) -> None:
        """Check the value of the attribute `name`.

        Raises
        ------
        OddError
            If it is something else.
        """
        try:
            fine = self.holds(value)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            fine = False
        if not fine:
            raise OddError(f"attribute '{name}' must be {self.words}, got {_said(value)}")


def _said(value: object) -> str:
    """A value as messages quote it, on one line."""
    return " ".join(shown(value).split())


def is_text(value: object) -> bool:
    """Whether it is a string that a file, a page and a terminal can hold: without half characters."""
    return isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value)


def is_number(value: object, low: float = -LARGEST, high: float = LARGEST) -> bool:
    """Whether it is one real number within bounds, of Python or of NumPy."""
    plain = value.item() if isinstance(value, np.generic) else value
    return isinstance(plain, int | float) and not isinstance(plain, bool) and low <= plain <= high


def is_whole(value: object, low: int = 0) -> bool:
    """Whether it is one whole number from `low`."""
    return is_number(value, low, 2.0**62) and float(value).is_integer()  # type: ignore[arg-type]


def texts_of(value: object) -> bool:
    """Whether it is a list of texts."""
    return isinstance(value, list) and all(map(is_text, value))


def texts_by_name(value: object) -> bool:
    """Whether it is texts by name."""
    return isinstance(value, dict) and all(map(is_text, (*value, *value.values())))


def are_parts(value: object) -> bool:
    """Whether it says where parts come from (`cards.origin`)."""
    return is_text(value) and isinstance(origin.read(str(value)), tuple)


def parsed(holds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Ask about what a text holds as JSON."""
    return lambda value: is_text(value) and holds(json.loads(value))


TEXT: Final = Rule("a text", is_text)
TEXTS: Final = Rule("a list of texts as JSON", parsed(texts_of))
CARDS: Final = Rule("texts of cards by name as JSON", parsed(texts_by_name))
NAMES: Final = Rule("texts by name as JSON", parsed(texts_by_name))
PARTS: Final = Rule("a list of parts as JSON", are_parts)
OBJECT: Final = Rule("values by name as JSON", parsed(lambda value: isinstance(value, dict)))
NUMBER: Final = Rule("a number", is_number)
FROM_ZERO: Final = Rule("a number from 0", lambda value: is_number(value, 0.0))
POSITIVE: Final = Rule("a number above 0", lambda value: is_number(value, math.ulp(0.0)))
COUNT: Final = Rule("a whole number from 0", is_whole)
FROM_ONE: Final = Rule("a whole number from 1", lambda value: is_whole(value, 1))


def check_attributes(
    dataset: xr.Dataset, rules: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None
) -> None:
    """Check the attributes of a Dataset; `optional` ones may be missing.

    Raises
    ------
    OddError
        If one of `rules` is missing, or any is not what it must be.
    """
    missing = [name for name in rules if name not in dataset.attrs]
    if missing:
        raise OddError(f"lacks {', '.join(repr(name) for name in missing[:5])}, which every result holds")
    for name, rule in rules.items():
        rule.check(name, dataset.attrs[name])
    for name, rule in (optional or {}).items():
        if name in dataset.attrs:
            rule.check(name, dataset.attrs[name])


def check_texts(dataset: xr.Dataset) -> None:
    """Check that the names of a Dataset, and what is said of its variables, are texts.

    Raises
    ------
    OddError
        If one is none.
    """
    for name in (*dataset.variables, *dataset.dims):
        if not is_text(name):
            raise OddError(f"has a variable or dimension of the name {_said(name)}")
        if name in dataset.variables:
            for key, value in dataset.variables[name].attrs.items():
                if not is_text(key) or (isinstance(value, str) and not is_text(value)):
                    raise OddError(f"variable '{name}': {_said(key)} is {_said(value)}, no text")


def numbers_of(dataset: xr.Dataset, name: str, dims: tuple[str, ...]) -> NDArray[Any]:
    """Return the values of a variable, in the shape of its dimensions `dims` and in its own unit.

    Raises
    ------
    OddError
        If it is missing, has other dimensions, or holds no real numbers.
    """
    if name not in dataset.variables:
        raise OddError(f"lacks '{name}', which every result holds")
    found = dataset.variables[name]
    if found.dims != dims:
        raise OddError(
            f"variable '{name}' has the dimensions ({', '.join(map(str, found.dims))}), expected ({', '.join(dims)})"
        )
    if found.dtype.kind not in "fiu":
        raise OddError(f"variable '{name}' holds {found.dtype}, expected numbers")
    return np.asarray(found.values)


def check_range(name: str, values: NDArray[Any], low: float, high: float, *, gaps: bool = False) -> None:
    """Check that `values`, any shape and unit, lie between `low` and `high`; with `gaps` they may be NaN.

    Raises
    ------
    OddError
        Naming the first value that is outside.
    """
    values = np.asarray(values, dtype=np.float64)
    wrong = ~((values >= low) & (values <= high))
    if gaps:
        wrong &= ~np.isnan(values)
    if wrong.any():
        bounds = f"numbers from {low:g} to {high:g}" if low > -LARGEST or high < LARGEST else "finite numbers"
        raise OddError(f"variable '{name}' holds {float(values[wrong][0]):g}, expected {bounds}")


def labels_of(dataset: xr.Dataset, name: str) -> list[str]:
    """Return the texts along a dimension: at least one, and none twice.

    Raises
    ------
    OddError
        If there are no such texts.
    """
    if name not in dataset.coords or dataset.variables[name].dims != (name,):
        raise OddError(f"lacks the coordinate '{name}'")
    labels: list[Any] = dataset.variables[name].values.tolist()
    if not labels or not all(map(is_text, labels)) or len(set(labels)) < len(labels):
        raise OddError(
            f"coordinate '{name}' must hold different texts, got {', '.join(map(_said, labels[:3])) or 'none'}"
        )
    return labels
