"""Where the charge of a spike goes behind columns, compiled: the pulses of a step meet in a column before its synapse.

The same as `charge` besides: kernels whose lines are held ideally have none of this in them.
"""

from __future__ import annotations

from analogep.jit import inner
from analogep.kinds.spiking.charge import ahead, behind


@inner(error_model="numpy", forceinline=False)
def _cleared(sums, one, other):  # type: ignore[no-untyped-def]
    """Empty the sums of the neurons `one` to `other` - 1."""
    for i in range(one, other):
        sums[i] = 0


@inner(error_model="numpy", forceinline=False)
def _passed(x, columns, way, one, other):  # type: ignore[no-untyped-def]
    """clip(base + sum) - base into the synapses `one` to `other` - 1 of `x`; `way` 0 for bit lines, 1 for word lines.

    `columns` is as in `entered`.
    """
    held, sums, energy = columns
    spent = 0.0
    for i in range(one, other):
        base, limit = held[way, 0, i], held[way, 1, i]
        whole = min(max(base + sums[i], -limit), limit)
        spent += (abs(whole) - abs(base)) * held[way, 2, i]
        x[i] += whole - base
    energy[5] += spent


@inner(error_model="numpy", forceinline=False)
def entered(x, won, forward, noise, lit, columns, edges, reach, room, key, ticket):  # type: ignore[no-untyped-def]
    """Charge of the inputs that spike into the synapses of the first layer; returns the next ticket.

    Parameters
    ----------
    x, won, forward, noise, reach, room, key, ticket
        As in `charge.exchanged`.
    lit : int64 ndarray
        Inputs that spike, ascending.
    columns : tuple (held, sums, energy)
        `held` (2, 3, neurons): what columns of bit lines and of word lines give without pulses and their limit, as
        jumps [V], and what a volt of jump takes from the supply [J/V]; `sums` (neurons,) [V] to work in; joules are
        added to energy[5].
    edges : int64 ndarray (layers + 1,)
        First neuron of each layer, and their number.
    """
    if lit.size == 0:
        return ticket
    _, sums, _ = columns
    part = slice(0, edges[1])
    _cleared(sums, 0, edges[1])
    ticket = ahead(sums[part], won[part], forward[0], noise[0][0], lit, 0, reach[0], room, key, ticket)
    _passed(x, columns, 0, 0, edges[1])
    return ticket


@inner(error_model="numpy", forceinline=False)
def met(x, won, spikes, forward, reverse, columns, noise, reach, room, key, ticket):  # type: ignore[no-untyped-def]
    """As `charge.exchanged`, behind `columns`, which are as in `entered`."""
    fired, bounds, edges = spikes
    layers = edges.size - 1
    _, sums, _ = columns
    for k in range(layers):
        if bounds[k] == bounds[k + 1]:
            continue
        first, those = edges[k], fired[bounds[k] : bounds[k + 1]]
        if k + 1 < layers:
            one, other, spread = edges[k + 1], edges[k + 2], noise[0][k + 1]
            _cleared(sums, one, other)
            ticket = ahead(
                sums[one:other], won[one:other], forward[k + 1], spread, those, first, reach[k + 1], room, key, ticket
            )
            _passed(x, columns, 0, one, other)
        if k > 0:
            one, other, mine = edges[k - 1], edges[k], won[edges[k] : edges[k + 1]]
            _cleared(sums, one, other)
            ticket = behind(sums[one:other], mine, reverse[k], noise[1][k], those, first, reach[k], room, key, ticket)
            _passed(x, columns, 1, one, other)
    return ticket
