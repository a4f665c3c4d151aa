"""Area and joules of a macro by block, and its figures of merit among published chips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from numpy.typing import NDArray

from analogep.plots.merit import among
from analogep.plots.style import BLUE, ORANGE, blank, drawn, engineering, short

if TYPE_CHECKING:
    import xarray as xr

_LONGEST = 18


@drawn
def macro_page(dataset: xr.Dataset) -> Figure:
    """Area by block, joules of an inference and of a training sample by component, and figures of merit.

    The last panel has published chips: filled those that were built, and on its left edge those of which no area is
    known. Crosses are square arrays of the same circuit with several bits.
    """
    figure = blank(height=6.2)
    above, below = figure.subplots(2, 1, height_ratios=(1.0, 1.3))
    panels = above.get_subplotspec().subgridspec(1, 2)
    above.remove()
    areas, joules = (figure.add_subplot(panels[k]) for k in range(2))
    values = 1e6 * dataset["area"].values
    _bars(areas, [str(name) for name in dataset["block"].values], values, "area [mm²]")
    parts = dataset["joules"]
    names = [str(name).replace("_", " ") for name in dataset["component"].values]
    order = np.argsort(parts.sum("what").values)
    rows = np.arange(order.size)
    for k, (what, colour) in enumerate(zip(("inference", "training"), (BLUE, ORANGE), strict=True)):
        joules.barh(rows + 0.4 * k, parts.sel(what=what).values[order], 0.4, color=colour, label=what)
    joules.set_yticks(rows + 0.2, [short(names[k], _LONGEST) for k in order])
    joules.set_xscale("log")
    joules.xaxis.set_major_locator(LogLocator(1000.0))
    joules.xaxis.set_major_formatter(FuncFormatter(lambda value, _: engineering(value, "J")))
    joules.xaxis.set_minor_formatter(NullFormatter())
    joules.set_xlabel("energy of a sample [J]")
    joules.legend(loc="lower right")
    own = float(dataset.attrs["density"]), float(dataset.attrs["efficiency"])
    among(below, own, (dataset["density"].values.ravel(), dataset["efficiency"].values.ravel()))
    return figure


def _bars(axes: Axes, names: list[str], values: NDArray[np.float64], label: str) -> None:
    """Bars of a value each, the largest on top; a block of unknown value has words in place of a bar, at the bottom."""
    order = np.argsort(np.nan_to_num(values, nan=-1.0))
    axes.barh(range(order.size), np.nan_to_num(values)[order], color=BLUE)
    for row in np.flatnonzero(np.isnan(values[order])):
        axes.annotate(
            "unknown", (0.0, row), (4, 0), textcoords="offset points", va="center", color="#555555",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
        )  # fmt: skip
    axes.set_yticks(range(order.size), [short(names[k], _LONGEST) for k in order])
    axes.set_xlabel(label)
