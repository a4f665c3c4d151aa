"""Seconds on the chip, and watts, as a run's Dataset holds them; results from before there was a clock hold none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from analogep.results.watched import watched

if TYPE_CHECKING:
    import xarray as xr

LEVELS: Final = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99)
"""Accuracies to which seconds and joules are said [1]."""


def timed(dataset: xr.Dataset) -> bool:
    """Whether the result of a run holds seconds."""
    return "seconds" in dataset.variables


def reached(dataset: xr.Dataset, accuracy: float) -> dict[str, float] | None:
    """The first epoch after which the watched samples were as good as that, and what it had taken.

    Parameters
    ----------
    dataset : xarray.Dataset
    accuracy : float [1]

    Returns
    -------
    dict of float or None
        `accuracy` [1] that was asked for, `epoch` [1], `seconds` [s] from the first pulse on and `joules` [J], those of
        the initial weights among both; None where it was never reached.
    """
    found = np.flatnonzero(watched(dataset) >= accuracy)
    if not found.size or not timed(dataset):
        return None
    last = int(found[0])
    initial = float(dataset["energy"].sel(phase="initial").sum())
    spent = float(dataset["training_energy"].values[: last + 1].sum()) * float(dataset.attrs["train_samples"])
    return {
        "accuracy": accuracy,
        "epoch": int(dataset["epoch"].values[last]),
        "seconds": float(dataset["elapsed"].values[last]),
        "joules": initial + spent,
    }


def numbers(dataset: xr.Dataset, levels: Sequence[float] = LEVELS) -> dict[str, Any]:
    """Seconds and watts of a run for programs, in SI units; nothing of results that hold none."""
    if not timed(dataset):
        return {}
    samples = float(dataset.attrs["train_samples"])
    return {
        "seconds_per_training_sample": float(dataset["training_seconds"].mean()),
        "seconds_per_epoch": float(dataset["training_seconds"].mean()) * samples,
        "seconds_per_inference": float(dataset["inference_seconds"][-1]),
        "seconds_of_training": float(dataset["training_seconds"].sum()) * samples,
        "seconds_initial": float(dataset["seconds"].sel(phase="initial").sum()),
        "watts_of_training": float(dataset["watts"].sel(load="average")[-1]),
        "watts_at_most": float(dataset["watts"].sel(load="peak").max()),
        "to_accuracy": [found for level in levels if (found := reached(dataset, level)) is not None],
    }
