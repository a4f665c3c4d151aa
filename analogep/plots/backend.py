"""matplotlib, whatever MPLBACKEND says: figures are files here, and need no backend that opens windows.

To be imported before any other module that imports matplotlib, which would refuse to be imported at all if the
environment named no backend that it knows.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Final

_NAME: Final = "MPLBACKEND"


def _import() -> None:
    """Import matplotlib without the wish, then tell it the wish, for whoever else uses it in this process."""
    wanted = os.environ.pop(_NAME, None)
    try:
        import matplotlib
    finally:
        if wanted is not None:
            os.environ[_NAME] = wanted
    if wanted:
        with contextlib.suppress(ValueError):
            matplotlib.rcParams["backend"] = wanted


if "matplotlib" not in sys.modules:
    _import()
