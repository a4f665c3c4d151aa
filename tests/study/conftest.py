"""An executor that starts no process."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor

import pytest


@pytest.fixture
def here() -> Iterator[Executor]:
    """A thread of this process, where no worker has to be started."""
    with ThreadPoolExecutor(1) as pool:
        yield pool
