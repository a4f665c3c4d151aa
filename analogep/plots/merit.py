"""Operations a joule over operations a second and area: a chip among published ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter
from numpy.typing import NDArray

from analogep.area import CHIPS
from analogep.plots.style import BLUE, GREY, VERMILLION, blank, drawn, note
from analogep.results.merit import chip_of

if TYPE_CHECKING:
    import xarray as xr

_TERA, _PER_SQUARE_MILLIMETRE = 1e12, 1e18
_LEFT = ("HERMES chip", "SRAM macro")
"""Names that stand left of their points, where there is room."""


@drawn
def among_chips(dataset: xr.Dataset) -> Figure:
    """Figures of merit of a run's inference among published chips: filled those that were built.

    On the left edge stand those of which no area is known.
    """
    figure, chip = blank(), chip_of(dataset)
    axes = figure.subplots()
    if chip is None:
        note(axes, "the result has no cards")
        return figure
    among(axes, (chip.merit.density or np.nan, chip.merit.efficiency))
    return figure


def among(
    axes: Axes,
    own: tuple[float, float],
    arrays: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
) -> None:
    """Draw a chip, and square arrays beside it, among published ones.

    Parameters
    ----------
    axes : Axes
    own : tuple of float
        Operations a second and square metre [1/(s m^2)], NaN where no area is known, and operations a joule [1/J].
    arrays : tuple of ndarray (points,) [1/(s m^2)], [1/J] or None
        The same of square arrays.
    """
    for scale, axis in ((axes.set_xscale, axes.xaxis), (axes.set_yscale, axes.yaxis)):
        scale("log")
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())
    dense = [chip.density for chip in CHIPS if chip.density is not None]
    edge = 0.3 * float(np.nanmin([own[0], *dense, *(() if arrays is None else arrays[0])]))
    for chip in CHIPS:
        if chip.efficiency is not None:
            x = (edge if chip.density is None else chip.density) / _PER_SQUARE_MILLIMETRE
            marker, face = "<" if chip.density is None else "o", GREY if chip.built else "white"
            axes.plot(x, chip.efficiency / _TERA, marker, color=GREY, markerfacecolor=face)
            side = -1 if chip.name in _LEFT else 1
            axes.annotate(
                chip.name, (x, chip.efficiency / _TERA), (5 * side, 0), textcoords="offset points", va="center",
                ha="right" if side < 0 else "left", fontsize=8.5,
            )  # fmt: skip
    if arrays is not None:
        across, up = arrays[0] / _PER_SQUARE_MILLIMETRE, arrays[1] / _TERA
        axes.plot(across, up, "x", color=BLUE, label="square arrays of this circuit")
    place = (edge if np.isnan(own[0]) else own[0]) / _PER_SQUARE_MILLIMETRE, own[1] / _TERA
    axes.plot(*place, "D", color=VERMILLION, label="this circuit")
    axes.annotate(f"{place[1]:.3g} TOPS/W", place, (6, -9), textcoords="offset points", color=VERMILLION)
    axes.set_xlabel("TOPS/mm²; triangles: no area is known")
    axes.set_ylabel("TOPS/W")
    axes.legend(loc="lower right")
