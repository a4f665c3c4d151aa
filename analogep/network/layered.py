"""What networks share that are written as currents into capacitors and linearised as a chain of layers."""

from __future__ import annotations

import itertools
from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray

from analogep.draws import standard_normals
from analogep.network.base import Network
from analogep.network.chain import Chain
from analogep.network.drive import Drive
from analogep.network.noise import Deviates

Floats = NDArray[np.float64]


class Layered(Network):
    """C dv/dt = currents(v), with -d(currents)/dv a `Chain`.

    Attributes
    ----------
    capacitance : ndarray (nodes,) [F]
    """

    capacitance: Floats

    @property
    @abstractmethod
    def noisy(self) -> bool:
        """Whether reads have noise."""

    @abstractmethod
    def currents(self, v: Floats, drive: Drive) -> Floats:
        """Current into every node's capacitor, C dv/dt (samples, nodes) [A], at `v` (samples, nodes) [V]."""

    @abstractmethod
    def chain(self, v: Floats, drive: Drive) -> Chain:
        """-d(C dv/dt)/dv of every sample at `v` (samples, nodes) [V], read noise left out, as a chain of layers."""

    def deviates(self, samples: int, rng: np.random.Generator) -> Deviates:
        """Fresh normal deviates of every array's read noise; empty where reads have none."""
        if not self.noisy:
            return ()
        sizes = [part.stop - part.start for part in self.slices]
        drawn: list[tuple[Floats | None, Floats | None]] = [(standard_normals((samples, sizes[0]), rng), None)]
        for before, here in itertools.pairwise(sizes):
            drawn.append((standard_normals((samples, here), rng), standard_normals((samples, before), rng)))
        return tuple(drawn)

    def derivative(self, v: Floats, drive: Drive) -> Floats:
        """dv/dt (samples, nodes) [V/s]."""
        out = self.currents(v, drive)
        return np.divide(out, self.capacitance, out=out)

    def jacobian(self, v: Floats, drive: Drive) -> Floats:
        """Derivative of dv/dt, read noise left out (samples, nodes, nodes) [1/s]."""
        return -self.chain(v, drive).dense() / self.capacitance[:, None]

    def step(self, v: Floats, drive: Drive, derivative: Floats) -> Floats:
        """Newton's step (samples, nodes) [V], layer by layer."""
        return self.chain(v, drive).solve(derivative * self.capacitance)

    def loop_gain(self, v: Floats, drive: Drive) -> Floats:
        """Largest eigenvalue of the chain's loop at `v` (samples, nodes) [V], of each sample (samples,) [1]."""
        return self.chain(v, drive).loop_gain()
