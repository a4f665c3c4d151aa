"""Settings near good ones: some knobs of a good trial are moved a little, the others stay.

Cards are near an optimum already more often than not. With fifteen knobs nearly every point of the whole range is worse
than that, and a step along a few of them is what finds better ones; TPE, which has every other trial, sees both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from analogep.tune.choice import finalists, front

if TYPE_CHECKING:
    from analogep.tune.knobs import Knob
    from analogep.tune.store import Tried

_MOVED: Final = 3
"""Knobs that are moved on average."""
_STEP: Final = 0.15
"""Standard deviation of a step, as a share of the knob's range."""
_GOOD: Final = 3
"""Most accurate trials that count as good where accuracy is the only objective."""


def neighbour(
    found: Sequence[Tried], knobs: Sequence[Knob], names: Sequence[str], rng: np.random.Generator
) -> dict[str, Any] | None:
    """Settings near those of a good trial; None before any trial was trained to the end.

    Parameters
    ----------
    found : sequence of Tried
    knobs : sequence of Knob
    names : sequence of str
        Objectives: the good trials are those of the front, or the three most accurate ones.
    rng : numpy.random.Generator
    """
    ended = finalists(found)
    if not ended:
        return None
    best = sorted(ended, key=lambda one: -float(one.last["accuracy"]))[:_GOOD]
    good = front(ended, names) if len(names) > 1 else best
    base = good[int(rng.integers(len(good)))].chosen
    moved = rng.random(len(knobs)) < min(1.0, _MOVED / len(knobs))
    moved[rng.integers(len(knobs))] = True
    return {
        knob.name: _moved(knob, base[knob.name], rng) if move else base[knob.name]
        for knob, move in zip(knobs, moved, strict=True)
    }


def _moved(knob: Knob, value: Any, rng: np.random.Generator) -> Any:
    """Another value of a knob: any other choice, or a number a step away within the bounds."""
    if knob.scale == "choice":
        others = [one for one in knob.choices if one != value]
        return others[int(rng.integers(len(others)))] if others else value
    low, high, old = (_coordinate(knob, one) for one in (knob.low, knob.high, float(value)))
    new = old + _STEP * (high - low) * float(rng.normal())
    # What would leave the range comes back into it as from a mirror.
    new = min(max(2.0 * low - new if new < low else 2.0 * high - new if new > high else new, low), high)
    if knob.scale == "integer":
        near = round(new) if round(new) != value else value + (1 if new > old else -1)
        return int(min(max(near, knob.low), knob.high))
    return float(min(max(math.exp(new) if knob.scale == "log" else new, knob.low), knob.high))


def _coordinate(knob: Knob, value: float) -> float:
    return math.log(value) if knob.scale == "log" else value
