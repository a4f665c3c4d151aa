"""What a spiking network is worth after which time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analogep.plots.device_axes import log_axis
from analogep.plots.style import BLACK, BLUE, GREY, VERMILLION, blank, drawn, legend, scale

if TYPE_CHECKING:
    import xarray as xr


@drawn
def looks(dataset: xr.Dataset) -> Figure:
    """Test error [%] against spikes and against joules of an inference; rates of spikes against those at rest [V].

    Every point is a length of the free phase; the last panel has how far rates are off after each. A dotted line in the
    second panel marks what the products take in the cheapest digital arithmetic; in the third, what lies on the
    diagonal is at its equilibrium.
    """
    figure = blank(7.4)
    grid = figure.subplot_mosaic([["spikes", "joules"], ["rates", "distance"]])
    times, error = dataset["look_time"].values, 100.0 * (1.0 - dataset["look_accuracy"].values)
    per_joule, joule = scale(dataset["look_energy"].values, "J")
    seconds, second = scale(times, "s")
    _errors(grid["spikes"], dataset["look_spikes"].values, error, "spikes of one inference [1]")
    _errors(grid["joules"], dataset["look_energy"].values * per_joule, error, f"energy of one inference [{joule}]")
    digital = min(json.loads(dataset.attrs["digital_inference_joules"]).values())
    line = grid["joules"].axvline(digital * per_joule, color=BLACK, linestyle=(0, (1.0, 1.5)), linewidth=1.2)
    line.set_label("digital products alone")
    _rates(grid["rates"], dataset)
    distance = 100.0 * dataset["look_distance"].values
    grid["distance"].plot(times * seconds, distance, "o-", color=BLUE)
    log_axis(grid["distance"], "x", times * seconds)
    if np.any(distance > 0.0):
        log_axis(grid["distance"], "y", distance)
    grid["distance"].set_xlabel(f"time [{second}]")
    grid["distance"].set_ylabel("rates off rest, rms [%]")
    legend(figure, [line, *grid["rates"].get_lines()], columns=3)
    return figure


def _errors(axes: Axes, across: NDArray[np.float64], error: NDArray[np.float64], label: str) -> None:
    axes.plot(across, error, "o-", color=VERMILLION)
    log_axis(axes, "x", across)
    axes.set_xlabel(label)
    axes.set_ylabel("test error [%]")
    axes.set_ylim(0.0, max(1.1 * float(error.max()), 1.0))


def _rates(axes: Axes, dataset: xr.Dataset) -> None:
    full = float(dataset.attrs["read_voltage"])
    per_volt, volt = scale(np.array([full]), "V")
    rest, rate = (dataset[f"look_{name}"].values.ravel() * per_volt for name in ("rest", "rate"))
    axes.plot(rest, rate, ".", color=GREY, markersize=3, label="neurons of four samples")
    axes.plot([0.0, full * per_volt], [0.0, full * per_volt], color=BLACK, linewidth=1.0, label="at rest")
    axes.set_xlabel(f"rate at equilibrium [{volt}]")
    axes.set_ylabel(f"rate of spikes [{volt}]")
