"""Thermal noise at the ends of the phases of a march with columns, in the steps of `kinds.rc.column_noise`.

    y' = left y + driven f + ramped (f' - f) + spread xi
    v' = stay v + sum_y [seen y + pushed f + bent (f' - f) + carried spread xi] + fresh xi

y is the noise of a or b, v that of the node, f the change of what y is driven to, at the beginning of a step and at the
end that it leads to. Outputs have no b: what nudging drives them with stands in its place, and reaches v at once.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analogep.draws import pairs
from analogep.engine.columns import driving
from analogep.engine.own import placed
from analogep.engine.products import FAST, GROUP
from analogep.engine.reads import exchange
from analogep.engine.steps import nudge, room
from analogep.jit import inner, kernel

Floats = NDArray[np.float64]


class Side(NamedTuple):
    """Numbers of the columns of one direction, all ndarray (sorts, places) but the last (places,).

    Parameters
    ----------
    left, seen, driven, pushed, ramped, bent : [1]
    spread, carried : [V]
        Of a deviate in y, and in v.
    begin : (ndarray, ndarray) (places,) [V]
        The same before the first step.
    """

    left: Any
    seen: Any
    driven: Any
    pushed: Any
    ramped: Any
    bent: Any
    spread: Any
    carried: Any
    begin: Any


class Walk(NamedTuple):
    """Steps of the noise of all phases.

    Parameters
    ----------
    keys : uint64 ndarray (phases,)
    counts : int64 ndarray (phases,)
    sorts : int64 ndarray (phases, steps)
        Sort of each step.
    reads : int64 ndarray (sorts,)
        What is read in a step: 1 forward, 2 in reverse, 3 both.
    holds : int64 ndarray (phases, steps)
        Before a step 1 where a is sampled onto its capacitor, 2 where b is, 0 where neither.
    stay : ndarray (sorts, places) [1]
    fresh : ndarray (sorts, places) [V]
    begin : ndarray (places,) [V]
        What v has of its own before the first step.
    sides : (Side, Side)
    hold : float [V]
        Of a sample on a capacitor.
    """

    keys: Any
    counts: Any
    sorts: Any
    reads: Any
    holds: Any
    stay: Any
    fresh: Any
    begin: Any
    sides: Any
    hold: Any


@kernel()
def deviates(key, turn, out, other):  # type: ignore[no-untyped-def]
    """Two normal deviates of each cell at a turn, into flat `out` and `other`."""
    pairs(key, turn, 0, out, other)


@inner(error_model="numpy", fastmath=False)
def _drawn(net, key, turn, first, nodes, out, other):  # type: ignore[no-untyped-def]
    """The same of the cells of some samples, from sample `first` on, by their places."""
    for n in range(out.shape[0]):
        for k in range(net.spans.shape[0]):
            here = slice(net.spans[k, 0], net.spans[k, 1])
            pairs(key, turn, (first + n) * nodes + net.spans[k, 2], out[n, here], other[n, here])


@inner(fastmath=FAST, error_model="numpy")
def _aims(net, cost, phase, ways, beta, constant, target, pulls, state, space, spare, won):  # type: ignore[no-untyped-def]
    """Brackets in the directions that are read, and nudging in those of outputs, at the sum of the voltages `state`."""
    end, when, none, many = net.spans.shape[0] - 1, (phase, 0), net.gain - net.gain, spare.shape[0]
    nudges = beta != 0
    for k in range(end + 1):
        here = slice(net.spans[k, 0], net.spans[k, 1])
        ahead, behind = ways & 1 > 0 and k < end, ways & 2 > 0 and k > 0
        if ahead or behind or (nudges and k == end):
            _lined(net, net.output if k == end else net.hidden, here, ahead or behind, behind, state, space, many)
        for side in range(2):
            if _moves(k, end, side, ways, nudges):
                for n in range(many):
                    one, base = _side(space, side)[n, here], space[4][n, here] if side == 0 else net.nodes.offset[here]
                    for j in range(one.size):
                        one[j] = base[j]
    if nudges:
        span = net.spans[end]
        nudge(net.nodes, net.output, span, cost, beta, constant, when, none, target, pulls, space, spare)
    if ways > 0:
        for k in range(1, end + 1):
            exchange(net.meets, k, net.spans, many, net.arrays, 1, space[2], space[3], space[1], space[5], ways, won)


@inner(fastmath=FAST, error_model="numpy")
def _lined(net, some, here, drives, back, state, space, many):  # type: ignore[no-untyped-def]
    """Voltages of some neurons, and where the lines are read that they drive these lines, `back` in reverse as well."""
    own, gains, loads = placed(net.nodes.own, here), net.nodes.back[here], (net.loads[0][here], net.loads[1][here])
    for n in range(many):
        v, still, moved = space[0][n, here], state[0][n, here], state[1][n, here]
        for j in range(v.size):
            v[j] = still[j] + moved[j]
        if drives:
            lines, turned = space[2][n, here], space[3][n, here]
            driving(own, some, net.devices, net.gain, gains, v, lines, turned if back else turned[:0], loads)


@inner(fastmath=FAST, error_model="numpy")
def _apart(net, ways, nudges, space, rests, many):  # type: ignore[no-untyped-def]
    """Brackets within the columns' swings, less those at rest, in their place."""
    end = net.spans.shape[0] - 1
    for k in range(end + 1):
        here = slice(net.spans[k, 0], net.spans[k, 1])
        for side in range(2):
            if _moves(k, end, side, ways, nudges):
                for n in range(many):
                    value, rest, most = _side(space, side)[n, here], rests[side][n, here], net.nodes.most[side][here]
                    for j in range(value.size):
                        value[j] = min(max(value[j], -most[j]), most[j]) - rest[j]


@inner(fastmath=FAST, error_model="numpy")
def _moves(k, end, side, ways, nudges):  # type: ignore[no-untyped-def]
    """Whether what drives the columns of layer k in direction `side` is computed, or what nudges in their place."""
    if side == 0:
        return ways & 1 > 0 and k > 0
    return (ways & 2 > 0 and k < end) or (nudges and k == end)


@inner(fastmath=FAST, error_model="numpy")
def _side(space, side):  # type: ignore[no-untyped-def]
    """Brackets in direction `side`."""
    return space[1] if side == 0 else space[5]


@inner(fastmath=FAST, error_model="numpy")
def _coupled(net, walk, sort, turned, nudges, space, fs, ys, moved):  # type: ignore[no-untyped-def]
    """What f adds to columns and nodes in a step, from the differences in the place of brackets: f at its beginning,
    kept in `fs`, or where `turned` is true its change since."""
    end, ways = net.spans.shape[0] - 1, walk.reads[sort]
    for k in range(end + 1):
        here = slice(net.spans[k, 0], net.spans[k, 1])
        for side in range(2):
            if _moves(k, end, side, ways, nudges):
                one = walk.sides[side]
                into, onto = (one.ramped, one.bent) if turned else (one.driven, one.pushed)
                into_y, onto_v = into[sort, here], onto[sort, here]
                for n in range(moved.shape[0]):
                    value, f = _side(space, side)[n, here], fs[side][n, here]
                    y, v = ys[side][n, here], moved[n, here]
                    if turned:
                        for j in range(f.size):
                            f[j] = value[j] - f[j]
                    else:
                        for j in range(f.size):
                            f[j] = value[j]
                    for j in range(f.size):
                        y[j] += into_y[j] * f[j]
                        v[j] += onto_v[j] * f[j]


@inner(fastmath=FAST, error_model="numpy")
def _begun(net, walk, phase, first, nodes, x, ys, kicks):  # type: ignore[no-untyped-def]
    """Nodes and columns before the first step, as if nodes were not coupled."""
    key, (one, two, fresh, spare) = walk.keys[phase], kicks
    _drawn(net, key, 0, first, nodes, one, two)
    _drawn(net, key, 1, first, nodes, fresh, spare)
    for n in range(x.shape[0]):
        for j in range(x.shape[1]):
            a, b = one[n, j] * walk.sides[0].begin[0][j], two[n, j] * walk.sides[1].begin[0][j]
            ys[0][n, j], ys[1][n, j] = a, b
            own = fresh[n, j] * walk.begin[j]
            x[n, j] = own + walk.sides[0].begin[1][j] * a + walk.sides[1].begin[1][j] * b


@inner(fastmath=FAST, error_model="numpy")
def _stirred(net, walk, phase, step, first, nodes, kicks, x, ys, moved):  # type: ignore[no-untyped-def]
    """A step without what nodes drive: what is left, and noise, of which no more is drawn than there is. Samples are
    taken before it."""
    sort, held, key = walk.sorts[phase, step], walk.holds[phase, step], walk.keys[phase]
    reads, hold = walk.reads[sort], x.dtype.type(walk.hold)
    both = (reads & 1) + (reads >> 1)
    _drawn(net, key, 2 * step + 2, first, nodes, kicks[0], kicks[1])
    if both + (held > 0) > 1:
        _drawn(net, key, 2 * step + 3, first, nodes, kicks[2], kicks[3])
    stay, fresh = walk.stay[sort], walk.fresh[sort]
    for n in range(x.shape[0]):
        v, own, out = x[n], kicks[0][n], moved[n]
        for j in range(v.size):
            out[j] = stay[j] * v[j] + fresh[j] * own[j]
        for side in range(2):
            y, one = ys[side][n], walk.sides[side]
            left, seen = one.left[sort], one.seen[sort]
            if held == side + 1:
                sample = kicks[1 + both][n]
                for j in range(y.size):
                    y[j] += hold * sample[j]
            for j in range(y.size):
                out[j] += seen[j] * y[j]
                y[j] *= left[j]
            if reads & (side + 1) > 0:
                kick, spread, carried = kicks[both if side > 0 else 1][n], one.spread[sort], one.carried[sort]
                for j in range(y.size):
                    y[j] += spread[j] * kick[j]
                    out[j] += carried[j] * kick[j]


@inner(fastmath=FAST, error_model="numpy")
def _given(net, walk, phase, first, nodes, x, ys, out):  # type: ignore[no-untyped-def]
    """Add the noise of nodes and columns to the ends of a phase."""
    for n in range(x.shape[0]):
        end = out[phase, first + n, 0]
        for k in range(net.spans.shape[0]):
            for j in range(net.spans[k, 1] - net.spans[k, 0]):
                node, place = net.spans[k, 2] + j, net.spans[k, 0] + j
                end[node] += x[n, place]
                end[nodes + node] += ys[0][n, place]
                if net.nodes.states[1] + node < end.size:
                    end[net.nodes.states[1] + node] += ys[1][n, place]


@kernel(fastmath=FAST, error_model="numpy")
def agitate(first, last, net, cost, plan, batch, walk):  # type: ignore[no-untyped-def]
    """Add noise to the ends of all phases of the samples `first` to `last` - 1.

    Parameters
    ----------
    first, last, net, cost, plan, batch
        As in `steps.march`.
    walk : Walk
    """
    kind, spans, nodes = net.constants.dtype, net.spans, net.nodes.states[0]
    many = last - first
    shape, size = (-(-many // GROUP) * GROUP, net.room), (many, net.room)
    v, bracket, lines = np.zeros(shape, kind), np.zeros(shape, kind), np.zeros(shape, kind)
    turned, base = np.zeros(shape, kind), np.zeros(shape, kind)
    back, forward, reverse = room(net.nodes, v, bracket)
    space, spare = (v, bracket, lines, turned, base, back, forward, reverse), np.zeros((many, 6))
    still, x, moved, none = np.zeros(size, kind), np.zeros(size, kind), np.zeros(size, kind), np.zeros(size, kind)
    fs, ys = (np.zeros(size, kind), np.zeros(size, kind)), (np.zeros(size, kind), np.zeros(size, kind))
    rests = np.zeros(size, kind), np.zeros(size, kind)
    kicks = (np.zeros(size, kind), np.zeros(size, kind), np.zeros(size, kind), np.zeros(size, kind))
    won, pulls, target = np.empty(size, np.int64), batch.pulls[first:last].copy(), batch.target[first:last]
    for n in range(many):
        for j in range(net.room):
            # Brackets of the inputs do not change with the noise.
            base[n, j] = net.constants[j]
    for phase in range(plan.counts.size):
        beta, frozen = plan.betas[phase], plan.constant
        nudges = beta != 0
        for n in range(many):
            for k in range(spans.shape[0]):
                for j in range(spans[k, 1] - spans[k, 0]):
                    still[n, spans[k, 0] + j] = batch.ends[phase, first + n, 0, spans[k, 2] + j]
        _aims(net, cost, phase, 3, beta, frozen, target, pulls, (still, none), space, spare, won)
        rests[0][:], rests[1][:] = 0, 0
        _apart(net, 3, nudges, space, rests, many)
        rests[0][:], rests[1][:] = bracket[:many], back[:many]
        _begun(net, walk, phase, first, nodes, x, ys, kicks)
        for step in range(walk.counts[phase]):
            sort = walk.sorts[phase, step]
            ways = walk.reads[sort]
            _stirred(net, walk, phase, step, first, nodes, kicks, x, ys, moved)
            if ways > 0 or nudges:
                for part in range(2):
                    state = (still, x if part == 0 else moved)
                    _aims(net, cost, phase, ways, beta, frozen, target, pulls, state, space, spare, won)
                    _apart(net, ways, nudges, space, rests, many)
                    _coupled(net, walk, sort, part == 1, nudges, space, fs, ys, moved)
            x[:] = moved
        _given(net, walk, phase, first, nodes, x, ys, batch.ends)
