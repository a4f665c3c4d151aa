"""What holds still during a phase of a network at virtual ground."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analogep.network.drive import Drive

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RCDrive(Drive):
    """Inputs of a layered RC network during one phase.

    Attributes
    ----------
    inputs : ndarray (samples, neurons of layer 1) [V]
        Bracket of the first layer from inputs and bias, read noise included.
    power : ndarray (samples,) [W]
        Power of the first array.
    deviation : ndarray (samples, neurons of layer 1) or (0, 0) [V]
        Standard deviation of the inputs by the read noise of the first array.
    """

    inputs: Floats = field(default_factory=lambda: np.empty((0, 0)))
    power: Floats = field(default_factory=lambda: np.empty(0))
    deviation: Floats = field(default_factory=lambda: np.empty((0, 0)))


@dataclass(frozen=True)
class ColumnDrive(RCDrive):
    """Inputs of a network with columns during one phase.

    Attributes
    ----------
    current : ndarray (samples,) [A]
        Sum of the magnitudes of the currents of all lines that stand still: inputs and bias lines.
    """

    current: Floats = field(default_factory=lambda: np.empty(0))
