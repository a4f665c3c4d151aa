"""Where seconds go on the chip: tables by span and phase, and what was reached when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analogep.energy import TRAINING
from analogep.report.blocks import Block, Table, Text
from analogep.report.energy import joules
from analogep.results import clock
from analogep.results.watched import inferred, watched_by
from analogep.units import format_si, spoken

if TYPE_CHECKING:
    import xarray as xr


def blocks(dataset: xr.Dataset) -> list[Block]:
    """All that is said about time."""
    found: list[Block] = [Text(_said(dataset)), by_span(dataset)]
    rows = clock.numbers(dataset)["to_accuracy"]
    if rows:
        heads = [f"{watched_by(dataset.attrs)} accuracy", "epoch", "time on the chip", "joules"]
        cells = [
            [f"{100 * one['accuracy']:g} %", str(one["epoch"]), seconds(one["seconds"]), joules(one["joules"])]
            for one in rows
        ]
        found.append(Table("To a given accuracy, the initial weights included", heads, cells))
    return found


def seconds(value: float) -> str:
    """A duration as people say it; none is a dash."""
    return spoken(value) if value else "–"


def by_span(dataset: xr.Dataset) -> Table:
    """Seconds per sample of the last epoch: a row a span, a column a phase, the longest first."""
    last, attrs = dataset["seconds"].isel(epoch=-1), dataset.attrs
    training = last.sel(phase=list(TRAINING)).transpose("span", "phase").values / float(attrs["train_samples"])
    inference = last.sel(phase="inference").values / float(inferred(attrs))
    values = np.column_stack([training, training.sum(axis=1), inference])
    order = [k for k in np.lexsort((-inference, -values[:, -2])) if values[k].any()]
    names = [str(name).replace("_", " ") for name in dataset["span"].values]
    rows = [[names[k], *map(seconds, values[k])] for k in order]
    rows.append(["total", *map(seconds, values.sum(axis=0))])
    heads = ["span", *TRAINING, "training, all", "inference"]
    return Table("Time on the chip per sample in the last epoch", heads, rows, strong=[len(rows) - 1])


def _said(dataset: xr.Dataset) -> str:
    said = clock.numbers(dataset)
    peak = format_si(float(f"{said['watts_at_most']:.3g}"), "W")
    initial = f"Writing the initial weights took {seconds(said['seconds_initial'])} on the chip."
    if not int(dataset["epoch"][-1]):
        return f"Nothing was trained. {initial} The phase that takes most takes {peak}."
    mean = format_si(float(f"{said['watts_of_training']:.3g}"), "W")
    return (
        f"An epoch took {seconds(said['seconds_per_epoch'])} on the chip, the whole training "
        f"{seconds(said['seconds_of_training'])}. {initial} Training takes {mean} on average, and the phase "
        f"that takes most takes {peak}. Samples follow one another. The time of emulation is another matter."
    )
