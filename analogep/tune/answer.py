"""The answer of a search in words, and the settings as a card that says where they come from."""

from __future__ import annotations

import json
import re
import textwrap
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from analogep.circuit import CircuitCard
from analogep.results.interval import binomial_interval, with_half
from analogep.tune.found import half_interval
from analogep.tune.objectives import OBJECTIVES
from analogep.units import format_si

if TYPE_CHECKING:
    import xarray as xr

_WIDTH: Final = 116
"""Letters of a line of comment."""


def percent(values: Any, sign: bool = False) -> str:
    """Mean and half of its 95 % interval of the shares `values` (seeds,) [1], in percent."""
    given = np.asarray(values, dtype=np.float64)
    return with_half(float(given.mean()), half_interval(given), signed=sign)


def seeds_said(numbers: Any) -> str:
    """Seeds `numbers` (seeds,) in words; integers."""
    given = [int(one) for one in numbers]
    return f"seed {given[0]}" if len(given) == 1 else f"seeds {given[0]} to {given[-1]}"


def answer(found: xr.Dataset) -> list[str]:
    """What the search says, in sentences.

    Parameters
    ----------
    found : xarray.Dataset
        As `found` makes it.
    """
    attrs, best = found.attrs, int(found.attrs["best"])
    samples = int(attrs["validation_samples"])
    settings = json.loads(attrs["said"])[str(best)]
    accuracy = found["confirmed_accuracy"]
    card, tuned = accuracy.sel(which="card").values, accuracy.sel(which="best").values
    lines = [f"best settings (trial {best} of {attrs['trials']}): {', '.join(settings) or 'those of the card'}"]
    if len(settings) < len(json.loads(attrs["settings"])[str(best)]):
        lines[0] += "; rails, bandwidths and converters follow"
    if np.isnan(tuned).any():
        mean = float(found["accuracy"].sel(trial=best))
        return [
            *lines,
            f"{100 * mean:.2f} % of {samples} validation samples on the seeds of the search, which chose it; "
            "not yet trained again with others: the same command goes on",
        ]
    low, high = binomial_interval(float(tuned.mean()), samples)
    seeds = f"{_interval(len(tuned))}{seeds_said(found['seed'])}"
    lines.append(
        f"validation accuracy {percent(tuned)} % of {samples} samples ({seeds}, "
        f"which no trial had; for other samples like these {100 * low:.1f} to {100 * high:.1f} %)"
    )
    asked = json.loads(attrs["objectives"])
    taken = f"{format_si(float(found['confirmed_joules'].sel(which='best').mean()), 'J')} a training sample"
    if np.isnan(card).any():
        return [*lines, f"{taken}; the card as it is could not be trained"]
    costs = dict.fromkeys(["joules", *(name for name in asked if name != "accuracy")])
    lines += [
        f"the card as it is: {percent(card)} % with the same parts and seeds, a difference of "
        f"{percent(tuned - card, sign=True)} points (paired)",
        *(_against(found, name) for name in costs),
    ]
    if settings and float((tuned - card).mean()) < 0.0 and asked == ["accuracy"]:
        lines.append("no better than the card with these seeds: keep the card, or search for longer")
    return lines


def _against(found: xr.Dataset, name: str) -> str:
    """A cost of the best settings beside that of the card, in the mean of the fresh seeds."""
    one = OBJECTIVES[name]
    best, card = (float(found[f"confirmed_{name}"].sel(which=which).mean()) for which in ("best", "card"))
    return f"{one.words}: {one.said(best)} against {one.said(card)}, {best / card:.2f} times as much"


def _interval(seeds: int) -> str:
    return "" if seeds == 1 else "95 % interval of the mean of "


def card_file(circuit: CircuitCard, found: xr.Dataset, number: int) -> str:
    """The circuit card with the settings of a trial, and how they were found as comments above.

    Parameters
    ----------
    circuit : CircuitCard
        That the search began with.
    found : xarray.Dataset
        As `found` makes it.
    number : int
        Of the trial.
    """
    attrs = found.attrs
    settings = json.loads(attrs["settings"])[str(number)]
    name = re.sub(r"[^a-z0-9_-]", "_", f"{circuit.name}-{attrs['device']}".lower())[:100]
    found_card = circuit.changed(settings) if settings else circuit
    named = {"name": name, "title": f"{circuit.name} with settings for {attrs['device']}"}
    changes = (*found_card.overrides, *found_card.changes)
    card = CircuitCard.from_values(found_card.values | named, changes=changes)
    about = [
        f"{circuit.name} with settings for {attrs['device']}, found by `analogep tune` (analogep "
        f"{attrs['analogep_version']}): trial {number} of {attrs['trials']}, for "
        f"{' and '.join(json.loads(attrs['objectives']))}.",
        f"Data: {attrs['data']}, data seed {attrs['data_seed']}: {attrs['train_samples']} samples learned (SHA-256 "
        f"{attrs['training_digest'][:16]}), {attrs['validation_samples']} held out "
        f"({attrs['validation_digest'][:16]}). No test sample of this data seed was looked at.",
        *_measured(found, number),
    ]
    lines = [part for line in about for part in textwrap.wrap(line, _WIDTH, break_on_hyphens=False)]
    return "".join(f"# {line}\n" for line in lines) + card.to_yaml()


def _measured(found: xr.Dataset, number: int) -> list[str]:
    """What the trial gave: on fresh seeds if it is the best, else on those of the search."""
    if number == int(found.attrs["best"]):
        return [f"{line[0].upper()}{line[1:]}." for line in answer(found)[1:]]
    one, seeds = found.sel(trial=number), json.loads(found.attrs["search_seeds"])
    accuracy = with_half(float(one["accuracy"]), float(one["accuracy_ci"]))
    return [
        f"Validation accuracy {accuracy} % ({_interval(len(seeds))}{seeds_said(seeds)}, "
        f"with which the search chose), {format_si(float(one['joules']), 'J')} a training sample."
    ]
