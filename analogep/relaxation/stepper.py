"""What the compiled kernels of equal steps share: the network's numbers, and what a phase leaves behind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.phases import Solver
from analogep.network import Drive, LayeredRC
from analogep.relaxation.relaxed import Relaxed

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Stepper(ABC):
    """Equal steps of a network as a compiled loop takes them.

    Parameters
    ----------
    network : LayeredRC
        Without wires; which networks else a kernel knows, it says itself.
    solver : Solver
        Precision, and whether nodes are held at their rails.
    series : tuple of float
        Coefficients c of the devices' q(v) = v (c_0 + c_1 v^2 + ...).
    """

    network: LayeredRC
    solver: Solver
    series: tuple[float, ...]

    @property
    def kind(self) -> Any:
        """Type of the numbers."""
        return np.float32 if self.solver.single else np.float64

    @abstractmethod
    def march(self, drive: Drive, v0: Floats, count: int, h: float) -> Relaxed:
        """Take `count` steps of `h` seconds from `v0` (samples, nodes) [V]."""

    @staticmethod
    def left(v: Floats, residual: Floats, energy: Floats, power: Floats, count: int, h: float) -> Relaxed:
        """The end of a phase.

        Parameters
        ----------
        v : ndarray (samples, nodes) [V]
        residual : ndarray (samples,) [1]
        energy : ndarray (samples, 3) [W]
            Powers summed over steps.
        power : ndarray (samples,) [W]
            Of what stands still.
        count : int
        h : float [s]
        """
        energy *= h
        energy[:, 0] += power * (count * h)
        still = np.empty((0, *v.shape))
        return Relaxed(v, residual, count * h, energy, count + 1, np.array([0.0, count * h]), still)
