"""Small IDX folders, and the place where the real ones may lie."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def idx_bytes(values: np.ndarray) -> bytes:
    """An IDX file of uint8 values."""
    return bytes((0, 0, 8, values.ndim)) + np.array(values.shape, ">u4").tobytes() + values.astype(np.uint8).tobytes()


def small_parts() -> list[np.ndarray]:
    """Six training and four test images of 2 x 3 pixels in two classes."""
    train, test = np.arange(36).reshape(6, 2, 3) * 7, np.arange(24).reshape(4, 2, 3)
    return [train, np.arange(6) % 2, test, np.arange(4) % 2]


@pytest.fixture
def idx_folder(tmp_path: Path) -> Path:
    """A folder of four plain IDX files that can be loaded."""
    folder = tmp_path / "small"
    folder.mkdir()
    for name, values in zip(NAMES, small_parts(), strict=True):
        (folder / name).write_bytes(idx_bytes(values))
    return folder


@pytest.fixture
def real_data() -> Callable[[str], Path]:
    """Folder of a real data set, or a skip that says where it was looked for."""

    def find(name: str) -> Path:
        default = Path(__file__).parents[2] / ".." / "shared" / "data"
        folder = Path(os.environ.get("ANALOGEP_DATA", default)).resolve() / name
        if not folder.is_dir():
            pytest.skip(f"no {folder}; set ANALOGEP_DATA to the folder that holds {name}")
        return folder

    return find
