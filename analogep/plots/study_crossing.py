"""Accuracy over several axes of a study: lines along one axis, one for each value of another, panels for a third."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analogep.plots.device_axes import handle
from analogep.plots.study_places import along, places_of
from analogep.plots.style import blank, drawn, legend, look
from analogep.study.crossing import AGES, Crossing, crossing
from analogep.study.recorded import judged_by

if TYPE_CHECKING:
    import xarray as xr


@drawn
def study_lines(dataset: xr.Dataset) -> Figure:
    """Accuracy [%] after the last epoch, or as the chip ages, over two or three axes at once.

    Mean over chips and seeds; bars: standard error over both.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `analogep.study.Study.run` returns it, of a study for which `analogep.study.crossing` finds an arrangement.

    Raises
    ------
    ValueError
        If there is none.
    """
    found = crossing(dataset)
    if found is None:
        raise ValueError("the study has fewer than two axes, or too many values to draw them as lines")
    part = "test" if "aged_accuracy" in dataset else judged_by(dataset)
    number = len(found.panels.labels)
    rows = -(-number // 2)
    figure = blank(1.4 + 3.0 * rows)
    panels = figure.subplots(rows, min(number, 2), squeeze=False, sharey=True).ravel()
    for axes in panels[number:]:
        axes.remove()
    for place, axes in enumerate(panels[:number]):
        _lines(axes, found, place)
        if found.panels.name:
            axes.set_title(f"{found.panels.name} = {found.panels.labels[place]}")
    for axes in panels[:number:2]:
        axes.set_ylabel(f"{part} accuracy [%]")
    handles = []
    for k, label in enumerate(found.lines.labels):
        style = look(k)
        handles.append(handle(label, color=style.color, linestyle=style.dashes, marker=style.marker))
    legend(figure, handles, columns=min(len(handles), 4), title=found.lines.name)
    return figure


def _lines(axes: Axes, found: Crossing, panel: int) -> None:
    way = found.along
    count = len(way.labels)
    values = np.array(way.labels) if way.places is None else way.places
    # Ages have labels of their own, in the units that people say them in.
    places, unit = (values, way.unit) if way.name == AGES else places_of(values, way.unit, count)
    for k in range(len(found.lines.labels)):
        style = look(k)
        axes.errorbar(
            places, 100.0 * found.mean[panel, k], 100.0 * np.nan_to_num(found.error[panel, k]), color=style.color,
            linestyle=style.dashes, marker=style.marker, capsize=2.5, elinewidth=0.9,
        )  # fmt: skip
    along(axes, way.name, places, unit, way.labels, width=1.0 if len(found.panels.labels) == 1 else 0.5)
