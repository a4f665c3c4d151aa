"""Compiled copies between images and the patches that a convolution reads, forth and back.

Nodes lie row by row with the channels innermost, so that a row of a patch is one run of k C numbers. With pooling by
the average, u and v below p, spacing s between patches, and m = s p between the first patches of two neurons,

    patch[i, j; a, b, c] = sum_uv image[i m + u s + a - padding, j m + v s + b - padding, c] share

and `scatter` is the exact transpose of `gather`.
"""

from __future__ import annotations

from numba import njit

from analogep.jit import kernel

_FAST = {"contract", "nsz"}


@njit(nogil=True, fastmath=_FAST)
def _run(row, first, height, width, channels, padding, kernel):  # type: ignore[no-untyped-def]
    """Where the run of a patch's row lies in an image: its first node and number of nodes, and the nodes before it."""
    y, x = row - padding, first - padding
    left = max(0, -x)
    right = min(kernel, width - x)
    if y < 0 or y >= height or right <= left:
        return 0, 0, 0
    return (y * width + x + left) * channels, (right - left) * channels, left * channels


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
    height, width, channels, kernel, stride, padding, pooled, tall, wide = geometry
    length, step = kernel * channels, stride * pooled
    for b in range(image.shape[0]):
        nodes = image[b]
        for i in range(tall):
            for j in range(wide):
                out = patches[b, i * wide + j]
                out[:] = 0
                for a in range(kernel):
                    part = out[a * length : (a + 1) * length]
                    for u in range(pooled):
                        row = i * step + u * stride + a
                        for v in range(pooled):
                            column = j * step + v * stride
                            start, many, skip = _run(row, column, height, width, channels, padding, kernel)
                            seen, here = nodes[start : start + many], part[skip : skip + many]
                            for n in range(many):
                                here[n] += share * seen[n]


@kernel(fastmath=_FAST)
def scatter(patches, geometry, share, image):  # type: ignore[no-untyped-def]
    """Add patches to the nodes that they were gathered from; parameters as in `gather`, `image` is added to."""
    height, width, channels, kernel, stride, padding, pooled, tall, wide = geometry
    length, step = kernel * channels, stride * pooled
    for b in range(image.shape[0]):
        nodes = image[b]
        for i in range(tall):
            for j in range(wide):
                given = patches[b, i * wide + j]
                for a in range(kernel):
                    part = given[a * length : (a + 1) * length]
                    for u in range(pooled):
                        row = i * step + u * stride + a
                        for v in range(pooled):
                            column = j * step + v * stride
                            start, many, skip = _run(row, column, height, width, channels, padding, kernel)
                            here, seen = nodes[start : start + many], part[skip : skip + many]
                            for n in range(many):
                                here[n] += share * seen[n]


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
