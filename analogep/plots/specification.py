"""The specification as small panels: accuracy against the size of each limit, and where so much of it is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analogep.plots.style import BLUE, GREY, VERMILLION, blank, drawn, legend

if TYPE_CHECKING:
    import xarray as xr

_COLUMNS: Final = 3
_HEIGHT: Final = 1.75


@drawn
def specified_limits(dataset: xr.Dataset) -> Figure:
    """Validation accuracy [%] against the size of each limit relative to the card's, the tightest first.

    Dots are pairs of one chip and one seed, the line the nearest falling curve to their means; the vertical line is
    where the points are lost, the band its 95 % interval.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `analogep.budget.Specification.run` returns it.
    """
    names = [str(name) for name in dataset["limit"].values]
    columns = min(_COLUMNS, len(names))
    lines = -(-len(names) // columns)
    figure = blank(0.9 + _HEIGHT * lines)
    panels = np.atleast_1d(figure.subplots(lines, columns, sharey=True, squeeze=False)).ravel()
    for k, (axes, name) in enumerate(zip(panels, names, strict=False)):
        _panel(axes, dataset.isel(limit=k))
        axes.set_title(name.replace("_", " "))
        if k % columns == 0:
            axes.set_ylabel("accuracy [%]")
        if k + columns >= len(names):
            axes.set_xlabel("size, 1: as on the card")
    for axes in panels[len(names) :]:
        axes.set_visible(False)
    legend(figure, _handles(), columns=4)
    return figure


def _panel(axes: Axes, one: xr.Dataset) -> None:
    factors = one["factor"].values
    place = np.arange(factors.size, dtype=np.float64)
    each = 100.0 * one["accuracy"].values
    for x, row in zip(place, each, strict=True):
        axes.plot(np.full(row.shape, x), row, ".", color=GREY, markersize=3.0, alpha=0.8)
    curve = 100.0 * one["curve"].values
    known = np.isfinite(curve)
    axes.plot(place[known], curve[known], "o-", color=BLUE, markersize=3.5)
    # Equal steps for 0, 1/4, 1/2, 1, 2, 4: between two of them the axis is linear, as the curve is.
    low, at, high = (float(one[f"factor_{end}"]) for end in ("low", "lost", "high"))
    if np.isfinite(low):
        ends = np.interp([low, min(high, factors[-1])], factors, place)
        axes.axvspan(float(ends[0]), float(ends[1]), color=VERMILLION, alpha=0.15, linewidth=0.0)
    if np.isfinite(at):
        axes.axvline(float(np.interp(at, factors, place)), color=VERMILLION, linewidth=1.2)
    axes.set_xticks(place, [f"{factor:g}" for factor in factors])


def _handles() -> list[Any]:
    return [
        Line2D([], [], color=GREY, marker=".", linestyle="none", label="single pairs"),
        Line2D([], [], color=BLUE, marker="o", label="falling curve"),
        Line2D([], [], color=VERMILLION, linewidth=1.2, label="points lost here"),
        Line2D([], [], color=VERMILLION, linewidth=6.0, alpha=0.15, label="95 % interval"),
    ]
