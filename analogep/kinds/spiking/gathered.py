"""The learning rule of spikes that teach: what they have gathered in the nudged phases instead of rates."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.crossbar.opposed import Opposed
from analogep.kinds.spiking.equations import SpikingEquations
from analogep.network.base import Phases

Floats = NDArray[np.float64]


def gathered(network: SpikingEquations, phases: Phases, x: Floats) -> list[Opposed | Floats]:
    """Gradient of each store (rows, columns) [1] from what spikes have gathered (`Relaxed.gathered`).

    Parameters
    ----------
    network : SpikingEquations
    phases, x
        As in `Network.gradient`, with what was gathered in place of rates.
    """
    depth, unit, out = len(network.analog.layers), -1.0 / (x.shape[0] * network.read_voltage**2), []
    for k in range(depth):
        factor = unit / network.analog.gain ** (depth - 1 - k)
        parts = [(weight * factor, gathered[k]) for weight, gathered in phases]
        total: Any = [Opposed(part[1], part[0]) * scale if len(part) == 2 else part[0] * scale for scale, part in parts]
        out.append(sum(total[1:], start=total[0]))
    return out
