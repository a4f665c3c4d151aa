"""The compiled loop of `relaxation.compiled`; one sample's voltages and sums at a time.

Sums may be added in any order (`reassoc`), which lets sixteen terms be added at once, and products may be fused with
additions; nothing else is traded for speed. The numbers depend on the processor's vectors as those of BLAS do, and not
on threads.
"""

from __future__ import annotations

import numpy as np
from numba import njit

_FAST = {"reassoc", "contract", "nsz"}


@njit(nogil=True, fastmath=_FAST, error_model="numpy")
def _rates(v, low, high, r):  # type: ignore[no-untyped-def]
    """r = v between the rails."""
    for j in range(v.size):
        r[j] = min(max(v[j], low), high)


@njit(nogil=True, fastmath=_FAST, error_model="numpy")
def _drives(r, series, q):  # type: ignore[no-untyped-def]
    """q = r (c_0 + c_1 r^2 + ...), a term after the other over all lines."""
    last = series.size - 1
    if last == 0:
        for j in range(r.size):
            q[j] = series[0] * r[j]
        return
    for j in range(r.size):
        q[j] = series[last]
    for n in range(last - 1, -1, -1):
        c = series[n]
        for j in range(r.size):
            q[j] = q[j] * (r[j] * r[j]) + c
    for j in range(r.size):
        q[j] *= r[j]


@njit(nogil=True, fastmath=_FAST, error_model="numpy")
def _forward(q, weights, out):  # type: ignore[no-untyped-def]
    """out_o += sum_j weights_oj q_j, two outputs at a time."""
    o = 0
    while o + 2 <= weights.shape[0]:
        a, b = q.dtype.type(0), q.dtype.type(0)
        for j in range(q.size):
            a += q[j] * weights[o, j]
            b += q[j] * weights[o + 1, j]
        out[o] += a
        out[o + 1] += b
        o += 2
    while o < weights.shape[0]:
        a = q.dtype.type(0)
        for j in range(q.size):
            a += q[j] * weights[o, j]
        out[o] += a
        o += 1


@njit(nogil=True, fastmath=_FAST, error_model="numpy")
def _backward(q, weights, out):  # type: ignore[no-untyped-def]
    """out_j += sum_o weights_oj q_o, five outputs at a time."""
    o = 0
    while o + 5 <= weights.shape[0]:
        a, b, c, d, e = q[o], q[o + 1], q[o + 2], q[o + 3], q[o + 4]
        for j in range(out.size):
            out[j] += (
                weights[o, j] * a
                + weights[o + 1, j] * b
                + weights[o + 2, j] * c
                + weights[o + 3, j] * d
                + weights[o + 4, j] * e
            )
        o += 5
    while o < weights.shape[0]:
        a = q[o]
        for j in range(out.size):
            out[j] += weights[o, j] * a
        o += 1


@njit(nogil=True, fastmath=_FAST, error_model="numpy")
def _squares(q, out):  # type: ignore[no-untyped-def]
    for j in range(q.size):
        out[j] = q[j] * q[j]


@njit(nogil=True, fastmath=_FAST, error_model="numpy")
def _scattered(out, xi, variance):  # type: ignore[no-untyped-def]
    """out += xi sqrt(variance)."""
    for j in range(out.size):
        out[j] += xi[j] * variance[j] ** 0.5


@njit(nogil=True, fastmath=_FAST, error_model="numpy")
def _power(v, r, q, line):  # type: ignore[no-untyped-def]
    """Sum of r q line, and of v^2."""
    array, square = v.dtype.type(0), v.dtype.type(0)
    for j in range(v.size):
        array += r[j] * q[j] * line[j]
        square += v[j] * v[j]
    return array, square


@njit(nogil=True, fastmath=_FAST, error_model="numpy")
def _furthest(v, bracket):  # type: ignore[no-untyped-def]
    """Largest |bracket - v|."""
    most = v.dtype.type(0)
    for j in range(v.size):
        most = max(most, abs(bracket[j] - v[j]))
    return most


@njit(nogil=True, fastmath=_FAST, error_model="numpy")
def _stepped(v, bracket, share, held, low, high):  # type: ignore[no-untyped-def]
    """v += share (bracket - v), back onto the rails if nodes are held there."""
    for j in range(v.size):
        v[j] += share * (bracket[j] - v[j])
    if held:
        for j in range(v.size):
            v[j] = min(max(v[j], low), high)


@njit(nogil=True, fastmath=_FAST, error_model="numpy")
def _nudge(beta, frozen, target, aim, y, r, leak, out):  # type: ignore[no-untyped-def]
    """out += beta pull; returns the power of the nudging source, sum |beta pull leak (aim - y)|."""
    power = y.dtype.type(0)
    for o in range(y.size):
        pull = target[o] if frozen else target[o] - r[o]
        out[o] += beta * pull
        power += abs(beta * pull * leak * (aim[o] - y[o]))
    return power


@njit(cache=True, nogil=True, fastmath=_FAST, error_model="numpy")
def euler_steps(  # type: ignore[no-untyped-def]
    first, last, count, held, hidden, outputs, signal, weights, noise, lines, rails, series, scalars, energy, residual
):
    """Take `count` steps of the samples `first` to `last` - 1, in place.

    Parameters
    ----------
    first, last, count : int
    held : bool
        Whether nodes are put back onto the rails after a step.
    hidden, outputs : ndarray (samples, hidden), (samples, outputs) [V]
        Node voltages; changed in place.
    signal : tuple of ndarray
        Bracket of the hidden layer (samples, hidden) [V]; target or frozen pull, and target, (samples, outputs) [V];
        deviates of the read noise (samples, outputs) and (samples, hidden), empty without.
    weights : tuple of ndarray
        Forward and reverse (outputs, hidden) [1], bracket of the bias line (outputs,) [V].
    noise : tuple of ndarray
        Variances of the weights (outputs, hidden) twice, and of the bias line's bracket (outputs,) [V^2].
    lines : tuple of ndarray (hidden,), (outputs,) [S]
        Conductance on each word line of the second array, and on each bit line read in reverse.
    rails : ndarray (2, 2) [V]
    series : ndarray
        Coefficients of the devices' curve.
    scalars : ndarray (9,)
        As in `Kernel._scalars`.
    energy : ndarray (samples, 3) [W]
        Added to: sum over steps of the mean of the powers before and after, of arrays, leaks and nudging.
    residual : ndarray (samples,) [1]
        Set to the largest remaining current over leak and read voltage.
    """
    size, ends, kind = hidden.shape[1], outputs.shape[1], hidden.dtype
    share, end_share, leak, end_leak, beta, frozen, gain, volts, bias = scalars
    low, high, end_low, end_high = rails[0, 0], rails[0, 1], rails[1, 0], rails[1, 1]
    v, r, q = np.empty(size, kind), np.empty(size, kind), np.empty(size, kind)
    bracket, spread = np.empty(size, kind), np.empty(size, kind)
    y, s, back, out, scatter = (
        np.empty(ends, kind), np.empty(ends, kind), np.empty(ends, kind), np.empty(ends, kind), np.empty(ends, kind)
    )  # fmt: skip
    for b in range(first, last):
        v[:], y[:] = hidden[b], outputs[b]
        for step in range(count + 1):
            _rates(v, low, high, r)
            _drives(r, series, q)
            array, square = _power(v, r, q, lines[0])
            out[:], bracket[:] = weights[2], signal[0][b]
            _rates(y, end_low, end_high, s)
            # The nudging source sees the rate, the reverse lines its share of it.
            nudging = _nudge(beta, frozen, signal[1][b], signal[2][b], y, s, end_leak, out) if beta != 0 else 0 * beta
            for o in range(ends):
                s[o] *= gain
            _drives(s, series, back)
            end_array, end_square = _power(y, s, back, lines[1])
            _forward(q, weights[0], out)
            _backward(back, weights[1], bracket)
            if noise[0].size > 0:
                _squares(q, spread)
                scatter[:] = noise[2]
                _forward(spread, noise[0], scatter)
                _scattered(out, signal[3][b], scatter)
                _squares(back, scatter)
                spread[:] = 0
                _backward(scatter, noise[1], spread)
                _scattered(bracket, signal[4][b], spread)
            weight = 0.5 if step == 0 or step == count else 1.0
            energy[b, 0] += weight * (array + end_array + bias)
            energy[b, 1] += weight * (square * leak + end_square * end_leak)
            energy[b, 2] += weight * nudging
            if step == count:
                residual[b] = max(_furthest(v, bracket), _furthest(y, out)) / volts
            else:
                _stepped(v, bracket, share, held, low, high)
                _stepped(y, out, end_share, held, end_low, end_high)
        hidden[b], outputs[b] = v, y
