"""Thermal noise at the end of a phase, by a Langevin equation around the state where it ends.

A transient forgets noise as fast as it settles: what is sampled at its end has the noise of the last few time
constants, and by then the circuit is at rest but for that noise. It is therefore added to the end of a transient
without noise, whoever computed that: SciPy, Newton's method, equal steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from analogep.draws import standard_normals
from analogep.network.drive import Drive

Floats = NDArray[np.float64]

_STEP: Final = 0.5
"""Step in shortest time constants."""
_MEMORY: Final = 6.0
"""Longest time constants after which noise is forgotten: e^-12 of its variance is left in a node by itself."""


class Noisy(Protocol):
    """What of a network the noise of its end depends on (`Network`).

    Attributes
    ----------
    tau : ndarray (nodes,) [s]
    """

    tau: Floats

    def agitation(self, v: Floats, drive: Drive) -> Floats:
        """D/(kT) (samples or 1, nodes) [V^2/(s J)] at `v` (samples, nodes) [V]."""

    def kicks(self, v: Floats, drive: Drive) -> Callable[[np.random.Generator], Floats]:
        """Draws deviates of that covariance at `v` (samples, nodes) [V]."""

    def derivative(self, v: Floats, drive: Drive) -> Floats:
        """dv/dt (samples, nodes) [V/s] at `v` (samples, nodes) [V]."""


def agitated(network: Noisy, v: Floats, drive: Drive, duration: float) -> Floats:
    """Node voltages at the end of a phase with the thermal noise of the drive (samples, nodes) [V].

    The last steps of a Langevin equation around the end v of the phase,

        x' = x + h [f(v + x) - f(v)] + sqrt(D h) (xi + xi')/2

    with each xi used in two steps, which gives the stationary covariance of a reciprocal circuit exactly and that of
    any other to the second order of h (Leimkuhler and Matthews 2013, doi 10.1093/amrx/abs010): within 2 % in the loops
    of the tests, within 8 % of a variance behind two amplifiers of gain 16. Rails and diodes act on
    x as they are.

    Parameters
    ----------
    network : Network
    v : ndarray (samples, nodes) [V]
        End of the phase without thermal noise.
    drive : Drive
        With `thermal`; without it `v` is returned.
    duration : float [s]
        Of the phase: a node remembers no more than that.
    """
    thermal = drive.thermal
    if thermal is None:
        return v
    density = np.broadcast_to(thermal.kt * network.agitation(v, drive), v.shape)
    h = _STEP * float(network.tau.min())
    count = max(1, math.ceil(min(duration, _MEMORY * float(network.tau.max())) / h))
    rng, rest, kicks = np.random.default_rng(thermal.key), network.derivative(v, drive), network.kicks(v, drive)
    x = np.sqrt(0.5 * density * network.tau) * standard_normals(v.shape, rng)
    scale, last = 0.5 * math.sqrt(thermal.kt * h), kicks(rng)
    for _ in range(count):
        fresh = kicks(rng)
        x = x + h * (network.derivative(v + x, drive) - rest) + scale * (last + fresh)
        last = fresh
    return np.asarray(v + x)
