"""What of a chip does not respond: cells that ignore pulses, neurons with the same rate for every input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analogep.crossbar.store import Store
from analogep.network import Network

Floats = NDArray[np.float64]

_STILL: Final = 1e-6
"""Share of full scale by which rates must differ: a thousandth of what a converter of ten bits sees."""


def stuck(stores: Sequence[Store], depth: int) -> Floats:
    """Devices of each layer that are dead or stuck: they ignore pulses.

    Parameters
    ----------
    stores : sequence of Store
        All that hold weights, as fabricated.
    depth : int
        Layers of weights.

    Returns
    -------
    ndarray (layers,) [1]
    """
    found = np.zeros(depth)
    for store in stores:
        found[store.layer] += sum(int(np.count_nonzero(~array.responds)) for array in store.halves.values())
    return found


def silent(network: Network, v: Floats) -> Floats:
    """Share of the neurons of each layer whose rate is the same for all samples: they rest, or stand at a rail.

    Parameters
    ----------
    network : Network
    v : ndarray (samples, nodes) [V]
        Free phases of different inputs without noise.

    Returns
    -------
    ndarray (layers,) [1]
        Not a number for a single sample, which has nothing to differ from.
    """
    if len(v) < 2:
        return np.full(len(network.slices), np.nan)
    limit = _STILL * network.read_voltage
    return np.array([float(np.mean(np.ptp(rates, axis=0) <= limit)) for rates in network.rates(v)])
