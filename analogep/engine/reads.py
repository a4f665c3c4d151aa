"""How an array between two layers is read in a step, in both directions: the parts for dense layers and convolutions.

Array k lies in front of layer k. `exchange` adds to the brackets of layer k what the lines of the layer before drive,
and to those of the layer before what the lines of layer k drive in reverse:

    out_k += P(W'x_(k-1)),    back_(k-1) += M P'y_k

x, y, out and back, which may be out, are (rows, nodes) of all layers, of which the first `many` rows are samples.
`ways` is 1 for the former alone, 2 for the latter, 3 for both. `power` is 1 for weights and
currents, 2 for variances and squares of currents: every read has noise of its own, so that the share of time of pooled
patches is squared with them (`network.convolution`). `won` (many, nodes) are the winners of neurons that choose, kept
from the currents for their noise.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from analogep.engine.patch_reads import read_ahead, read_back
from analogep.engine.patches import chosen, largest, returned
from analogep.engine.products import FAST, both_ways
from analogep.jit import apart, brought, inner


class Dense(NamedTuple):
    """Every array is dense; `turned` says of each whether it is laid out by neurons instead of by the nodes before."""

    turned: Any

    @staticmethod
    def exchange(meets, k, spans, many, arrays, power, x, y, out, back, ways, won):  # type: ignore[no-untyped-def]
        """Both directions of array k."""
        before, after = slice(spans[k - 1, 0], spans[k - 1, 1]), slice(spans[k, 0], spans[k, 1])
        both = arrays[0][k], arrays[1][k]
        if meets.turned[k]:
            x, y, before, after, both = y, x, after, before, (both[1], both[0])
            out, back, ways = back, out, (ways & 1) << 1 | ways >> 1
        both_ways(x, before, y, after, both, out, back, ways)


class Convolved(NamedTuple):
    """Arrays of which some are convolutions.

    Parameters
    ----------
    geometry : tuple of tuples of int
        As `patches.gather` takes it; of a dense layer (0, ..., 0, 1, 1), whose products BLAS does.
    chooses : ndarray (layers,)
        Side of the square of patches of which a maximum takes one; 1 without.
    """

    geometry: Any
    chooses: Any

    @staticmethod
    def exchange(meets, k, spans, many, arrays, power, x, y, out, back, ways, won):  # type: ignore[no-untyped-def]
        """Both directions of array k."""
        shape, both, into = meets.geometry[k], spans[k - 1 : k + 1], (out, back)
        _patched(shape, meets.chooses[k], power, many, both, arrays[0][k], arrays[1][k], x, y, into, ways, won)


exchange = brought("exchange", fastmath=FAST, error_model="numpy")


@inner(error_model="numpy", forceinline=False, fastmath=False)
def _patched(shape, side, power, many, spans, along, across, x, y, into, ways, won):  # type: ignore[no-untyped-def]
    """A convolution, both ways; of the patches that a maximum chooses among, the one of the largest sum of currents."""
    apart()
    start, middle = spans[0, 0], spans[1, 0]
    before, after = spans[0, 1] - start, spans[1, 1] - middle
    reads, columns = shape[7] * shape[8], along.shape[1]
    sums, back = np.empty((many, reads, columns), x.dtype), np.zeros((many, before), x.dtype)
    lines, neurons = np.empty((many, before), x.dtype), after // columns
    ahead, values = np.empty((many, neurons, columns), x.dtype), np.empty((many, neurons, columns), x.dtype)
    winners = np.empty((many if side > 1 else 0, neurons, columns), np.int64)
    _copied(x, start, lines)
    _copied(y, middle, values.reshape(many, after))
    share = x.dtype.type((1.0 if side > 1 or shape[6] < 2 else 1.0 / shape[6] ** 2) ** power)
    if ways & 1:
        if shape[0] == 0:
            np.dot(lines, along, sums.reshape(many, columns))
        else:
            read_ahead(lines, shape, share, along, sums)
    if side > 1:
        # What a maximum follows is kept from the last forward read.
        if power == 1 and ways & 1:
            largest(sums, shape[7] // side, shape[8] // side, side, ahead, winners)
            _added(winners.reshape(many, after), won, middle, False)
        else:
            _copied(won, middle, winners.reshape(many, after))
            chosen(sums, winners, ahead)
        if ways & 1:
            _added(ahead.reshape(many, after), into[0], middle, True)
        sums[:] = 0
        returned(values, winners, sums)
    else:
        if ways & 1:
            _added(sums.reshape(many, after), into[0], middle, True)
        sums = values
    if ways & 2:
        if shape[0] == 0:
            np.dot(sums.reshape(many, columns), across.T, back)
        else:
            read_back(sums, shape, share, across, back)
        _added(back, into[1], start, True)


@inner(error_model="numpy", fastmath=False)
def _copied(given, start, out):  # type: ignore[no-untyped-def]
    """Nodes from `start` on into an array of their own."""
    for b in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[b, j] = given[b, start + j]


@inner(error_model="numpy", fastmath=False)
def _added(given, out, start, adds):  # type: ignore[no-untyped-def]
    """And back: added to what is there, or put there."""
    for b in range(given.shape[0]):
        for j in range(given.shape[1]):
            out[b, start + j] = given[b, j] + (out[b, start + j] if adds else 0)
