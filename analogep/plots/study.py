"""What the axes of a study do to accuracy and joules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from analogep.errors import ResultError
from analogep.plots.device_axes import handle
from analogep.plots.study_places import along, places_of
from analogep.plots.style import BLUE, GREY, VERMILLION, blank, drawn, legend, logarithmic, scale
from analogep.study import recorded, summary
from analogep.study.values import called

if TYPE_CHECKING:
    import xarray as xr

    from analogep.study.summary import Row

Floats = NDArray[np.float64]


@drawn
def study_axes(dataset: xr.Dataset) -> Figure:
    """Accuracy [%] after the last epoch and joules per sample [J, with a prefix] along each axis of a study.

    A row of panels an axis. Mean over the other axes, chips and seeds; bars: standard error over chips and seeds; grey
    dots: single points of the study. Values that are no numbers stand side by side. A study without axes shows its
    chips (of a single chip its seeds) in the order of their values instead.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `analogep.study.Study.run` returns it.

    Raises
    ------
    ResultError
        If no point has an accuracy.
    """
    if not np.isfinite(dataset.get("accuracy", np.array(np.nan))).any():
        raise ResultError("no point of the study has an accuracy: there is nothing to draw until one is done")
    card = recorded.recorded(dataset.attrs)
    if not card.axes:
        return _spread(dataset)
    figure = blank(1.2 + 2.3 * len(card.axes))
    panels = figure.subplots(len(card.axes), 2, squeeze=False)
    accuracy, label = recorded.judged(dataset), f"{recorded.judged_by(dataset)} accuracy [%]"
    for number, (axis, rows) in enumerate(zip(card.axes, summary.margins(card, dataset), strict=True)):
        coordinate = dataset[axis.name]
        places, unit = places_of(coordinate.values, str(coordinate.attrs.get("units", "1")), len(rows))
        points = np.moveaxis(accuracy, number, 0).reshape(len(rows), -1)
        _accuracies(panels[number, 0], places, rows, points)
        panels[number, 0].set_ylabel(label)
        _joules(panels[number, 1], places, rows)
        for axes in panels[number]:
            along(axes, axis.name, places, unit, [called(row.said, "\n") for row in rows], width=0.5)
    legend(figure, _handles(), columns=2)
    return figure


def _spread(dataset: xr.Dataset) -> Figure:
    """Chips or seeds from the lowest to the highest: what share of them lies below a value is read off the x axis."""
    figure, spread = blank(), summary.spread(dataset)
    left, right = figure.subplots(1, 2)
    accuracy = 100.0 * recorded.judged(dataset)
    accuracy = accuracy if spread.over == "chips" else accuracy.T
    order = np.argsort(spread.accuracy)
    places = np.arange(1.0, order.size + 1.0)
    each = np.repeat(places, accuracy.shape[1])
    if accuracy.shape[1] > 1:
        left.plot(each, accuracy[order].ravel(), linestyle="", marker=".", color=GREY, alpha=0.6, zorder=1.8)
    left.plot(places, 100.0 * spread.accuracy[order], color=BLUE, marker="o", linestyle="", zorder=3.0)
    left.axhline(float(100.0 * np.nanmean(spread.accuracy)), color=BLUE, linewidth=0.9, linestyle=(0, (5.0, 1.5)))
    left.set_ylabel(f"{recorded.judged_by(dataset)} accuracy [%]")
    both = np.concatenate([spread.training, spread.inference])
    factor, unit = scale(both, "J")
    for values, marker in ((spread.training, "s"), (spread.inference, "^")):
        right.plot(places, factor * np.sort(values), color=VERMILLION, marker=marker, linestyle="")
    if np.any(both > 0.0):
        logarithmic(right, factor * both)
    right.set_ylabel(f"energy per sample [{unit}]")
    for axes in (left, right):
        axes.set_xlabel(f"{spread.over}, from lowest to highest")
        axes.set_xlim(0.0, order.size + 1.0)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    legend(figure, _spread_handles(spread.over, several=accuracy.shape[1] > 1), columns=2)
    return figure


def _spread_handles(over: str, *, several: bool) -> list[Line2D]:
    one = over.removesuffix("s")
    means = [handle(f"mean of a {one}" if several else f"a {one}", color=BLUE, marker="o", linestyle="")]
    if several:
        means.append(handle("single points of the study", color=GREY, marker=".", linestyle=""))
    return [
        *means,
        handle("mean of all", color=BLUE, linestyle=(0, (5.0, 1.5))),
        handle("training sample", color=VERMILLION, marker="s", linestyle=""),
        handle("inference", color=VERMILLION, marker="^", linestyle=""),
    ]


def _accuracies(axes: Axes, places: Floats, rows: Sequence[Row], points: Floats) -> None:
    each = np.repeat(places, points.shape[1])
    axes.plot(each, 100.0 * points.ravel(), linestyle="", marker=".", markersize=4.5, color=GREY, alpha=0.6, zorder=1.8)
    mean, error = (100.0 * np.array([getattr(row, name) for row in rows]) for name in ("accuracy", "error"))
    axes.errorbar(places, mean, np.nan_to_num(error), color=BLUE, marker="o", capsize=3.0, zorder=3.0)


def _joules(axes: Axes, places: Floats, rows: Sequence[Row]) -> None:
    training, inference = (np.array([getattr(row, name) for row in rows]) for name in ("training", "inference"))
    both = np.concatenate([training, inference])
    factor, unit = scale(both, "J")
    axes.plot(places, factor * training, color=VERMILLION, linestyle="-", marker="s")
    axes.plot(places, factor * inference, color=VERMILLION, linestyle=(0, (5.0, 1.5)), marker="^")
    if np.any(both > 0.0):
        logarithmic(axes, factor * both)
    axes.set_ylabel(f"energy per sample [{unit}]")


def _handles() -> list[Line2D]:
    return [
        handle("mean accuracy ± standard error", color=BLUE, marker="o"),
        handle("single points of the study", color=GREY, marker=".", linestyle=""),
        handle("training sample", color=VERMILLION, marker="s"),
        handle("inference", color=VERMILLION, marker="^", linestyle=(0, (5.0, 1.5))),
    ]
