"""A guard around the right-hand side: solvers may loop for ever or report success on numbers that are not finite."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from analogep.errors import SimulationError

Floats = NDArray[np.float64]


MOST_VOLTS = 1e6
"""A node above this at the end of a phase grows without bound; the phase just ended before the overflow."""


def diverged(time: float, evaluations: int) -> SimulationError:
    """Error for node voltages that grow without bound, `time` in seconds."""
    return SimulationError(
        f"a node voltage diverged at {time:.3g} s (evaluation {evaluations}): the loop gain is above 1 and no rail "
        "stops it; give the neurons rails, or lower learning.initial_gain, learning.rate or feedback.gain"
    )


class Guard:
    """Counts evaluations and refuses values that are not finite.

    With a NaN from the first call RK45, RK23 and DOP853 of SciPy 1.17 loop for ever and LSODA reports success.

    Parameters
    ----------
    function : callable
        dv/dt of the node voltages `v` (samples, nodes), [V/s].
    shape : (int, int)
        Samples and nodes.
    most : int
        Evaluations before the phase is given up.
    """

    def __init__(self, function: Callable[[Floats], Floats], shape: tuple[int, int], most: int) -> None:
        self._function, self._shape, self._most = function, shape, most
        self.evaluations = 0

    def __call__(self, time: float, state: Floats) -> Floats:
        self.evaluations += 1
        if self.evaluations > self._most:
            raise SimulationError(
                f"the relaxation took more than {self._most} evaluations and was at {time:.3g} s; the circuit is "
                "stiff or oscillates: try solver.method=BDF, looser tolerances, or a larger solver.max_evaluations"
            )
        with np.errstate(over="ignore", invalid="ignore"):
            slope = self._function(state.reshape(self._shape))
            finite = math.isfinite(float(slope.sum()))
        if not finite:
            raise diverged(time, self.evaluations)
        return slope.reshape(-1)
