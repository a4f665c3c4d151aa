"""What a phase leaves behind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Relaxed:
    """End of a phase.

    Attributes
    ----------
    v : ndarray (samples, nodes) [V]
        Node voltages at the end.
    residual : ndarray (samples,) [1]
        Largest remaining current of each sample (`Network.residual`).
    duration : float [s]
        Time that passed.
    energy : ndarray (samples, components) [J]
        Powers of the network's components (`Network.powers_of`), integrated over the phase.
    evaluations : int
        Evaluations of the circuit equations.
    times : ndarray (points,) [s]
    path : ndarray (points, samples, nodes) [V]
        Accepted steps of the integrator; empty unless asked for.
    """

    v: Floats
    residual: Floats
    duration: float
    energy: Floats
    evaluations: int
    times: Floats
    path: Floats
