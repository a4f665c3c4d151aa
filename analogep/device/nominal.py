"""The nominal cell of a card: without spread and faults; how far pulses move it, and how noisily."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analogep.device.card import DeviceCard, Faults
from analogep.device.laws import Direction

Floats = NDArray[np.float64]

NEAR: Final = 0.95
"""Share of the reachable way after which a law that never arrives counts as arrived."""

_GRID: Final = 2001
_STILL: Final = 1e-9
_OFF_END: Final = 0.02
_COUNTED: Final = 2000


@dataclass(frozen=True)
class Way:
    """Course of a train of pulses in one direction.

    Attributes
    ----------
    start, end : float
        States from which and to which it leads [window].
    pulses : int
        Noise-free pulses that a nominal cell needs for it.
    """

    start: float
    end: float
    pulses: int


def nominal(card: DeviceCard) -> DeviceCard:
    """Copy of the card whose cells are all alike: no device-to-device spread, no faults."""
    spread = card.variation.device_to_device.model_copy(
        update={"max": 0.0, "min": 0.0, "step": 0.0, "asymmetry": 0.0, "shape": 0.0}
    )
    variation = card.variation.model_copy(update={"device_to_device": spread})
    return card.model_copy(update={"variation": variation, "faults": Faults()})


def shown(card: DeviceCard, x: Floats) -> Floats:
    """State that a cell at `x` shows [window], any shape: `x` itself, or the nearest of the card's levels."""
    levels = card.conductance.levels
    return x if levels is None else np.rint(x * (levels - 1)) / (levels - 1)


def mean_step(card: DeviceCard, direction: Direction, x: Floats) -> Floats:
    """Mean change by one pulse, or by the reset, at the states `x` [window]: signed, before clipping, any one shape."""
    law = card.programming
    if direction in law.directions:
        return np.asarray(law.step(direction, x))
    assert law.reset is not None
    return law.reset.to - x


def pulse_noise(card: DeviceCard, direction: Direction, x: Floats) -> Floats:
    """Standard deviation of one pulse, or of the reset, at the states `x` [window], in their shape.

    The noise of the law itself, where it draws its steps, and that of `variation.cycle_to_cycle`; write noise is not
    part of it.
    """
    law = card.programming
    if direction not in law.directions:
        assert law.reset is not None
        return np.full_like(x, law.reset.sigma)
    own = np.sqrt(law.variance(direction, x))
    return np.hypot(own, card.variation.cycle_to_cycle.deviation(law, direction, x, card.conductance))


def way(card: DeviceCard, direction: Direction, start: float) -> Way:
    """Way of one direction's train from the state `start` to the end of what it can reach.

    A law that comes to the end of the window within four times the pulses of 95 % of the way is followed there; one
    that only approaches its limit, for 95 % of the way. Where these are more than 2000, pulses are not counted but the
    integral of dx/step, which is off by the order of a step.

    Parameters
    ----------
    card : DeviceCard
        With gradual pulses in that direction.
    direction : {'up', 'down'}
    start : float
        State before the first pulse [window].
    """
    sign = 1.0 if direction == "up" else -1.0
    along = np.linspace(start, 1.0 if direction == "up" else 0.0, _GRID)
    speed = sign * np.asarray(card.programming.step(direction, along))
    moves = speed > _STILL * max(float(speed.max()), 0.0)
    if not moves.any():
        return Way(start, start, 1)
    if not moves[0]:
        # The end itself may be a fixed point that no pulse leaves (Joglekar's window).
        first = max(int(moves.argmax()), math.ceil(_OFF_END * (_GRID - 1)))
        return way(card, direction, float(along[first]))
    stop = _GRID if moves.all() else int(moves.argmin())
    near = min(max(int(NEAR * min(stop, _GRID - 1)), 1), stop - 1)
    cost = 1.0 / speed[:stop]
    taken = np.concatenate([[0.0], np.cumsum(0.5 * (cost[1:] + cost[:-1]))]) * abs(float(along[1] - along[0]))
    pulses = _counted(card, direction, start, float(along[near]), _COUNTED)
    if stop < _GRID:
        whole = 0
    elif pulses:
        whole = _counted(card, direction, start, float(along[-1]), 4 * pulses)
    else:
        whole = math.ceil(taken[-1] - 1e-6) if taken[-1] <= 4.0 * taken[near] else 0
    if whole:
        return Way(start, float(along[-1]), whole)
    return Way(start, float(along[near]), pulses or math.ceil(taken[near] - 1e-6))


def _counted(card: DeviceCard, direction: Direction, start: float, end: float, most: int) -> int:
    """Pulses from `start` to `end`, counted one by one; 0 if they are more than `most`."""
    x, sign = np.array([start]), 1.0 if direction == "up" else -1.0
    for n in range(1, most + 1):
        x = card.programming.after(direction, x, 1)
        if sign * (end - x[0]) <= _STILL:
            return n
    return 0
