"""How fast a network comes to rest: the slowest mode of its linear equations about an equilibrium.

Nodes that are coupled move together, and slower than any of them by itself: of C dv/dt = -Y v the smallest eigenvalue
of C^-1/2 Y C^-1/2 is below each Y_ii/C_i.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from analogep.network.base import Network
from analogep.network.drive import Drive

Floats = NDArray[np.float64]

MOST_NODES: Final = 2000
"""Nodes up to which eigenvalues are computed, in 8 n^3 operations and more."""


def slowest_mode(network: Network, v: Floats, drive: Drive) -> float:
    """Largest time constant of a network's modes about the equilibria `v` [s]: -1/Re of eigenvalues of its Jacobian.

    Nodes whose own voltage moves no other, as those that an ideal diode holds, count with the time constant that they
    have by themselves (`network.tau`); so do all nodes of a network with more than `MOST_NODES`.

    Parameters
    ----------
    network : Network
    v : ndarray (samples, nodes) [V]
    drive : Drive
        Of these samples.

    Returns
    -------
    float
        Infinite where an equilibrium is not stable.
    """
    slowest = float(network.tau.max())
    if v.shape[1] > MOST_NODES:
        return slowest
    for one in network.jacobian(v, drive):
        others = one - np.diag(np.diag(one))
        live = np.flatnonzero(np.any(others != 0.0, axis=0))
        if live.size:
            rate = -float(np.linalg.eigvals(one[np.ix_(live, live)]).real.max())
            slowest = max(slowest, 1.0 / rate if rate > 0.0 else np.inf)
    return slowest
