"""What happens at nodes and their columns in a step: real voltages of a circuit whose lines are held by circuits.

    a <- keep a + move clip(ahead, +-most),    b <- keep b + move clip(behind, +-least),    v <- v + share (a + b - v)

ahead and behind are brackets from the arrays in front of a node and behind it, computed at the beginning of the step.
Outputs have no array behind them: their nudging stands in its place, which has no column (keep 0, move 1). Steps are of
sorts, which differ in their length and in what is read.

Columns that integrate stand (move 0) while they gather what they show after the last step of a window,

    q <- q + rate clip(ahead, +-most),    then a <- clip(q, +-most),  q <- 0

and take from the supply what they have gathered, once. q stands behind a in a row, and likewise for b.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from analogep.engine.nodes import nudged
from analogep.engine.own import begun, lined, placed, railed
from analogep.engine.products import FAST
from analogep.jit import brought, inner

_OPTIONS: dict[str, Any] = {"fastmath": FAST, "error_model": "numpy"}
driven = brought("driven", **_OPTIONS)


@inner(**_OPTIONS)
def driving(own, some, bent, gain, gains, v, lines, used, loads):  # type: ignore[no-untyped-def]
    """Lines that neurons of one sample drive at the voltages v [V]; returns the power of both directions [W].

    Parameters
    ----------
    gains : ndarray (neurons,) [1]
        Feedback gain of each over the nominal one.
    lines : ndarray (neurons,) [V]
        Filled, forward.
    used : ndarray (neurons,) or (0,) [V]
        Filled, in reverse, where any are read so.
    loads : (ndarray, ndarray) (neurons,) [S]
    """
    for j in range(v.size):
        lines[j] = begun(own, some.curve, v[j])
    lined(own, some.curve, lines)
    for j in range(used.size):
        used[j] = gain * gains[j] * lines[j]
    power = driven(bent, gain, lines, used[:0], loads[0], loads[1])
    return power, driven(bent, gain, used, used[:0], loads[1], loads[1])


@inner(**_OPTIONS)
def _gathered(nodes, n, here, sort, space):  # type: ignore[no-untyped-def]
    """What columns of sample n gather in a step."""
    width = space[0].shape[1]
    for side in range(2):
        q = (space[6] if side == 0 else space[7])[n, width + here.start : width + here.stop]
        bracket = (space[1] if side == 0 else space[5])[n, here]
        rate, most = nodes.rate[side][sort, here], nodes.most[side][here]
        for j in range(q.size):
            q[j] += rate[j] * min(max(bracket[j], -most[j]), most[j])


@inner(**_OPTIONS)
def _ended(nodes, n, here, sort, space, energy):  # type: ignore[no-untyped-def]
    """At the end of a window columns of sample n show what they have gathered, if that was whole; the joules that it
    took, and those of capacitors, which count half of the step before as they were."""
    width, end = space[0].shape[1], nodes.ends[sort]
    for side in range(2):
        if end & (side + 1) > 0:
            row = space[6] if side == 0 else space[7]
            y, q = row[n, here], row[n, width + here.start : width + here.stop]
            most, taken, holds = nodes.most[side][here], nodes.taken[side][here], nodes.holds[side][here]
            joules, less = taken[0] - taken[0], taken[0] - taken[0]
            for j in range(q.size):
                joules += abs(q[j]) * taken[j]
                if end < 4:
                    shown = min(max(q[j], -most[j]), most[j])
                    less += holds[j] * (y[j] * y[j] - shown * shown)
                    y[j] = shown
                q[j] = 0
            energy[n, 4] += joules
            energy[n, 5] += nodes.half[sort] * less


class Columned(NamedTuple):
    """Voltages of nodes and columns.

    Parameters
    ----------
    held : bool
        Whether nodes are put back onto their rails after a step.
    own : Own or None
        What neurons have of their own.
    counts : int64 ndarray (phases,)
        Steps of each phase.
    sorts : int64 ndarray (phases, steps)
        Sort of each step.
    reads : int64 ndarray (sorts,)
        What is read in a step: 1 forward, 2 in reverse, 3 both.
    share : ndarray (sorts, places) [1]
        A step in time constants of the node.
    keep, move : tuple of two ndarray (sorts, places) [1]
        Of a and of b.
    most : tuple of two ndarray (places,) [V]
    weights : ndarray (phases, steps + 1, 3) [s]
        What the powers of a state count for, those of all, of lines that are driven forward and in reverse.
    driver : float [W/A]
    watts : tuple of two ndarray (places,) [W/V]
        Of a and of b.
    holds : tuple of two ndarray (places,) [W/V^2]
        Of the capacitors on which a and b stand.
    back : ndarray (places,) [1]
        Feedback gain of a neuron over the nominal one.
    offset : ndarray (places,) [V]
        Brackets in reverse without any line.
    states : (int, int)
        Where a and b begin in a row of the state.
    gathers : bool
        Whether columns integrate.
    ends : int64 ndarray (sorts,)
        What ends with a step: 1 a window forward, 2 one in reverse; 4 more where it is cut short. 0 for none.
    half : ndarray (sorts,) [s]
        Of a step.
    rate : tuple of two ndarray (sorts, places) [1]
        A step over the window in which a and b are gathered, 0 where they are not.
    taken : tuple of two ndarray (places,) [J/V]
        Of the supply by what a and b have gathered.
    """

    held: Any
    own: Any
    counts: Any
    sorts: Any
    reads: Any
    share: Any
    keep: Any
    move: Any
    most: Any
    weights: Any
    driver: Any
    watts: Any
    holds: Any
    back: Any
    offset: Any
    states: Any
    gathers: Any
    ends: Any
    half: Any
    rate: Any
    taken: Any

    @staticmethod
    def room(nodes, v, bracket):  # type: ignore[no-untyped-def]
        """Arrays of brackets in reverse (rows, places), of a and of b; of those that gather twice as long."""
        shape = (v.shape[0], (2 if nodes.gathers else 1) * v.shape[1])
        return np.zeros_like(v), np.zeros(shape, v.dtype), np.zeros(shape, v.dtype)

    @staticmethod
    def ways(nodes, when):  # type: ignore[no-untyped-def]
        """Directions in which arrays are read, as in `reads`; both at the end of a phase, to see how far it is from
        rest."""
        if when[1] == nodes.counts[when[0]]:
            return 3
        return nodes.reads[nodes.sorts[when[0], when[1]]]

    @staticmethod
    def took(nodes, n, span, given, space):  # type: ignore[no-untyped-def]
        """Columns of sample n from its state `given`; that of nudging follows at once."""
        a, b, first = space[6][n], space[7][n], nodes.states[1] + span[2]
        for j in range(span[1] - span[0]):
            a[span[0] + j] = given[nodes.states[0] + span[2] + j]
            b[span[0] + j] = given[first + j] if first + j < given.size else 0.0
        if nodes.gathers:
            width = space[0].shape[1]
            for j in range(span[0], span[1]):
                a[width + j], b[width + j] = 0.0, 0.0

    @staticmethod
    def gave(nodes, n, span, space, out):  # type: ignore[no-untyped-def]
        """Columns of sample n into its state `out`."""
        a, b, first = space[6][n], space[7][n], nodes.states[1] + span[2]
        for j in range(span[1] - span[0]):
            out[nodes.states[0] + span[2] + j] = a[span[0] + j]
            if first + j < out.size:
                out[first + j] = b[span[0] + j]

    @staticmethod
    def sweep(nodes, some, span, bent, gain, share, when, weight, loads, space, energy):  # type: ignore[no-untyped-def]
        """As in `nodes.Real`."""
        phase, turn = when
        here, sort, first = slice(span[0], span[1]), nodes.sorts[phase, max(turn - 1, 0)], span[0]
        own, moves, none = placed(nodes.own, here), turn > 0, share - share
        kept, moved, lent = nodes.keep[0][sort, here], nodes.move[0][sort, here], nodes.most[0][here]
        kept_back, moved_back, lent_back = nodes.keep[1][sort, here], nodes.move[1][sort, here], nodes.most[1][here]
        shares, ahead, behind, gains = nodes.share[sort, here], loads[0][here], loads[1][here], nodes.back[here]
        watts, watts_back, durations = nodes.watts[0][here], nodes.watts[1][here], nodes.weights[phase, turn]
        holds, holds_back, offset = nodes.holds[0][here], nodes.holds[1][here], nodes.offset[here]
        for n in range(energy.shape[0]):
            v, bracket, base = space[0][n, here], space[1][n, here], space[4][n, here]
            lines, turned, square = space[2][n, here], space[3][n, here], none
            back, a, b = space[5][n, here], space[6][n, here], space[7][n, here]
            if moves:
                if nodes.gathers:
                    _gathered(nodes, n, here, sort, space)
                for j in range(v.size):
                    a[j] = kept[j] * a[j] + moved[j] * min(max(bracket[j], -lent[j]), lent[j])
                for j in range(v.size):
                    b[j] = kept_back[j] * b[j] + moved_back[j] * min(max(back[j], -lent_back[j]), lent_back[j])
                for j in range(v.size):
                    v[j] += shares[j] * (a[j] + b[j] - v[j])
                if nodes.held:
                    for j in range(v.size):
                        v[j] = railed(own, some.curve, v[j], j)
            if moves and nodes.ends[sort] > 0:
                _ended(nodes, n, here, sort, space, energy)
            for j in range(v.size):
                square += v[j] * v[j]
            # The first layer, whose lines begin a row, drives nothing in reverse.
            used = turned if first > 0 else turned[:0]
            power, power_back = driving(own, some, bent, gain, gains, v, lines, used, (ahead, behind))
            current, current_back, stored = none, none, none
            signal, signal_back = none, none
            for j in range(v.size):
                current += abs(lines[j]) * ahead[j]
            for j in range(used.size):
                current_back += abs(used[j]) * behind[j]
            for j in range(v.size):
                signal += abs(a[j]) * watts[j]
                signal_back += abs(b[j]) * watts_back[j]
                stored += a[j] * a[j] * holds[j] + b[j] * b[j] * holds_back[j]
            for j in range(v.size):
                bracket[j] = base[j]
                back[j] = offset[j]
            array = durations[1] * power + durations[2] * power_back
            energy[n, 0] += array
            energy[n, 1] += durations[0] * some.leak * square
            energy[n, 3] += nodes.driver * (durations[1] * current + durations[2] * current_back) - array
            energy[n, 4] += durations[1] * signal + durations[2] * signal_back
            energy[n, 5] += durations[0] * stored

    @staticmethod
    def nudge(nodes, some, span, cost, beta, frozen, when, weight, target, pulls, space, energy):  # type: ignore[no-untyped-def]
        """Nudging in the place of what outputs have no array for, and its power; as in `nodes.Real`, but that steps
        count for `weights` and not for `weight`."""
        real, here = pulls.dtype.type(beta.real), slice(span[0], span[1])
        for n in range(energy.shape[0]):
            y, back, p = space[0][n, here], space[5][n, here], pulls[n]
            power = nudged(nodes.own, some.curve, cost, span[0], frozen, real, some.leak, target[n], y, back, p)
            energy[n, 2] += nodes.weights[when[0], when[1], 0] * power

    @staticmethod
    def away(nodes, n, span, last, most, space):  # type: ignore[no-untyped-def]
        """Largest drift of nodes and columns, as in `nodes.Real`."""
        for j in range(span[0], span[1]):
            a, b, back = space[6][n, j], space[7][n, j], space[5][n, j]
            driven_to = min(max(space[1][n, j], -nodes.most[0][j]), nodes.most[0][j])
            driven_back = min(max(back, -nodes.most[1][j]), nodes.most[1][j])
            b = driven_back if last else b
            most = max(most, abs(a + b - space[0][n, j]), abs(driven_to - a), abs(driven_back - b))
        return most
