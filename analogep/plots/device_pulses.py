"""Panels about pulses: response, step, energy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from analogep.plots.device_axes import DOWN, UP, headroom, log_axis, visible, wide
from analogep.plots.style import engineering, scale

if TYPE_CHECKING:
    import xarray as xr

BAND = "#c9c9c9"
TRACE = "#8c8c8c"


def response(axes: Axes, dataset: xr.Dataset) -> None:
    """Conductance against pulse number: nominal cell, band of noisy cells, single cells."""
    factor, unit = scale(dataset["window_max"].values, "S")
    pulse, leg = dataset["pulse"].values, dataset["leg"].values
    low, high = (factor * dataset[f"trial_{side}"].values for side in ("low", "high"))
    axes.fill_between(pulse, low, high, color=BAND, linewidth=0.0, zorder=1.0)
    for cell in dataset["trial"].values[:2]:
        axes.plot(pulse, factor * cell, color=TRACE, linewidth=0.6, zorder=1.5)
    nominal = factor * dataset["response"].values
    one_way = bool(dataset.attrs["unidirectional"])
    for k in range(int(leg.max()) + 1):
        # Each train begins where the one before it ended.
        first = int(np.flatnonzero(leg == k)[0]) - (k > 0)
        points = slice(first, int(np.flatnonzero(leg == k)[-1]) + 1)
        kind = DOWN if k == 1 else UP
        axes.plot(pulse[points], nominal[points], color=kind.color, linestyle=kind.dashes, zorder=2.5)
    axes.set_xlim(0, float(pulse[-1]))
    axes.set_xlabel("pulses [1]: up, reset, up" if one_way else "pulses [1]: up, then down")
    axes.set_ylabel(f"conductance [{unit}]")


def step(axes: Axes, dataset: xr.Dataset) -> None:
    """Size of the mean step, and the noise of a pulse, against the conductance it starts from."""
    one_way = bool(dataset.attrs["unidirectional"])
    directions = ["up"] if one_way else ["up", "down"]
    size = np.abs(dataset["step"].sel(direction=directions).values)
    noise = dataset["noise"].sel(direction=directions).values
    logarithmic = wide(np.concatenate([visible(size), visible(noise)]))
    factor, unit = scale([size.max(), noise.max()], "S")
    across, across_unit = scale(dataset["window_max"].values, "S")
    g = across * dataset["conductance"].values
    for kind, mean, sigma in zip((UP, DOWN), size, noise, strict=False):
        axes.plot(g, factor * (visible(mean) if logarithmic else mean), color=kind.color, linestyle=kind.dashes)
        if sigma.any():
            axes.plot(g, factor * (visible(sigma) if logarithmic else sigma), color=kind.color, linewidth=1.1,
                      linestyle=(0, (1.0, 1.2)))  # fmt: skip
    if logarithmic:
        log_axis(axes, "y", factor * np.concatenate([visible(size), visible(noise)]))
    else:
        headroom(axes, factor * np.concatenate([size, noise]), 0.08)
    axes.set_xlabel(f"conductance [{across_unit}]")
    axes.set_ylabel(f"change by one pulse [{unit}]")


def energy(axes: Axes, dataset: xr.Dataset) -> None:
    """Energy of one pulse against the conductance it starts from; what a whole train takes, in words."""
    joules = dataset["pulse_energy"].values
    factor, unit = scale(joules, "J")
    across, across_unit = scale(dataset["window_max"].values, "S")
    g = across * dataset["conductance"].values
    one_way = bool(dataset.attrs["unidirectional"])
    for kind, values in zip((UP, DOWN), joules, strict=True):
        axes.plot(g, factor * values, color=kind.color, linestyle=kind.dashes)
    if wide(joules.max(axis=1)):
        log_axis(axes, "y", factor * joules)
    headroom(axes, factor * joules, 0.25)
    words = []
    for direction, name in (("up", "up"), ("down", "reset" if one_way else "down")):
        one = dataset.sel(direction=direction)
        count = int(one["train_pulses"])
        words.append(f"{count:,} {name}: {engineering(float(one['train_energy']), 'J')}")
    axes.text(
        0.98, 0.97, "\n".join(words), transform=axes.transAxes, ha="right", va="top", fontsize=8.0, color="#333333"
    )
    axes.set_xlabel(f"conductance [{across_unit}]")
    axes.set_ylabel(f"energy per pulse [{unit}]")
