"""Compiled reads of a kernel that meets one patch after another: patches, product, and what becomes of it, in one call.

A few samples at a time, so that their patches are still in the core's cache when BLAS multiplies them; `gather` and
`scatter` are those of `patches`.
"""

from __future__ import annotations

import numpy as np

from analogep.engine.patches import gather, scatter
from analogep.jit import inner, kernel

_NUMBERS = 1 << 16
"""Numbers of the patches that are multiplied at once, about: 256 kB in single precision."""
_PATCHES = 96
"""At least so many patches at once: each product rearranges all weights."""


@inner(forceinline=False)
def _some(samples, places, rows):  # type: ignore[no-untyped-def]
    """How many of the samples are taken at once."""
    return max(1, min(samples, max(_NUMBERS // (places * rows), (_PATCHES + places - 1) // places)))


@kernel()
def read_ahead(x, geometry, share, weights, out):  # type: ignore[no-untyped-def]
    """out = patches @ weights.

    Parameters
    ----------
    x : ndarray (samples, nodes)
    geometry, share
        As `patches.gather` takes them.
    weights : ndarray (rows, columns), C-contiguous
    out : ndarray (samples, places, columns), C-contiguous
        Filled. All arrays have the same kind of numbers.
    """
    samples, places, columns = out.shape
    rows = weights.shape[0]
    some = _some(samples, places, rows)
    patches = np.empty((some, places, rows), x.dtype)
    for first in range(0, samples, some):
        last = min(first + some, samples)
        part = patches[: last - first]
        gather(x[first:last], geometry, share, part)
        flat = part.reshape((last - first) * places, rows)
        np.dot(flat, weights, out[first:last].reshape((last - first) * places, columns))


@kernel()
def read_back(y, geometry, share, weights, out):  # type: ignore[no-untyped-def]
    """Add the transpose of `read_ahead`: patches y @ weights' at their nodes.

    Parameters
    ----------
    y : ndarray (samples, places, columns), C-contiguous
    geometry, share, weights
        As in `read_ahead`.
    out : ndarray (samples, nodes)
        Added to.
    """
    samples, places, columns = y.shape
    rows = weights.shape[0]
    some = _some(samples, places, rows)
    patches = np.empty((some, places, rows), y.dtype)
    for first in range(0, samples, some):
        last = min(first + some, samples)
        part = patches[: last - first]
        given = y[first:last].reshape((last - first) * places, columns)
        np.dot(given, weights.T, part.reshape((last - first) * places, rows))
        scatter(part, geometry, share, out[first:last])


@kernel()
def products(x, y, geometry, share, out):  # type: ignore[no-untyped-def]
    """Add sum over samples and places of patch y'.

    Parameters
    ----------
    x, y : ndarray (samples, nodes), (samples, places, columns), C-contiguous
    geometry, share
        As in `read_ahead`.
    out : ndarray (rows, columns)
        Added to.
    """
    samples, places, columns = y.shape
    rows = out.shape[0]
    some = _some(samples, places, rows)
    patches, product = np.empty((some, places, rows), x.dtype), np.empty((rows, columns), x.dtype)
    for first in range(0, samples, some):
        last = min(first + some, samples)
        part = patches[: last - first]
        gather(x[first:last], geometry, share, part)
        flat = part.reshape((last - first) * places, rows)
        np.dot(flat.T, y[first:last].reshape((last - first) * places, columns), product)
        for i in range(rows):
            for j in range(columns):
                out[i, j] += product[i, j]
