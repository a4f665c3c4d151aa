"""The relaxation of one training sample."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from analogep.plots.raster import rasters
from analogep.plots.style import BLACK, BLUE, GREY, SIZE, VERMILLION, blank, drawn, engineering, legend, note, scale

if TYPE_CHECKING:
    import xarray as xr


@drawn
def relaxation(dataset: xr.Dataset) -> Figure:
    """Node voltages [V] of one training sample against time [s], free phase then nudged, both axes with prefixes.

    Hidden nodes thin and grey, outputs dashed and blue, the output of the sample's class (`trace_class`) thick and
    red, its target (`target_voltage`) a dashed line; a vertical line wherever beta changes, each phase named above. Of
    a spiking network the nodes are synapses; above them are membranes [threshold], and on top its spikes at the end of
    both phases beside one another, with what nudging changes (`rasters`).
    """
    spiking = "spike_time" in dataset and dataset["trace_time"].size > 0
    figure = blank(7.8 if spiking else SIZE[1])
    rows = _spiking(figure, dataset) if spiking else [figure.subplots()]
    axes = rows[-1]
    time, volts = dataset["trace_time"].values, dataset["trace_voltage"].values
    full = float(dataset.attrs["target_voltage"])
    seconds, second = scale(time, "s")
    per_volt, volt = scale(np.append(volts.ravel(), full), "V")
    axes.set_xlabel(f"time since the inputs were applied [{second}]")
    axes.set_ylabel(f"{'synapse' if spiking else 'node voltage'} [{volt}]")
    handles = _nodes(axes, time * seconds, volts * per_volt, dataset)
    handles.append(
        axes.axhline(
            full * per_volt,
            color=BLACK,
            linestyle=(0, (6.0, 4.0)),
            linewidth=1.0,
            label=f"{_target(dataset)}, {engineering(full, 'V')}",
        )
    )
    if spiking:
        _membranes(rows[0], dataset, seconds)
    if time.size:
        for panel in rows:
            _phases(panel, time * seconds, dataset["trace_beta"].values, named=panel is rows[0])
    else:
        note(axes, "no relaxation was recorded")
    legend(figure, handles, columns=2)
    return figure


def _target(dataset: xr.Dataset) -> str:
    """What the target is of: the output of the class, or the difference of its two halves."""
    halves = any(str(node).endswith("negative half") for node in dataset["node"].values)
    return "target of the difference of its class" if halves else "target of its class"


def _nodes(axes: Axes, time: NDArray[np.float64], volts: NDArray[np.float64], dataset: xr.Dataset) -> list[Line2D]:
    """Draw every node and return one line of each group."""
    groups: dict[str, Line2D] = {}
    marker = "." if time.size == 1 else ""
    target = f"output {int(dataset.attrs['trace_class'])}"
    for k, node in enumerate(map(str, dataset["node"].values)):
        if node == target:
            (line,) = axes.plot(time, volts[:, k], color=VERMILLION, linewidth=2.6, marker=marker, zorder=4)
            line.set_label(f"{node}, the class of the sample")
        elif node.startswith("output"):
            (line,) = axes.plot(time, volts[:, k], color=BLUE, linestyle=(0, (4.0, 1.5)), linewidth=1.3, marker=marker)
            line.set_label("other outputs")
        else:
            (line,) = axes.plot(time, volts[:, k], color=GREY, linewidth=0.8, alpha=0.8, marker=marker, zorder=1.8)
            line.set_label("hidden nodes")
        groups.setdefault(str(line.get_label()), line)
    return list(groups.values())


def _spiking(figure: Figure, dataset: xr.Dataset) -> list[Axes]:
    """Draw the spikes; returns the panels of membranes and synapses below them, which share their time."""
    grid = figure.add_gridspec(2, 1, height_ratios=[1.5, 2.2])
    above = grid[0].subgridspec(1, 3, width_ratios=[1.0, 1.0, 0.8])
    rasters((figure.add_subplot(above[0]), figure.add_subplot(above[1]), figure.add_subplot(above[2])), dataset)
    below = grid[1].subgridspec(2, 1, height_ratios=[1.0, 1.2])
    membranes = figure.add_subplot(below[0])
    membranes.tick_params(labelbottom=False)
    return [membranes, figure.add_subplot(below[1], sharex=membranes)]


def _membranes(axes: Axes, dataset: xr.Dataset, seconds: float) -> None:
    """Draw the membranes of the output of the class and of the hidden node that is nearest to half its largest rate."""
    names = [str(node) for node in dataset["node"].values]
    # A neuron at full rate or silent has nothing to show.
    off = np.abs(dataset["trace_voltage"].values[-1] - 0.5 * float(dataset.attrs["read_voltage"]))
    hidden = min((k for k, name in enumerate(names) if name.startswith("hidden")), key=lambda k: float(off[k]))
    right = names.index(f"output {int(dataset.attrs['trace_class'])}")
    time, membrane = dataset["trace_time"].values * seconds, dataset["trace_membrane"].values
    axes.plot(time, membrane[:, hidden], color=GREY, linewidth=0.7)
    axes.plot(time, membrane[:, right], color=VERMILLION, linewidth=0.9)
    axes.axhline(1.0, color=BLACK, linestyle=(0, (6.0, 4.0)), linewidth=0.8)
    axes.set_ylabel("membrane [threshold]")


def _phases(axes: Axes, time: NDArray[np.float64], beta: NDArray[np.float64], *, named: bool = True) -> None:
    """Mark every change of beta and name the phases above the panel."""
    starts = [0, *(np.flatnonzero(np.diff(beta)) + 1)]
    # A phase begins where the one before it ended: at that one's last accepted step.
    ends = [float(time[0]), *(float(time[k - 1]) for k in starts[1:]), float(time[-1])]
    for boundary in ends[1:-1]:
        axes.axvline(boundary, color=BLACK, linewidth=1.2, linestyle=(0, (1.0, 1.5)))
    for k, (start, (left, right)) in enumerate(zip(starts, pairwise(ends), strict=True)):
        if not named:
            break
        text = "free phase" if beta[start] == 0.0 else f"nudged phase, β = {beta[start]:.3g}"
        place, side = 0.5 * (left + right), "center"
        if len(starts) == 2:
            # Both names lean on the boundary, so that neither needs its phase to be wide.
            text = f"{text}  " if k == 0 else f"  {text}"
            place, side = ends[1], ("right", "left")[k]
        axes.text(place, 1.015, text, transform=axes.get_xaxis_transform(), ha=side, va="bottom", fontsize=9.5)
    if time[-1] > time[0]:
        axes.set_xlim(float(time[0]), float(time[-1]))
