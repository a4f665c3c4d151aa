"""Compiled copies between images and the patches that a convolution reads, forth and back.

Nodes lie row by row with the channels innermost, so that a row of a patch is one run of k C numbers. With pooling by
the average, u and v below p, spacing s between patches, and m = s p between the first patches of two neurons,

    patch[i, j; a, b, c] = box[i m + a, j m + b, c]
    box[y, x, c] = share sum_uv image[y + u s - padding, x + v s - padding, c]

The box is made once, so that each of the k^2 p^2/m^2 uses of a node by patches is a plain copy. `scatter` is the exact
transpose of `gather`.
"""

from __future__ import annotations

import numpy as np

from analogep.jit import inner, kernel

_FAST = {"contract", "nsz"}


@inner(forceinline=False)
def _box(geometry):  # type: ignore[no-untyped-def]
    """Height and width of the box."""
    _, _, _, kernel, stride, _, pooled, tall, wide = geometry
    return (tall - 1) * stride * pooled + kernel, (wide - 1) * stride * pooled + kernel


@inner(forceinline=False)
def _overlap(offset, places, width):  # type: ignore[no-untyped-def]
    """First place of the box that lies on the image when it is moved by `offset`, and the one behind the last."""
    return max(0, -offset), min(places, width - offset)


@inner(fastmath=_FAST)
def _pooled(nodes, geometry, share, line, box):  # type: ignore[no-untyped-def]
    """Fill the box (height, width x channels) from one image (nodes,); `line` is a buffer of one image row."""
    height, width, channels, _, stride, padding, pooled, _, _ = geometry
    places = box.shape[1] // channels
    for y in range(box.shape[0]):
        line[:] = 0
        for u in range(pooled):
            row = y + u * stride - padding
            if 0 <= row < height:
                seen = nodes[row * width * channels : (row + 1) * width * channels]
                for n in range(line.size):
                    line[n] += share * seen[n]
        out = box[y]
        out[:] = 0
        for v in range(pooled):
            offset = v * stride - padding
            first, last = _overlap(offset, places, width)
            if last > first:
                here = out[first * channels : last * channels]
                there = line[(first + offset) * channels : (last + offset) * channels]
                for n in range(here.size):
                    here[n] += there[n]


@inner(fastmath=_FAST)
def _returned(box, geometry, share, line, nodes):  # type: ignore[no-untyped-def]
    """The transpose of `_pooled`: adds to the nodes."""
    height, width, channels, _, stride, padding, pooled, _, _ = geometry
    places = box.shape[1] // channels
    for y in range(box.shape[0]):
        line[:] = 0
        given = box[y]
        for v in range(pooled):
            offset = v * stride - padding
            first, last = _overlap(offset, places, width)
            if last > first:
                here = given[first * channels : last * channels]
                there = line[(first + offset) * channels : (last + offset) * channels]
                for n in range(here.size):
                    there[n] += here[n]
        for u in range(pooled):
            row = y + u * stride - padding
            if 0 <= row < height:
                seen = nodes[row * width * channels : (row + 1) * width * channels]
                for n in range(line.size):
                    seen[n] += share * line[n]


@kernel(fastmath=_FAST)
def gather(image, geometry, share, patches):  # type: ignore[no-untyped-def]
    """Patches of each sample.

    Parameters
    ----------
    image : ndarray (samples, nodes)
    geometry : tuple of int
        Height, width, channels, kernel, stride, padding, pooled, and height and width of the neurons' grid.
    share : float
        Weight of each of the pooled patches.
    patches : ndarray (samples, neurons' places, kernel kernel channels)
        Filled.
    """
    _, width, channels, kernel, stride, _, pooled, tall, wide = geometry
    length, step, (high, broad) = kernel * channels, stride * pooled, _box(geometry)
    box, line = np.empty((high, broad * channels), image.dtype), np.empty(width * channels, image.dtype)
    for b in range(image.shape[0]):
        _pooled(image[b], geometry, share, line, box)
        for i in range(tall):
            for j in range(wide):
                out, first = patches[b, i * wide + j], j * step * channels
                for a in range(kernel):
                    seen, here = box[i * step + a, first : first + length], out[a * length : (a + 1) * length]
                    for n in range(length):
                        here[n] = seen[n]


@inner(forceinline=False, fastmath=_FAST)
def scatter(patches, geometry, share, image):  # type: ignore[no-untyped-def]
    """Add patches to the nodes that they were gathered from; parameters as in `gather`, `image` is added to."""
    _, width, channels, kernel, stride, _, pooled, tall, wide = geometry
    length, step, (high, broad) = kernel * channels, stride * pooled, _box(geometry)
    box, line = np.empty((high, broad * channels), image.dtype), np.empty(width * channels, image.dtype)
    for b in range(image.shape[0]):
        box[:] = 0
        for i in range(tall):
            for j in range(wide):
                given, first = patches[b, i * wide + j], j * step * channels
                for a in range(kernel):
                    here, seen = box[i * step + a, first : first + length], given[a * length : (a + 1) * length]
                    for n in range(length):
                        here[n] += seen[n]
        _returned(box, geometry, share, line, image[b])


@kernel()
def largest(sums, tall, wide, pooled, out, winners):  # type: ignore[no-untyped-def]
    """Largest sum of each neuron over its patches, the first of equal ones, and which patch it was.

    Parameters
    ----------
    sums : ndarray (samples, tall pooled x wide pooled, channels)
    tall, wide, pooled : int
    out : ndarray (samples, tall x wide, channels)
        Filled.
    winners : int64 ndarray, as `out`
        Filled with the place of the winner's patch.
    """
    channels, whole = sums.shape[2], wide * pooled
    for b in range(sums.shape[0]):
        for i in range(tall):
            for j in range(wide):
                best, which = out[b, i * wide + j], winners[b, i * wide + j]
                for u in range(pooled):
                    for v in range(pooled):
                        place = (i * pooled + u) * whole + j * pooled + v
                        here = sums[b, place]
                        for c in range(channels):
                            if (u == 0 and v == 0) or here[c] > best[c]:
                                best[c], which[c] = here[c], place


@kernel()
def chosen(sums, winners, out):  # type: ignore[no-untyped-def]
    """out[b, n, c] = sums[b, winners[b, n, c], c]."""
    for b in range(winners.shape[0]):
        for n in range(winners.shape[1]):
            for c in range(winners.shape[2]):
                out[b, n, c] = sums[b, winners[b, n, c], c]


@kernel()
def returned(values, winners, out):  # type: ignore[no-untyped-def]
    """out[b, winners[b, n, c], c] += values[b, n, c]: the transpose of `chosen`."""
    for b in range(winners.shape[0]):
        for n in range(winners.shape[1]):
            for c in range(winners.shape[2]):
                out[b, winners[b, n, c], c] += values[b, n, c]
