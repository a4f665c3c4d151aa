"""What fitted errors leave open: drawn cards from lowest to highest, and the part of each measurement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from analogep.plots.device_axes import handle
from analogep.plots.style import BLUE, GREY, SKY, VERMILLION, blank, drawn, legend, scale, short
from analogep.study import posterior, summary

if TYPE_CHECKING:
    import xarray as xr

_PANELS: Final = {"accuracy": "test accuracy [%]", "training_energy": "energy per training sample"}
_LETTERS: Final = 26


@drawn
def posterior_parts(dataset: xr.Dataset) -> Figure:
    """Accuracy [%] and joules per training sample [J, with a prefix] of drawn cards, and what each measurement leaves.

    Left: cards that have everything drawn, each the mean over chips and seeds, from the lowest to the highest; band:
    95 % interval because of what was not measured. Right: standard deviation that each measurement leaves, whiskers:
    one standard error of its variance.

    Parameters
    ----------
    dataset : xarray.Dataset
        What `analogep.study.posterior_study(...).run()` returns.

    Raises
    ------
    ResultError
        If it is no result of such a study.
    UsageError
        If too few points are done.
    """
    found, said = posterior.posterior_parts(dataset), posterior.drawn(dataset)
    values = summary.finals(dataset)
    figure = blank(4.6 + 0.3 * found.sizes["measurement"])
    grid = figure.subplots(2, 2, squeeze=False)
    of = np.array(said.of)
    for (name, label), (left, right) in zip(_PANELS.items(), grid, strict=True):
        factor, unit = (100.0, "%") if name == "accuracy" else scale(values[name], "J")
        cards = factor * values[name].mean(axis=(1, 2))
        _cards(left, np.sort(cards[(of == "all") & np.isfinite(cards)]), found, name, factor)
        left.set_ylabel(label if unit == "%" else f"{label} [{unit}]")
        _bars(right, found, name, factor)
        right.set_xlabel(f"standard deviation [{'percentage points' if unit == '%' else unit}]")
    grid[-1, 0].set_xlabel("drawn cards, from lowest to highest")
    legend(figure, _handles(), columns=2)
    return figure


def _cards(axes: Axes, cards: np.ndarray, found: xr.Dataset, name: str, factor: float) -> None:
    places = np.arange(1.0, cards.size + 1.0)
    low, high, itself = (factor * float(found[f"{name}_{key}"]) for key in ("low", "high", "estimate"))
    axes.axhspan(low, high, color=SKY, alpha=0.3, linewidth=0.0)
    axes.plot(places, cards, color=BLUE, marker="o", linestyle="", markersize=4.0)
    axes.axhline(itself, color=VERMILLION, linewidth=0.9, linestyle=(0, (5.0, 1.5)))
    axes.set_xlim(0.0, cards.size + 1.0)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))


def _bars(axes: Axes, found: xr.Dataset, name: str, factor: float) -> None:
    """Standard deviations of measurements, and of all together below them."""
    part, error = (
        np.append(found[f"{name}_{key}"].values, float(found[f"{name}_{whole}"]))
        for key, whole in (("part", "variance"), ("part_error", "variance_error"))
    )
    words = [short(str(one), _LETTERS) for one in found["what"].values] + ["all together"]
    middle, low, high = (factor * np.sqrt(np.maximum(one, 0.0)) for one in (part, part - error, part + error))
    places = -np.arange(len(words), dtype=np.float64)
    colors = [BLUE] * (len(words) - 1) + [GREY]
    axes.barh(places, middle, 0.6, color=colors)
    axes.errorbar(
        middle, places, xerr=[middle - low, high - middle], fmt="none", ecolor="black", capsize=2.5, zorder=3.0
    )
    axes.set_yticks(places, words)
    axes.set_xlim(left=0.0)
    axes.grid(False, axis="y")


def _handles() -> list[Line2D]:
    return [
        handle("a drawn card, mean over chips and seeds", color=BLUE, marker="o", linestyle=""),
        handle("the card as it is", color=VERMILLION, linestyle=(0, (5.0, 1.5))),
        handle("95 % because of what was not measured", color=SKY, linewidth=6.0, alpha=0.4),
    ]
