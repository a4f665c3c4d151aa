"""The compiled loop of `relaxation.deep`: products of a whole batch between layers, and one sweep over the nodes.

A step is two matrix products for each array, by BLAS, and what happens at the nodes in between, a sample's layer at a
time while it is near the core.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from analogep.jit import kernel

# Sums may be added in any order, and products fused with additions: numbers depend on the processor, not on threads.
_FAST = {"reassoc", "contract", "nsz"}
DOUBLINGS = 6
_TERMS = {np.dtype(np.float64): 14, np.dtype(np.float32): 7}


def exponential(kind: Any) -> NDArray[Any]:
    """First terms c_n of e^y - 1 = y (c_0 + c_1 y + ...), y = x/32, as powers of x, as many as `kind` can tell."""
    h = 2.0 / 2**DOUBLINGS
    return np.array([h ** (n + 1) / math.factorial(n + 1) for n in range(_TERMS[np.dtype(kind)])], dtype=kind)


@njit(forceinline=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _clipped(v, low, high, r):  # type: ignore[no-untyped-def]
    """r = v between the rails."""
    for j in range(v.size):
        r[j] = min(max(v[j], low), high)


@njit(forceinline=True, nogil=True, fastmath=_FAST, error_model="numpy")
def saturated(v, centre, swing, terms, r):  # type: ignore[no-untyped-def]
    """r = centre + swing tanh x, x = (v - centre)/swing, without a branch, so that sixteen are computed at once.

    tanh x = u/(u + 2) with u = e^2x - 1, from its power series at x/32 and u(2y) = u (u + 2); beyond 20 it is 1.
    """
    last, most = terms.size - 1, v.dtype.type(20)
    scale, two = v.dtype.type(1) / swing, v.dtype.type(2)
    for j in range(v.size):
        r[j] = terms[last]
    for n in range(last - 1, -1, -1):
        for j in range(v.size):
            r[j] = r[j] * min(max((v[j] - centre) * scale, -most), most) + terms[n]
    for j in range(v.size):
        u = r[j] * min(max((v[j] - centre) * scale, -most), most)
        for _ in range(DOUBLINGS):
            u = u * (u + two)
        r[j] = centre + swing * (u / (u + two))


@njit(forceinline=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _driven(r, gain, series, q):  # type: ignore[no-untyped-def]
    """r <- gain r and q = r (c_0 + c_1 r^2 + ...), a term after the other over all lines."""
    last = series.size - 1
    for j in range(r.size):
        r[j] *= gain
        q[j] = series[last]
    for n in range(last - 1, -1, -1):
        for j in range(r.size):
            q[j] = q[j] * (r[j] * r[j]) + series[n]
    for j in range(r.size):
        q[j] *= r[j]


@njit(forceinline=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _power(r, q, line):  # type: ignore[no-untyped-def]
    """Sum of r q line."""
    total = r.dtype.type(0)
    for j in range(r.size):
        total += r[j] * q[j] * line[j]
    return total


@njit(forceinline=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _square(v):  # type: ignore[no-untyped-def]
    """Sum of v^2."""
    total = v.dtype.type(0)
    for j in range(v.size):
        total += v[j] * v[j]
    return total


@njit(forceinline=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _nudge(beta, frozen, pulls, y, r, leak, out):  # type: ignore[no-untyped-def]
    """out = beta pull; returns the power of the nudging source, sum |beta pull leak (target - y)|."""
    power = y.dtype.type(0)
    for o in range(y.size):
        pull = pulls[0][o] if frozen else pulls[0][o] - r[o]
        out[o] = beta * pull
        power += abs(beta * pull * leak * (pulls[1][o] - y[o]))
    return power


@njit(forceinline=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _disturbed(out, xi, variance):  # type: ignore[no-untyped-def]
    """out += xi sqrt(variance)."""
    for j in range(out.size):
        out[j] += xi[j] * variance[j] ** 0.5


@njit(forceinline=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _furthest(v, into, fed, constant):  # type: ignore[no-untyped-def]
    """Largest |bracket - v|."""
    most = v.dtype.type(0)
    for j in range(v.size):
        most = max(most, abs(into[j] + fed[j] + constant[j] - v[j]))
    return most


@njit(forceinline=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _stepped(v, into, fed, constant, share):  # type: ignore[no-untyped-def]
    """v += share (bracket - v)."""
    for j in range(v.size):
        v[j] += share * (into[j] + fed[j] + constant[j] - v[j])


@njit(forceinline=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _lines(k, v, numbers, scalars, signal, space, weight, energy):  # type: ignore[no-untyped-def]
    """Line voltages of layer k in both directions, its nudging, and the powers of arrays, leaks and nudging."""
    curves, rows, columns, series, terms = numbers
    beta, frozen, gain = scalars[0], scalars[1], scalars[2]
    room, q, back, fed = space
    r, one = room[: v[k].shape[1]], v[k].dtype.type(1)
    for b in range(v[k].shape[0]):
        here = v[k][b]
        if curves[k, 3] > 0:
            saturated(here, curves[k, 2], curves[k, 3], terms, r)
        else:
            _clipped(here, curves[k, 0], curves[k, 1], r)
        energy[b, 1] += weight * curves[k, 5] * _square(here)
        if k < curves.shape[0] - 1:
            _driven(r, one, series, q[k][b])
            energy[b, 0] += weight * _power(r, q[k][b], rows[k])
        elif beta != 0:
            # The nudging source sees the rate, the reverse lines its share of it.
            pulls = (signal[0][b], signal[1][b])
            energy[b, 2] += weight * _nudge(beta, frozen, pulls, here, r, curves[k, 5], fed[k][b])
        else:
            fed[k][b] = 0
        if k > 0:
            _driven(r, gain, series, back[k][b])
            energy[b, 0] += weight * _power(r, back[k][b], columns[k])


@njit(forceinline=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _products(layers, straight, weights, turned, q, back, into, fed):  # type: ignore[no-untyped-def]
    """into_k = q_(k-1) W_k and fed_(k-1) = back_k M_k', M stored as it is or, if `straight`, transposed."""
    for k in range(1, layers):
        np.dot(q[k - 1], weights[k], into[k])
        if straight:
            np.dot(back[k], turned[k], fed[k - 1])
        else:
            np.dot(back[k], turned[k].T, fed[k - 1])


@njit(forceinline=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _noisy(layers, straight, noise, space):  # type: ignore[no-untyped-def]
    """Read noise of the arrays between layers, into their brackets; the drives are squared where they lie."""
    variances, turned, constants, deviates, reverse = noise
    q, back, into, fed, spread = space
    for k in range(1, layers):
        np.multiply(q[k - 1], q[k - 1], q[k - 1])
        np.multiply(back[k], back[k], back[k])
        np.dot(q[k - 1], variances[k], spread[k])
        for b in range(spread[k].shape[0]):
            spread[k][b] += constants[k]
            _disturbed(into[k][b], deviates[k][b], spread[k][b])
        if straight:
            np.dot(back[k], turned[k], spread[k - 1])
        else:
            np.dot(back[k], turned[k].T, spread[k - 1])
        for b in range(spread[k].shape[0]):
            _disturbed(fed[k - 1][b], reverse[k - 1][b], spread[k - 1][b])


@kernel(fastmath=_FAST, error_model="numpy")
def sweep_steps(  # type: ignore[no-untyped-def]
    count, flags, v, signal, weights, numbers, scalars, noise, space, energy, residual
):
    """Take `count` steps of all samples given, in place.

    Every tuple below has an entry for each layer of neurons, and may have more behind (`padding`). Array k lies in
    front of layer k; what stands first in the tuples of arrays is not looked at, the first array being in the inputs
    already.

    Parameters
    ----------
    count : int
    flags : tuple of bool
        Whether nodes are put back onto the rails after a step, whether reverse arrays are given transposed, whether
        reads have noise.
    v : tuple of ndarray (samples, nodes) [V]
        Node voltages; changed in place.
    signal : tuple of ndarray
        Target or frozen pull, and target, (samples, outputs) [V]; bracket of the first layer (samples, nodes) [V].
    weights : tuple of tuples of ndarray
        Forward weights (nodes before, nodes) [1]; reverse ones, the same shape or transposed; bracket of the bias lines
        (nodes,) [V].
    numbers : tuple
        Of each layer low and high rail, centre and swing of a saturating curve (0 for none), share of a time constant
        in a step, leak (layers, 6); conductances on the word lines that layer k drives and on the bit lines that it
        drives in reverse, tuples of (nodes,) [S]; coefficients of the devices' curve, and those of `exponential`.
    scalars : ndarray (5,)
        beta, whether it is frozen, gain, read voltage, power of the bias lines.
    noise : tuple of tuples of ndarray
        Variances of forward and reverse weights [1]; variances of the bias lines' bracket (nodes,) [V^2]; deviates of
        what comes forward into layer k, and of what comes back into it, (samples, nodes).
    space : tuple
        Lines of one sample (nodes,) and room for drives forward and in reverse, brackets forward and in reverse, and
        their variances, tuples of (samples, nodes).
    energy : ndarray (samples, 3) [W]
        Added to: sum over steps of the mean of the powers before and after, of arrays, leaks and nudging.
    residual : ndarray (samples,) [1]
        Set to the largest remaining current over leak and read voltage.
    """
    held, straight, noisy = flags
    lines, q, back, into, fed, spread = space
    curves, layers = numbers[0], numbers[0].shape[0]
    for step in range(count + 1):
        weight = 0.5 if step == 0 or step == count else 1.0
        for k in range(layers):
            _lines(k, v, numbers, scalars, signal, (lines, q, back, fed), weight, energy)
        energy[:, 0] += weight * scalars[4]
        into[0][:] = signal[2]
        _products(layers, straight, weights[0], weights[1], q, back, into, fed)
        if noisy:
            _noisy(layers, straight, noise, (q, back, into, fed, spread))
        for k in range(layers):
            for b in range(v[k].shape[0]):
                here, comes, returns, constant = v[k][b], into[k][b], fed[k][b], weights[2][k]
                if step == count:
                    residual[b] = max(residual[b], _furthest(here, comes, returns, constant) / scalars[3])
                    continue
                _stepped(here, comes, returns, constant, curves[k, 4])
                if held:
                    _clipped(here, curves[k, 0], curves[k, 1], here)
