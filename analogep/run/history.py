"""What each epoch leaves behind, and the Dataset that it becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analogep import results
from analogep.energy import COMPONENTS, PHASES, SPANS

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]

PER_EPOCH = tuple(name for name, (dims, _, _) in results.VARIABLES.items() if dims[0] == "epoch")
"""Variables of the result that each epoch adds to."""
HELD_OUT = tuple(results.VALIDATION)
"""The same of what a run with a validation part has besides."""
RELAXATIONS = ("free", "nudged")
LOADS = ("average", "peak")


class History:
    """Epoch by epoch record of a run.

    Parameters
    ----------
    held_out : bool
        Whether the run has a validation part.

    Attributes
    ----------
    names : tuple of str
        `PER_EPOCH`, with a validation part `HELD_OUT` as well.
    watched : str
        The accuracy that a training is looked at by: of the validation part if there is one, else of the test part.
    entries : dict of list
        For each of the names one array or number an epoch.
    """

    def __init__(self, held_out: bool = False) -> None:
        self.names = PER_EPOCH + HELD_OUT * held_out
        self.watched = HELD_OUT[0] if held_out else "accuracy"
        self.entries: dict[str, list[Floats | float]] = {name: [] for name in self.names}

    def __len__(self) -> int:
        return len(self.entries["accuracy"])

    def add(self, **values: Floats | float) -> None:
        """Record one epoch.

        `values` are of the shapes and in the units of the result's variables, without the epoch; every name of
        the record is needed.
        """
        for name in self.names:
            self.entries[name].append(values[name])

    def last(self, name: str) -> float:
        """Value of the latest epoch."""
        return float(np.asarray(self.entries[name][-1]))

    def variables(self) -> dict[str, object]:
        """Variables of the result, as `xarray.Dataset` takes them."""
        return {name: results.variable(name, np.array(self.entries[name], dtype=np.float64)) for name in self.names}

    def coordinates(self, layers: int) -> dict[str, object]:
        """Coordinates that go with them."""
        return {
            "epoch": np.arange(1, len(self) + 1),
            "layer": [f"layer {k + 1}" for k in range(layers)],
            "component": list(COMPONENTS),
            "phase": list(PHASES),
            "span": list(SPANS),
            "load": list(LOADS),
            "relaxation": list(RELAXATIONS),
            "part": ["train", "test" if self.watched == "accuracy" else "validation"],
        }

    @classmethod
    def of(cls, dataset: xr.Dataset) -> History:
        """Read the record back from a checkpoint."""
        history = cls(all(name in dataset.variables for name in HELD_OUT))
        for name in history.names:
            history.entries[name] = list(dataset[name].values)
        return history
