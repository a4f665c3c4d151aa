"""What holds still during a phase, and the noise that each phase has of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analogep.network.noise import Deviates
from analogep.network.thermal import Thermal

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Drive:
    """What holds still during one phase, for a batch of samples; each kind of network adds its inputs.

    Attributes
    ----------
    beta : float
        Nudging strength of this phase.
    target : ndarray (samples, classes) or None [V]
    frozen : ndarray (samples, classes) or None [V]
        Constant nudging: the pull of the outputs at the end of the free phase.
    noise : Deviates
        Normal deviates of this phase's read noise: of each array (samples, lines) [1], forward and reverse; empty
        without.
    thermal : Thermal or None
        Thermal noise of this phase.
    """

    beta: float = 0.0
    target: Floats | None = None
    frozen: Floats | None = None
    noise: Deviates = ()
    thermal: Thermal | None = None

    @property
    def stirred(self) -> float:
        """gamma |beta| [1]: the thermal noise of the nudging sources, as a share of that of the conductance that nudges
        at beta = 1."""
        return 0.0 if self.thermal is None else self.thermal.excess * abs(self.beta)
