"""What a search makes large or small: numbers of a finished training, each a function of its result."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from analogep.cards.wording import listed, near
from analogep.errors import UsageError

if TYPE_CHECKING:
    import xarray as xr


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
        Result of a training -> the number [unit].
    """

    unit: str
    words: str
    largest: bool
    of: Callable[[xr.Dataset], float]

    def cost(self, value: float) -> float:
        """The number as what is to be small, joules by their logarithm: a factor counts the same everywhere."""
        return -value if self.largest else math.log10(max(value, 1e-300))


OBJECTIVES: Final[dict[str, Objective]] = {
    "accuracy": Objective("", "validation accuracy", True, lambda result: float(result["accuracy"][-1])),
    "joules": Objective(
        "J", "joules of a training sample", False, lambda result: float(result["training_energy"].mean())
    ),
    "inference": Objective("J", "joules of an inference", False, lambda result: float(result["inference_energy"][-1])),
}
"""Every objective by its name: of training all phases, updates and verify reads in the mean of all epochs, of an
inference its free phase after the last epoch."""


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
