"""The loss budget as a waterfall: from real hardware to ideal hardware, limit by limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from analogep.plots.style import BLACK, BLUE, GREEN, GREY, ORANGE, VERMILLION, blank, drawn, legend

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]

_GAIN, _LOSS, _REST = GREEN, VERMILLION, ORANGE
_BAR: Final[dict[str, Any]] = {"height": 0.66, "edgecolor": "white", "linewidth": 0.6}


@drawn
def waterfall(dataset: xr.Dataset) -> Figure:
    """Points of test accuracy [%] that each limit costs, from all real at the top to all ideal at the bottom.

    Each bar begins where the one above it ends and is as long as what making this limit alone ideal regains, the most
    expensive first; the interaction of limits closes the sum. Whiskers: 95 % confidence interval of that bar, paired
    over chips and seeds. The last bar is a run with the two most expensive limits ideal.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `analogep.budget.Budget.run` returns it.
    """
    names = [str(name) for name in dataset["limit"].values]
    figure = blank(1.9 + 0.3 * (len(names) + 4))
    axes = figure.subplots()
    steps = [*_percent(dataset, "regained"), float(_percent(dataset, "unexplained"))]
    halves = [*_percent(dataset, "regained_ci"), float(_percent(dataset, "unexplained_ci"))]
    labels = ["all as on the cards", *(name.replace("_", " ") for name in names), "interaction", "all ideal"]
    level = float(_percent(dataset, "accuracy_real"))
    levels = [level]
    _whole(axes, 0, level, dataset, "accuracy_real")
    for row, (step, half) in enumerate(zip(steps, halves, strict=True), start=1):
        size = 0.0 if np.isnan(step) else float(step)
        color = _REST if row == len(steps) else _GAIN if size >= 0.0 else _LOSS
        axes.barh(row, size, left=level, color=color, **_BAR)
        axes.plot([level, level], [row - 1.33, row + 0.33], color=GREY, linewidth=0.8)
        level += size
        levels.append(level)
        _whisker(axes, row, level, float(half))
    last = len(steps) + 1
    _whole(axes, last, float(_percent(dataset, "accuracy_ideal")), dataset, "accuracy_ideal")
    levels.append(float(_percent(dataset, "accuracy_ideal")))
    if "accuracy_together" in dataset:
        labels.append(f"only {labels[1]}\nand {labels[2]} ideal")
        _whole(axes, last + 1, float(_percent(dataset, "accuracy_together")), dataset, "accuracy_together")
        levels.append(float(_percent(dataset, "accuracy_together")))
    axes.set_yticks(range(len(labels)), labels)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("test accuracy [%]")
    _view(axes, np.array(levels))
    legend(figure, _handles(), columns=3)
    return figure


def _percent(dataset: xr.Dataset, name: str) -> Floats:
    return 100.0 * np.asarray(dataset[name].values, dtype=np.float64)


def _whole(axes: Axes, row: int, value: float, dataset: xr.Dataset, name: str) -> None:
    """A measured accuracy: a bar from zero."""
    axes.barh(row, value, color=BLUE, **_BAR)
    _whisker(axes, row, value, float(_percent(dataset, f"{name}_ci")))


def _whisker(axes: Axes, row: int, value: float, half: float) -> None:
    axes.errorbar(value, row, xerr=np.nan_to_num(half), color=BLACK, capsize=2.5, linewidth=1.0, zorder=3.0)


def _view(axes: Axes, levels: Floats) -> None:
    """Show the range in which the bars end; whiskers of few samples may leave it."""
    known = levels[np.isfinite(levels)]
    if known.size:
        low, high = float(known.min()), float(known.max())
        room = max(0.35 * (high - low), 1.0)
        axes.set_xlim(max(low - room, 0.0), high + room)


def _handles() -> list[Any]:
    line = Line2D([], [], color=BLACK, marker="|", markersize=6.0, linewidth=1.0, label="95 % interval")
    return [
        Patch(color=BLUE, label="accuracy that was measured"),
        Patch(color=_GAIN, label="regained if this alone is ideal"),
        Patch(color=_LOSS, label="lost if this alone is ideal"),
        Patch(color=_REST, label="what limits do to each other"),
        line,
    ]
