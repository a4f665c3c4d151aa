"""The horizontal axis of a study's figure: numbers at their places with a prefix, ages on a logarithmic axis, names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from numpy.typing import NDArray

from analogep.plots.device_axes import log_axis
from analogep.plots.style import scale
from analogep.plots.style import short as cut
from analogep.study.crossing import AGES

Floats = NDArray[np.float64]

_WIDE: Final = 9.0
_MOST_LETTERS: Final = 28
_FITTING_LETTERS: Final = 44
"""Letters that stand side by side below the whole width of a figure."""
_APART: Final = 0.055
"""Least distance of two ages that are written out, as a share of a panel as wide as a figure."""
_SIGNS: Final = {"ohm": "Ω"}


def places_of(values: NDArray[np.generic], unit: str, count: int) -> tuple[Floats, str]:
    """Where the values of an axis stand, and the unit there: numbers at themselves, with a prefix, else side by side.

    Parameters
    ----------
    values : ndarray (count,) [unit]
        Coordinate of the axis.
    unit : str
    count : int

    Returns
    -------
    places : ndarray (count,) [unit]
    unit : str
        Empty where the places are none of numbers.
    """
    if values.dtype.kind not in "fiu":
        return np.arange(count, dtype=np.float64), ""
    numbers, unit = values.astype(np.float64), _SIGNS.get(unit, unit)
    if unit == "1":
        return numbers, unit
    factor, unit = scale(numbers, unit)
    return factor * numbers, unit


def along(axes: Axes, name: str, places: Floats, unit: str, labels: Sequence[str], width: float = 1.0) -> None:
    """Name the axis; it is logarithmic if its numbers span a decade, and has the labels where there are none.

    Parameters
    ----------
    axes : Axes
    name : str
    places : ndarray (values,) [unit]
    unit : str
        As `places_of` returns them.
    labels : sequence of str
        What the values are called.
    width : float
        Of the panel, in widths of a figure.
    """
    if name == AGES:
        _ages(axes, places, labels, width)
        return
    axes.set_xlabel(f"{name} [{unit}]" if unit else name)
    if not unit:
        short = ["\n".join(cut(line, _MOST_LETTERS) for line in label.split("\n")) for label in labels]
        crowded = sum(max(map(len, label.split("\n"))) + 1 for label in short) > width * _FITTING_LETTERS
        axes.set_xticks(places, short, rotation=30 if crowded else 0, ha="right" if crowded else "center")
        axes.set_xlim(-0.5, len(places) - 0.5)
    elif places.min() > 0.0 and places.max() > _WIDE * places.min():
        log_axis(axes, "x", places)


def _ages(axes: Axes, seconds: Floats, labels: Sequence[str], width: float) -> None:
    """Logarithmic from the first age above zero on; zero stands a decade before it."""
    positive = seconds[seconds > 0.0]
    first = float(positive.min()) if positive.size else 1.0
    # matplotlib makes the linear part linscale/(1 - 1/10) decades long.
    axes.set_xscale("symlog", linthresh=first, linscale=0.9)
    room = (float(seconds.max()) / first) ** 0.03
    axes.set_xlim(-0.1 * first if seconds.min() == 0.0 else first / room, max(float(seconds.max()), first) * room)
    axes.xaxis.set_minor_locator(NullLocator())
    where = axes.transAxes.inverted().transform(axes.transData.transform(np.column_stack([seconds, 0.0 * seconds])))
    kept: dict[float, str] = {}
    last = -np.inf
    for k in np.argsort(seconds):
        if where[k, 0] - last >= _APART / width:
            kept[float(seconds[k])], last = labels[k], where[k, 0]
    axes.xaxis.set_major_locator(FixedLocator(list(kept)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: kept.get(float(value), "")))
    axes.set_xlabel(f"{AGES}, on a logarithmic axis")
