"""Studies are scripts beside the package; tests import them from their folder."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

STUDIES = Path(__file__).parents[2] / "studies"


def load_study(name: str) -> ModuleType:
    """Import a study under its own name, so that its functions can be sent to worker processes."""
    if str(STUDIES) not in sys.path:
        sys.path.append(str(STUDIES))
    return importlib.import_module(name)
