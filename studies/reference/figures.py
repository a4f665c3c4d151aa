"""The text's figures 4 to 12, remade: each a function of what was found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
from experiments import Experiment, Floats, Found
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analogep.plots.device_axes import log_axis
from analogep.plots.style import STYLE, blank, epochs, legend, look, series

STARTS = ("the text's Glorot weights", "output weights at 0.3 of them")
"""The two networks of every sweep, in the order of the axis `start`."""
TAU = 50e-9
"""Time constant of a neuron of the circuit card [s]; the text calls it 1 ms."""


@dataclass(frozen=True)
class Sweep:
    """One of the text's curves of accuracy.

    Attributes
    ----------
    number : int
        Of the text's figure.
    study : str
    axis : str
        Dimension of the study's result.
    label : str
        Of the x axis.
    places : callable
        From the coordinate to numbers.
    log : bool
        Whether the x axis is logarithmic.
    claim : str
        What the text says.
    """

    number: int
    study: str
    axis: str
    label: str
    places: Callable[[Sequence[object]], Floats]
    log: bool
    claim: str

    def x(self, experiment: Experiment) -> Floats:
        """Places of the axis."""
        return self.places(list(experiment.dataset[self.axis].values))


def _numbers(values: Sequence[object]) -> Floats:
    return np.array([float(str(value).split()[0]) for value in values])


def _time_constants(values: Sequence[object]) -> Floats:
    return np.round(_numbers(values) / TAU, 9)


SWEEPS = (
    Sweep(4, "batch_size", "learning.batch", "batch size", _numbers, True,
          "a batch of 20 performs best (its section VI A)."),
    Sweep(6, "free_duration", "timing.free.duration", "free phase [time constants]", _time_constants, False,
          "30 time constants, 60 steps, are the optimum; a longer forward pass may overfit the image (VI B)."),
    Sweep(7, "nudged_duration", "timing.nudged.duration", "nudged phase [time constants]", _time_constants, False,
          "3 time constants, 6 steps, are the best; a longer backward pass overfits (VI C)."),
    Sweep(8, "time_step", "solver.step", "time step [time constants]", _numbers, False,
          "0.5 time constants are the best; larger steps learn poorly, smaller ones need more time (VI D)."),
    Sweep(9, "beta", "nudging.beta", "clamping factor β", _numbers, True,
          "the highest accuracy is at β = 0.5 (VI E)."),
)  # fmt: skip


def _drawn(draw: Callable[[Figure], None]) -> Figure:
    """A figure in the style of all figures."""
    with matplotlib.rc_context(STYLE):
        figure = blank()
        draw(figure)
        # Ticks are made when first drawn and would else take the style that the caller has then.
        figure.draw_without_rendering()
    return figure


def _lines(figure: Figure, x: Floats, values: Floats, label: str, log: bool) -> Axes:
    """One line for each start: `values` (x, starts)."""
    axes = figure.subplots()
    for k, name in enumerate(STARTS):
        kind, known = look(k), np.isfinite(values[:, k])
        axes.plot(x[known], values[known, k], color=kind.color, linestyle=kind.dashes, marker=kind.marker, label=name)
    axes.set_xlabel(label)
    if log:
        log_axis(axes, "x", x)
    legend(figure, axes.get_lines(), columns=2)
    return axes


def accuracy(sweep: Sweep, experiment: Experiment) -> Figure:
    """Figures 4 and 6 to 9: test accuracy [%] after the last epoch along the axis."""

    def draw(figure: Figure) -> None:
        axes = _lines(figure, sweep.x(experiment), 100.0 * experiment.accuracy(), sweep.label, sweep.log)
        axes.set_ylabel("test accuracy [%]")

    return _drawn(draw)


def seconds(sweep: Sweep, experiment: Experiment) -> Figure:
    """Figure 5: seconds of an epoch with its test, on one core, along the batch size."""

    def draw(figure: Figure) -> None:
        values = experiment.time / experiment.dataset.sizes["epoch"]
        axes = _lines(figure, sweep.x(experiment), values, sweep.label, sweep.log)
        axes.set_ylabel("time of an epoch on one core [s]")
        axes.set_ylim(bottom=0.0)

    return _drawn(draw)


def hopfield(found: Found) -> Figure:
    """Figure 10: mean Hopfield energy of training and test states per epoch."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        result = found.studies["epochs"].dataset
        values = result["hopfield"].mean(("chip", "seed")).values
        for start, name in enumerate(STARTS):
            for part, images in enumerate(("training", "test")):
                series(axes, result["epoch"].values, values[start, :, part], 2 * start + part, f"{name}, {images}")
        axes.set_ylabel("Hopfield energy [1]")
        epochs(axes, result["epoch"].values)
        legend(figure, axes.get_lines(), columns=2)

    return _drawn(draw)


def backprop_energy(found: Found) -> Figure:
    """Figure 11: the same formula on the activations of the backpropagation network."""

    def draw(figure: Figure) -> None:
        axes, learned = figure.subplots(), found.backprop
        count = np.arange(1, len(learned.accuracy) + 1)
        for k, (name, values) in enumerate((("training", learned.train_energy), ("test", learned.test_energy))):
            series(axes, count, np.array(values), k, f"{name} images")
        axes.set_ylabel("Hopfield energy of the activations [1]")
        epochs(axes, count)
        legend(figure, axes.get_lines(), columns=2)

    return _drawn(draw)


def error(found: Found) -> Figure:
    """Figure 12: test error [%] per epoch, with backpropagation beside it."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        result = found.studies["epochs"].dataset
        values = 100.0 * (1.0 - result["accuracy"].mean(("chip", "seed")).values)
        for start, name in enumerate(STARTS):
            series(axes, result["epoch"].values, values[start], start, name)
        learned = 100.0 * (1.0 - np.array(found.backprop.accuracy))
        series(axes, np.arange(1, learned.size + 1), learned, 2, "backpropagation")
        axes.axhline(100.0 - 90.84, color="#555555", linewidth=0.9, linestyle=(0, (1.0, 2.0)), label="the text's best")
        axes.set_ylabel("test error [%]")
        axes.set_ylim(bottom=0.0)
        epochs(axes, np.arange(1, max(learned.size, result.sizes["epoch"]) + 1))
        legend(figure, axes.get_lines(), columns=2)

    return _drawn(draw)
