"""Runs over one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analogep.plots.style import LOOKS, blank, drawn, epochs, legend, logarithmic, note, scale, series

if TYPE_CHECKING:
    import xarray as xr

MOST_RUNS = len(LOOKS)
"""Runs that one figure tells apart."""


@drawn
def runs_compared(dataset: xr.Dataset) -> Figure:
    """Accuracy [%] and lowest cosine [1]; joules per training sample and per inference, of each run per epoch.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `analogep.results.together` returns it, of at most `MOST_RUNS` runs.
    """
    figure = blank(5.6)
    panels = figure.subplots(2, 2)
    names, epoch = [str(name) for name in dataset["run"].values], dataset["epoch"].values
    part = dataset.attrs.get("watched_by", "test")
    _lines(panels[0, 0], epoch, 100.0 * dataset["accuracy"].values, names, f"{part} accuracy [%]")
    _lines(panels[0, 1], epoch, dataset["cosine"].values, names, "cosine, lowest layer [1]")
    for axes, kind in zip(panels[1], ("training", "inference"), strict=True):
        joules = dataset[f"{kind}_energy"].values
        factor, unit = scale(joules, "J")
        sample = "training sample" if kind == "training" else "inference"
        _lines(axes, epoch, joules * factor, names, f"energy per {sample} [{unit}]")
        if np.nanmax(joules, initial=0.0) > 0.0:
            logarithmic(axes, joules * factor)
    legend(figure, panels[0, 0].get_lines(), columns=3)
    return figure


def _lines(axes: Axes, epoch: NDArray[np.int64], values: NDArray[np.float64], names: list[str], label: str) -> None:
    """Draw one quantity of all runs (run, epoch)."""
    drawn_any = [series(axes, epoch, row, k, name) for k, (row, name) in enumerate(zip(values, names, strict=True))]
    if not any(drawn_any):
        note(axes, "not measured")
    axes.set_ylabel(label)
    epochs(axes, epoch)
