"""Several runs in one Dataset, for figures that draw them over one another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from analogep.results.gradients import lowest
from analogep.results.schema import VARIABLES
from analogep.results.watched import watched, watched_by

if TYPE_CHECKING:
    import xarray as xr

_HISTORIES: Final = ("accuracy", "train_cost", "training_energy", "inference_energy")


def together(runs: Sequence[xr.Dataset], names: Sequence[str]) -> xr.Dataset:
    """Put the histories of runs side by side.

    Parameters
    ----------
    runs : sequence of Dataset
        Results of runs, of any numbers of epochs and layers; epoch 0 is that of a run that was not trained.
    names : sequence of str
        One a run.

    Returns
    -------
    xarray.Dataset
        Dimensions (run, epoch): accuracy of the samples that a run was looked at by (`results.watched`), cost,
        joules per sample as in a run's result, and the lowest cosine of those of its layers that have a gradient; NaN
        (not a number) after a run's last epoch.
    """
    import xarray as xr

    first, last = min(int(run["epoch"][0]) for run in runs), max(int(run["epoch"][-1]) for run in runs)
    parts = sorted({watched_by(run.attrs) for run in runs})
    variables = {}
    for name in (*_HISTORIES, "cosine"):
        values = np.full((len(runs), last - first + 1), np.nan)
        for row, run in zip(values, runs, strict=True):
            found = watched(run) if name == "accuracy" else run[name].values
            place = run["epoch"].values - first
            row[place] = lowest(found) if name == "cosine" else found
        _, units, long_name = VARIABLES[name]
        if name == "accuracy":
            long_name = f"share of {' or '.join(parts)} samples classified correctly"
        text = f"{long_name}, the lowest of the layers" if name == "cosine" else long_name
        variables[name] = (("run", "epoch"), values, {"units": units, "long_name": text})
    coordinates = {"run": list(names), "epoch": np.arange(first, last + 1)}
    return xr.Dataset(variables, coordinates, {"title": f"{len(runs)} runs", "watched_by": " or ".join(parts)})
