"""One figure of a device: what its card makes the simulator believe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from analogep.plots.device_axes import DOWN, LEVEL_COLORS, UP, drawn_levels, handle, heading, six_panels
from analogep.plots.device_cells import ageing, current, distribution
from analogep.plots.device_pulses import BAND, TRACE, energy, response, step
from analogep.plots.style import drawn, legend

if TYPE_CHECKING:
    import xarray as xr

_PANELS = (
    (response, "response to pulses"),
    (step, "step and its noise"),
    (current, "reading"),
    (distribution, "cells as fabricated"),
    (ageing, "retention"),
    (energy, "programming energy"),
)


@drawn
def characteristics(dataset: xr.Dataset) -> Figure:
    """Six panels: response, step, I-V curve; distribution over cells, retention, programming energy.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `analogep.characterise.characterise` returns it.
    """
    figure, panels = six_panels()
    for axes, (draw, text), letter in zip(panels, _PANELS, "abcdef", strict=True):
        draw(axes, dataset)
        heading(axes, letter, text)
    legend(figure, _handles(dataset), columns=4)
    return figure


def _handles(dataset: xr.Dataset) -> list[Artist]:
    """What the colours and dashes mean, of what is drawn."""
    one_way, noisy = bool(dataset.attrs["unidirectional"]), bool(dataset["noise"].values.any())
    scattered = bool((dataset["trial_high"] > dataset["trial_low"]).any())
    levels = ("lower end of the window", "its middle, or after half of the pulses", "upper end")
    out: list[Artist] = [
        handle("up", color=UP.color, linestyle=UP.dashes),
        handle("reset" if one_way else "down", color=DOWN.color, linestyle=DOWN.dashes),
    ]
    if noisy:
        out.append(handle("noise of one pulse, 1 σ", color="#555555", linewidth=1.1, linestyle=(0, (1.0, 1.2))))
    if scattered:
        out += [Patch(color=BAND, label="68 % of noisy cells"), handle("single cells", color=TRACE, linewidth=0.6)]
    return out + [handle(levels[k], color=LEVEL_COLORS[k]) for k in drawn_levels(dataset)]
