"""How well the numbers of a card are known: standard errors of what was fitted together, and their correlations."""

from __future__ import annotations

import typing
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, StringConstraints

from analogep import units
from analogep.cards import Block, written
from analogep.cards.locate import unit_of
from analogep.units import Quantity, shown

Floats = NDArray[np.float64]
Path = tuple[str | int, ...]
Correlation = Annotated[float, Field(ge=-1.0, le=1.0)]

_TYPES: Final = (
    units.Siemens, units.Volts, units.Seconds, units.Farads, units.Amperes, units.Joules, units.Hertz, units.Kelvin,
    units.Ohms, units.Watts, units.Metres, units.ElectronVolts, units.Fraction, units.TimeConstants,
)  # fmt: skip
_QUANTITIES: Final[Mapping[str, Quantity]] = {
    quantity.unit: quantity for quantity in (typing.get_args(kind)[1] for kind in _TYPES)
}


class Uncertainty(Block):
    """What one measurement leaves open of the numbers that were fitted to it.

    The vector x of the numbers that stand under `errors` is normal around m, the values of the card,

        x ~ N(m, diag(s) R diag(s)),

    s their standard errors and R their correlation. A number that is named under `logarithmic` is x = ln(number), with
    s over the number as its error: it was fitted so, or is a scale that cannot be negative. Measurements are
    independent of each other.
    """

    measurement: Annotated[str, StringConstraints(min_length=1, pattern=r"\S")]
    """Kind and files, in words: `pulses: ramps.csv`."""

    errors: Annotated[dict[str, str | float], Field(min_length=1)]
    """Key of this card -> standard error, in the unit of that key; an entry of a list by its index, as in
    `programming.up.steps.3`."""

    logarithmic: tuple[str, ...] = ()
    """Keys whose logarithm is normal."""

    correlation: tuple[tuple[Correlation, ...], ...] = ()
    """Correlations below the diagonal, in the order of `errors`: one row for each key from the second on; what is
    missing at the end of a row is zero. Without rows the numbers are independent."""

    def rules(self) -> Iterator[tuple[Path, str]]:
        for key in self.logarithmic:
            if key not in self.errors:
                yield ("logarithmic",), f"names {shown(key)}, which is not among the errors"
        rows, count = self.correlation, len(self.errors)
        if rows and (len(rows) != count - 1 or any(len(row) > k for k, row in enumerate(rows, 1))):
            yield (
                ("correlation",),
                f"must have {count - 1} rows for {count} errors, one for each key from the second on, the k-th of at "
                f"most k numbers; it has rows of {', '.join(str(len(row)) for row in rows)} numbers",
            )

    def matrix(self) -> Floats:
        """R (numbers, numbers) [1], in the order of `errors`."""
        found = np.eye(len(self.errors))
        for i, row in enumerate(self.correlation, 1):
            found[i, : len(row)] = found[: len(row), i] = row
        return found

    def standard_error(self, key: str, card: BaseModel) -> float:
        """Standard error of a number [its SI unit].

        Parameters
        ----------
        key : str
        card : BaseModel
            The card that the number stands on, which says its unit.

        Raises
        ------
        ValueError
            If the card has no such number, the error has another unit, or it is not above zero.
        """
        shape = written.shape_in(card, key.split("."))
        if shape is None or not isinstance(number_at(card, key), int | float):
            raise ValueError("there is no such number on this card")
        given, unit = self.errors[key], unit_of(shape)
        if unit and not isinstance(given, str):
            raise ValueError(f"needs a unit, such as '{_QUANTITIES[unit].example}'; got {shown(given)}")
        if not unit and isinstance(given, str):
            raise ValueError(f"needs a number without a unit; got {shown(given)}")
        value = _QUANTITIES[unit].parse(given) if isinstance(given, str) else float(given)
        if not value > 0.0:
            raise ValueError(f"must be above zero, got {shown(given)}; leave out what is known exactly")
        return value


def number_at(card: BaseModel, key: str) -> Any:
    """The value at a dotted key of a card, in SI units; None if there is none."""
    value: Any = card
    for part in key.split("."):
        if isinstance(value, BaseModel):
            names = {field.alias or name: name for name, field in type(value).model_fields.items()}
            value = getattr(value, names[part]) if part in names else None
        elif isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list | tuple) and part.isascii() and part.isdigit():
            value = value[int(part)] if int(part) < len(value) else None
        else:
            return None
    return value


def problems(
    card: BaseModel, groups: Mapping[str, Uncertainty], sources: Mapping[str, Any], overridden: Collection[Path] = ()
) -> Iterator[tuple[Path, str]]:
    """Errors of numbers that a card does not have, with other units, of unknown sources, or two of one number.

    A block that was set anew (`overridden`) may have lost numbers that were fitted.
    """
    seen: dict[str, str] = {}
    replaced = tuple(".".join(map(str, path)) + "." for path in overridden)
    for source, group in groups.items():
        if source not in sources:
            yield ("uncertainty", source), f"is no source of this card; its sources are {', '.join(sources)}"
        for key in group.errors:
            if key in seen:
                yield ("uncertainty", source, "errors", key), f"has an error under '{seen[key]}' as well"
            seen.setdefault(key, source)
            if f"{key}.".startswith(replaced) and number_at(card, key) is None:
                continue
            try:
                group.standard_error(key, card)
            except ValueError as error:
                yield ("uncertainty", source, "errors", key), str(error)
