"""What a specification says in words: rows of its table, what could not be scaled, and the answer."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from analogep.budget.words import named
from analogep.cards.wording import counted
from analogep.units import format_si

if TYPE_CHECKING:
    import xarray as xr

HEADS: Final = ("limit", "quantity", "on the card", "lost at", "95 % interval", "lost now [points]")


def value(number: float, unit: str) -> str:
    """A quantity with its unit, as cards write it."""
    if unit == "%":
        return f"{100.0 * number:.3g} %"
    if unit == "bit":
        return f"{number:.1f} bits"
    return f"{number:.3g}" if not unit else format_si(float(f"{number:.3g}"), unit)


def wanted(dataset: xr.Dataset) -> str:
    """The accuracy that is lost, as `1 point`."""
    points = 100.0 * float(dataset.attrs["points"])
    return f"{points:g} {'point' if points == 1.0 else 'points'}"


def quantities(dataset: xr.Dataset) -> dict[str, dict[str, Any]]:
    """Limit -> key, unit, and what goes with it."""
    found: dict[str, dict[str, Any]] = json.loads(dataset.attrs["quantities"])
    return found


def rows(dataset: xr.Dataset) -> list[list[str]]:
    """A row for each limit, under `HEADS`; the tightest first."""
    out = []
    for k, name in enumerate(dataset["limit"].values.tolist()):
        one, about = dataset.isel(limit=k), quantities(dataset)[name]
        unit = str(about["unit"])
        curve = one["curve"].values
        now = 100.0 * (curve[0] - curve[dataset["factor"].values.tolist().index(1.0)])
        out.append([
            named(name),
            str(about["key"]),
            value(float(one["on_card"]), unit),
            lost_at(one, unit),
            interval(one, unit),
            f"{now:.2f}" if math.isfinite(now) else "-",
        ])  # fmt: skip
    return out


def lost_at(one: xr.Dataset, unit: str) -> str:
    """The value at which the points are lost, or that they are not."""
    factor = float(one["factor_lost"])
    if math.isnan(factor):
        return "failed"
    return value(float(one["value_lost"]), unit) if math.isfinite(factor) else f"not lost up to {_most(one):g} times"


def _most(one: xr.Dataset) -> float:
    """Largest size that was measured, relative to the card's."""
    known = np.isfinite(one["curve"].values)
    return float(one["factor"].values[known].max()) if known.any() else math.nan


def interval(one: xr.Dataset, unit: str) -> str:
    """The interval from the smaller to the larger size of the limit."""
    low, high = float(one["factor_low"]), float(one["factor_high"])
    if math.isnan(low):
        return "-"
    if math.isinf(low):
        return f"beyond {_most(one):g} times"
    first = value(float(one["value_low"]), unit)
    last = value(float(one["value_high"]), unit) if math.isfinite(high) else f"beyond {_most(one):g} times"
    return f"{first} to {last}"


def method(dataset: xr.Dataset) -> str:
    """What was compared with what, on what, and what the intervals mean."""
    attrs = dataset.attrs
    return (
        f"{counted(int(attrs['pairs']), 'pair')} of one chip and one seed each, each limit by itself at "
        f"{_sizes(dataset)} times its value on the cards, judged on {attrs['validation_samples']} validation samples "
        f"of {attrs['data']} (data seed {attrs['seed']}); no test sample was seen. Lost is accuracy without the limit "
        "less accuracy with it, along the nearest falling curve; intervals are a bootstrap over pairs."
    )


def _sizes(dataset: xr.Dataset) -> str:
    values = [f"{factor:g}" for factor in dataset["factor"].values]
    return f"{', '.join(values[:-1])} and {values[-1]}"


def together(dataset: xr.Dataset) -> list[str]:
    """Keys that move along with the quantity of a limit."""
    return [
        f"{named(name)}: {', '.join(about['with'])} in proportion"
        for name, about in quantities(dataset).items()
        if about["with"]
    ]


def exceptions(dataset: xr.Dataset) -> list[str]:
    """What could not be scaled, and sizes that the cards do not take."""
    out = [f"{named(name)}: not scaled, {why}" for name, why in json.loads(dataset.attrs["unscaled"]).items()]
    for name, found in json.loads(dataset.attrs["refused"]).items():
        by_reason: dict[str, list[str]] = {}
        for factor, why in found:
            by_reason.setdefault(why, []).append(f"{factor:g}")
        out += [
            f"{named(name)}: the cards do not take {' and '.join(factors)} times ({why})"
            for why, factors in by_reason.items()
        ]
    return out


def answer(dataset: xr.Dataset) -> str:
    """The tightest limits: those that cost the points as they are on the cards, else the one that comes first."""
    names = dataset["limit"].values.tolist()
    factors = dataset["factor_lost"].values
    lost = [k for k in range(len(names)) if np.isfinite(factors[k])]
    if not lost:
        return f"No limit costs {wanted(dataset)} up to the largest sizes that were measured."
    too_large = [k for k in lost if factors[k] <= 1.0]
    units = quantities(dataset)

    def said(k: int) -> str:
        about = units[names[k]]
        unit = str(about["unit"])
        card, at = (value(float(dataset[key][k]), unit) for key in ("on_card", "value_lost"))
        return f"{named(names[k])} ({about['key']}, {card} on the card) at {at}"

    if too_large:
        return f"Larger than {wanted(dataset)} allows: {'; '.join(said(k) for k in too_large)}."
    return f"Every limit is small enough; {wanted(dataset)} is lost first by {said(lost[0])}."
