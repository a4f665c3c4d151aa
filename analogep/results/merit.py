"""Figures of merit of a result: joules that were booked, seconds and square metres of the cards that ran."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analogep import clock
from analogep.area import Area, Merit, areas, merit, total, unknown
from analogep.cards.record import card_of
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard
from analogep.errors import AnalogepError
from analogep.units import format_si

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Chip:
    """The chip of a result: its blocks, and its figures of merit."""

    areas: list[Area]
    merit: Merit

    @property
    def said(self) -> str:
        """All of it in a line."""
        one, area = self.merit, total(self.areas)
        missing = unknown(self.areas)
        square = f"{1e6 * area:.3g} mm^2" + (f" (without {', '.join(missing)})" if missing else "") if area else ""
        density = "" if one.density is None else f"{one.density / 1e18:.3g} TOPS/mm^2"
        mac, efficiency = f"{1e15 * one.mac:.3g} fJ/MAC", f"{one.efficiency / 1e12:.3g} TOPS/W"
        parts = [square, format_si(one.latency, "s"), mac, efficiency, density]
        return ", ".join(part for part in parts if part)


def chip_of(dataset: xr.Dataset) -> Chip | None:
    """The chip of a run's result; None where its cards cannot be made again, as those of earlier versions.

    Parameters
    ----------
    dataset : Dataset
        Result of a run.
    """
    try:
        device, circuit = card_of(dataset.attrs, DeviceCard), card_of(dataset.attrs, CircuitCard)
    except AnalogepError:
        return None
    joules = float(dataset["inference_energy"][-1])
    if not joules > 0.0:
        return None
    found, counted = areas(device, circuit), dataset.get("inference_seconds")
    # Results from before seconds were counted have those of their cards.
    latency = clock.latency(circuit, device) if counted is None else float(counted[-1])
    return Chip(found, merit(circuit, joules, latency, total(found) or None))
