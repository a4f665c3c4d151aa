"""What changes from epoch to epoch: accuracy and cost, quality of the gradient, pulses and joules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from analogep.plots.style import GREY, VERMILLION, blank, drawn, epochs, legend, logarithmic, look, note, scale, series
from analogep.results.gradients import absent, layers_of
from analogep.results.summary import quiet_cosine
from analogep.results.watched import watched, watched_by

if TYPE_CHECKING:
    import xarray as xr


@drawn
def accuracy_and_cost(dataset: xr.Dataset) -> Figure:
    """Accuracy [%] above the training cost [1] on a logarithmic axis, per epoch.

    Curves of the training samples and of the validation samples, with the test accuracy as a point at the end; without
    a validation part a curve of the test samples, which were then read after every epoch. What is on the last point of
    the curve is written beside it.
    """
    figure = blank()
    above, below = figure.subplots(2, 1, sharex=True)
    epoch = dataset["epoch"].values
    shown, train = 100.0 * watched(dataset), 100.0 * dataset["train_accuracy"].values
    series(above, epoch, shown, 0, f"{watched_by(dataset.attrs)} samples")
    series(above, epoch, train, 1, "training samples, in their free phase")
    if watched_by(dataset.attrs) != "test":
        series(above, epoch, 100.0 * dataset["accuracy"].values, 2, "test samples, read once")
    above.annotate(
        f"{shown[-1]:.2f} %",
        (epoch[-1], shown[-1]),
        (9, 0),
        textcoords="offset points",
        va="center",
        color=look(0).color,
        fontweight="bold",
    )
    above.margins(y=0.12)
    above.set_ylabel("accuracy [%]")
    cost = dataset["train_cost"].values
    if not series(below, epoch, np.where(cost > 0.0, cost, np.nan), 1, "training cost"):
        note(below, "no cost above zero" if np.isfinite(cost).any() else "not measured")
    logarithmic(below, cost)
    below.set_ylabel("training cost [1]")
    epochs(below, epoch)
    legend(figure, [line for line in above.get_lines() if line.get_xdata().size], columns=2)
    return figure


@drawn
def gradients(dataset: xr.Dataset) -> Figure:
    """Cosine and gain [1] of the estimated against the exact gradient per layer, and the loop gain [1], per epoch.

    Hollow markers: the cosine after training without noise of reads and samples and without converters.
    Dashed lines at 1: a perfect estimate, and the loop gain at which an equilibrium stops being stable.
    """
    figure = blank()
    panels = figure.subplots(1, 3)
    epoch, layers = dataset["epoch"].values, dataset["layer"].values
    for axes, name in zip(panels[:2], ("cosine", "gain"), strict=True):
        measured = [series(axes, epoch, dataset[name].values[:, k], k, str(layer)) for k, layer in enumerate(layers)]
        lacking = [layer for layer, any_epoch in zip(layers, measured, strict=True) if not any_epoch]
        if lacking:
            note(axes, f"{absent(dataset)} in\n{layers_of(lacking)}")
    quiet = _without_noise(panels[0], float(epoch[-1]), quiet_cosine(dataset))
    if not series(panels[2], epoch, dataset["loop_gain"].values, 6, "loop gain"):
        note(panels[2], "not measured")
    for axes, text in zip(panels, ("cosine", "gain", "loop gain"), strict=True):
        axes.axhline(1.0, color=VERMILLION if text == "loop gain" else GREY, linestyle="--", linewidth=1.1, zorder=1.5)
        axes.set_ylabel(f"{text} [1]")
        epochs(axes, epoch)
    panels[0].set_title("direction of the gradient")
    panels[1].set_title("length of the gradient")
    panels[2].set_title("stable below 1", color=VERMILLION)
    legend(figure, [*panels[0].get_lines()[: len(layers)], *quiet], columns=5)
    return figure


def _without_noise(axes: Axes, epoch: float, cosines: NDArray[np.float64]) -> list[Line2D]:
    """Mark the cosines of all layers that were measured without noise; returns what the legend explains."""
    for k, cosine in enumerate(cosines):
        axes.plot(epoch, cosine, color=look(k).color, marker=look(k).marker, markerfacecolor="white", linestyle="none")
    if not np.isfinite(cosines).any():
        return []
    return [Line2D([], [], color=GREY, marker="o", markerfacecolor="white", linestyle="none", label="without noise")]


@drawn
def pulses(dataset: xr.Dataset) -> Figure:
    """Programming pulses per training sample of each layer, above the joules per training sample, per epoch.

    Pulses are on a logarithmic axis unless some layer had none.
    """
    figure = blank()
    above, below = figure.subplots(2, 1, sharex=True)
    epoch = dataset["epoch"].values
    counts = dataset["pulses"].values / int(dataset.attrs["train_samples"])
    for k, layer in enumerate(dataset["layer"].values):
        series(above, epoch, counts[:, k], k, str(layer))
    _from_zero_unless_positive(above, counts)
    above.set_ylabel("pulses per\ntraining sample [1]")
    joules = dataset["training_energy"].values
    factor, unit = scale(joules, "J")
    series(below, epoch, joules * factor, 6, "energy")
    # Room above, so that the markers of the highest epoch are whole.
    below.set_ylim(0.0, 1.08 * (float(np.nanmax(joules)) * factor or 1.0))
    below.set_ylabel(f"energy per\ntraining sample [{unit}]")
    epochs(below, epoch)
    legend(figure, above.get_lines(), columns=5)
    return figure


def _from_zero_unless_positive(axes: Axes, values: NDArray[np.float64]) -> None:
    if np.all(values > 0.0):
        logarithmic(axes, values)
    else:
        # A little below zero, so that markers at zero are whole.
        top = float(np.nanmax(values)) or 1.0
        axes.set_ylim(-0.06 * top, 1.08 * top)
