"""What chips are compared by, and whether a number lies beyond everything that has been built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from analogep.area.published import CHIPS, Published
from analogep.circuit import CircuitCard
from analogep.energy import inference_macs


@dataclass(frozen=True)
class Merit:
    """Figures of merit of an inference.

    Attributes
    ----------
    macs : float [1]
        Multiply-accumulates, two operations each.
    joules : float [J]
    latency : float [s]
    area : float or None [m^2]
        None where it is not known.
    """

    macs: float
    joules: float
    latency: float
    area: float | None

    @property
    def mac(self) -> float:
        """Joules of a multiply-accumulate [J]."""
        return self.joules / self.macs

    @property
    def efficiency(self) -> float:
        """Operations a joule [1/J]; TOPS/W are 1e12 of these."""
        return 2.0 * self.macs / self.joules

    @property
    def density(self) -> float | None:
        """Operations a second and square metre [1/(s m^2)]; TOPS/mm^2 are 1e18 of these."""
        return None if not self.area or not self.latency else 2.0 * self.macs / self.latency / self.area

    @property
    def beyond(self) -> list[str]:
        """A sentence for each figure that lies outside of what analog chips have been built to."""
        return [
            *_beyond("TOPS/W", 1e12, self.efficiency, lambda chip: chip.efficiency),
            *_beyond("TOPS/mm^2", 1e18, self.density, lambda chip: chip.density),
        ]


def _beyond(unit: str, size: float, value: float | None, of: Callable[[Published], float | None]) -> list[str]:
    analog = [chip for chip in CHIPS if chip.built and chip.kind.startswith("analog")]
    built = [(found, chip.name) for chip in analog if (found := of(chip)) is not None]
    (low, worst), (high, best) = min(built), max(built)
    if value is None or low <= value <= high:
        return []
    side, end, limit, name = ("above", "highest", high, best) if value > high else ("below", "lowest", low, worst)
    return [
        f"{value / size:.3g} {unit} are {side} every analog chip in the table that was built; the {end} has "
        f"{limit / size:.3g} ({name})"
    ]


def merit(circuit: CircuitCard, joules: float, latency: float, area: float | None) -> Merit:
    """Figures of merit of a circuit's inference with these joules [J], seconds [s] and square metres [m^2]."""
    return Merit(float(inference_macs(circuit.products)), joules, latency, area)


def row(chip: Published | Merit) -> dict[str, Any]:
    """The figures that both have, in SI units."""
    return {key: getattr(chip, key) for key in ("area", "latency", "mac", "efficiency", "density")}
