"""The extension of the documentation, found where it lies."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

EXTENSION = Path(__file__).parents[2] / "docs" / "_ext"


@pytest.fixture(autouse=True, scope="session")
def _extension() -> Iterator[None]:
    sys.path.insert(0, str(EXTENSION))
    yield
    sys.path.remove(str(EXTENSION))
