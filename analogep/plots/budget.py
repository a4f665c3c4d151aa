"""The loss budget as dots around zero: every pair, its mean and its interval, for each limit removed and left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from analogep.plots.style import BLACK, BLUE, GREY, VERMILLION, blank, drawn, legend, scale

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]

_WAYS: Final = (("regained", "gained if it alone is removed", BLUE), ("lost", "lost if it alone is left", VERMILLION))
_COSTS: Final = (("training_joules", "J", "training"), ("training_seconds", "s", "training"))
_APART: Final = 0.19


@drawn
def weighed_limits(dataset: xr.Dataset) -> Figure:
    """Points of validation accuracy that each limit costs, and its joules and seconds of a training sample beside.

    Small dots are pairs of one chip and one seed, large ones their mean, bars the 95 % interval, which holds however
    often one looks. The most expensive limit is on top.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `analogep.budget.Budget.run` returns it.
    """
    names = [str(name).replace("_", " ") for name in dataset["limit"].values]
    figure = blank(1.7 + 0.42 * len(names))
    left, *others = figure.subplots(1, 3, sharey=True, width_ratios=[4.0, 1.0, 1.0])
    place = np.arange(len(names), dtype=np.float64)
    for k, (way, _, color) in enumerate(_WAYS):
        _way(left, np.asarray(place + (2 * k - 1) * _APART), dataset, way, color)
    left.axvline(0.0, color=BLACK, linewidth=0.9, zorder=1.0)
    left.set_yticks(place, names)
    left.set_ylim(len(names) - 0.5, -0.5)
    left.set_xlabel("points of validation accuracy")
    for axes, (name, unit, words) in zip(others, _COSTS, strict=True):
        _cost(axes, place, dataset[name].values, unit, words)
    for axes in (left, *others):
        axes.grid(visible=False, axis="y")
    legend(figure, _handles(), columns=2)
    return figure


def _way(axes: Axes, place: Floats, dataset: xr.Dataset, way: str, color: str) -> None:
    each = 100.0 * dataset[f"{way}_each"].values
    mean, half = 100.0 * dataset[way].values, 100.0 * dataset[f"{way}_ci"].values
    for row, values in zip(place, each, strict=True):
        axes.plot(values, np.full(values.shape, row), ".", color=GREY, markersize=3.0, alpha=0.8, zorder=2.0)
    axes.errorbar(mean, place, xerr=np.nan_to_num(half), fmt="o", color=color, capsize=2.5, linewidth=1.3, zorder=3.0)


def _cost(axes: Axes, place: Floats, values: Floats, unit: str, words: str) -> None:
    """What a limit costs besides accuracy; below zero it saves."""
    known = np.nan_to_num(values)
    factor, name = scale(np.abs(known), unit)
    axes.barh(place, factor * known, 0.5, color=GREY)
    axes.axvline(0.0, color=BLACK, linewidth=0.9)
    axes.margins(x=0.12)
    axes.set_xlabel(f"{words}\n[{name}/sample]")


def _handles() -> list[Any]:
    dots: dict[str, Any] = {"linestyle": "none", "color": GREY}
    return [
        *(Line2D([], [], color=color, marker="o", linewidth=1.3, label=words) for _, words, color in _WAYS),
        Line2D([], [], marker=".", label="single pairs", **dots),
        Line2D([], [], color=BLACK, marker="|", markersize=6.0, linewidth=1.0, label="bars: 95 % interval"),
    ]
