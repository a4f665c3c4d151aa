"""ngspice, without which most of these tests cannot be: in CI its absence fails, elsewhere it skips."""

from __future__ import annotations

import os
import shutil

import pytest

from ..cli.conftest import say

__all__ = ["say"]


@pytest.fixture(scope="session")
def ngspice() -> str:
    """Path of ngspice."""
    found = shutil.which("ngspice")
    if found is None:
        missing = "ngspice is not installed: apt-get install ngspice"
        if os.environ.get("ANALOGEP_NGSPICE") == "required":
            pytest.fail(missing)
        pytest.skip(missing)
    return found
