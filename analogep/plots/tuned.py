"""What a search for settings found: accuracy against joules, and how much each knob matters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analogep.plots.device_axes import log_axis
from analogep.plots.style import BLACK, BLUE, GREY, VERMILLION, blank, drawn, look, scale

if TYPE_CHECKING:
    import xarray as xr

_WORDS: Final = {"accuracy": "accuracy", "joules": "joules of training", "inference": "joules of inference"}

_DECADE: Final = 5.0
"""Ratio of the joules from which their axis is logarithmic."""


@drawn
def tuned_settings(dataset: xr.Dataset) -> Figure:
    """Validation accuracy [%] against joules of a training sample, and the importance of knobs where it is known.

    Dots are trials that were trained to the end; the line joins those that no other one dominates. Bars, which may
    leave the panel, are 95 % intervals of the mean over the seeds of the search.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `analogep.tune.found` makes it.
    """
    shares = [name for name in dataset.data_vars if str(name).startswith("importance_")]
    known = [name for name in shares if np.isfinite(dataset[name]).any()]
    rows = dataset.sizes["knob"]
    figure = blank(4.3 + (0.8 + 0.21 * rows if known else 0.0))
    if not known:
        _front(figure.subplots(), dataset)
        return figure
    upper, lower = figure.subplots(2, 1, height_ratios=[4.3, 0.8 + 0.21 * rows])
    _front(upper, dataset)
    _importance(lower, dataset, [str(name) for name in known])
    return figure


def _front(axes: Axes, dataset: xr.Dataset) -> None:
    factor, unit = scale(dataset["joules"].values, "J")
    joules, accuracy = factor * dataset["joules"].values, 100.0 * dataset["accuracy"].values
    half = np.nan_to_num(100.0 * dataset["accuracy_ci"].values)
    own = dataset["card"].values
    order = np.argsort(joules)
    kept = order[dataset["front"].values[order]]
    axes.plot(joules, accuracy, "o", color=GREY, markersize=3.5, label="trials")
    axes.errorbar(
        joules[kept],
        accuracy[kept],
        half[kept],
        fmt="o-",
        color=BLUE,
        elinewidth=0.9,
        label="nothing is better in both",
    )
    if own.any():
        axes.errorbar(
            joules[own], accuracy[own], half[own], fmt="s", color=VERMILLION, elinewidth=0.9, label="the card as it is"
        )
    best = dataset["trial"].values == int(dataset.attrs["best"])
    axes.plot(
        joules[best], accuracy[best], "*", color="white", markeredgecolor=BLACK, markersize=13.0, label="best settings"
    )
    low, high = 0.9 * float(joules.min()), 1.1 * float(joules.max())
    axes.set_xlim(low, high)
    if high > _DECADE * low:
        log_axis(axes, "x", [low, high])
    axes.set_ylim(max(0.0, accuracy.min() - 1.0), min(100.0, accuracy.max() + 1.0))
    axes.set_xlabel(f"joules of a training sample [{unit}]")
    axes.set_ylabel("validation accuracy [%]")
    axes.set_title("mean of the seeds of the search, bars: 95 % interval of the mean")
    axes.legend(loc="lower right")


def _importance(axes: Axes, dataset: xr.Dataset, names: list[str]) -> None:
    """Bars of each knob, those of the objectives beside each other; the largest of accuracy on top."""
    order = np.argsort(np.nan_to_num(dataset[names[0]].values))
    width = 0.8 / len(names)
    for k, name in enumerate(names):
        place = np.arange(len(order)) + (0.5 * (len(names) - 1) - k) * width
        label = _WORDS.get(name.removeprefix("importance_"), name)
        axes.barh(place, 100.0 * dataset[name].values[order], width, color=look(k).color, label=label)
    axes.set_yticks(np.arange(len(order)), [str(dataset["knob"].values[k]) for k in order])
    axes.grid(False, axis="y")
    axes.set_xlabel("importance on the first rung (PED-ANOVA) [%]")
    axes.legend(loc="lower right")
