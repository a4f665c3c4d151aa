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

from analogep.draws import normals, word
from analogep.engine.products import FAST, GROUP
from analogep.engine.reads import exchange
from analogep.engine.steps import nudge, room, sweep
from analogep.jit import inner, kernel

Floats = NDArray[np.float64]


class Side(NamedTuple):
    """Numbers of the columns of one direction, all ndarray (sorts, places) but the last (places,).

    Parameters
    ----------
    left, seen, driven, pushed, ramped, bent : [1]
    spread : [V/sqrt(J)]
    carried : [1]
    begin : (ndarray, ndarray) (places,) [V/sqrt(J)], [1]
        Standard deviation of y before the first step, and what v has of it.
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
    holds : int64 ndarray (phases, steps)
        Before a step 1 where a is sampled onto its capacitor, 2 where b is, 0 where neither.
    stay : ndarray (sorts, places) [1]
    fresh : ndarray (sorts, places) [V/sqrt(J)]
    begin : ndarray (places,) [V/sqrt(J)]
        What v has of its own before the first step.
    sides : (Side, Side)
    hold : float [V/sqrt(J)]
        Of a sample on a capacitor.
    root : float [sqrt(J)]
        sqrt(kT).
    """

    keys: Any
    counts: Any
    sorts: Any
    holds: Any
    stay: Any
    fresh: Any
    begin: Any
    sides: Any
    hold: Any
    root: Any


@kernel()
def deviates(key, turn, out, other):  # type: ignore[no-untyped-def]
    """Two normal deviates of each cell at a turn, into flat `out` and `other`."""
    for k in range(out.size):
        out[k], other[k] = normals(word(key, k, turn))


@inner(error_model="numpy", fastmath=False)
def _drawn(net, key, turn, first, nodes, out, other):  # type: ignore[no-untyped-def]
    """The same of the cells of some samples, from sample `first` on, by their places."""
    for n in range(out.shape[0]):
        for k in range(net.spans.shape[0]):
            one, two = out[n, net.spans[k, 0] : net.spans[k, 1]], other[n, net.spans[k, 0] : net.spans[k, 1]]
            start = (first + n) * nodes + net.spans[k, 2]
            for j in range(one.size):
                one[j], two[j] = normals(word(key, start + j, turn))


@inner(fastmath=FAST, error_model="numpy")
def _aims(net, cost, phase, many, beta, constant, target, pulls, space, spare, won):  # type: ignore[no-untyped-def]
    """Brackets of both directions at the nodes' voltages, nudging in those of outputs, within the columns' swings."""
    end, when, none = net.spans.shape[0] - 1, (phase, 0), net.gain - net.gain
    for k in range(end + 1):
        some = net.output if k == end else net.hidden
        sweep(net.nodes, some, net.spans[k], net.devices, net.gain, none, when, none, net.loads, space, spare)
    if beta != 0:
        span = net.spans[end]
        nudge(net.nodes, net.output, span, cost, beta, constant, when, none, target, pulls, space, spare)
    for k in range(1, end + 1):
        exchange(net.meets, k, net.spans, many, net.arrays, 1, space[2], space[3], space[1], space[5], 3, won)
    for n in range(many):
        for c, values in enumerate((space[1][n], space[5][n])):
            most = net.nodes.most[0] if c == 0 else net.nodes.most[1]
            for j in range(values.size):
                values[j] = min(max(values[j], -most[j]), most[j])


@inner(fastmath=FAST, error_model="numpy")
def _added(side, sort, root, kick, y, f, moved):  # type: ignore[no-untyped-def]
    """A step of the columns of one direction, and what nodes get of it, with f at its beginning; kicks are deviates."""
    left, seen, driven, pushed = side.left[sort], side.seen[sort], side.driven[sort], side.pushed[sort]
    spread, carried = side.spread[sort], side.carried[sort]
    for n in range(y.shape[0]):
        a, b, c, d = kick[n], y[n], f[n], moved[n]
        for j in range(a.size):
            a[j] *= root * spread[j]
        for j in range(a.size):
            d[j] += seen[j] * b[j] + pushed[j] * c[j] + carried[j] * a[j]
        for j in range(a.size):
            b[j] = left[j] * b[j] + driven[j] * c[j] + a[j]


@inner(fastmath=FAST, error_model="numpy")
def _turned(side, sort, change, y, moved):  # type: ignore[no-untyped-def]
    """What the change of f in a step adds."""
    ramped, bent = side.ramped[sort], side.bent[sort]
    for n in range(y.shape[0]):
        a, b, d = change[n], y[n], moved[n]
        for j in range(a.size):
            b[j] += ramped[j] * a[j]
        for j in range(a.size):
            d[j] += bent[j] * a[j]


@inner(fastmath=FAST, error_model="numpy")
def _begun(net, walk, phase, first, nodes, x, ys, kicks):  # type: ignore[no-untyped-def]
    """Nodes and columns before the first step, as if nodes were not coupled."""
    key, (one, two, fresh, spare) = walk.keys[phase], kicks
    _drawn(net, key, 0, first, nodes, one, two)
    _drawn(net, key, 1, first, nodes, fresh, spare)
    for n in range(x.shape[0]):
        for j in range(x.shape[1]):
            a, b = one[n, j] * walk.sides[0].begin[0][j], two[n, j] * walk.sides[1].begin[0][j]
            ys[0][n, j], ys[1][n, j] = walk.root * a, walk.root * b
            own = fresh[n, j] * walk.begin[j]
            x[n, j] = walk.root * (own + walk.sides[0].begin[1][j] * a + walk.sides[1].begin[1][j] * b)


@inner(fastmath=FAST, error_model="numpy")
def _sum(one, other, out):  # type: ignore[no-untyped-def]
    """out = one + other, in the rows of the latter."""
    for n in range(other.shape[0]):
        a, b, c = one[n], other[n], out[n]
        for j in range(b.size):
            c[j] = a[j] + b[j]


@inner(fastmath=FAST, error_model="numpy")
def _less(one, other, out):  # type: ignore[no-untyped-def]
    """out = one - other - out where out is what was there."""
    for n in range(other.shape[0]):
        a, b, c = one[n], other[n], out[n]
        for j in range(b.size):
            c[j] = a[j] - b[j] - c[j]


@inner(fastmath=FAST, error_model="numpy")
def _fresh(walk, sort, held, root, kicks, x, ys, moved):  # type: ignore[no-untyped-def]
    """What is left of the nodes in a step, with noise of their own, and samples on capacitors before it."""
    stay, fresh, hold = walk.stay[sort], walk.fresh[sort], root * x.dtype.type(walk.hold)
    for n in range(x.shape[0]):
        a, b, c = x[n], kicks[2][n], moved[n]
        for j in range(a.size):
            c[j] = stay[j] * a[j] + root * fresh[j] * b[j]
        if held > 0:
            d, e = kicks[3][n], ys[0][n] if held == 1 else ys[1][n]
            for j in range(d.size):
                e[j] += hold * d[j]


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
    still, x, moved = np.zeros(size, kind), np.zeros(size, kind), np.zeros(size, kind)
    f, f_back, ys = np.zeros(size, kind), np.zeros(size, kind), (np.zeros(size, kind), np.zeros(size, kind))
    rest, rest_back = np.zeros(size, kind), np.zeros(size, kind)
    kicks = (np.zeros(size, kind), np.zeros(size, kind), np.zeros(size, kind), np.zeros(size, kind))
    won, pulls, target = np.empty(size, np.int64), batch.pulls[first:last].copy(), batch.target[first:last]
    for n in range(many):
        for j in range(net.room):
            # Brackets of the inputs do not change with the noise.
            base[n, j] = net.constants[j]
    root = np.zeros(1, kind)
    root[0] = walk.root
    for phase in range(plan.counts.size):
        beta, key = plan.betas[phase], walk.keys[phase]
        for n in range(many):
            for k in range(spans.shape[0]):
                for j in range(spans[k, 1] - spans[k, 0]):
                    still[n, spans[k, 0] + j] = batch.ends[phase, first + n, 0, spans[k, 2] + j]
        _sum(still, np.zeros(size, kind), v)
        _aims(net, cost, phase, many, beta, plan.constant, target, pulls, space, spare, won)
        rest[:], rest_back[:] = bracket[:many], back[:many]
        _begun(net, walk, phase, first, nodes, x, ys, kicks)
        for step in range(walk.counts[phase]):
            sort = walk.sorts[phase, step]
            _drawn(net, key, 2 * step + 2, first, nodes, kicks[0], kicks[1])
            _drawn(net, key, 2 * step + 3, first, nodes, kicks[2], kicks[3])
            _fresh(walk, sort, walk.holds[phase, step], root[0], kicks, x, ys, moved)
            _sum(still, x, v)
            _aims(net, cost, phase, many, beta, plan.constant, target, pulls, space, spare, won)
            f[:], f_back[:] = 0, 0
            _less(bracket, rest, f)
            _less(back, rest_back, f_back)
            _added(walk.sides[0], sort, root[0], kicks[0], ys[0], f, moved)
            _added(walk.sides[1], sort, root[0], kicks[1], ys[1], f_back, moved)
            _sum(still, moved, v)
            _aims(net, cost, phase, many, beta, plan.constant, target, pulls, space, spare, won)
            _less(bracket, rest, f)
            _less(back, rest_back, f_back)
            _turned(walk.sides[0], sort, f, ys[0], moved)
            _turned(walk.sides[1], sort, f_back, ys[1], moved)
            x[:] = moved
        _given(net, walk, phase, first, nodes, x, ys, batch.ends)
