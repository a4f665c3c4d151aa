"""The march: all phases of some samples in equal steps, in one call.

    v(t + h) = v(t) + share (bracket(v(t)) - v(t)),    share = h/tau,    E = sum over steps of h [P(t) + P(t + h)]/2

Brackets are those of `kinds.rc.equations`. A step is one sweep over all nodes (`nodes`), nudging, and one read of every
array both ways (`reads`). What a job computes on the way are arrays (rows, places) of all layers, a row for each part
of a sample; rows behind those fill up a group (`products.GROUP`) and stay 0.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from analogep.engine.nodes import pull
from analogep.engine.noise import disturbed, squared
from analogep.engine.own import line
from analogep.engine.products import FAST, GROUP
from analogep.engine.reads import exchange
from analogep.jit import brought, inner, kernel

sweep, nudge, away = (brought(name, fastmath=FAST, error_model="numpy") for name in ("sweep", "nudge", "away"))
room, ways, took, gave = (
    brought(name, fastmath=FAST, error_model="numpy") for name in ("room", "ways", "took", "gave")
)


class Net(NamedTuple):
    """A network as the march takes it.

    Parameters
    ----------
    spans : int64 ndarray (layers, 3)
        Places of each layer in a row, the first and the one behind the last, and its first node: rows of layers begin
        where vectors do.
    room : int
        Places of a row.
    nodes : Real, Complex or Columned
    hidden, output : Neurons
    devices : Straight or Bent
        The curve of the devices.
    meets : Dense or Convolved
    arrays : tuple of tuples of ndarray
        Forward and reverse weights (nodes before, nodes) [1], or turned; array k lies in front of layer k, and what
        stands first is not looked at, the first array being in the inputs already.
    constants : ndarray (places,) [V]
        Brackets of the bias lines, and offsets.
    loads : tuple of ndarray (places,) [S]
        Conductances that each line drives forward and in reverse.
    gain : float
        Feedback gain.
    """

    spans: Any
    room: Any
    nodes: Any
    hidden: Any
    output: Any
    devices: Any
    meets: Any
    arrays: Any
    constants: Any
    loads: Any
    gain: Any


class Plan(NamedTuple):
    """The phases of a march.

    Parameters
    ----------
    counts : int64 ndarray (phases,)
        Steps of each.
    shares : ndarray (phases, 2) [1]
        A step in time constants of hidden and of output neurons.
    betas : complex ndarray (phases,) [1]
    chained : bool
        Whether each phase but the first begins where the first has ended; otherwise all begin at the given state.
    constant : bool
        Whether nudging is frozen: in chained phases at the end of the first, and otherwise at the given pulls.
    """

    counts: Any
    shares: Any
    betas: Any
    chained: Any
    constant: Any


class Batch(NamedTuple):
    """Inputs, targets and noise of the samples, and the arrays that take the results.

    Parameters
    ----------
    start : ndarray (samples, states) [V]
    inputs : ndarray (1 or phases, samples, nodes of the first layer) [V]
        Bracket of the first layer.
    target, pulls : ndarray (samples, outputs) [V]
    noise : Noise
    ends : ndarray (phases, samples, parts, states) [V]
        Filled; real part, and imaginary part of complex voltages; columns behind the nodes.
    energy : ndarray (phases, samples, 3 or 5) [W], [J]
        Added to: sum over steps of the mean of the powers before and after, of arrays, leaks and nudging; with columns
        joules, those of drivers and columns last.
    residual : ndarray (phases, samples) [V]
        Filled: largest |bracket - v|.
    """

    start: Any
    inputs: Any
    target: Any
    pulls: Any
    noise: Any
    ends: Any
    energy: Any
    residual: Any


@inner(fastmath=FAST, error_model="numpy")
def _begun(net, plan, batch, phase, first, last, space):  # type: ignore[no-untyped-def]
    """State and constant brackets at the beginning of a phase: the given state, or the end of the first one."""
    parts, given, spans = batch.ends.shape[2], batch.inputs[min(phase, batch.inputs.shape[0] - 1)], net.spans
    v, base = space[0], space[4]
    for b in range(first, last):
        state = batch.ends[0, b] if phase > 0 and plan.chained else batch.start[b : b + 1]
        for k in range(spans.shape[0]):
            took(net.nodes, b - first, spans[k], state[0], space)
            for c in range(parts):
                for j in range(spans[k, 1] - spans[k, 0]):
                    # A start is real.
                    value = state[c, spans[k, 2] + j] if c < state.shape[0] else 0.0
                    v[parts * (b - first) + c, spans[k, 0] + j] = value
    for b in range(first, last):
        row, own = base[parts * (b - first)], given[b]
        for j in range(net.room):
            row[j] = net.constants[j]
        for j in range(own.size):
            row[j] = own[j]


@inner(fastmath=FAST, error_model="numpy")
def _ended(net, batch, phase, first, last, space):  # type: ignore[no-untyped-def]
    """Where a phase has ended, and how far from rest."""
    parts, v, end = batch.ends.shape[2], space[0], net.spans.shape[0] - 1
    for b in range(first, last):
        most = v[0, 0] - v[0, 0]
        for k in range(end + 1):
            start, size = net.spans[k, 2], net.spans[k, 1] - net.spans[k, 0]
            most = away(net.nodes, b - first, net.spans[k], k == end, most, space)
            gave(net.nodes, b - first, net.spans[k], space, batch.ends[phase, b, 0])
            for c in range(parts):
                for j in range(size):
                    batch.ends[phase, b, c, start + j] = v[parts * (b - first) + c, net.spans[k, 0] + j]
        batch.residual[phase, b] = most


@inner(fastmath=FAST, error_model="numpy")
def _frozen(net, cost, batch, first, last, v, pulls):  # type: ignore[no-untyped-def]
    """The pulls at the end of a free phase."""
    r, start = np.empty(pulls.shape[1], v.dtype), net.spans[net.spans.shape[0] - 1, 0]
    for b in range(first, last):
        for o in range(r.size):
            r[o] = line(net.nodes.own, net.output.curve, v[b - first, start + o], start + o)
        pull(cost, r, batch.target[b], pulls[b - first])


@kernel(fastmath=FAST, error_model="numpy")
def march(first, last, net, cost, plan, batch):  # type: ignore[no-untyped-def]
    """Take all steps of all phases of the samples `first` to `last` - 1.

    Parameters
    ----------
    first, last : int
        Samples do not meet, and what becomes of one does not depend on which others are marched with it.
    net : Net
    cost : NamedTuple
        `Cost.numbers`.
    plan : Plan
    batch : Batch
    """
    parts, kind, spans, noise = batch.ends.shape[2], net.constants.dtype, net.spans, batch.noise
    end, shape = spans.shape[0] - 1, (-(-parts * (last - first) // GROUP) * GROUP, net.room)
    v, bracket, lines, turned, base, spread = (
        np.zeros(shape, kind), np.zeros(shape, kind), np.zeros(shape, kind), np.zeros(shape, kind),
        np.zeros(shape, kind), np.empty(shape, kind),
    )  # fmt: skip
    back, forward, reverse = room(net.nodes, v, bracket)
    won, space = np.empty((last - first, net.room), np.int64), (v, bracket, lines, turned, base, back, forward, reverse)
    pulls = batch.pulls[first:last].copy()
    for phase in range(plan.counts.size):
        count, energy, beta = plan.counts[phase], batch.energy[phase, first:last], plan.betas[phase]
        share, slow = plan.shares[phase, 0], plan.shares[phase, 1]
        _begun(net, plan, batch, phase, first, last, space)
        for turn in range(count + 1):
            weight, when, gain = 0.5 if turn == 0 or turn == count else 1.0, (phase, turn), net.gain
            for k in range(end):
                sweep(net.nodes, net.hidden, spans[k], net.devices, gain, share, when, weight, net.loads, space, energy)
            sweep(net.nodes, net.output, spans[end], net.devices, gain, slow, when, weight, net.loads, space, energy)
            if beta != 0:
                target = batch.target[first:last]
                nudge(
                    net.nodes, net.output, spans[end], cost, beta, plan.constant, when, weight, target, pulls, space,
                    energy,
                )  # fmt: skip
            for k in range(1, end + 1):
                for power in range(1, noise.passes + 1):
                    arrays, out, other = (net.arrays, bracket, back) if power == 1 else (noise.arrays, spread, spread)
                    if power == 2:
                        squared(noise, k, spans, lines, turned, spread)
                    on, many = ways(net.nodes, when), parts * (last - first)
                    exchange(net.meets, k, spans, many, arrays, power, lines, turned, out, other, on, won)
                    if power == 2:
                        disturbed(noise, k, phase, first, spans, spread, bracket, back)
        _ended(net, batch, phase, first, last, space)
        if phase == 0 and plan.chained and plan.constant:
            _frozen(net, cost, batch, first, last, v, pulls)
