"""The digital yardstick of a result: what the same network would take in digital arithmetic."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

from analogep.errors import ResultError

if TYPE_CHECKING:
    import xarray as xr


def digital_joules(dataset: xr.Dataset, kind: Literal["training", "inference"]) -> dict[str, float]:
    """Joules of a sample in digital arithmetic alone, by the unit that does it [J].

    Multiply-accumulates of the same network, by backpropagation in training, times the published energy of one, without
    memory (sources in `analogep.energy.MAC_JOULES`); and of circuits with a node integers at that node, with the memory
    model, clock and control of the analog circuit, at its batch and one sample at a time (`analogep.digital`).

    Parameters
    ----------
    dataset : Dataset
        Result of a run or of a study.
    kind : {'training', 'inference'}
        Which sample.

    Raises
    ------
    ResultError
        If the result does not say, as that of a study whose points differ in their networks.
    """
    name = f"digital_{kind}_joules"
    try:
        found = {str(unit): float(joules) for unit, joules in json.loads(dataset.attrs[name]).items()}
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ResultError(
            f"the result has no joules of digital arithmetic in its attribute '{name}': it is no run's, or a study's "
            "whose points differ in it; take the result of one run"
        ) from None
    return found
