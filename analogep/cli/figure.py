"""The option `--figure FILE` of commands that draw one figure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def check(name: str | None) -> None:
    """Refuse a figure that could not be drawn, before hours of training.

    Raises
    ------
    UsageError
        If its name ends in no known format.
    """
    from analogep.errors import UsageError
    from analogep.plots import SUFFIXES

    if name is not None and Path(name).suffix not in SUFFIXES:
        raise UsageError(f"--figure {name}: needs a name that ends in {', '.join(SUFFIXES)}")


def save(figure: Figure, name: str) -> None:
    """Draw it into the file."""
    from analogep import plots
    from analogep.results import write_bytes

    path = Path(name)
    write_bytes(path, plots.render(figure, path.suffix))
