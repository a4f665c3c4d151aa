"""Axes of the device figures: plain numbers on logarithmic axes, limits that leave out what is as good as zero."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator
from numpy.typing import ArrayLike, NDArray

from analogep.plots.style import BLUE, GREEN, ORANGE, SKY, VERMILLION, Look

if TYPE_CHECKING:
    import xarray as xr

UP, DOWN = Look(BLUE, "-", "^"), Look(VERMILLION, (0, (5.0, 1.5)), "v")
"""Looks of the two directions."""

LEVEL_COLORS = (SKY, GREEN, ORANGE)
"""Minimum, middle and maximum of the window."""

WIDTH = 9.2
"""Width of a figure of six panels [inch]."""

MOMENTS = (("1 h", 3600.0), ("1 d", 86_400.0), ("1 y", 31_557_600.0))
"""Times that are marked on axes of time."""

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def six_panels(height: float = 6.2) -> tuple[Figure, list[Axes]]:
    """Two rows of three panels that lay themselves out, lettered a to f."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    FigureCanvasAgg(figure)
    figure.get_layout_engine().set(wspace=0.03, hspace=0.04)  # type: ignore[union-attr, call-arg]
    return figure, list(figure.subplots(2, 3).ravel())


def heading(axes: Axes, letter: str, text: str) -> None:
    """Title of a panel, flush left, its letter in bold."""
    axes.set_title(rf"$\bf{{{letter}}}$  {text}", loc="left").set_parse_math(True)


def handle(label: str, **look: Any) -> Line2D:
    """Line of a legend."""
    return Line2D([], [], label=label, **look)


def log_axis(axes: Axes, which: Literal["x", "y"], values: ArrayLike) -> None:
    """Make one axis logarithmic and label it with plain numbers; over less than two decades also at 2 and 5.

    `values` are what it is to show, of any shape, in the unit of the axis.
    """
    low, high = positive_range(values)
    axes.set(**{f"{which}scale": "log"})
    axis: Axis = axes.xaxis if which == "x" else axes.yaxis
    decades = math.log10(high / low) if high > low else 0.0
    step = max(1, math.ceil(decades / 5.0))
    subs = (1.0, 2.0, 3.0, 5.0) if decades < 1.0 else (1.0, 2.0, 5.0)
    axis.set_major_locator(LogLocator(subs=subs) if decades < 2.0 else LogLocator(base=10.0**step, numticks=8))
    axis.set_minor_locator(NullLocator() if decades < 2.0 else LogLocator(base=10.0, subs=(1.0,), numticks=20))
    axis.set_major_formatter(FuncFormatter(plain))
    axis.set_minor_formatter(NullFormatter())


def plain(value: float, _: object = None) -> str:
    """Number of a logarithmic axis: as it is between 0.001 and 10,000, else a power of ten."""
    if 1e-3 <= value < 1e5:
        return f"{value:.6g}"
    exponent = math.floor(math.log10(value) + 1e-9)
    digit = value / 10.0**exponent
    return power(exponent) if abs(digit - 1.0) < 1e-6 else f"{digit:.3g}×{power(exponent)}"


def power(exponent: int) -> str:
    """Power of ten in plain signs."""
    return "10" + str(exponent).translate(_RAISED)


def positive_range(values: ArrayLike) -> tuple[float, float]:
    """Smallest and largest of the positive finite `values`, of any shape and unit; (1, 1) if there are none."""
    found = np.asarray(values, dtype=np.float64)
    found = found[np.isfinite(found) & (found > 0.0)]
    return (float(found.min()), float(found.max())) if found.size else (1.0, 1.0)


def wide(values: ArrayLike, ratio: float = 10.0) -> bool:
    """Whether positive `values`, of any shape and unit, span more than `ratio`: a linear axis would hide small ones."""
    low, high = positive_range(values)
    return high > ratio * low


def visible(values: NDArray[np.float64], decades: float = 3.0) -> NDArray[np.float64]:
    """`values` of any shape and unit, NaN in place of those more than `decades` below the largest: as good as zero."""
    top = positive_range(values)[1]
    return np.where(values >= top * 10.0**-decades, values, np.nan)


def drawn_levels(dataset: xr.Dataset) -> list[int]:
    """Which of the three levels are states of the device: a binary one has no middle."""
    return [0, 2] if int(dataset.attrs["levels"]) == 2 else [0, 1, 2]


def in_gap(axes: Axes, places: ArrayLike, text: str) -> None:
    """Write words across a panel where horizontal lines leave most room.

    `places` (lines,) are where they lie, in the unit of the y axis.
    """
    low, high = axes.get_ylim()
    marks = np.asarray(places, dtype=np.float64)
    if axes.get_yscale() == "log":
        low, high, marks = math.log(low), math.log(high), np.log(marks)
    edges = np.sort(np.concatenate([[0.0, 0.88], (marks - low) / (high - low)]))
    widest = int(np.argmax(np.diff(edges)))
    middle = 0.5 * (edges[widest] + edges[widest + 1])
    axes.text(0.5, middle, text, transform=axes.transAxes, ha="center", va="center", color="#555555")


def headroom(axes: Axes, values: ArrayLike, share: float) -> None:
    """Leave `share` of the height of a y axis free for words; a linear axis begins at zero.

    It is free above the `values`, of any shape and in the unit of the axis.
    """
    low, high = positive_range(values)
    if axes.get_yscale() == "log":
        low, high = low / 1.3, high * 1.3
        axes.set_ylim(low, high * (high / low) ** (share / (1.0 - share)))
    else:
        axes.set_ylim(0.0, high / (1.0 - share))


def time_axis(axes: Axes, times: NDArray[np.float64], moved: NDArray[np.float64]) -> None:
    """Logarithmic axis of seconds, with an hour, a day and a year marked at its top.

    It begins at 1 s, or with the grid if by then something has moved by 2 % of the window.

    Parameters
    ----------
    axes : Axes
    times : ndarray (time,) [s]
    moved : ndarray (..., time) [1]
        Distance from what was written, in windows.
    """
    axes.set_xscale("log")
    early = bool(np.any(np.abs(moved[..., times <= 1.0]) > 0.02))
    axes.set_xlim(float(times.min()) if early else 1.0, float(times.max()))
    axes.xaxis.set_major_locator(FixedLocator([10.0**k for k in range(-2, 9, 2)]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: power(round(math.log10(value)))))
    axes.set_xlabel("time since the write [s]")
    for text, seconds in MOMENTS:
        axes.axvline(seconds, color="#bbbbbb", linewidth=0.8, linestyle=":", zorder=0.5)
        axes.text(
            seconds, 0.995, text, transform=axes.get_xaxis_transform(), ha="center", va="top", color="#555555",
            fontsize=8.0, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
        )  # fmt: skip
