"""Order of the suite: conventions first, then the rest as collected; one thread of BLAS in every worker."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

for _name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

ROOT = Path(__file__).parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the cheap checks of the code itself in front."""
    items.sort(key=lambda item: item.path.name != "test_conventions.py")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the large data sets; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("ANALOGEP_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no data at {folder}: set ANALOGEP_DATA to a folder with mnist/ and fashion-mnist/")
    return folder


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """NPZ file with 60 and 20 of the digits."""
    # NumPy is imported after the lines above have set the number of its threads.
    import numpy as np

    from analogep import datasets

    whole = datasets.load(None, np.random.default_rng(0))
    path = tmp_path_factory.mktemp("data") / "few.npz"
    parts = {"train_x": whole.train_x[:60], "train_y": whole.train_y[:60]}
    np.savez(path, **parts, test_x=whole.test_x[:20], test_y=whole.test_y[:20])
    return path
