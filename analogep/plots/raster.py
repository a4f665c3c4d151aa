"""Spikes of the free and of the nudged phase beside one another, and by how much each neuron spikes more or less."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from analogep.plots.style import BLACK, BLUE, GREY, VERMILLION, note, scale

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]

_SETTLED: Final = 0.5
"""Share of the shorter phase, at its end, that is shown: before it synapses still move."""


def rasters(panels: tuple[Axes, Axes, Axes], dataset: xr.Dataset) -> None:
    """Draw the end of both phases, equally long, and the difference of the numbers of spikes in them.

    A row a neuron: hidden ones from the most inhibited to the most active, the outputs above them, that of the sample's
    class red. A bar to the right is a neuron that nudging makes spike more often.

    Parameters
    ----------
    panels : tuple of Axes
        Free phase, nudged phase, difference; of the same height.
    dataset : xarray.Dataset
        Of a spiking network (`spike_time`, `spike_row`, `trace_beta`).
    """
    time, row = dataset["spike_time"].values, dataset["spike_row"].values.astype(int)
    moments, beta = dataset["trace_time"].values, dataset["trace_beta"].values
    outputs = sum(str(node).startswith("output") for node in dataset["node"].values)
    first = int(dataset.attrs["spike_outputs"])
    colours = _colours(first, outputs, first + int(dataset.attrs["trace_class"]))
    names = ("free phase", f"nudged phase, β = {beta[-1]:.3g}")
    found = ends(moments, beta)
    factor, unit = scale(found, "s")
    counts = []
    for axes, name, (start, end) in zip(panels, names, found, strict=False):
        shown = (time > start) & (time <= end)
        counts.append(np.bincount(row[shown], minlength=len(colours)))
        for colour, size in ((GREY, 1.5), (BLUE, 4.0), (VERMILLION, 5.0)):
            own = shown & (colours[row] == colour)
            axes.plot(factor * time[own], row[own], linestyle="", marker="|", markersize=size, color=colour)
        if end > start:
            axes.set_xlim(factor * start, factor * end)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=3))
        axes.set_xlabel(f"end of its time [{unit}]")
        axes.set_title(name)
    _rows(panels, first, outputs)
    if len(counts) < 2:
        note(panels[1], "no second phase")
        return
    difference = counts[1] - counts[0]
    panels[2].barh(range(difference.size), difference, height=1.0, color=list(colours))
    panels[2].axvline(0.0, color=BLACK, linewidth=0.6)
    panels[2].xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    panels[2].set_xlim(*(sign * (1.08 * np.abs(difference).max() or 1.0) for sign in (-1.0, 1.0)))
    panels[2].set_title("nudged - free")
    panels[2].set_xlabel("spikes more [1]")


def ends(moments: Floats, beta: Floats) -> list[tuple[float, float]]:
    """First and last moment [s] of the end of the free and of the first nudged phase, equally long.

    `moments` (points,) [s] and `beta` (points,) [1] are those of the recorded path.
    """
    starts = [0, *(np.flatnonzero(np.diff(beta)) + 1), moments.size][:3]
    bounds = [float(moments[0]), *(float(moments[stop - 1]) for stop in starts[1:])]
    length = _SETTLED * float(np.diff(bounds).min())
    return [(stop - length, stop) for stop in bounds[1:]]


def _colours(first: int, outputs: int, right: int) -> NDArray[np.str_]:
    """Colour of each row."""
    colours = np.array([GREY] * first + [BLUE] * outputs)
    colours[right] = VERMILLION
    return colours


def _rows(panels: tuple[Axes, Axes, Axes], first: int, outputs: int) -> None:
    for axes in panels:
        axes.axhline(first - 0.5, color=BLACK, linewidth=0.6)
        axes.set_ylim(-1, first + outputs)
        axes.grid(False, axis="y")
        axes.tick_params(axis="y", length=0.0, labelleft=axes is panels[0])
    panels[0].set_yticks(
        [0.5 * (first - 1), first + 0.5 * (outputs - 1)], ["hidden", "outputs"], rotation=90, va="center"
    )
