"""What a search makes large or small: numbers of a finished training, each a function of its result and its cards."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from analogep.area import areas, total
from analogep.cards.wording import listed, near
from analogep.errors import UsageError
from analogep.units import format_si

if TYPE_CHECKING:
    import xarray as xr

    from analogep.circuit import CircuitCard
    from analogep.device import DeviceCard


@dataclass(frozen=True)
class Objective:
    """A number of a finished training.

    Attributes
    ----------
    unit : str
        SI unit, empty for a share.
    words : str
        What it is, in sentences and on axes.
    largest : bool
        Whether more of it is better.
    of : callable
        Result of a training, device and circuit that were trained -> the number [unit]; NaN where it is not known.
    """

    unit: str
    words: str
    largest: bool
    of: Callable[[xr.Dataset, DeviceCard, CircuitCard], float]

    def said(self, value: float) -> str:
        """The number [unit] as people write it."""
        if not self.unit:
            return f"{100.0 * value:.2f} %"
        factor, unit = self.written
        return f"{factor * value:.4g} {unit}" if unit != self.unit else format_si(value, unit)

    @property
    def written(self) -> tuple[float, str]:
        """Factor and unit in which it is written, where prefixes of the SI unit would not be read: mm^2."""
        return (1e6, "mm^2") if self.unit == "m^2" else (1.0, self.unit)

    def cost(self, value: float) -> float:
        """The number as what is to be small, costs by their logarithm: a factor counts the same everywhere."""
        return -value if self.largest else math.log10(max(value, 1e-300))


OBJECTIVES: Final[dict[str, Objective]] = {
    "accuracy": Objective("", "validation accuracy", True, lambda result, *_: float(result["accuracy"][-1])),
    "joules": Objective(
        "J", "joules of a training sample", False, lambda result, *_: float(result["training_energy"].mean())
    ),
    "inference": Objective(
        "J", "joules of an inference", False, lambda result, *_: float(result["inference_energy"][-1])
    ),
    "seconds": Objective(
        "s", "time of a training sample", False, lambda result, *_: float(result["training_seconds"].mean())
    ),
    "latency": Objective("s", "time of an inference", False, lambda result, *_: float(result["inference_seconds"][-1])),
    "area": Objective("m^2", "area of the chip", False, lambda _, *cards: total(areas(*cards)) or math.nan),
}
"""Every objective by its name: of training all phases, updates and verify reads in the mean of all epochs, of an
inference its free phase after the last epoch; time is the chip's, area that of the blocks whose area is known."""


def asked(names: Sequence[str]) -> tuple[str, ...]:
    """Names of objectives, checked.

    Raises
    ------
    UsageError
        If one is unknown, stands there twice, or accuracy is not among them.
    """
    for name in names:
        if name not in OBJECTIVES:
            best = near(name, OBJECTIVES)
            raise UsageError(
                f"--for {','.join(names)}: '{name}' is no objective; objectives are {listed(OBJECTIVES)}"
                + (f"; did you mean '{best}'?" if best else "")
            )
    if len(set(names)) < len(names) or "accuracy" not in names:
        raise UsageError(
            f"--for {','.join(names)}: needs accuracy, and each objective once: a chip that learns nothing takes the "
            "fewest joules"
        )
    return ("accuracy", *(name for name in names if name != "accuracy"))


def costs(values: Mapping[str, float], names: Sequence[str]) -> tuple[float, ...]:
    """What is to be small, of each objective."""
    return tuple(OBJECTIVES[name].cost(values[name]) for name in names)
