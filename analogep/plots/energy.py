"""Where the joules of a sample go, beside what digital arithmetic would take."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter
from numpy.typing import NDArray

from analogep.energy import TRAINING
from analogep.plots.style import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILLION, blank, drawn, engineering, legend, note

if TYPE_CHECKING:
    import xarray as xr

_TOTAL = "#333333"
_DECADES = 9
_LABEL_ROOM = 0.3
_YARDSTICKS = (
    (VERMILLION, (0, (5.0, 1.5))),
    (GREEN, (0, (1.0, 1.2))),
    (PURPLE, (0, (6.0, 1.5, 1.0, 1.5))),
    (ORANGE, (0, (9.0, 2.0))),
    (SKY, (0, (6.0, 1.5, 1.0, 1.5, 1.0, 1.5))),
)


@drawn
def energy_by_component(dataset: xr.Dataset) -> Figure:
    """Joules per training sample and per inference sample by component in the last epoch, on logarithmic axes.

    Bars with their values, the total on top, the largest component of a training sample next; a component that
    takes nothing in either is left out. Lines mark the joules of the same network in digital arithmetic
    (`digital_training_joules`, `digital_inference_joules`).
    """
    last = dataset["energy"].isel(epoch=-1)
    training = last.sel(phase=list(TRAINING)).sum("phase").values / int(dataset.attrs["train_samples"])
    inference = last.sel(phase="inference").values / int(dataset.attrs["test_samples"])
    order = [k for k in np.lexsort((-inference, -training)) if training[k] > 0.0 or inference[k] > 0.0]
    names = ["total"] + [str(dataset["component"].values[k]).replace("_", " ") for k in order]
    figure = blank()
    panels = figure.subplots(1, 2, sharey=True)
    lines: dict[str, Line2D] = {}
    for axes, joules, kind in zip(panels, (training, inference), ("training", "inference"), strict=True):
        marks: dict[str, float] = json.loads(dataset.attrs[f"digital_{kind}_joules"])
        _panel(axes, np.concatenate([[joules.sum()], joules[order]]), list(marks.values()))
        for name, value in marks.items():
            color, dashes = _YARDSTICKS[len(lines) % len(_YARDSTICKS)]
            if name in lines:
                color, dashes = lines[name].get_color(), lines[name].get_linestyle()
            line = axes.axvline(value, color=color, linestyle=dashes, label=name, zorder=1.5)
            lines.setdefault(name, line)
        axes.set_xlabel(f"energy per {kind} sample [J]")
    panels[0].set_yticks(range(len(names)), names)
    panels[0].invert_yaxis()
    legend(figure, lines.values(), columns=2, title="the same network in digital arithmetic")
    return figure


def _panel(axes: Axes, joules: NDArray[np.float64], marks: list[float]) -> None:
    """Draw bars from the top downwards, the first of them the total, each with its value [J]."""
    axes.set_xscale("log")
    axes.tick_params(axis="y", length=0.0)
    axes.grid(False, axis="y")
    positive = joules[joules > 0.0]
    if positive.size == 0:
        note(axes, "no energy was booked")
        positive = np.array([1e-15])
    low, high = _limits(positive, [mark for mark in marks if mark > 0.0])
    axes.barh(range(joules.size), joules, height=0.72, color=[_TOTAL] + [BLUE] * (joules.size - 1))
    for row, value in enumerate(joules):
        axes.annotate(
            engineering(value, "J") if value > 0.0 else "0",
            (max(value, low), row),
            (3, 0),
            textcoords="offset points",
            va="center",
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
        )
    axes.set_xlim(low, high)
    _ticks(axes, low, high)


def _limits(joules: NDArray[np.float64], marks: list[float]) -> tuple[float, float]:
    """Ends of the axis [J]: whole decades below the smallest bar, and room to the right for the longest bar's value."""
    top = math.log10(max(joules.max(), *marks, 0.0))
    bottom = math.floor(math.log10(min(joules.min(), *marks, math.inf)) - 0.3)
    bottom = max(bottom, math.floor(top) - _DECADES)
    longest = math.log10(joules.max())
    right = bottom + (longest - bottom) / (1.0 - _LABEL_ROOM)
    return 10.0**bottom, 10.0 ** max(right, top + 0.2)


def _ticks(axes: Axes, low: float, high: float) -> None:
    """Label every decade of a short axis, else only whole prefixes: fJ, pJ, nJ."""
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high))
    step = 1 if last - first < 4 else 3
    decades = range(first, last + 1)
    axes.xaxis.set_major_locator(FixedLocator([10.0**k for k in decades if k % step == 0]))
    axes.xaxis.set_minor_locator(FixedLocator([10.0**k for k in decades if k % step]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: engineering(value, "J")))
    axes.xaxis.set_minor_formatter(NullFormatter())
