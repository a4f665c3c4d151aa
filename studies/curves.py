"""What figures of studies share: panels in the style of all figures, means with 95 % intervals, one legend below."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analogep.budget.paired import Estimate, estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]


@contextlib.contextmanager
def figure(panels: int, height: float = 4.3) -> Iterator[tuple[Figure, list[Axes]]]:
    """A figure and its panels, side by side with one y axis, while they are drawn; `finish` ends it."""
    from analogep.plots.style import blank, styled

    with styled():
        made = blank(height)
        yield made, list(made.subplots(1, panels, sharey=True, squeeze=False)[0])


def said(values: Floats, unit: str = "") -> str:
    """Mean of values (seeds,) and half of its 95 % interval, which one value has none of."""
    one = estimate(values[None, :])
    return f"{one.mean:.2f}" + (f" +- {one.half:.2f}" if np.isfinite(one.half) else "") + unit


def line(axes: Axes, places: ArrayLike, values: Floats, index: int, label: str) -> None:
    """One line of means with 95 % intervals of values (places, seeds) in the unit of the axis."""
    estimates(axes, places, [estimate(row[None, :]) for row in values], index, label)


def estimates(axes: Axes, places: ArrayLike, found: Sequence[Estimate], index: int, label: str) -> None:
    """The same of estimates (places,)."""
    from analogep.plots.style import look

    kind = look(index)
    axes.errorbar(
        places, [one.mean for one in found], np.nan_to_num([one.half for one in found]), color=kind.color,
        linestyle=kind.dashes, marker=kind.marker, capsize=2.5, elinewidth=0.9, label=label,
    )  # fmt: skip


def numbers(axes: Axes, ticks: Sequence[float]) -> None:
    """A logarithmic x axis with plain numbers at its ticks."""
    axes.set_xscale("log")
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()


def finish(made: Figure, title: str, columns: int = 4) -> None:
    """Title above, one legend for all panels below; ticks are made while the style holds."""
    from matplotlib.container import ErrorbarContainer

    made.suptitle(title)
    handles, labels = made.axes[0].get_legend_handles_labels()
    lines = [one.lines[0] if isinstance(one, ErrorbarContainer) else one for one in handles]
    made.legend(lines, labels, loc="outside lower center", ncols=min(len(labels), columns))
    made.draw_without_rendering()
