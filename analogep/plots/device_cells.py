"""Panels about cells: I-V curve, spread of fabrication, ageing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from analogep.plots.device_axes import LEVEL_COLORS, drawn_levels, in_gap, log_axis, positive_range, time_axis, wide
from analogep.plots.style import GREY, scale

if TYPE_CHECKING:
    import xarray as xr

_BINS = 48


def current(axes: Axes, dataset: xr.Dataset) -> None:
    """Current at the minimum, middle and maximum of the window; magnitudes on a log axis if they are far apart."""
    voltage, amperes = dataset["voltage"].values, dataset["current"].values
    read = float(dataset["read_voltage"])
    factor, unit = scale(amperes, "A")
    across, across_unit = scale(voltage, "V")
    logarithmic = wide(amperes[:, -1], 15.0)
    for k in drawn_levels(dataset):
        values = amperes[k]
        if logarithmic:
            values = np.where(np.abs(voltage) > 0.02 * voltage.max(), np.abs(values), np.nan)
        axes.plot(across * voltage, factor * values, color=LEVEL_COLORS[k])
    if logarithmic:
        log_axis(axes, "y", factor * np.abs(amperes[:, np.abs(voltage) > 0.02 * voltage.max()]))
    for sign in (-1.0, 1.0):
        axes.axvline(sign * across * read, color=GREY, linestyle="--", linewidth=1.0, zorder=0.8)
    axes.text(
        across * read, 0.02, " read", transform=axes.get_xaxis_transform(), ha="left", va="bottom", color="#555555",
        fontsize=8.0,
    )  # fmt: skip
    axes.set_xlim(across * voltage[0], across * voltage[-1])
    axes.set_xlabel(f"voltage [{across_unit}]")
    axes.set_ylabel(f"|current| [{unit}]" if logarithmic else f"current [{unit}]")


def distribution(axes: Axes, dataset: xr.Dataset) -> None:
    """Histograms over fabricated cells: both ends of their windows, and where half of the pulses up brings them."""
    responds = dataset["cell_responds"].values > 0.0
    half = dataset["cell_half"].values
    groups = (dataset["cell_min"].values[responds], half[half > 0.0], dataset["cell_max"].values[responds])
    whole = np.concatenate(groups) if responds.any() else half
    factor, unit = scale(dataset["window_max"].values, "S")
    edges = factor * _edges(whole)
    for k in drawn_levels(dataset):
        color, filled = LEVEL_COLORS[k], k != 1
        counts, _ = np.histogram(factor * groups[k], edges)
        bins = np.flatnonzero(counts)
        if not bins.size:
            continue
        share = 100.0 * counts[bins[0] : bins[-1] + 1] / dataset.sizes["cell"]
        axes.stairs(
            share, edges[bins[0] : bins[-1] + 2], fill=filled, color=color, alpha=0.75 if filled else 1.0, linewidth=1.3
        )
    if wide(edges, 5.0):
        log_axis(axes, "x", edges)
    axes.set_ylim(0.0, None)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_xlabel(f"conductance [{unit}]")
    axes.set_ylabel("cells per bin [%]")


def _edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Edges of bins over all values, with room at both ends; geometric where the values span more than 5."""
    low, high = positive_range(values)
    if high > 5.0 * low:
        room = (high / low) ** 0.04
        return np.geomspace(low / room, high * room, _BINS + 1)
    room = 0.04 * (high - low) or 0.04 * high
    return np.linspace(low - room, high + room, _BINS + 1)


def ageing(axes: Axes, dataset: xr.Dataset) -> None:
    """Conductance against the time since the write, from three states, with the band of cells."""
    time = dataset["time"].values
    factor, unit = scale(dataset["window_max"].values, "S")
    logarithmic = wide(np.concatenate([dataset["aged_low"].values.ravel(), dataset["aged_high"].values.ravel()]), 20.0)
    for k in drawn_levels(dataset):
        color = LEVEL_COLORS[k]
        low, middle, high = (factor * dataset[name].values[k] for name in ("aged_low", "aged", "aged_high"))
        axes.fill_between(time, low, high, color=color, alpha=0.3, linewidth=0.0)
        axes.plot(time, middle, color=color)
    span = float(dataset["window_max"] - dataset["window_min"])
    time_axis(axes, time, (dataset["aged"].values - dataset["written"].values[:, None]) / span)
    top = factor * float(dataset["aged_high"].max())
    if logarithmic:
        values = np.concatenate([dataset[name].values.ravel() for name in ("aged_low", "aged_high")])
        log_axis(axes, "y", factor * np.maximum(values, 1e-4 * values.max()))
        axes.set_ylim(max(factor * positive_range(values)[0] * 0.7, 1e-4 * top), 2.2 * top)
    else:
        axes.set_ylim(0.0, 1.15 * top)
    if dataset.attrs["retention"] == "none":
        in_gap(axes, factor * dataset["written"].values, "no drift in the card")
    elif dataset.attrs["retention"] == "unknown":
        in_gap(axes, factor * dataset["written"].values, "retention unknown")
    axes.set_ylabel(f"conductance [{unit}]")
