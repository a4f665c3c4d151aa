"""What a fitted law says about ramps that it was not fitted to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analogep.device.laws import DIRECTIONS, Direction
from analogep.fit.estimate import DeviceFit
from analogep.fit.levels import spread
from analogep.fit.ramps import Ramp

Floats = NDArray[np.float64]


def predicted(device: DeviceFit, direction: Direction, ramp: Ramp) -> Floats:
    """Levels of a ramp by the fitted law of its device, from the start that fits it best (readings,) [S].

    The law is not changed; one number, the state before the first pulse, is taken from the ramp, because the state in
    which a ramp begins is not the law's business.
    """
    k = DIRECTIONS.index(direction)
    curve, frame = device.minimum.curve, device.frame
    theta = spread(curve, device.minimum.theta[None], k)
    own = frame.own(k, ramp.conductance)
    start = float(own[0])
    for _ in range(8):
        paths = curve.path(np.repeat(theta, 2, axis=0), np.array([[start], [start + 1e-6]]), frame.pulses[k], own.size)
        slope = (paths[1, 0] - paths[0, 0]) / 1e-6
        start += float(slope @ (own - paths[0, 0]) / (slope @ slope))
    return frame.siemens(k, curve.path(theta, np.array([[start]]), frame.pulses[k], own.size)[0, 0])
