"""All figures of a run by name, and their files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from matplotlib.figure import Figure

from analogep.plots.conductance import conductances
from analogep.plots.energy import energy_by_component
from analogep.plots.history import accuracy_and_cost, gradients, pulses
from analogep.plots.looks import looks
from analogep.plots.style import png
from analogep.plots.trace import relaxation
from analogep.results import write_bytes

if TYPE_CHECKING:
    import xarray as xr

DPI: Final = 150

FIGURES: Final[dict[str, Callable[[xr.Dataset], Figure]]] = {
    "accuracy": accuracy_and_cost,
    "energy": energy_by_component,
    "relaxation": relaxation,
    "conductance": conductances,
    "gradient": gradients,
    "pulses": pulses,
}
"""Name, also that of the file -> function that draws it."""
SPIKING: Final[dict[str, Callable[[xr.Dataset], Figure]]] = {"spikes": looks}
"""The same of figures that only spiking networks have."""


def drawable(dataset: xr.Dataset) -> dict[str, Callable[[xr.Dataset], Figure]]:
    """Figures that a run has data for, by name."""
    return FIGURES | (SPIKING if "look_time" in dataset else {})


def figures(dataset: xr.Dataset) -> dict[str, Figure]:
    """Draw every figure of a run, by name (`drawable`)."""
    return {name: draw(dataset) for name, draw in drawable(dataset).items()}


def save(dataset: xr.Dataset, folder: Path) -> list[Path]:
    """Write every figure as `<name>.png` into an existing folder, each whole or not at all; return their paths.

    Raises
    ------
    ResultError
        If the folder cannot be written or the disk is full.
    """
    paths = []
    for name, draw in drawable(dataset).items():
        path = folder / f"{name}.png"
        write_bytes(path, png(draw, dataset, DPI))
        paths.append(path)
    return paths
