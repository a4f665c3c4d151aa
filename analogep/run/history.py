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
RELAXATIONS = ("free", "nudged")
LOADS = ("average", "peak")
PARTS = ("train", "test")


class History:
    """Epoch by epoch record of a run.

    Attributes
    ----------
    entries : dict of list
        For each name of `PER_EPOCH` one array or number an epoch.
    """

    def __init__(self) -> None:
        self.entries: dict[str, list[Floats | float]] = {name: [] for name in PER_EPOCH}

    def __len__(self) -> int:
        return len(self.entries["accuracy"])

    def add(self, **values: Floats | float) -> None:
        """Record one epoch.

        `values` are of the shapes and in the units of the result's variables, without the epoch; every name of
        `PER_EPOCH` is needed.
        """
        for name in PER_EPOCH:
            self.entries[name].append(values[name])

    def last(self, name: str) -> float:
        """Value of the latest epoch."""
        return float(np.asarray(self.entries[name][-1]))

    def variables(self) -> dict[str, object]:
        """Variables of the result, as `xarray.Dataset` takes them."""
        return {name: results.variable(name, np.array(self.entries[name], dtype=np.float64)) for name in PER_EPOCH}

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
            "part": list(PARTS),
        }

    @classmethod
    def of(cls, dataset: xr.Dataset) -> History:
        """Read the record back from a checkpoint."""
        history = cls()
        for name in PER_EPOCH:
            history.entries[name] = list(dataset[name].values)
        return history
