"""What a budget says in words: rows of its table, what is not resolved, and the answer."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Final

from analogep.budget.looks import MOST
from analogep.cards.wording import counted
from analogep.results.interval import with_half
from analogep.units import format_si

if TYPE_CHECKING:
    import xarray as xr

HEADS: Final = (
    "limit",
    "gained if it alone is removed",
    "lost if it alone is left",
    "J per training sample",
    "s per training sample",
)
_DASH: Final = "-"
_NAMED: Final = 6
"""Effects that are not resolved and still named one by one, in place of their number."""


def named(limit: str) -> str:
    """Name of a limit as people write it."""
    return limit.replace("_", " ")


def points(mean: float, half: float) -> str:
    """A difference of accuracies in points, with half its interval."""
    return _DASH if math.isnan(mean) else with_half(mean, half, signed=True)


def share(mean: float, half: float) -> str:
    """An accuracy in percent, with half its interval."""
    return _DASH if math.isnan(mean) else f"{with_half(mean, half)} %"


def single(dataset: xr.Dataset, name: str) -> tuple[float, float]:
    """A number of the whole budget and half its interval."""
    return float(dataset[name]), float(dataset[f"{name}_ci"])


def rows(dataset: xr.Dataset) -> list[list[str]]:
    """A row for each limit, under `HEADS`; what is not resolved has a question mark."""
    out = []
    for k, name in enumerate(dataset["limit"].values.tolist()):
        one = dataset.isel(limit=k)
        cells = [named(name)]
        for way in ("regained", "lost"):
            doubt = " ?" if _more(one, way) else ""
            cells.append(points(float(one[way]), float(one[f"{way}_ci"])) + doubt)
        for key, unit in (("training_joules", "J"), ("training_seconds", "s")):
            value = float(one[key])
            cells.append(_DASH if math.isnan(value) else format_si(value, unit))
        out.append(cells)
    return out


def _more(one: xr.Dataset, way: str) -> int:
    """Pairs that an effect lacks; none where nothing could be trained."""
    value = float(one[f"{way}_more"])
    return 0 if math.isnan(value) else int(value)


def method(dataset: xr.Dataset) -> str:
    """What was compared with what, on what, and what the intervals mean."""
    attrs = dataset.attrs
    return (
        f"{counted(int(attrs['pairs']), 'pair')} of one chip and one seed each, judged on "
        f"{attrs['validation_samples']} validation samples of {attrs['data']} (data seed {attrs['seed']}); no test "
        "sample was seen. +- is half of a 95 % interval over pairs, which holds however often one looks."
    )


def _resolution(dataset: xr.Dataset) -> str:
    """The size of an effect that a budget is to resolve: '1 point', '0.5 points'."""
    resolution = 100.0 * float(dataset.attrs["resolution"])
    return f"{resolution:g} {'point' if resolution == 1.0 else 'points'}"


def missing(dataset: xr.Dataset) -> str:
    """What is not resolved and how many pairs that takes; empty if all is."""
    ways = {"regained": "removed", "lost": "left"}
    open_ones = {
        f"{named(name)} {word}": _more(dataset.sel(limit=name), way)
        for name in dataset["limit"].values.tolist()
        for way, word in ways.items()
        if _more(dataset.sel(limit=name), way)
    }
    if not open_ones:
        return ""
    most = max(open_ones.values())
    whole = int(dataset.attrs["pairs"]) + most
    named_ones = ", ".join(open_ones)
    if len(open_ones) > _NAMED:
        named_ones = f"{len(open_ones)} of {2 * dataset.sizes['limit']} effects, those with a question mark"
    head = f"Not resolved to {_resolution(dataset)} ({dataset.attrs['ended']}): {named_ones}."
    if whole > MOST:
        return (
            f"{head} It would take more than the {MOST} pairs after which all looks are used up; a coarser "
            "--resolution takes fewer."
        )
    return f"{head} It takes about {counted(most, 'more pair')}, {whole} in all; the same command goes on."


def answer(dataset: xr.Dataset) -> str:
    """Which limit costs most, or that none can be told from zero."""
    names = dataset["limit"].values.tolist()
    known = [
        (k, way)
        for k in range(len(names))
        for way in ("regained", "lost")
        if abs(float(dataset[way][k])) > float(dataset[f"{way}_ci"][k])
    ]
    costly = [(k, way) for k, way in known if float(dataset[way][k]) > 0.0]
    gap = points(*single(dataset, "gap"))
    if not costly:
        doubt = "" if missing(dataset) else f", to {_resolution(dataset)}"
        said = f"No limit costs accuracy that can be told from zero{doubt}; all of them together cost {gap} points."
        return said if doubt else f"{said}{_largest(dataset)}"
    k, way = max(costly, key=lambda one: float(dataset[one[1]][one[0]]))
    said = points(float(dataset[way][k]), float(dataset[f"{way}_ci"][k]))
    how = "removed alone it gives back" if way == "regained" else "left alone it costs"
    others = [named(names[j]) for j in dict.fromkeys(j for j, _ in costly) if j != k]
    more = f" Also told from zero: {', '.join(others)}." if others else ""
    return f"What limits most is {named(names[k])}: {how} {said} points, all limits together cost {gap}.{more}"


def _largest(dataset: xr.Dataset) -> str:
    """The largest mean among what cannot be told from zero; empty where nothing is known."""
    found = [(float(value), k, way) for way in ("regained", "lost") for k, value in enumerate(dataset[way].values)]
    known = [one for one in found if not math.isnan(one[0])]
    if not known or max(known)[0] <= 0.0:
        return ""
    mean, k, way = max(known)
    how = "removed" if way == "regained" else "left"
    said = points(mean, float(dataset[f"{way}_ci"][k]))
    return f" The largest so far is {named(dataset['limit'].values[k])} {how} alone, {said} points: a guess."


def gains(dataset: xr.Dataset) -> str:
    """Limits without which accuracy is lower; empty if there are none."""
    names = dataset["limit"].values.tolist()
    found = [
        named(name) for k, name in enumerate(names) if float(dataset["regained"][k]) < -float(dataset["regained_ci"][k])
    ]
    return f"Accuracy falls where these are removed: {', '.join(found)}." if found else ""


def failures(dataset: xr.Dataset) -> list[str]:
    """Trainings that failed."""
    return [f"failed: {one['at']}, pair {one['seed']}: {one['reason']}" for one in json.loads(dataset.attrs["failed"])]
