"""Numbers as a card has them, and what is noted of each: its source and standard error, or that it is a default."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

from analogep.fit.describe import Value

_PREFIX: Final = {-18: "a", -15: "f", -12: "p", -9: "n", -6: "u", -3: "m", 0: "", 3: "k"}


@dataclass
class Writer:
    """Lines of the card, provenance, and the paths that stand on defaults."""

    provenance: list[tuple[str, str, str]] = field(default_factory=list)
    defaults: list[str] = field(default_factory=list)

    def fitted(self, path: str, text: str, value: Value, unit: str, remark: str = "", source: str = "measured") -> str:
        """A fitted number, with its standard error as provenance."""
        self.provenance.append((path, source, f"fit; {plus_minus(value, unit)}{remark}"))
        return text

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
