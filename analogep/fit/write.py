"""Numbers as a card has them, and what is noted of each: its source and standard error, or that it is a default."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from analogep.cards.written import text as on_one_line
from analogep.fit.describe import Value

_PREFIX: Final = {-18: "a", -15: "f", -12: "p", -9: "n", -6: "u", -3: "m", 0: "", 3: "k"}


Drawn = Literal["level", "scale", "log"]
"""How a number scatters: itself normal; a scale, whose logarithm is normal where its error is below half of it; or its
logarithm normal, because it was fitted so."""
_SURE: Final = 0.5


@dataclass
class Writer:
    """Lines of the card, provenance, and the paths that stand on defaults; errors of each source, and correlations.

    A source has errors by path: a text with the unit of the number, and whether its logarithm is normal; and paths by
    the names that its fit gave the numbers.
    """

    provenance: list[tuple[str, str, str]] = field(default_factory=list)
    defaults: list[str] = field(default_factory=list)
    errors: dict[str, dict[str, tuple[str, bool]]] = field(default_factory=dict)
    names: dict[str, dict[str, str]] = field(default_factory=dict)
    related: dict[tuple[str, str], float] = field(default_factory=dict)

    def fitted(
        self, path: str, text: str, value: Value, unit: str, remark: str = "", source: str = "measured",
        drawn: Drawn = "level", name: str = "",
    ) -> str:  # fmt: skip
        """A fitted number, with its standard error as provenance; for `drawn` and `name` see `keep`."""
        self.provenance.append((path, source, f"fit; {plus_minus(value, unit)}{remark}"))
        self.keep(path, value, unit, source, drawn, name)
        return text

    def keep(
        self, path: str, value: Value, unit: str, source: str = "measured", drawn: Drawn = "level", name: str = ""
    ) -> None:
        """Note the standard error of a number, where it has one; `name` is what its fit calls it, if not by its
        path."""
        if math.isfinite(value.se) and value.se > 0.0:
            logarithmic = drawn == "log" or (drawn == "scale" and value.se < _SURE * value.value)
            self.errors.setdefault(source, {})[path] = (written(value.se, unit, 4), logarithmic)
            self.names.setdefault(source, {})[name or path] = path

    def relate(self, source: str, found: Mapping[tuple[str, str], float]) -> None:
        """Note correlations of numbers by the names that their fit gave them; what is not on the card is left out."""
        paths = self.names.get(source, {})
        for (one, other), value in found.items():
            if one in paths and other in paths:
                self.related[paths[one], paths[other]] = value

    def uncertainty(self, measurements: Mapping[str, str]) -> Iterator[str]:
        """The card's lines of errors and correlations; `measurements` says each source in words."""
        if self.errors:
            yield "uncertainty:"
        for source, errors in self.errors.items():
            yield f"  {source}:"
            yield f"    measurement: {on_one_line(measurements[source])}"
            yield "    errors:"
            yield from (f"      {path}: {error}" for path, (error, _) in errors.items())
            if logarithmic := [path for path, (_, whether) in errors.items() if whether]:
                yield f"    logarithmic: {on_one_line(logarithmic)}"
            rows = [[self._correlation(one, other) for other in [*errors][:k]] for k, one in enumerate(errors)]
            if any(any(row) for row in rows):
                yield "    correlation:"
                yield from (f"      - {on_one_line(row if any(row) else [])}" for row in rows[1:])

    def _correlation(self, one: str, other: str) -> float:
        return round(self.related.get((one, other), self.related.get((other, one), 0.0)), 4)

    def derived(self, path: str, text: str, why: str, source: str = "measured") -> str:
        """A number that follows from others, or from a convention."""
        self.provenance.append((path, source, f"derived; {why}"))
        return text

    def known(self, path: str, given: float | None, default: float, unit: str, of_file: bool = False) -> str:
        """A number from an option or a column of a file, or a default that is listed."""
        text = written(default if given is None else given, unit)
        if given is None:
            self.provenance.append((path, "assumed", "default; not measured, replace it"))
            self.defaults.append(f"{path}: {text}")
        elif of_file:
            self.provenance.append((path, "measured", "measured; stated in the file"))
        else:
            self.provenance.append((path, "stated", "measured; as stated by whoever made the fit"))
        return text


def written(value: float, unit: str, digits: int = 5) -> str:
    """Write a number for a card: `162.91 uS`, `0.49736 %`, `-1.4217` without a unit."""
    if unit in ("", "%"):
        return f"{100.0 * value:.{digits}g} %" if unit else f"{value:.{digits}g}"
    if not math.isfinite(value):
        return f"{value} {unit}"
    if value == 0.0:
        return f"0 {unit}"
    power = 3 * math.floor(math.log10(abs(float(f"{value:.{digits}g}"))) / 3.0 + 1e-12)
    power = min(max(power, -18), 3)
    return f"{value / 10.0**power:.{digits}g} {_PREFIX[power]}{unit}"


def plus_minus(value: Value, unit: str) -> str:
    """Write `value +- se` in one unit, with two digits of the error; the value alone where there is none."""
    if not (math.isfinite(value.se) and math.isfinite(value.value) and value.se > 0.0):
        return written(value.value, unit)
    if unit in ("", "%"):
        factor, name = (100.0, " %") if unit else (1.0, "")
    else:
        text = written(value.value, unit, 2).split(" ")
        factor = 10.0 ** -next(power for power, prefix in _PREFIX.items() if prefix + unit == text[1])
        name = f" {text[1]}"
    error = factor * value.se
    places = max(0, 1 - math.floor(math.log10(error)))
    return f"{factor * value.value:.{min(places, 12)}f} +- {error:.2g}{name}"
