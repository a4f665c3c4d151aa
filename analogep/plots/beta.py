"""Estimators against beta: what was measured, what was predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analogep.plots.device_axes import handle, log_axis, positive_range
from analogep.plots.style import BLACK, blank, drawn, legend, logarithmic, look, note

if TYPE_CHECKING:
    import xarray as xr

_SHOWN: Final = ("positive", "negative", "centered", "richardson")
_HEADROOM: Final = 2.0
"""Errors above this multiple of the gradient are cut off: there is nothing to learn from them."""


@drawn
def finite_beta(dataset: xr.Dataset) -> Figure:
    """Cosine [1] and relative error [1] of each estimator against beta, a column for each network.

    Two rows a noise level; dots: measured, lines: predicted, stars: predicted best beta. A last row has the accuracy
    [%] of trainings at several beta where there are any.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `analogep.beta.FiniteBeta.measure` returns it.
    """
    networks, levels = [str(name) for name in dataset["network"].values], dataset["noise"].values
    trained = "accuracy" in dataset
    rows = 2 * len(levels) + int(trained)
    figure = blank(1.2 + 2.3 * rows)
    panels = figure.subplots(rows, len(networks), squeeze=False)
    full = float(dataset.attrs["full_scale"])
    for k, volts in enumerate(levels):
        for n, name in enumerate(networks):
            one = dataset.isel(network=n, noise=k)
            upper, lower = panels[2 * k, n], panels[2 * k + 1, n]
            upper.set_title(f"{name}, noise {100.0 * volts / full:.3g} % of full scale")
            _cosines(upper, one)
            _errors(lower, one)
    if trained:
        _accuracies(panels[-1, 0], dataset, full)
        for axes in panels[-1, 1:]:
            axes.set_axis_off()
    legend(figure, _handles(), columns=3)
    return figure


def _curves(axes: Axes, one: xr.Dataset, quantity: str) -> None:
    """Measured and predicted values of every estimator; the predicted best beta on the predicted curve, or on what was
    measured where that curve ends."""
    beta = one["beta"].values
    for index, name in enumerate(_SHOWN):
        kind, of = look(index), one.sel(estimator=name)
        expected = of[f"expected_{quantity}"].values
        axes.plot(beta, expected, color=kind.color, linestyle=kind.dashes, linewidth=1.3)
        axes.plot(beta, of[quantity].values, color=kind.color, linestyle="", marker=kind.marker, markersize=3.5)
        known = np.where(np.isfinite(expected), expected, of[quantity].values)
        best, there = float(of["predicted"]), np.isfinite(known)
        if there.any():
            height = np.interp(np.log(best), np.log(beta[there]), known[there])
            axes.plot([best], [height], color=kind.color, marker="*", markersize=12.0, markeredgecolor=BLACK)
    log_axis(axes, "x", beta)
    axes.set_xlabel("beta [1]")


def _cosines(axes: Axes, one: xr.Dataset) -> None:
    _curves(axes, one, "cosine")
    values = one["cosine"].values
    axes.set_ylim(min(0.0, float(values.min(initial=0.0, where=np.isfinite(values)))), 1.03)
    if not np.isfinite(values).any():
        note(axes, "no gradient in any estimate")
    axes.set_ylabel("cosine [1]")


def _errors(axes: Axes, one: xr.Dataset) -> None:
    _curves(axes, one, "error")
    values = one["error"].values
    logarithmic(axes, values)
    low, _ = positive_range(values)
    axes.set_ylim(0.7 * low, max(_HEADROOM, 2.5 * low))
    if not np.isfinite(values).any():
        note(axes, "no beta could be measured")
    axes.set_ylabel("relative error [1]")


def _accuracies(axes: Axes, dataset: xr.Dataset, full: float) -> None:
    """Accuracy after training with the card's estimator, a line for each noise level."""
    beta = dataset["train_beta"].values
    for k, volts in enumerate(dataset["noise"].values):
        kind, values = look(k + len(_SHOWN)), 100.0 * dataset["accuracy"].values[k]
        label = f"noise {100.0 * volts / full:.3g} %"
        axes.plot(beta, values, color=kind.color, linestyle=kind.dashes, marker=kind.marker, label=label)
    if not np.isfinite(dataset["accuracy"].values).any():
        note(axes, "every training failed")
    axes.set_title(f"after training, {dataset.attrs['card_estimator']} estimator")
    axes.legend()
    log_axis(axes, "x", beta)
    axes.set_xlabel("beta [1]")
    axes.set_ylabel("validation accuracy [%]")


def _handles() -> list[Line2D]:
    named = [
        handle(name, color=look(k).color, linestyle=look(k).dashes, marker=look(k).marker)
        for k, name in enumerate(_SHOWN)
    ]
    return [
        *named,
        handle("predicted best beta", color="white", linestyle="", marker="*", markersize=12.0, markeredgecolor=BLACK),
    ]
