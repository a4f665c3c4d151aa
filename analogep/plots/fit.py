"""The figure of a fit: measured ramps with the law, its residuals, and the steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullFormatter

from analogep.plots.style import GREY, blank, drawn, legend, look, scale

if TYPE_CHECKING:
    import xarray as xr

_HEIGHT = 8.0
_TRACES = 60


@drawn
def fitted_pulses(dataset: xr.Dataset) -> Figure:
    """Ramps up and down with the fitted law [S, with a prefix], their residuals [%], and the step against conductance.

    Grey: measured ramps; coloured: the law from each ramp's fitted start, averaged over ramps. Residuals are over the
    measured range, their mean over ramps and the band of 5 to 95 %. Points of the third panel are means of single
    pulses with standard errors, lines are the card's law. The last panel shows by how much residuals differ that are
    some pulses apart, as measured (points) and as the card's noise has it (lines).
    """
    ways = [way for way in ("up", "down") if f"level_{way}" in dataset]
    figure = blank(_HEIGHT)
    grid = figure.add_gridspec(4, len(ways), height_ratios=(1.45, 0.8, 1.1, 0.9))
    factor, unit = scale(np.concatenate([dataset[f"level_{way}"].values.ravel() for way in ways]), "S")
    handles: list[Any] = []
    top: list[Axes] = []
    middle: list[Axes] = []
    for k, way in enumerate(ways):
        top.append(figure.add_subplot(grid[0, k], sharey=top[0] if top else None))
        handles += _levels(top[k], dataset, way, k, factor)
        middle.append(figure.add_subplot(grid[1, k], sharex=top[k], sharey=middle[0] if middle else None))
        _residuals(middle[k], dataset, way, k)
        top[k].set_title(f"pulses {way}")
        top[k].tick_params(labelbottom=False)
        middle[k].set_xlabel("pulse")
        for axes in (top[k], middle[k]):
            axes.tick_params(labelleft=k == 0)
    top[0].set_ylabel(f"conductance [{unit}]")
    middle[0].set_ylabel("residual\n[% of range]")
    below = figure.add_subplot(grid[2, :])
    handles += _steps(below, dataset, ways, factor)
    below.set_xlabel(f"conductance before the pulse [{unit}]")
    last = figure.add_subplot(grid[3, :])
    _structure(last, dataset, ways)
    figure.align_ylabels([top[0], middle[0], below, last])
    law = str(dataset.attrs["chosen_law"]).replace("_", " ")
    top[0].annotate(
        f"{law} law, RMSE {100.0 * float(dataset.attrs['overall_rmse']):.2g} % of range",
        (0.03, 0.95), xycoords="axes fraction", va="top", fontsize=8.5,
    )  # fmt: skip
    legend(figure, handles, columns=3)
    return figure


def _levels(axes: Axes, dataset: xr.Dataset, way: str, k: int, factor: float) -> list[Any]:
    levels, fitted = (factor * dataset[f"{name}_{way}"].values for name in ("level", "fitted"))
    pulses = np.arange(levels.shape[1])
    chosen = np.unique(np.linspace(0, levels.shape[0] - 1, min(levels.shape[0], _TRACES)).astype(int))
    axes.plot(pulses, levels[chosen].T, color=GREY, linewidth=0.5, alpha=max(0.25, 1.0 / len(chosen)))
    full = np.isfinite(levels).sum(axis=0) >= 0.5 * levels.shape[0]
    (line,) = axes.plot(
        pulses[full],
        np.nanmean(fitted[:, full], axis=0),
        color=look(k).color,
        linestyle=look(k).dashes,
        label=f"law, {way}",
    )
    traced = Line2D([], [], color=GREY, linewidth=1.0, label="measured ramps")
    return [line] if k else [traced, line]


def _residuals(axes: Axes, dataset: xr.Dataset, way: str, k: int) -> None:
    residual = 100.0 * dataset[f"residual_{way}"].values
    full = np.isfinite(residual).sum(axis=0) >= 0.5 * residual.shape[0]
    pulses, residual = np.arange(residual.shape[1])[full], residual[:, full]
    axes.axhline(0.0, color="black", linewidth=0.8)
    if residual.shape[0] > 1:
        low, high = np.nanpercentile(residual, [5.0, 95.0], axis=0)
        axes.fill_between(pulses, low, high, color=look(k).color, alpha=0.2, linewidth=0)
    axes.plot(pulses, np.nanmean(residual, axis=0), color=look(k).color, linewidth=1.2)


def _steps(axes: Axes, dataset: xr.Dataset, ways: list[str], factor: float) -> list[Any]:
    sizes = np.concatenate([np.abs(dataset[f"step_{way}"].values) for way in ways])
    small, unit = scale(sizes, "S")
    handles: list[Any] = []
    for k, way in enumerate(ways):
        sign = 1.0 if way == "up" else -1.0
        at = factor * dataset[f"at_{way}"].values
        mean, error, law = (small * dataset[f"{name}_{way}"].values for name in ("step", "step_se", "law_step"))
        points = axes.errorbar(
            at, sign * mean, error, color=look(k).color, marker=look(k).marker, linestyle="none", markersize=3.5,
            elinewidth=0.9, label=f"mean step {way}",
        )  # fmt: skip
        axes.plot(at, sign * law, color=look(k).color, linestyle=look(k).dashes)
        handles.append(points)
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    axes.set_ylabel(f"size of step [{unit}]")
    return handles


def _structure(axes: Axes, dataset: xr.Dataset, ways: list[str]) -> None:
    for k, way in enumerate(ways):
        lags, color = dataset[f"lag_{way}"].values, look(k).color
        measured, card = (100.0 * dataset[f"{name}_{way}"].values for name in ("structure", "card_structure"))
        axes.plot(lags, measured, color=color, marker=look(k).marker, linestyle="none", markersize=3.5)
        axes.plot(lags, card, color=color, linestyle=look(k).dashes)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_ylim(bottom=0.0)
    axes.set_xlabel("pulses apart")
    axes.set_ylabel("residuals differ\n[% of range]")
