"""Names of a run's figures, which are those of their files: known without drawing any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import xarray as xr

ALWAYS: Final = ("accuracy", "energy", "relaxation", "conductance", "gradient", "pulses")
SPIKING: Final = ("spikes",)
"""Those that only spiking networks have."""


def drawable(dataset: xr.Dataset) -> tuple[str, ...]:
    """Figures that a run has data for."""
    return ALWAYS + (SPIKING if "look_time" in dataset else ())
