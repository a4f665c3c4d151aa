"""Parts of one's own for a test, forgotten after it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from analogep.cards.family import FAMILIES


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    """What a test registers is known to no other one."""
    known = {name: dict(family._added) for name, family in FAMILIES.items()}
    yield
    for name, family in FAMILIES.items():
        family._added = known.get(name, {})
    for module in [name for name in sys.modules if name.startswith("parts_of_")]:
        del sys.modules[module]
