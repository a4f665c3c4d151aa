"""Full trains of pulses on many nominal cells: what their noise does to the response, and what a train costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analogep.characterise.schema import variable
from analogep.crossbar import Array
from analogep.device import DIRECTIONS, DeviceCard
from analogep.device.nominal import Way, nominal, shown, way
from analogep.streams import Streams

Floats = NDArray[np.float64]

MOST: Final = 100_000
"""Longest train that is simulated [pulses]."""

FEWEST: Final = 5
"""Shortest one: of a binary cell it shows that the second pulse does nothing."""

SIGMA: Final = (0.158655254, 0.841344746)
"""Quantiles of a normal distribution at -1 and +1 standard deviation."""

_STOPS: Final = 160
_WORK: Final = 40_000_000


@dataclass(frozen=True)
class Leg:
    """One train of pulses."""

    pulses: NDArray[np.int64]
    """Signed counts of pulses from stop to stop (stops,), 0 for the reset."""
    span: int
    """Pulses from end to end."""

    @property
    def is_reset(self) -> bool:
        """Whether it is the one reset of a unidirectional device."""
        return bool(self.pulses[0] == 0)


def ways(card: DeviceCard) -> dict[str, Way]:
    """Way of each direction: up from the lower end or the reset's state, down from where the way up ends."""
    law = card.programming
    up = way(card, "up", 0.0 if law.reset is None else law.reset.to)
    down = Way(up.end, law.reset.to, 1) if law.reset is not None else way(card, "down", up.end)
    return {"up": up, "down": down}


def _leg(sign: int, span: int) -> Leg:
    pulses = min(max(span, FEWEST), MOST)
    stops = np.unique(np.rint(np.linspace(0, pulses, min(pulses, _STOPS) + 1)).astype(np.int64))
    return Leg(sign * np.diff(stops), span)


def legs(card: DeviceCard, covered: dict[str, Way]) -> list[Leg]:
    """Trains that are drawn: up and down, or up, reset and up again."""
    up = _leg(1, covered["up"].pulses)
    if card.programming.unidirectional:
        return [up, Leg(np.zeros(1, dtype=np.int64), 1), up]
    return [up, _leg(-1, covered["down"].pulses)]


def trains(card: DeviceCard, cells: int, traces: int, seed: int) -> dict[str, object]:
    """Response, noise band, single traces and energy of the trains, as variables of the Dataset.

    Parameters
    ----------
    card : DeviceCard
        The device.
    cells : int
        Nominal cells that take the pulses; fewer, but at least 50, where trains are very long.
    traces : int
        How many of them are kept one by one.
    seed : int
        Seed of the pulses' noise.
    """
    covered = ways(card)
    plan = legs(card, covered)
    length = sum(int(np.abs(leg.pulses).sum()) for leg in plan)
    cells = min(cells, max(_WORK // length, 50))
    array = Array(nominal(card), (1, cells), Streams(seed), "characterise/trial")
    array.place(np.full((1, cells), covered["up"].start))
    conductance, joules, counted = _programmed(array, plan, seed)
    number, train = _points(plan)
    low, high = np.quantile(conductance, SIGMA, axis=1)
    window = array.g_min.flat[0], array.g_max.flat[0]
    return {
        "pulse": variable("pulse", number),
        "leg": variable("leg", train),
        "response": variable("response", window[0] + (window[1] - window[0]) * shown(card, _path(card, covered, plan))),
        "trial_mean": variable("trial_mean", conductance.mean(axis=1)),
        "trial_std": variable("trial_std", conductance.std(axis=1)),
        "trial_low": variable("trial_low", low),
        "trial_high": variable("trial_high", high),
        "trial": variable("trial", conductance[:, :traces].T),
        "span_pulses": variable("span_pulses", [covered[direction].pulses for direction in DIRECTIONS]),
        "train_pulses": variable("train_pulses", counted[:2]),
        "train_energy": variable("train_energy", np.array(joules[:2]) / cells),
    }


def _points(plan: list[Leg]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pulses since the start, and number of the train, at every point; the reset counts as one pulse."""
    steps = [np.ones(1, dtype=np.int64) if leg.is_reset else np.abs(leg.pulses) for leg in plan]
    number = np.concatenate([[0], np.cumsum(np.concatenate(steps))])
    return number, np.concatenate([[0], np.repeat(np.arange(len(plan)), [step.size for step in steps])])


def _programmed(array: Array, plan: list[Leg], seed: int) -> tuple[Floats, list[float], list[int]]:
    """Conductances (point, cell) [S], and joules of all cells and pulses per cell of each train, end to end."""
    operation, call = Streams(seed), 0
    found, joules, counted = [array.g.ravel().copy()], [], []
    for leg in plan:
        energy, done = 0.0, 0
        for pulses in leg.pulses:
            if leg.is_reset:
                written, pulses = array.reset(np.ones(array.shape, dtype=np.bool_), operation, 0, call), 1
            else:
                written = array.program(np.full(array.shape, pulses, dtype=np.int32), operation, 0, call)
            call += 1
            if done < leg.span:
                energy, done = energy + written.joules, done + abs(int(pulses))
            found.append(array.g.ravel().copy())
        joules.append(energy)
        counted.append(done)
    return np.array(found), joules, counted


def _path(card: DeviceCard, covered: dict[str, Way], plan: list[Leg]) -> Floats:
    """States of a nominal cell without noise at every point [window]."""
    law = card.programming
    states = [np.array([covered["up"].start])]
    for leg in plan:
        for pulses in leg.pulses:
            if leg.is_reset:
                states.append(np.array([covered["down"].end]))
            else:
                states.append(law.after("up" if pulses > 0 else "down", states[-1], abs(int(pulses))))
    return np.concatenate(states)
