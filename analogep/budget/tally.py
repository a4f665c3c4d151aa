"""From the points of the study to the budget: what each limit costs, and what no single one explains."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from analogep.budget.limits import Limit
from analogep.budget.paired import Estimate, estimate
from analogep.study import recorded

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]

_SHARE: Final = "test accuracy"
_HALF: Final = "half of the 95 % confidence interval, paired over chips and seeds, of "
_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "regained": ("1", "accuracy regained if this limit alone is ideal"),
    "alone": ("1", f"{_SHARE} if this limit alone is as on the card and all others are ideal"),
    "training_joules": ("J", "joules per training sample that this limit costs: all real less this one ideal"),
    "inference_joules": ("J", "joules per inference that this limit costs: all real less this one ideal"),
    "accuracy_real": ("1", f"{_SHARE} with all limits as on the cards"),
    "accuracy_ideal": ("1", f"{_SHARE} with all limits ideal"),
    "gap": ("1", "accuracy lost to all limits together"),
    "unexplained": ("1", "gap less the sum of what single limits regain: their interaction"),
    "accuracy_together": ("1", f"{_SHARE} with the two most expensive limits ideal"),
    "regained_together": ("1", "accuracy regained if the two most expensive limits are ideal"),
}
_COPIED: Final = ("seeds", "citations", "device_cards", "circuit_cards", "overrides", "analogep_version", "study")


class _Points:
    """Accuracy and joules of a study's points (points, chips, seeds); the order is that of its axis."""

    def __init__(self, dataset: xr.Dataset) -> None:
        nothing = np.full(dataset["state"].shape, np.nan)
        self.accuracy: Floats = nothing
        self.training: Floats = nothing
        self.inference: Floats = nothing
        if "accuracy" in dataset:  # some point has not failed
            aged = "aged_accuracy" in dataset
            end = recorded.at_the_end
            self.accuracy = dataset["aged_accuracy"].values[..., -1] if aged else end(dataset, "accuracy")
            self.training = dataset["training_energy"].mean("epoch").values
            self.inference = end(dataset, "inference_energy")


def ranked(single: xr.Dataset, names: Sequence[str]) -> list[str]:
    """Names of the limits, the one that regains most first; those whose points have failed last.

    Parameters
    ----------
    single : Dataset
        Result of `Budget.study`.
    names : sequence of str
        Limits in the order of its points.
    """
    found = _regained(_Points(single), len(names))
    key = {name: -one.mean if math.isfinite(one.mean) else math.inf for name, one in zip(names, found, strict=True)}
    return sorted(names, key=key.__getitem__)


def _regained(points: _Points, count: int) -> list[Estimate]:
    """A(l ideal) - A(all real) of each limit l."""
    return [estimate(points.accuracy[1 + k] - points.accuracy[0]) for k in range(count)]


def tally(single: xr.Dataset, both: xr.Dataset | None, limits: Sequence[Limit]) -> xr.Dataset:
    """Weigh all limits: A(l ideal) - A(real), and gap - sum of these, with paired confidence intervals.

    Parameters
    ----------
    single : Dataset
        Result of `Budget.study`: points all real, each ideal, each alone, all ideal.
    both : Dataset or None
        Result of `Budget.together` of the two most expensive ones.
    limits : sequence of Limit
        In the order of the points.

    Returns
    -------
    Dataset
        Sorted by what they cost.
    """
    import xarray as xr

    names = [limit.name for limit in limits]
    order = [names.index(name) for name in ranked(single, names)]
    points, count = _Points(single), len(names)
    real, ideal = points.accuracy[0], points.accuracy[-1]
    regained = points.accuracy[1 : 1 + count] - real
    found: dict[str, Estimate | list[Estimate]] = {
        "regained": [estimate(regained[k]) for k in order],
        "alone": [estimate(points.accuracy[1 + count + k]) for k in order],
        "accuracy_real": estimate(real),
        "accuracy_ideal": estimate(ideal),
        "gap": estimate(ideal - real),
        "unexplained": estimate(ideal - real - regained.sum(axis=0)),
    }
    if both is not None:
        pair = _Points(both).accuracy[0]
        found |= {"accuracy_together": estimate(pair), "regained_together": estimate(pair - real)}
    variables: dict[str, Any] = {}
    for name, value in found.items():
        variables |= _variables(name, value)
    for name, joules in (("training_joules", points.training), ("inference_joules", points.inference)):
        costs = [_mean(joules[0] - joules[1 + k]) for k in order]
        variables[name] = (("limit",), np.array(costs), _about(*_TEXTS[name]))
    text = {"units": "1", "long_name": "what is as on the card, or ideal"}
    coordinates = {"limit": (("limit",), [names[k] for k in order], text)}
    return xr.Dataset(variables, coordinates, _said(single, both, [limits[k] for k in order]))


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else math.nan


def _about(unit: str, text: str) -> dict[str, str]:
    return {"units": unit, "long_name": text}


def _variables(name: str, found: Estimate | list[Estimate]) -> dict[str, Any]:
    """Mean and half interval as variables of the Dataset."""
    unit, text = _TEXTS[name]
    if isinstance(found, list):
        mean, half = (np.array([getattr(one, part) for one in found]) for part in ("mean", "half"))
        return {
            name: (("limit",), mean, _about(unit, text)),
            f"{name}_ci": (("limit",), half, _about(unit, _HALF + name)),
        }
    return {name: ((), found.mean, _about(unit, text)), f"{name}_ci": ((), found.half, _about(unit, _HALF + name))}


def _said(single: xr.Dataset, both: xr.Dataset | None, limits: Sequence[Limit]) -> dict[str, Any]:
    failed = json.loads(single.attrs["failed"]) + (json.loads(both.attrs["failed"]) if both is not None else [])
    short = [{**one, "at": next(iter(one["at"].values())).rpartition(" # ")[2]} for one in failed]
    study = json.loads(single.attrs["study"])
    age = json.loads(study["ages"])
    later = f", {age[-1]:g} s after training" if age else ""
    return {key: single.attrs[key] for key in _COPIED} | {
        "title": f"loss budget of {study['device']} with {study['circuit']}{later}",
        "device": study["device"],
        "circuit": study["circuit"],
        "chips": int(single.sizes["chip"]),
        "samples": int(single.sizes["seed"]),
        "ideal": json.dumps({limit.name: limit.ideal for limit in limits}),
        "failed": json.dumps(short),
    }
