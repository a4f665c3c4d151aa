"""How training moved the conductances."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter
from numpy.typing import NDArray

from analogep.plots.device_axes import log_axis, plain
from analogep.plots.style import BLUE, ORANGE, SIZE, blank, drawn, legend, scale

if TYPE_CHECKING:
    import xarray as xr

_STAGES: dict[str, dict[str, Any]] = {
    "before": {"fill": True, "color": ORANGE, "alpha": 0.55, "label": "before training"},
    "after": {"color": BLUE, "linewidth": 1.6, "label": "after training"},
}


@drawn
def conductances(dataset: xr.Dataset) -> Figure:
    """Histograms of the devices' conductances [S, with a prefix] before and after training, a panel per layer.

    Filled: before; line: after; shaded: the card's nominal window (`window_min`, `window_max`). Counts are on a
    logarithmic axis, so that a single device shows; conductances are too if the bins are.
    """
    layers = [str(layer) for layer in dataset["layer"].values]
    columns = 2 if len(layers) == 4 else min(len(layers), 3)
    rows = math.ceil(len(layers) / columns)
    edges = dataset["conductance_edge"].values
    factor, unit = scale(edges, "S")
    figure = blank(max(SIZE[1], 1.0 + 1.65 * rows))
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    counts = dataset["conductance_count"].transpose("stage", "layer", "bin")
    stages = [str(stage) for stage in dataset["stage"].values]
    handles: list[Artist] = []
    for k, layer in enumerate(layers):
        handles = _histograms(panels[k], counts.values[:, k], stages, edges * factor)
        window = [factor * float(dataset.attrs[name]) for name in ("window_min", "window_max")]
        handles.append(panels[k].axvspan(*window, color="#e8e8e8", zorder=0.1, label="nominal window"))
        panels[k].set_title(layer)
    for panel in panels[len(layers) :]:
        panel.remove()
    for panel in panels[: len(layers)][-columns:]:
        panel.tick_params(labelbottom=True)
        panel.set_xlabel(f"conductance [{unit}]")
    for panel in panels[: len(layers) : columns]:
        panel.set_ylabel("devices per bin [1]")
    panels[0].set_ylim(0.5, 2.0 * max(float(counts.max()), 1.0))
    legend(figure, handles, columns=3)
    return figure


def _histograms(axes: Axes, counts: NDArray[np.float64], stages: list[str], edges: NDArray[np.float64]) -> list[Artist]:
    """Draw the stages (stage, bin) of one layer over one another."""
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(plain))
    axes.yaxis.set_minor_formatter(NullFormatter())
    if _geometric(edges):
        log_axis(axes, "x", edges)
    handles: list[Artist] = []
    for stage, values in zip(stages, counts, strict=True):
        handles.append(axes.stairs(values, edges, baseline=0.5, **_STAGES[stage]))
    return handles


def _geometric(edges: NDArray[np.float64]) -> bool:
    """Whether the bins grow by a constant factor rather than by a constant step."""
    if edges[0] <= 0.0 or edges.size < 3:
        return False
    return bool(np.ptp(np.diff(np.log(edges))) < 1e-6 * np.log(edges[-1] / edges[0]))
