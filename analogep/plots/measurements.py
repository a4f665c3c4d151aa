"""The figure of measurements that are no ramps: points and fitted curves, a panel for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from analogep.plots.style import GREY, blank, drawn, look

if TYPE_CHECKING:
    import xarray as xr

_COLUMNS = 3
_HEIGHT = 2.3
_POINTS = 1500


@drawn
def fitted_measurements(dataset: xr.Dataset) -> Figure:
    """Measured points (grey) and fitted curves of every panel, on its own axes, in the units of their labels.

    A panel whose curve is its points has none.
    """
    count = int(dataset.attrs["panels"])
    rows = -(-count // _COLUMNS)
    figure = blank(_HEIGHT * rows + 0.6)
    figure.set_layout_engine("constrained")
    grid = figure.add_gridspec(rows, min(count, _COLUMNS))
    for k in range(count):
        axes = figure.add_subplot(grid[k // _COLUMNS, k % _COLUMNS])
        x, y, curve = (dataset[f"{name}_{k}"].values for name in ("x", "y", "curve"))
        some = np.unique(np.linspace(0, x.size - 1, min(x.size, _POINTS)).astype(int))
        axes.plot(x[some], y[some], color=GREY, marker=".", linestyle="none", markersize=2.5)
        if not np.array_equal(y, curve):
            order = np.argsort(x, kind="stable")
            axes.plot(x[order], curve[order], color=look(0).color, linewidth=1.2)
        across, along = dataset.attrs[f"logarithmic_{k}"]
        # Less than a decade has no ticks on a logarithmic axis.
        along = along and y.max() > 10.0 * y.min()
        if across:
            axes.set_xscale("log")
        if along:
            axes.set_yscale("log")
        for axis, logarithmic in ((axes.xaxis, across), (axes.yaxis, along)):
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            if logarithmic:
                axis.set_minor_formatter(NullFormatter())
        axes.set_xlabel(dataset[f"x_{k}"].attrs["label"])
        axes.set_ylabel(dataset[f"y_{k}"].attrs["label"])
        axes.set_title(str(dataset.attrs[f"title_{k}"]), fontsize=8)
    return figure
