"""Convolutions at an array: an unrolled kernel that reads one patch after another, and pools.

    forward      y = P(W'x)      currents into a layer's neurons, as brackets, from what drives the lines before it
    backward     z = W P'y       into the neurons before it, from what drives the lines of its own

x are patches (`patches.gather`), P pools (`circuit.topology`). With the average both are linear and transposes of each
other. The maximum picks one patch for each neuron; for these `winners` it is linear too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.topology import Conv, Grid
from analogep.engine.patch_reads import products, read_ahead, read_back
from analogep.engine.patches import chosen, gather, largest, returned
from analogep.network.connection import Connection, Reach, Winners

Floats = NDArray[np.float64]


def _alike(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    """Both as compiled code takes them: contiguous, of the same kind, and not to be written to, as weights may be: for
    each kind of array it is compiled anew."""
    kind = np.result_type(one, other)
    both = np.ascontiguousarray(one, kind).view(), np.ascontiguousarray(other, kind).view()
    for array in both:
        array.flags.writeable = False
    return both


@dataclass(frozen=True)
class Convolution(Connection):
    """An unrolled kernel, read once a patch.

    Parameters
    ----------
    conv : Conv
        The circuit card's block.
    before : Grid
        Nodes that it reads.
    """

    conv: Conv
    before: Grid
    places: int = field(init=False)
    reads: int = field(init=False)
    slots: int = field(init=False)
    _after: Grid = field(init=False)

    def __post_init__(self) -> None:
        after = self.conv.grid(self.before)
        # The patches of an average share the time of one read; a maximum needs all of them at once.
        reads = after.height * after.width * (self.conv.pooled**2 if self._maximum else 1)
        object.__setattr__(self, "_after", after)
        object.__setattr__(self, "places", after.height * after.width)
        object.__setattr__(self, "reads", reads)
        object.__setattr__(self, "slots", -(-reads // self.conv.copies))

    @property
    def linear(self) -> bool:
        """Not with a maximum."""
        return not self._maximum

    def unpooled(self) -> Connection:
        """With a maximum the bare convolution."""
        return Convolution(self.conv.model_copy(update={"pool": None}), self.before) if self._maximum else self

    @property
    def _maximum(self) -> bool:
        return self.conv.pool is not None and self.conv.pool.kind == "max"

    @property
    def rows(self) -> int:
        """Word lines of a patch."""
        return self.conv.kernel**2 * self.before.channels

    @property
    def geometry(self) -> tuple[int, ...]:
        """As `patches.gather` takes it."""
        pooled, conv = (1 if self._maximum else self.conv.pooled), self.conv
        again = self.conv.pooled if self._maximum else 1
        tall, wide = self._after.height * again, self._after.width * again
        return (*self.before, conv.kernel, conv.stride, conv.padding, pooled, tall, wide)

    @cached_property
    def visits(self) -> Floats:
        """Patches that each node is in (nodes,) [1]."""
        return self.row_load(np.ones(self.rows)) / self.share

    @property
    def share(self) -> float:
        """Share of the time of each patch that a neuron reads in turn."""
        return 1.0 if self._maximum else 1.0 / self.conv.pooled**2

    def patches(self, x: Floats, share: float | None = None) -> Floats:
        """Patches (samples, reads, rows) [V] of `x` (samples, nodes) [V], weighted by the share of time or `share`."""
        out = np.empty((x.shape[0], self.reads, self.rows), x.dtype)
        gather(np.ascontiguousarray(x), self.geometry, x.dtype.type(self.share if share is None else share), out)
        return out

    def unpatched(self, patches: Floats, share: float | None = None) -> Floats:
        """The transpose: `patches` (samples, reads, rows) [V] added up at their nodes (samples, nodes) [V]."""
        out = np.zeros((patches.shape[0], self.before.size), patches.dtype)
        weight = patches.dtype.type(self.share if share is None else share)
        # What is read back of a unit matrix: no kernel of its own.
        lines, unit = _alike(patches, np.eye(self.rows, dtype=patches.dtype))
        read_back(lines, self.geometry, weight, unit, out)
        return out

    def sums(self, x: Floats, weights: Floats, share: float | None = None) -> Floats:
        """Sums of each patch (samples, reads, columns) [V]; arguments as in `Connection`, `share` as in `patches`."""
        x, weights = _alike(x, weights)
        out = np.empty((x.shape[0], self.reads, weights.shape[1]), x.dtype)
        read_ahead(x, self.geometry, x.dtype.type(self.share if share is None else share), weights, out)
        return out

    def _back(self, y: Floats, weights: Floats, winners: Winners, share: float, out: Floats | None = None) -> Floats:
        """Patches of the bit lines' reads, added up at the nodes of `out`, or of zeros."""
        lines, weights = _alike(self._lines(y, winners), weights)
        if out is None:
            out = np.zeros((y.shape[0], self.before.size), lines.dtype)
        read_back(lines, self.geometry, lines.dtype.type(share), weights, out)
        return out

    def read(self, x: Floats, weights: Floats, out: Floats) -> None:
        """As in `Connection`."""
        shape = (x.shape[0], self.reads, weights.shape[1])
        x, weights = _alike(x, weights)
        read_ahead(x, self.geometry, x.dtype.type(self.share), weights, out.reshape(shape))

    def read_back(self, y: Floats, weights: Floats, out: Floats) -> None:
        """As in `Connection`."""
        self._back(y, weights, None, self.share, out)

    def _neurons(self, samples: int, columns: int) -> tuple[int, int, int]:
        return samples, self.places, columns

    def _pick(self, sums: Floats, winners: Winners) -> Floats:
        """The winners' sums (samples, neurons)."""
        samples, _, columns = sums.shape
        if winners is None:
            return sums.reshape(samples, -1)
        out = np.empty(self._neurons(samples, columns), sums.dtype)
        chosen(sums, winners, out)
        return out.reshape(samples, -1)

    def _lines(self, y: Floats, winners: Winners) -> Floats:
        """What drives the bit lines in each read (samples, reads, columns)."""
        samples, columns = y.shape[0], self.conv.channels
        values = np.ascontiguousarray(y).reshape(self._neurons(samples, columns))
        if winners is None:
            return values
        out = np.zeros((samples, self.reads, columns), y.dtype)
        returned(values, winners, out)
        return out

    def winners(self, x: Floats, weights: Floats) -> Winners:
        """With the maximum the place of the patch with the largest sum, for each neuron (samples, places, columns)."""
        return self.compared(x, weights)[1] if self._maximum else None

    def compared(self, x: Floats, weights: Floats) -> tuple[Floats, Winners]:
        """Pooled sums (samples, neurons), and the winners of a maximum."""
        if not self._maximum:
            return self.forward(x, weights), None
        sums, (_, _, channels) = self.sums(x, weights), self._after
        shape = self._neurons(x.shape[0], channels)
        out, winners = np.empty(shape, sums.dtype), np.empty(shape, np.int64)
        largest(sums, self._after.height, self._after.width, self.conv.pooled, out, winners)
        return out.reshape(x.shape[0], -1), winners

    def forward(self, x: Floats, weights: Floats, winners: Winners = None) -> Floats:
        """P(W' patches)."""
        if self._maximum and winners is None:
            return self.compared(x, weights)[0]
        return self._pick(self.sums(x, weights), winners)

    def backward(self, y: Floats, weights: Floats, winners: Winners = None) -> Floats:
        """Patches of W P'y, added up."""
        return self._back(y, weights, winners, self.share)

    def products(self, x: Floats, y: Floats, winners: Winners = None) -> Floats:
        """sum over samples and reads of patch P'y."""
        x, lines = _alike(x, self._lines(y, winners))
        out = np.zeros((self.rows, lines.shape[2]), x.dtype)
        products(x, lines, self.geometry, x.dtype.type(self.share), out)
        return out

    def variance(self, x2: Floats, variances: Floats, winners: Winners = None) -> Floats:
        """Each read has noise of its own; a mean of p^2 of them has their sum over p^4."""
        return self._pick(self.sums(x2, variances, self.share**2), winners)

    def variance_back(self, y2: Floats, variances: Floats, winners: Winners = None) -> Floats:
        """As in `variance`."""
        return self._back(y2, variances, winners, self.share**2)

    def matrices(self, weights: Floats, winners: Winners = None) -> Floats:
        """Columns of the linear map, one unit input after the other."""
        units, nodes = np.eye(self.before.size, dtype=weights.dtype), self.before.size
        if winners is None:
            return self.forward(units, weights)
        each = [np.broadcast_to(one, (nodes, *one.shape)) for one in winners]
        return np.stack([self.forward(units, weights, np.ascontiguousarray(one)) for one in each])

    def line_swings(self, change: float, x: Floats, columns: int) -> float:
        """Each patch is put onto the lines and taken off again once a phase, by each pooled place that reads it.

        Where every patch has an array of its own nothing is taken off, as in a dense layer.
        """
        if self.slots == 1:
            return change * columns * float(self.visits.mean())
        return float((np.square(x) @ self.cells(columns)).sum())

    def line_swings_back(self, change: float, y: Floats, rows: int) -> float:
        """As in `line_swings`."""
        return (change if self.slots == 1 else float(np.square(y).sum())) * self.cells_back(rows)

    def cells(self, columns: int) -> Floats:
        """In all patches that the node is in."""
        return self.visits * columns

    def cells_back(self, rows: int) -> int:
        """With the average in each of the pooled places, with the maximum in one."""
        return rows * (1 if self._maximum else self.conv.pooled**2)

    def reach(self, nodes: int) -> Reach:
        """Patches of an average are one larger patch, whose spacing is that of the neurons."""
        height, width, channels, kernel, stride, padding, pooled, tall, wide = self.geometry
        chooses = self.conv.pooled if self._maximum else 1
        return Reach(
            height, width, channels, kernel + (pooled - 1) * stride, pooled * stride, padding, tall, wide, chooses
        )

    def folded(self, weights: Floats) -> Floats:
        """Sum of the pooled patches' weights at the node (a, b): share sum_uv w[a - u stride, b - v stride]."""
        return self._folded(weights, self.share)

    def folded_variance(self, variances: Floats) -> Floats:
        """As in `variance`."""
        return self._folded(variances, self.share**2)

    def _folded(self, weights: Floats, share: float) -> Floats:
        _, _, channels, kernel, stride, _, pooled, _, _ = self.geometry
        side, columns = kernel + (pooled - 1) * stride, weights.shape[1]
        given = weights.reshape(kernel, kernel, channels, columns)
        out = np.zeros((side, side, channels, columns), weights.dtype)
        for u in range(pooled):
            for v in range(pooled):
                a, b = u * stride, v * stride
                out[a : a + kernel, b : b + kernel] += share * given
        return out.reshape(-1, columns)

    def row_load(self, row_total: Floats) -> Floats:
        """Conductances of the word lines in all patches of a node, each for its share of the time."""
        everywhere = np.broadcast_to(row_total, (1, self.reads, self.rows))
        nodes: Floats = self.unpatched(np.ascontiguousarray(everywhere, dtype=np.float64))[0]
        return nodes

    def spread(self, per_column: Floats) -> Floats:
        """That of its channel."""
        return np.tile(per_column, self.places)

    def collected(self, y: Floats) -> Floats:
        """Summed over samples and places."""
        return np.asarray(y.reshape(-1, self.conv.channels).sum(axis=0))
