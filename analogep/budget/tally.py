"""From the points of the study to the budget: what each limit costs alone, both ways, with intervals over pairs."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from analogep.budget.limits import Limit
from analogep.budget.looks import Effect, effect, wanting
from analogep.study import recorded

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]

_SHARE: Final = "validation accuracy"
_HALF: Final = "half of the 95 % interval over pairs, whatever the number of looks, of "
_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "regained": ("1", "accuracy gained if this limit alone is removed"),
    "lost": ("1", "accuracy lost if this limit alone is left"),
    "training_joules": ("J", "joules per training sample that this limit costs: all on less this one removed"),
    "inference_joules": ("J", "joules per inference that this limit costs: all on less this one removed"),
    "training_seconds": ("s", "seconds on the chip per training sample that this limit costs"),
    "inference_seconds": ("s", "seconds on the chip per inference that this limit costs"),
    "accuracy_real": ("1", f"{_SHARE} with all limits on"),
    "accuracy_ideal": ("1", f"{_SHARE} with all limits removed"),
    "gap": ("1", "accuracy lost to all limits together"),
}
_COPIED: Final = ("citations", "device_cards", "circuit_cards", "overrides", "analogep_version", "study")


class Difference(Protocol):
    """What is subtracted from what: see `budget.Contrast`."""

    @property
    def limit(self) -> str:
        """Its limit."""

    @property
    def alone(self) -> bool:
        """Whether the limit alone is left."""

    def of(self, accuracy: Floats) -> Floats:
        """Differences (pairs,) [1] of `accuracy` (points, pairs) [1]."""


class Points:
    """Accuracy, joules and seconds of a study's points.

    Parameters
    ----------
    dataset : Dataset
        As `Study.run` returns it, of one axis and one chip.
    places : sequence of int or None
        Positions on the axis; None for all in their order.

    Attributes
    ----------
    accuracy : ndarray (points, pairs) [1]
        At the end, or after the last age; NaN where a training has failed or was not made.
    costs : dict of str to ndarray (points, pairs)
        Joules [J] and seconds [s], by the name that the budget gives them.
    """

    def __init__(self, dataset: xr.Dataset, places: Sequence[int] | None = None) -> None:
        chosen = slice(None) if places is None else list(places)
        nothing = np.full(dataset["state"].shape, np.nan)[chosen, 0]
        self.accuracy: Floats = nothing
        self.costs: dict[str, Floats] = dict.fromkeys(_COSTS, nothing)
        if "accuracy" in dataset:  # some point has not failed
            end = recorded.at_the_end
            aged = "aged_accuracy" in dataset
            accuracy = dataset["aged_accuracy"].values[..., -1] if aged else end(dataset, "accuracy")
            self.accuracy = accuracy[chosen, 0]
            for name, variable in _COSTS.items():
                if variable in dataset:
                    training = name.startswith("training")
                    values = dataset[variable].mean("epoch").values if training else end(dataset, variable)
                    self.costs[name] = values[chosen, 0]


_COSTS: Final = {
    "training_joules": "training_energy",
    "inference_joules": "inference_energy",
    "training_seconds": "training_seconds",
    "inference_seconds": "inference_seconds",
}


def tally(
    trained: xr.Dataset,
    places: Sequence[int],
    limits: Sequence[Limit],
    among: Sequence[Difference],
    samples: int,
    resolution: float,
) -> xr.Dataset:
    """Weigh all limits against each other.

    Parameters
    ----------
    trained : Dataset
        Result of `Budget.study`.
    places : sequence of int
        Its points with all on, each removed, each left alone, all removed.
    limits : sequence of Limit
        In the order of the points.
    among : sequence of Difference
        Of the limits removed alone, then left alone.
    samples : int
        Samples of the validation part.
    resolution : float [1]

    Returns
    -------
    Dataset
        Sorted by half the sum of what a limit gains removed alone and costs left alone.
    """
    import xarray as xr

    points, count = Points(trained, places), len(limits)
    each = np.array([one.of(points.accuracy) for one in among]).reshape(2, count, -1)
    found = [[effect(row, samples) for row in way] for way in each]
    order = _ranked(found)
    real, ideal = points.accuracy[0], points.accuracy[-1]
    variables: dict[str, Any] = {}
    for name, effects, rows in zip(("regained", "lost"), found, each, strict=True):
        variables |= _ways(name, [effects[k] for k in order], rows[order], resolution)
    for name, row in (("accuracy_real", real), ("accuracy_ideal", ideal), ("gap", ideal - real)):
        variables |= _single(name, effect(row, samples))
    for name, cost in points.costs.items():
        means = [_mean(cost[0] - cost[1 + k]) for k in order]
        variables[name] = (("limit",), np.array(means), _about(*_TEXTS[name]))
    coordinates = {
        "limit": (("limit",), [limits[k].name for k in order], _about("1", "what is removed or left")),
        "pair": (("pair",), np.arange(each.shape[-1]), _about("1", "sample of fabrication and of operation")),
    }
    said = _said(trained, [limits[k] for k in order], samples, resolution)
    return xr.Dataset(variables, coordinates, said)


def _ranked(found: Sequence[Sequence[Effect]]) -> list[int]:
    """Numbers of the limits, the most expensive first; those of which nothing is known last."""

    def cost(k: int) -> float:
        known = [way[k].mean for way in found if math.isfinite(way[k].mean)]
        return -sum(known) / len(known) if known else math.inf

    return sorted(range(len(found[0])), key=cost)


def _ways(name: str, effects: Sequence[Effect], rows: Floats, resolution: float) -> dict[str, Any]:
    """Mean, half interval, pairs and what is missing, of all limits; and the pairs themselves."""
    unit, text = _TEXTS[name]
    numbers = {
        name: ([one.mean for one in effects], unit, text),
        f"{name}_ci": ([one.half for one in effects], unit, _HALF + name),
        f"{name}_pairs": ([float(one.pairs) for one in effects], "1", f"pairs that {name} is the mean of"),
        f"{name}_more": (
            [float(wanting(one, resolution)) if one.pairs else math.nan for one in effects],
            "1",
            f"pairs that {name} lacks until it is likely to be resolved",
        ),
    }
    out: dict[str, Any] = {
        key: (("limit",), np.array(values), _about(units, words)) for key, (values, units, words) in numbers.items()
    }
    return out | {f"{name}_each": (("limit", "pair"), rows, _about(unit, f"{text}, in each pair"))}


def _single(name: str, found: Effect) -> dict[str, Any]:
    unit, text = _TEXTS[name]
    return {name: ((), found.mean, _about(unit, text)), f"{name}_ci": ((), found.half, _about(unit, _HALF + name))}


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else math.nan


def _about(unit: str, text: str) -> dict[str, str]:
    return {"units": unit, "long_name": text}


def _said(trained: xr.Dataset, limits: Sequence[Limit], samples: int, resolution: float) -> dict[str, Any]:
    return origin(trained, "loss budget") | {
        "validation_samples": samples,
        "resolution": resolution,
        "ideal": json.dumps({limit.name: limit.ideal for limit in limits}),
    }


def origin(trained: xr.Dataset, noun: str) -> dict[str, Any]:
    """What the study behind an answer says of itself, and its title."""
    failed = json.loads(trained.attrs["failed"])
    short = [{**one, "at": next(iter(one["at"].values())).rpartition(" # ")[2]} for one in failed]
    study = json.loads(trained.attrs["study"])
    age = json.loads(study["ages"])
    later = f", {age[-1]:g} s after training" if age else ""
    return {key: trained.attrs[key] for key in _COPIED} | {
        "title": f"{noun} of {study['device']} with {study['circuit']}{later}",
        "device": study["device"],
        "circuit": study["circuit"],
        "data": study["data"],
        "pairs": int(trained.sizes["seed"]),
        "seed": int(study["seed"]),
        "seeds": f"base {study['seed']}; pair k is sample k of fabrication and of operation; data seed {study['seed']}",
        "failed": json.dumps(short),
    }
