"""Few samples for trainings of a tenth of a second."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from analogep import datasets


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """NPZ file with 60 and 20 of the digits."""
    whole = datasets.load(None, np.random.default_rng(0))
    path = tmp_path_factory.mktemp("data") / "few.npz"
    parts = {"train_x": whole.train_x[:60], "train_y": whole.train_y[:60]}
    np.savez(path, **parts, test_x=whole.test_x[:20], test_y=whole.test_y[:20])
    return path


@pytest.fixture
def here() -> Iterator[Executor]:
    """A thread of this process, where no worker has to be started."""
    with ThreadPoolExecutor(1) as pool:
        yield pool
