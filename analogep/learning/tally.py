"""What is counted of the relaxations of an epoch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass
class Tally:
    """Relaxations of single samples: how many, how many did not settle, how long they took.

    Attributes
    ----------
    free, nudged : int
        Relaxations that had not settled at the end of their phase.
    free_runs, nudged_runs : int
        All relaxations.
    free_time, nudged_time : float [s]
        Sum of their durations, with the share of auto-zeros.
    spikes : ndarray (layers,) or None [1]
        Sum of the spikes of each layer of neurons in free phases.
    """

    free: int = 0
    nudged: int = 0
    free_runs: int = 0
    nudged_runs: int = 0
    free_time: float = 0.0
    nudged_time: float = 0.0
    spikes: Floats | None = None

    def fired(self, layers: int) -> Floats:
        """Mean spikes of each layer of neurons in a free phase (layers,) [1]; 0 in a network without spikes."""
        return np.zeros(layers) if self.spikes is None else self.spikes / max(self.free_runs, 1)

    def unsettled(self) -> Floats:
        """Share of free and of nudged relaxations that did not settle (2,) [1]."""
        return np.array([self.free / max(self.free_runs, 1), self.nudged / max(self.nudged_runs, 1)])

    def duration(self) -> Floats:
        """Mean duration of free and of nudged relaxations (2,) [s]."""
        return np.array([self.free_time / max(self.free_runs, 1), self.nudged_time / max(self.nudged_runs, 1)])
