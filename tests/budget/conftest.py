"""A budget of an ideal cell with the circuit's limits, on few samples; and one of a device that is a formula."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
import xarray as xr

from analogep.budget import Budget

SET = {"layers": [64, 6, 10], "learning.epochs": 1, "learning.batch": 20, "learning.probe": 4,
       "timing.free.duration": "100 ns", "timing.nudged.duration": "50 ns"}  # fmt: skip


class Done(NamedTuple):
    """A budget, its result and its folder."""

    budget: Budget
    dataset: xr.Dataset
    folder: Path


@pytest.fixture(scope="session")
def done(few: Path, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """Ten points in two pairs."""
    folder = tmp_path_factory.mktemp("budget")
    budget = Budget("ideal", data=str(few), set=SET, best=0.15)
    with ThreadPoolExecutor(1) as pool:
        return Done(budget, budget.run(folder, pairs=2, executor=pool), folder)
