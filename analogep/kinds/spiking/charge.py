"""Where the charge of a spike goes, compiled: the places that its pulses reach, forward and in reverse.

Weights come folded (`network.Reach`) and in volts of a synapse for one spike. A neuron that chooses (pooling by the
maximum) takes, of the sums that one step brings to its places, the largest; what it drives in reverse goes to the place
that it chose last.
"""

from __future__ import annotations

import numpy as np

from analogep.draws import normals, word
from analogep.jit import inner, kernel

_FAST = {"reassoc", "contract", "nsz", "nnan"}
LANES = 16
"""Columns of a dense layer's weights come in multiples of it, filled up with zeros: one vector operation a multiple."""


@kernel(error_model="numpy")
def random(key, count):  # type: ignore[no-untyped-def]
    """32 random bits of a counter."""
    return word(key, count, 0)


@inner(fastmath=_FAST, error_model="numpy", inline="always")
def _added(x, at, weights, row, of, many):  # type: ignore[no-untyped-def]
    """x[at : at + many] += weights[row, of : of + many].

    Without slices, which cost as much as sixty additions, and with unsigned indices, which need no look at their sign.
    """
    here, line, there = np.uint64(at), np.uint64(row), np.uint64(of)
    for i in range(np.uint64(many)):
        x[here + i] += weights[line, there + i]


@inner(fastmath=_FAST, error_model="numpy")
def _summed(x, weights, fired, first, room):  # type: ignore[no-untyped-def]
    """The rows of all spikes of a dense layer, added up before they go to the synapses."""
    out = room[: weights.shape[1]]
    out[:] = 0
    for node in fired:
        row = node - first
        for begin in range(0, weights.shape[1], LANES):
            for i in range(LANES):
                out[begin + i] += weights[row, begin + i]
    for i in range(x.size):
        x[i] += out[i]


@inner(error_model="numpy", forceinline=False)
def _dense(x, weights, deviation, fired, first, room, key, ticket):  # type: ignore[no-untyped-def]
    """Spikes of lines that all neurons are on; returns the next ticket."""
    _summed(x, weights, fired, first, room)
    if deviation.size:
        for node in fired:
            ticket = _scattered(x, deviation[node - first, : x.size], key, ticket)
    return ticket


@inner(error_model="numpy", forceinline=False)
def _plain(reach):  # type: ignore[no-untyped-def]
    """Whether it is that of a dense layer."""
    return reach[0] * reach[1] * reach[6] * reach[7] == 1


@inner(fastmath={"contract"}, error_model="numpy")
def _scattered(x, deviation, key, ticket):  # type: ignore[no-untyped-def]
    """Noise of one read into the synapses `x`; returns the next ticket."""
    i, many = 0, deviation.size
    while i < many:
        one, other = normals(random(key, ticket))
        x[i] += deviation[i] * one
        if i + 1 < many:
            x[i + 1] += deviation[i + 1] * other
        ticket += 1
        i += 2
    return ticket


@inner(fastmath=_FAST, error_model="numpy", inline="always")
def _gathered(x, at, weights, rows, shift, many):  # type: ignore[no-untyped-def]
    """x[at : at + many] += weights[node - shift] of all nodes in `rows`, four at a time: fewer passes over x."""
    here, n, last = np.uint64(at), 0, rows.size
    while n + 4 <= last:
        a, b = np.uint64(rows[n] - shift), np.uint64(rows[n + 1] - shift)
        c, d = np.uint64(rows[n + 2] - shift), np.uint64(rows[n + 3] - shift)
        for i in range(np.uint64(many)):
            x[here + i] += (weights[a, i] + weights[b, i]) + (weights[c, i] + weights[d, i])
        n += 4
    while n < last:
        a = np.uint64(rows[n] - shift)
        for i in range(np.uint64(many)):
            x[here + i] += weights[a, i]
        n += 1


@inner(error_model="numpy", forceinline=False)
def _beginnings(fired, first, channels, places):  # type: ignore[no-untyped-def]
    """Where the spikes of each place begin in the ascending `fired`, and their number behind the last (places + 1,)."""
    out, n = np.empty(places + 1, np.int64), 0
    for place in range(places + 1):
        while n < fired.size and fired[n] - first < place * channels:
            n += 1
        out[place] = n
    return out


@inner(fastmath=_FAST, error_model="numpy")
def _pulsed(x, weights, deviation, fired, first, reach, key, ticket):  # type: ignore[no-untyped-def]
    """Spikes, ascending, into the sums `x` of the layer ahead; returns the next ticket.

    Patch by patch: what spikes in one row of a patch stands together in `fired`, and together in the weights.
    """
    height, width, channels, kernel, stride, padding, tall, wide = reach[:8]
    columns = weights.shape[1]
    begin = _beginnings(fired, first, channels, height * width)
    for i in range(tall):
        top = i * stride - padding
        for y in range(max(top, 0), min(top + kernel, height)):
            if begin[y * width] == begin[(y + 1) * width]:
                continue
            for j in range(wide):
                left = j * stride - padding
                one, other = y * width + max(left, 0), y * width + min(left + kernel, width)
                those = fired[begin[one] : begin[other]]
                # Row of a node: its place in the patch, (y - top, z - left), then its channel.
                shift = first + ((y * width + left) - (y - top) * kernel) * channels
                at = (i * wide + j) * columns
                _gathered(x, at, weights, those, shift, columns)
                if deviation.size:
                    for node in those:
                        ticket = _scattered(x[at : at + columns], deviation[node - shift], key, ticket)
    return ticket


@inner(error_model="numpy", forceinline=False)
def _chosen(sums, reach, x, won):  # type: ignore[no-untyped-def]
    """The largest sum of each neuron's places into its synapse; neurons that nothing reached keep their place."""
    tall, wide, side = reach[6], reach[7], reach[8]
    columns = x.size * side * side // (tall * wide)
    for i in range(tall // side):
        for j in range(wide // side):
            for c in range(columns):
                neuron, best, which, reached = (i * (wide // side) + j) * columns + c, sums[0], 0, False
                for n in range(side * side):
                    here = sums[((i * side + n // side) * wide + j * side + n % side) * columns + c]
                    reached |= here != 0
                    if n == 0 or here > best:
                        best, which = here, n
                if reached:
                    x[neuron] += best
                    won[neuron] = which


@inner(error_model="numpy", forceinline=False)
def ahead(x, won, weights, deviation, fired, first, reach, room, key, ticket):  # type: ignore[no-untyped-def]
    """Charge of a layer's spikes into the synapses of the next one.

    Parameters
    ----------
    x : ndarray (neurons,) [V]
        Synapses of the next layer; added to.
    won : int64 ndarray (neurons,)
        Where the neurons of that layer chose last; changed.
    weights, deviation : ndarray (rows, columns) [V]
        Folded, padded to a multiple of `LANES` columns where the layer is dense; the standard deviations of one
        spike's reads, or empty.
    fired : int64 ndarray
        Nodes that spike, counted from `first`, ascending.
    reach : int64 ndarray (9,)
    room : ndarray
        To work in.
    key, ticket
        Of the random numbers; the next ticket is returned.
    """
    if fired.size == 0:
        return ticket
    if _plain(reach):
        return _dense(x, weights, deviation, fired, first, room, key, ticket)
    if reach[8] == 1:
        return _pulsed(x, weights, deviation, fired, first, reach, key, ticket)
    sums = room[: reach[6] * reach[7] * weights.shape[1]]
    sums[:] = 0
    ticket = _pulsed(sums, weights, deviation, fired, first, reach, key, ticket)
    _chosen(sums, reach, x, won)
    return ticket


@inner(fastmath=_FAST, error_model="numpy")
def behind(x, won, weights, deviation, fired, first, reach, room, key, ticket):  # type: ignore[no-untyped-def]
    """Charge of a layer's spikes into the synapses of the one before; parameters as in `ahead`, weights transposed."""
    if _plain(reach):
        return _dense(x, weights, deviation, fired, first, room, key, ticket)
    height, width, channels, kernel, stride, padding, _, wide, side = reach
    columns = weights.shape[0]
    place, i, j = -1, 0, 0
    for node in fired:
        neuron = node - first
        c = neuron - place * columns
        if place < 0 or c >= columns:
            place = neuron // columns
            c, i, j = neuron - place * columns, place // (wide // side), place % (wide // side)
        k, m = i, j
        if side > 1:
            k, m = i * side + won[neuron] // side, j * side + won[neuron] % side
        y, z = k * stride - padding, m * stride - padding
        left, right = max(0, -z), min(kernel, width - z)
        for a in range(max(0, -y), min(kernel, height - y)):
            at, of = ((y + a) * width + z) * channels, a * kernel * channels
            here, there = at + left * channels, at + right * channels
            _added(x, here, weights, c, of + left * channels, there - here)
            if deviation.size:
                spread = deviation[c, of + left * channels : of + right * channels]
                ticket = _scattered(x[here:there], spread, key, ticket)
    return ticket


@inner(error_model="numpy", forceinline=False)
def exchanged(x, won, spikes, forward, reverse, noise, reach, room, key, ticket):  # type: ignore[no-untyped-def]
    """Charge of all spikes of a step but those of the inputs, layer by layer, ahead and back; returns the next ticket.

    `spikes` are the neurons that fired, where those of each layer begin among them, and the first neuron of each layer;
    the rest is as in `steps`.
    """
    fired, bounds, edges = spikes
    layers = edges.size - 1
    for k in range(layers):
        if bounds[k] == bounds[k + 1]:
            continue
        first, those = edges[k], fired[bounds[k] : bounds[k + 1]]
        if k + 1 < layers:
            part, spread = slice(edges[k + 1], edges[k + 2]), noise[0][k + 1]
            ticket = ahead(x[part], won[part], forward[k + 1], spread, those, first, reach[k + 1], room, key, ticket)
        if k > 0:
            part, mine = slice(edges[k - 1], edges[k]), won[edges[k] : edges[k + 1]]
            ticket = behind(x[part], mine, reverse[k], noise[1][k], those, first, reach[k], room, key, ticket)
    return ticket


@inner(error_model="numpy", forceinline=False)
def most_sums(reach, edges):  # type: ignore[no-untyped-def]
    """Sums of the largest layer, of all places where its neurons choose."""
    most = 0
    for k in range(edges.size - 1):
        most = max(most, (edges[k + 1] - edges[k]) * reach[k, 8] ** 2)
    return most
