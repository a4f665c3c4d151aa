"""Two to eight devices in one figure, in units of their own windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from analogep.plots.device_axes import handle, heading, headroom, log_axis, six_panels, time_axis, visible, wide
from analogep.plots.style import GREY, LOOKS, Look, drawn, engineering, legend, scale

if TYPE_CHECKING:
    import xarray as xr

_ALL = (*LOOKS, Look(GREY, (0, (3.0, 1.0)), "*"))
_SIZE = 6.0
_CHARACTER = 0.027
"""Width of a small character, in panels."""


@drawn
def comparison(dataset: xr.Dataset) -> Figure:
    """Six panels: response, step, noise against step; window, retention, energy per pulse.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `analogep.characterise.together` returns it.
    """
    figure, panels = six_panels(6.4)
    for axes, (draw, text), letter in zip(panels, _PANELS, "abcdef", strict=True):
        draw(axes, dataset)
        heading(axes, letter, text)
    handles = [
        handle(str(name), color=kind.color, linestyle=kind.dashes, marker=kind.marker)
        for kind, name in zip(_ALL, dataset["card"].values, strict=False)
    ]
    legend(figure, handles, columns=4)
    return figure


def _response(axes: Axes, dataset: xr.Dataset) -> None:
    for kind, values in zip(_ALL, dataset["response"].values, strict=False):
        axes.plot(dataset["fraction"], values, color=kind.color, linestyle=kind.dashes)
    axes.set_xlim(0.0, 2.0)
    axes.set_xticks([0.0, 0.5, 1.0, 1.5, 2.0])
    axes.set_xlabel("share of the pulses up, then down [1]")
    axes.set_ylabel("state [window]")


def _step(axes: Axes, dataset: xr.Dataset) -> None:
    size = 100.0 * np.abs(dataset["step"].values)
    for k, kind in enumerate(_ALL[: len(size)]):
        shown = np.array([visible(values, 2.0) for values in size[k]])
        axes.plot(dataset["state"], shown[0], color=kind.color, linestyle=kind.dashes)
        if not dataset.attrs["unidirectional"][k]:
            axes.plot(dataset["state"], shown[1], color=kind.color, linestyle=kind.dashes, linewidth=0.8)
    log_axis(axes, "y", [visible(values, 2.0) for one in size for values in one])
    axes.set_xlim(0.0, 1.0)
    axes.set_xlabel("state [window]")
    axes.set_ylabel("step, thin: down [% of window]")


def _noise(axes: Axes, dataset: xr.Dataset) -> None:
    """Noise against step of a pulse in the middle of the window; filled up, open down; silent ones at the foot."""
    middle = dataset.sel(state=0.5)
    step, noise = 100.0 * np.abs(middle["step"].values), 100.0 * middle["noise"].values
    ends = [min(step.min(), noise[noise > 0.0].min(initial=step.min())) / 2.0, 2.0 * max(step.max(), noise.max())]
    floor = ends[0]
    for k, kind in enumerate(_ALL[: len(step)]):
        for side in range(1 if dataset.attrs["unidirectional"][k] else 2):
            axes.plot(
                step[k, side], max(noise[k, side], floor), kind.marker, color=kind.color, markersize=_SIZE,
                markerfacecolor=kind.color if side == 0 else "none", clip_on=False, zorder=3,
            )  # fmt: skip
    axes.plot(ends, ends, color=GREY, linewidth=1.0, linestyle="--", zorder=0.8)
    log_axis(axes, "x", ends)
    log_axis(axes, "y", ends)
    axes.set_xlim(ends[0], ends[1])
    axes.set_ylim(ends[0], ends[1])
    if not noise.all():
        axes.text(
            0.98, 0.04, "on the axis: no noise", transform=axes.transAxes, ha="right", fontsize=8.0, color="#555555"
        )
    axes.set_xlabel("step, open: down [% of window]")
    axes.set_ylabel("noise of a pulse [% of window]")


def _window(axes: Axes, dataset: xr.Dataset) -> None:
    """Windows as bars from the smallest to the largest conductance, each with its name and on/off ratio."""
    low, high = dataset["window_min"].values, dataset["window_max"].values
    factor, unit = scale(high, "S")
    words = [
        f" {name}: {top / bottom:.3g}" for name, bottom, top in zip(dataset["card"].values, low, high, strict=True)
    ]
    for k, kind in enumerate(_ALL[: low.size]):
        row = low.size - 1 - k
        axes.barh(row, factor * (high[k] - low[k]), left=factor * low[k], height=0.55, color=kind.color)
        axes.text(factor * high[k], row, words[k], va="center", ha="left", fontsize=8.0)
    left = np.log(factor * low.min() / 1.5)
    taken = np.array([min(_CHARACTER * len(text), 0.8) for text in words])
    right = (left + (np.log(factor * high) - left) / (1.0 - taken)).max()
    log_axis(axes, "x", np.exp([left, right]))
    axes.set_xlim(np.exp(left), np.exp(right))
    axes.yaxis.set_major_locator(NullLocator())
    axes.set_ylim(-0.7, low.size - 0.3)
    axes.set_xlabel(f"conductance [{unit}]; number: on/off")
    axes.set_ylabel("card")


def _retention(axes: Axes, dataset: xr.Dataset) -> None:
    kept = 100.0 * dataset["retained"].values
    for kind, values, law in zip(_ALL, kept, np.atleast_1d(dataset.attrs["retention"]), strict=False):
        if law != "unknown":
            axes.plot(dataset["time"], values, color=kind.color, linestyle=kind.dashes)
    time_axis(axes, dataset["time"].values, 1.0 - dataset["retained"].values)
    headroom(axes, kept, 0.12)
    axes.set_ylabel("left of the window [%]")


def _energy(axes: Axes, dataset: xr.Dataset) -> None:
    """Range of the energy of a pulse over the window, with a mark in its middle: up filled, down open."""
    joules, middle = dataset["pulse_energy"].values, dataset["pulse_energy"].sel(state=0.5).values
    factor, unit = scale(joules[joules > 0.0].min(initial=np.inf), "J") if (joules > 0.0).any() else (1.0, "J")
    for k, kind in enumerate(_ALL[: len(joules)]):
        for side, shift in enumerate((-0.15, 0.15)):
            ends = factor * joules[k, side].min(), factor * joules[k, side].max()
            axes.plot([k + shift] * 2, ends, color=kind.color, linewidth=1.0)
            axes.plot(
                k + shift, factor * middle[k, side], kind.marker, color=kind.color, markersize=_SIZE,
                markerfacecolor=kind.color if side == 0 else "white",
            )  # fmt: skip
    if wide(joules, 5.0):
        log_axis(axes, "y", factor * joules)
        axes.yaxis.set_major_formatter(lambda value, _: engineering(value / factor, "J"))
    axes.xaxis.set_major_locator(NullLocator())
    axes.set_xlim(-0.6, len(joules) - 0.4)
    axes.set_xlabel("card")
    axes.set_ylabel("energy per pulse, open: down [J]" if wide(joules, 5.0) else f"energy per pulse [{unit}]")


_PANELS = (
    (_response, "response to pulses"),
    (_step, "step"),
    (_noise, "noise of a pulse, mid-window"),
    (_window, "window"),
    (_retention, "retention"),
    (_energy, "programming energy"),
)
