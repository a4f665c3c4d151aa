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
        Steps of the method, where they are few also what its interpolant has between them; empty unless asked for.
    spikes : ndarray (samples, layers + 1) or None
        Counts of the spikes of the inputs and of each layer, of networks that spike.
    raster : uint8 ndarray (steps, neurons) or None
        Spikes of the first sample, if the path was asked for.
    gathered : tuple of ndarray (parts, rows, columns) [V^2]
        Where spikes learn, of each array: integral of r_j ds_i + r_i ds_j over a nudged phase, summed over samples, its
        rises and its falls apart or their difference; empty otherwise.
    warm : bool
        Whether the node voltages have the thermal noise of the phase already.
    read : ndarray (samples, nodes) or None [V]
        Where lines were read last; None for the end.
    """

    v: Floats
    residual: Floats
    duration: float
    energy: Floats
    evaluations: int
    times: Floats
    path: Floats
    spikes: NDArray[np.int64] | None = None
    raster: NDArray[np.uint8] | None = None
    gathered: tuple[Floats, ...] = ()
    warm: bool = False
    read: Floats | None = None


@dataclass(frozen=True)
class Circled:
    """End of a phase under a complex beta.

    Attributes
    ----------
    v : ndarray (samples, nodes), complex [V]
    rates : list of ndarray (samples, neurons), complex [V]
        Lines of each layer.
    residual : ndarray (samples,) [1]
        Largest remaining current of each sample over leak and read voltage, in magnitude.
    duration : float [s]
    energy : ndarray (samples, 3) [J]
        Of arrays, leaks and nudging in the two real networks.
    """

    v: NDArray[np.complex128]
    rates: list[NDArray[np.complex128]]
    residual: Floats
    duration: float
    energy: Floats
