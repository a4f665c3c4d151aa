"""Where the joules of a sample go, beside what digital arithmetic would take."""

from __future__ import annotations

import itertools
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter
from numpy.typing import NDArray

from analogep.energy import TRAINING
from analogep.plots.style import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILLION, blank, drawn, engineering, legend, short
from analogep.results.watched import inferred

if TYPE_CHECKING:
    import xarray as xr

_TOTAL = "#333333"
_DECADES = 9
_LABEL_ROOM = 0.3
_LONGEST = 40
"""Letters of a component's name."""
_YARDSTICKS: tuple[dict[str, Any], ...] = (
    {"color": VERMILLION, "linestyle": (0, (5.0, 1.5))},
    {"color": GREEN, "linestyle": (0, (1.0, 1.2))},
    {"color": PURPLE, "linestyle": (0, (6.0, 1.5, 1.0, 1.5))},
    {"color": ORANGE, "linestyle": (0, (9.0, 2.0))},
    {"color": SKY, "linestyle": (0, (6.0, 1.5, 1.0, 1.5, 1.0, 1.5))},
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
    inference = last.sel(phase="inference").values / inferred(dataset.attrs)
    order = [k for k in np.lexsort((-inference, -training)) if training[k] > 0.0 or inference[k] > 0.0]
    names = ["total"] + [str(dataset["component"].values[k]).replace("_", " ") for k in order]
    marks = [json.loads(dataset.attrs[f"digital_{kind}_joules"]) for kind in ("training", "inference")]
    looks = dict(zip(dict.fromkeys([*marks[0], *marks[1]]), itertools.cycle(_YARDSTICKS), strict=False))
    figure = blank()
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    bars = [np.concatenate([[joules.sum()], joules[order]]) for joules in (training, inference)]
    low = _limits(panels[0], np.concatenate(bars), [*marks[0].values(), *marks[1].values()])
    for axes, joules, yardsticks, kind in zip(panels, bars, marks, ("training", "inference"), strict=True):
        _bars(axes, joules, low)
        for name, value in yardsticks.items():
            axes.axvline(value, **looks[name], zorder=1.5)
        axes.set_xlabel(f"energy per {kind} sample [J]")
    panels[0].set_yticks(range(len(names)), [short(name, _LONGEST) for name in names])
    panels[0].invert_yaxis()
    handles = [Line2D([], [], label=name, **style) for name, style in looks.items()]
    legend(figure, handles, columns=2, title="the same network in digital arithmetic")
    return figure


def _bars(axes: Axes, joules: NDArray[np.float64], low: float) -> None:
    """Draw bars from the top downwards, the first of them the total, each with its value [J]."""
    axes.tick_params(axis="y", length=0.0)
    axes.grid(False, axis="y")
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


def _limits(axes: Axes, joules: NDArray[np.float64], marks: list[float]) -> float:
    """Set the axis for these bars and marks [J] and return its lower end [J].

    It begins a whole decade below the smallest bar and leaves room to the right for the longest bar's value.
    """
    bars = np.log10(joules[joules > 0.0])
    lines = np.log10([mark for mark in marks if mark > 0.0])
    both = np.concatenate([bars, lines]) if bars.size + lines.size else np.array([-12.0])
    bottom = max(math.floor(both.min() - 0.3), math.floor(both.max()) - _DECADES)
    right = bottom + (bars.max(initial=bottom) - bottom) / (1.0 - _LABEL_ROOM)
    low, high = float(10.0**bottom), float(10.0 ** max(right, both.max() + 0.2))
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    _ticks(axes, low, high)
    return low


def _ticks(axes: Axes, low: float, high: float) -> None:
    """Label every decade of a short axis, else only whole prefixes: fJ, pJ, nJ."""
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high))
    step = 1 if last - first < 4 else 3
    decades = range(first, last + 1)
    axes.xaxis.set_major_locator(FixedLocator([10.0**k for k in decades if k % step == 0]))
    axes.xaxis.set_minor_locator(FixedLocator([10.0**k for k in decades if k % step]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: engineering(value, "J")))
    axes.xaxis.set_minor_formatter(NullFormatter())
