"""Where joules go: tables by component and phase, and digital arithmetic beside them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from analogep.energy import TRAINING
from analogep.report.blocks import Table, Text
from analogep.results.watched import inferred
from analogep.units import format_si

if TYPE_CHECKING:
    import xarray as xr

_WIDEST: Final = 6
"""Components side by side in a table of half a page."""


def joules(value: float) -> str:
    """Write joules with three digits; nothing is a dash."""
    return format_si(float(f"{value:.3g}"), "J") if value else "–"


def by_component(dataset: xr.Dataset) -> Table:
    """Joules per sample of the last epoch: a row a component, a column a phase, the largest consumer first."""
    last, attrs = dataset["energy"].isel(epoch=-1), dataset.attrs
    training = last.sel(phase=list(TRAINING)).transpose("component", "phase").values / float(attrs["train_samples"])
    inference = last.sel(phase="inference").values / float(inferred(attrs))
    values = np.column_stack([training, training.sum(axis=1), inference])
    order = [k for k in np.lexsort((-inference, -values[:, -2])) if values[k].any()]
    names = [str(name).replace("_", " ") for name in dataset["component"].values]
    rows = [[names[k], *map(joules, values[k])] for k in order]
    rows.append(["total", *map(joules, values.sum(axis=0))])
    heads = ["component", *TRAINING, "training, all", "inference"]
    return Table("Joules per sample in the last epoch, by component and phase", heads, rows, strong=[len(rows) - 1])


def yardsticks(dataset: xr.Dataset) -> Table:
    """Joules of the same network in digital arithmetic, and how many times this chip's they are."""
    marks = [json.loads(dataset.attrs[f"digital_{kind}_joules"]) for kind in ("training", "inference")]
    own = [float(dataset[f"{kind}_energy"][-1]) for kind in ("training", "inference")]
    rows = [["this chip", joules(own[0]), "1", joules(own[1]), "1"]]
    for name in marks[0]:
        cells = [(joules(mark[name]), _times(mark[name], mine)) for mark, mine in zip(marks, own, strict=True)]
        rows.append([name, *cells[0], *cells[1]])
    alone = "arithmetic" if any("memory" in name for name in marks[0]) else "multiply-accumulates alone"
    heads = [alone, "training sample", "× this chip", "inference", "× this chip"]
    return Table("The same network in digital arithmetic", heads, rows)


def _times(other: float, own: float) -> str:
    return f"{other / own:.3g}" if own > 0.0 else "–"


def of_training(dataset: xr.Dataset) -> Text:
    """Joules of the whole training, and of writing the initial weights before it."""
    total = float(dataset["training_energy"].sum()) * float(dataset.attrs["train_samples"])
    initial = float(dataset["energy"].sel(phase="initial").sum())
    samples, epochs = int(dataset.attrs["train_samples"]), int(dataset["epoch"][-1])
    if epochs == 0:
        return Text(f"Nothing was trained. Writing the initial weights took {joules(initial)}, from the supplies.")
    return Text(
        f"The whole training, {epochs} epoch{'s' * (epochs != 1)} of {samples} samples, took {joules(total)}, after "
        f"{joules(initial)} for writing the initial weights. Joules are energy taken from the supplies."
    )


def along(title: str, names: Sequence[str], values: NDArray[np.float64], components: Sequence[str]) -> Table:
    """Joules by component: a row a value of an axis, the largest consumer first.

    The darker a cell, the larger its share of the row.

    Parameters
    ----------
    title : str
    names : sequence of str
        Of the rows.
    values : ndarray (rows, components) [J]
        NaN where nothing is known.
    components : sequence of str
    """
    known = np.nan_to_num(values)
    order = [k for k in np.argsort(-known.sum(axis=0), kind="stable") if known[:, k].any()]
    shown, rest = (order, []) if len(order) <= _WIDEST else (order[: _WIDEST - 1], order[_WIDEST - 1 :])
    heads = [components[k].replace("_", " ") for k in shown]
    parts = known[:, shown]
    if rest:
        heads, parts = [*heads, f"{len(rest)} others"], np.column_stack([parts, known[:, rest].sum(axis=1)])
    total = known.sum(axis=1, keepdims=True)
    rows = [
        [name, *map(joules, row), joules(row_total)]
        for name, row, (row_total,) in zip(names, parts, total, strict=True)
    ]
    shades = np.column_stack([parts / np.where(total > 0.0, total, 1.0), np.zeros(len(names))]).tolist()
    return Table(title, ["value", *heads, "all"], rows, shades=shades)
