"""Where the joules of a sample go, beside what digital arithmetic would take."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from analogep.energy import TRAINING
from analogep.plots.style import GREY, LOOKS, blank, drawn, engineering, scale, short
from analogep.results.watched import inferred

if TYPE_CHECKING:
    import xarray as xr

_TOTAL: Final = "#333333"
_COLORS: Final = [look.color for look in LOOKS[:6]]
"""Of the largest components; the others are grey."""
_LONGEST: Final = 40
"""Letters of a name."""
_LINE: Final = 16
"""Letters of a line of a yardstick's name."""
_ROOM: Final = 0.42
"""Share of a panel that is left to the right of its longest bar, for words."""


@drawn
def energy_by_component(dataset: xr.Dataset) -> Figure:
    """Joules per training sample and per inference sample by component in the last epoch, on linear axes.

    On top the whole as a bar of its shares, below it each share with its joules, the largest component of a training
    sample first; a component that takes nothing in either is left out. Below, the whole beside the same network in
    digital arithmetic (`digital_training_joules`, `digital_inference_joules`), also linear.
    """
    last = dataset["energy"].isel(epoch=-1)
    training = last.sel(phase=list(TRAINING)).sum("phase").values / int(dataset.attrs["train_samples"])
    inference = last.sel(phase="inference").values / inferred(dataset.attrs)
    order = [k for k in np.lexsort((-inference, -training)) if training[k] > 0.0 or inference[k] > 0.0]
    names = [str(dataset["component"].values[k]).replace("_", " ") for k in order]
    marks = [json.loads(dataset.attrs[f"digital_{kind}_joules"]) for kind in ("training", "inference")]
    digital = list(dict.fromkeys([*marks[0], *marks[1]]))
    heights = [0.215 * (len(order) + 1), 0.36 * (len(digital) + 1)]
    figure = blank(1.5 + sum(heights))
    panels = figure.subplots(2, 2, sharey="row", height_ratios=heights)
    for column, (joules, kind) in enumerate(zip((training, inference), ("training sample", "inference"), strict=True)):
        above, below = panels[:, column]
        above.set_title(f"{kind}: {engineering(float(joules.sum()), 'J')}")
        _shares(above, joules[order])
        _beside(below, float(joules.sum()), [marks[column].get(name, np.nan) for name in digital])
    panels[0, 0].set_yticks(range(len(order) + 1), ["total", *(short(name, _LONGEST) for name in names)])
    panels[1, 0].set_yticks(range(len(digital) + 1), ["this chip", *map(_wrapped, digital)])
    for axes in panels[:, 0]:
        axes.invert_yaxis()
    return figure


def _wrapped(name: str) -> str:
    return textwrap.fill(short(name, _LONGEST), _LINE)


def _shares(axes: Axes, joules: NDArray[np.float64]) -> None:
    """The whole as a stack of its shares, and a bar for each share below it; `joules` (components,) [J]."""
    colors = [_COLORS[k] if k < len(_COLORS) else GREY for k in range(joules.size)]
    total = float(joules.sum()) or 1.0
    shares = 100.0 * joules / total
    axes.barh(0, shares, left=np.cumsum(shares) - shares, height=0.72, color=colors)
    axes.barh(range(1, joules.size + 1), shares, height=0.72, color=colors)
    for row, (value, share) in enumerate(zip(joules, shares, strict=True), start=1):
        _say(axes, row, share, f"{engineering(value, 'J')}, {_percent(share)}" if value > 0.0 else "0")
    axes.set_xlim(0.0, 100.0 / (1.0 - _ROOM))
    axes.set_xticks(range(0, 101, 25))
    axes.set_xlabel("share of the energy [%]")
    _rows(axes)


def _percent(share: float) -> str:
    return f"{share:.2g} %" if share >= 0.1 else "< 0.1 %"


def _beside(axes: Axes, total: float, digital: list[float]) -> None:
    """The whole [J] beside what digital arithmetic takes (yardsticks,) [J]."""
    joules = np.array([total, *digital])
    factor, unit = scale(joules, "J")
    axes.barh(range(joules.size), factor * np.nan_to_num(joules), height=0.6, color=[_TOTAL, *[GREY] * len(digital)])
    top = factor * float(np.nanmax(joules)) or 1.0
    for row, value in enumerate(joules):
        _say(axes, row, factor * float(np.nan_to_num(value)), _ratio(value, total, row))
    axes.set_xlim(0.0, top / (1.0 - _ROOM))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]))
    axes.set_xlabel(f"energy [{unit}]")
    _rows(axes)


def _ratio(value: float, total: float, row: int) -> str:
    """Joules, and as a multiple of the chip's."""
    if not np.isfinite(value):
        return "unknown"
    said = engineering(value, "J") if value > 0.0 else "0"
    return f"{said}, {value / total:.2g} ×" if row and total > 0.0 else said


def _say(axes: Axes, row: int, end: float, text: str) -> None:
    """Write beside the end of a bar."""
    axes.annotate(text, (end, row), (3, 0), textcoords="offset points", va="center", fontsize=9.0)


def _rows(axes: Axes) -> None:
    """Leave away the lines that words would lie on."""
    axes.tick_params(axis="y", length=0.0)
    axes.grid(False)
