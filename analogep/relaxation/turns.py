"""A phase turn by turn, for networks whose arrays are read one way and then the other (`Network.turns`)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.phases import Phase
from analogep.network import Drive, Network
from analogep.network.relaxed import Relaxed

Floats = NDArray[np.float64]


def by_turns(
    relax: Callable[[Network, Floats, Phase], Relaxed],
    network: Network,
    drive: Drive,
    v0: Floats,
    phase: Phase,
    tolerance: float,
) -> Relaxed:
    """Run one phase as its turns, each from where the last one has ended; what is left is that of the whole network.

    Parameters
    ----------
    relax : callable
        (network of a turn, start (samples, states) [V], phase of its length) -> Relaxed.
    network, drive, v0, phase, tolerance
        As in `relaxation.relax`; a phase that ends when it has settled does so at the end of a turn.
    """
    turns = network.turns(phase.duration)
    if turns[0][1] is network:
        return relax(turns[0][1], v0, phase)
    v, done, memory = v0, [], None
    extra = np.zeros((len(v0), len(network.powers_of)))
    for length, one in turns:
        end = relax(one.knowing(memory), one.entered(v), Phase(duration=length))
        memory = one.remembered(memory, end.v if end.read is None else end.read)
        done.append(end)
        v = one.left(end.v)
        extra += one.spent(end.v)
        if phase.until == "settled" and float(network.residual(v, drive).max()) <= tolerance:
            break
    starts = np.cumsum([0.0, *(end.duration for end in done)])
    times = [end.times + start for end, start in zip(done, starts, strict=False)]
    return Relaxed(
        v,
        network.residual(v, drive),
        float(starts[-1]),
        np.sum([end.energy for end in done], axis=0) + extra,
        sum(end.evaluations for end in done),
        np.concatenate(times),
        np.concatenate([end.path[..., : v0.shape[1]] for end in done]),
    )
