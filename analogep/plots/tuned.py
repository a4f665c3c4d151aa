"""What a search for settings found: accuracy against what it costs, and how much each knob matters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analogep.plots.device_axes import log_axis
from analogep.plots.style import BLACK, BLUE, GREY, VERMILLION, blank, drawn, look, scale
from analogep.tune.objectives import OBJECTIVES

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_DECADE: Final = 5.0
"""Ratio of the costs from which their axis is logarithmic."""


@drawn
def tuned_settings(dataset: xr.Dataset) -> Figure:
    """Validation accuracy [%] against every cost that was asked for, and the importance of knobs where it is known.

    A panel for each cost, that of joules of a training sample where accuracy alone was asked for. Dots are trials that
    were trained to the end; the line joins those that no other one beats in accuracy and this cost. Bars, which may
    leave the panel, are 95 % intervals of the mean over the seeds of the search.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `analogep.tune.found` makes it.
    """
    shares = [str(name) for name in dataset.data_vars if str(name).startswith("importance_")]
    known = [name for name in shares if np.isfinite(dataset[name]).any()]
    costs = [name for name in json.loads(dataset.attrs["objectives"]) if name != "accuracy"] or ["joules"]
    heights = [4.3 if len(costs) == 1 else 3.3] * len(costs) + [0.8 + 0.21 * dataset.sizes["knob"]] * bool(known)
    figure = blank(sum(heights))
    panels = figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    for k, (axes, name) in enumerate(zip(panels, costs, strict=False)):
        _front(axes, dataset, name, first=k == 0)
    if known:
        _importance(panels[-1], dataset, known)
    return figure


def _undominated(cost: Floats, accuracy: Floats) -> list[int]:
    """Trials, the cheapest first, with which no other one is more accurate and costs no more.

    Parameters
    ----------
    cost : ndarray (trials,) [any unit]
    accuracy : ndarray (trials,) [any unit]
    """
    kept: list[int] = []
    for trial in np.lexsort((-accuracy, cost)):
        if not kept or accuracy[trial] > accuracy[kept[-1]]:
            kept.append(int(trial))
    return kept


def _front(axes: Axes, dataset: xr.Dataset, name: str, *, first: bool) -> None:
    one = OBJECTIVES[name]
    factor, unit = one.written
    if unit == one.unit:
        factor, unit = scale(dataset[name].values, unit)
    cost, accuracy = factor * dataset[name].values, 100.0 * dataset["accuracy"].values
    half = np.nan_to_num(100.0 * dataset["accuracy_ci"].values)
    kept, own = _undominated(cost, accuracy), dataset["card"].values
    axes.plot(cost, accuracy, "o", color=GREY, markersize=3.5, label="trials")
    axes.errorbar(
        cost[kept], accuracy[kept], half[kept], fmt="o-", color=BLUE, elinewidth=0.9, label="nothing is better in both"
    )
    if own.any():
        axes.errorbar(
            cost[own], accuracy[own], half[own], fmt="s", color=VERMILLION, elinewidth=0.9, label="the card as it is"
        )
    best = dataset["trial"].values == int(dataset.attrs["best"])
    axes.plot(
        cost[best], accuracy[best], "*", color="white", markeredgecolor=BLACK, markersize=13.0, label="best settings"
    )
    low, high = 0.9 * float(cost.min()), 1.1 * float(cost.max())
    axes.set_xlim(low, high)
    if high > _DECADE * low:
        log_axis(axes, "x", [low, high])
    axes.set_ylim(max(0.0, accuracy.min() - 1.0), min(100.0, accuracy.max() + 1.0))
    axes.set_xlabel(f"{one.words} [{unit}]")
    axes.set_ylabel("validation accuracy [%]")
    if first:
        axes.set_title("mean of the seeds of the search, bars: 95 % interval of the mean")
        axes.legend(loc="lower right")


def _importance(axes: Axes, dataset: xr.Dataset, names: list[str]) -> None:
    """Bars of each knob, those of the objectives beside each other; the largest of accuracy on top."""
    order = np.argsort(np.nan_to_num(dataset[names[0]].values))
    width = 0.8 / len(names)
    for k, name in enumerate(names):
        place = np.arange(len(order)) + (0.5 * (len(names) - 1) - k) * width
        label = OBJECTIVES[name.removeprefix("importance_")].words
        axes.barh(place, 100.0 * dataset[name].values[order], width, color=look(k).color, label=label)
    axes.set_yticks(np.arange(len(order)), [str(dataset["knob"].values[k]) for k in order])
    axes.grid(False, axis="y")
    axes.set_xlabel("importance on the first rung (PED-ANOVA) [%]")
    axes.legend(loc="lower right")
