"""What a training was looked at by while it went on: the validation part, or the test part where none is held out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import xarray as xr


def watched(dataset: xr.Dataset) -> NDArray[np.float64]:
    """Accuracy after each epoch (epochs,) [1], of the validation samples where there are any, else of the test samples.

    Parameters
    ----------
    dataset : xarray.Dataset
        Result of a run.
    """
    name = "accuracy" if watched_by(dataset.attrs) == "test" else "validation_accuracy"
    return np.asarray(dataset[name].values, dtype=np.float64)


def watched_by(attrs: Mapping[str, Any]) -> str:
    """Name of the part that a training was looked at by: `validation` or `test`; `attrs` are those of its result."""
    return "validation" if int(attrs.get("validation_samples", 0)) else "test"


def inferred(attrs: Mapping[str, Any]) -> int:
    """Samples of an epoch's inferences, whose joules and seconds are booked; `attrs` are those of a run's result."""
    return int(attrs.get("validation_samples", 0)) or int(attrs["test_samples"])
