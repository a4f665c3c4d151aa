"""What a study of fitted errors found, in words: intervals, and a row for each measurement."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Final

from analogep.units import format_si

if TYPE_CHECKING:
    import xarray as xr

HEADS: Final = ("measurement", "accuracy", "of its variance", "training sample", "inference")
"""Heads of `rows`."""
_QUANTITIES: Final = ("accuracy", "training_energy", "inference_energy")


def interval(found: xr.Dataset, name: str) -> str:
    """Mean and 95 % interval because of what was not measured: `92.1 % (91.4 % to 92.8 %)`.

    It says `at most` where drawn cards are not seen to differ.

    Parameters
    ----------
    found : xarray.Dataset
        Of `posterior_parts`.
    name : str
        Quantity.
    """
    mean, low, high = (_level(float(found[f"{name}_{key}"]), name) for key in ("mean", "low", "high"))
    return f"{mean} ({'' if bool(found[f'{name}_resolved']) else 'at most '}{low} to {high})"


def scatter(found: xr.Dataset) -> str:
    """How much one training of one card scatters, and the mean of all because of it."""
    single, mean = (float(found[f"accuracy_{key}"]) for key in ("single", "mean_error"))
    return f"{amount(single, 'accuracy')} (one training), {amount(mean, 'accuracy')} (mean of all)"


def rows(found: xr.Dataset) -> list[tuple[str, ...]]:
    """A row for each measurement and one for all together, under `HEADS`: standard deviations, and the share of each.

    What is not told from nothing stands as `below` the deviation that it does not exceed with 95 %.
    """
    out = []
    whole = float(found["accuracy_variance"])
    for k, words in enumerate(found["what"].values):
        part, error = (float(found[f"accuracy_{key}"][k]) for key in ("part", "part_error"))
        seen = whole > 0.0 and bool(found["accuracy_resolved"]) and bool(found["accuracy_part_resolved"][k])
        share = f"{100.0 * part / whole:.0f} +- {100.0 * error / whole:.0f} %" if seen else "-"
        numbers = [
            _deviation(name, *(float(found[f"{name}_part{key}"][k]) for key in ("", "_most", "_resolved")))
            for name in _QUANTITIES
        ]
        out.append((str(words), numbers[0], share, *numbers[1:]))
    together = [
        _deviation(name, *(float(found[f"{name}_{key}"]) for key in ("variance", "most", "resolved")))
        for name in _QUANTITIES
    ]
    return [*out, ("all together", together[0], "", *together[1:])]


def remarks(found: xr.Dataset) -> list[str]:
    """Refused draws, and numbers that no measurement says."""
    out = []
    refused, cards = json.loads(found.attrs["refused"]), int(found.attrs["cards"])
    if count := sum(refused.values()):
        names = ", ".join(f"{number} of {name}" for name, number in refused.items() if number)
        out.append(
            f"{count} draws made no card and were drawn again ({names}), for {cards} cards: the errors are a normal "
            "distribution that is cut off there"
        )
    if assumed := json.loads(found.attrs["assumed"]):
        out.append(
            f"nothing that was measured says {', '.join(assumed)}: taken as the card has them, and in no interval"
        )
    return out


def amount(value: float, name: str) -> str:
    """A standard deviation with its unit."""
    if not math.isfinite(value):
        return "-"
    return f"{100.0 * value:.2g} points" if name == "accuracy" else format_si(float(f"{value:.3g}"), "J")


def _deviation(name: str, variance: float, most: float, resolved: float) -> str:
    """Square root of a variance; where it is not resolved, what it does not exceed."""
    if resolved:
        return amount(math.sqrt(variance), name)
    return f"below {amount(most, name)}" if most > 0.0 else "none"


def _level(value: float, name: str) -> str:
    return f"{100.0 * value:.2f} %" if name == "accuracy" else format_si(float(f"{value:.4g}"), "J")
