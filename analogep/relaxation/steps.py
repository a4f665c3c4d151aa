"""The compiled loop of `relaxation.compiled`; one sample's voltages and sums at a time.

Sums may be added in any order (`reassoc`), which lets sixteen terms be added at once, and products may be fused with
additions; nothing else is traded for speed. The numbers depend on the processor's vectors as those of BLAS do, and not
on threads.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from analogep.jit import kernel

_FAST = {"reassoc", "contract", "nsz"}


@njit(forceinline=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _swept(v, bracket, share, held, low, high, series, line, r, q):  # type: ignore[no-untyped-def]
    """v += share (bracket - v), back onto the rails if held there; then what the nodes drive in their new state.

    r = v between the rails, q = r (c_0 + c_1 r^2 + ...); returns the sums of r q line and of v^2. One loop where the
    devices are linear: memory is what this waits for.
    """
    last, array, square = series.size - 1, v.dtype.type(0), v.dtype.type(0)
    if last == 0:
        c = series[0]
        for j in range(v.size):
            moved = v[j] + share * (bracket[j] - v[j])
            rate = min(max(moved, low), high)
            moved = rate if held else moved
            v[j] = moved
            q[j] = c * rate
            array += c * rate * rate * line[j]
            square += moved * moved
        return array, square
    for j in range(v.size):
        moved = v[j] + share * (bracket[j] - v[j])
        r[j] = min(max(moved, low), high)
        moved = r[j] if held else moved
        v[j] = moved
        q[j] = series[last]
        square += moved * moved
    return _curved(series, line, r, q), square


@njit(forceinline=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _curved(series, line, r, q):  # type: ignore[no-untyped-def]
    """q = r (c_0 + c_1 r^2 + ...), from its last coefficient; returns the sum of r q line."""
    array = r.dtype.type(0)
    for n in range(series.size - 2, -1, -1):
        c = series[n]
        for j in range(r.size):
            q[j] = q[j] * (r[j] * r[j]) + c
    for j in range(r.size):
        q[j] *= r[j]
        array += r[j] * q[j] * line[j]
    return array


@njit(forceinline=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _driven(r, series, line, q):  # type: ignore[no-untyped-def]
    """q = r (c_0 + c_1 r^2 + ...); returns the sum of r q line."""
    for j in range(r.size):
        q[j] = series[series.size - 1]
    return _curved(series, line, r, q)


@njit(forceinline=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _forward(q, weights, out):  # type: ignore[no-untyped-def]
    """out_o += sum_j weights_oj q_j of two samples, five outputs at a time: numbers are read once for several."""
    first, second, zero, o = q[0], q[1], q.dtype.type(0), 0
    while o + 5 <= weights.shape[0]:
        a, b, c, d, e = zero, zero, zero, zero, zero
        f, g, h, k, m = zero, zero, zero, zero, zero
        for j in range(first.size):
            u, v, w, x, y = weights[o, j], weights[o + 1, j], weights[o + 2, j], weights[o + 3, j], weights[o + 4, j]
            s, t = first[j], second[j]
            a += s * u
            b += s * v
            c += s * w
            d += s * x
            e += s * y
            f += t * u
            g += t * v
            h += t * w
            k += t * x
            m += t * y
        out[0, o] += a
        out[0, o + 1] += b
        out[0, o + 2] += c
        out[0, o + 3] += d
        out[0, o + 4] += e
        out[1, o] += f
        out[1, o + 1] += g
        out[1, o + 2] += h
        out[1, o + 3] += k
        out[1, o + 4] += m
        o += 5
    while o < weights.shape[0]:
        a, c = zero, zero
        for j in range(first.size):
            a += first[j] * weights[o, j]
            c += second[j] * weights[o, j]
        out[0, o] += a
        out[1, o] += c
        o += 1


@njit(forceinline=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _backward(q, weights, out):  # type: ignore[no-untyped-def]
    """out_j += sum_o weights_oj q_o of two samples, five outputs at a time."""
    one, other, o = out[0], out[1], 0
    while o + 5 <= weights.shape[0]:
        a, b, c, d, e = q[0, o], q[0, o + 1], q[0, o + 2], q[0, o + 3], q[0, o + 4]
        f, g, h, k, m = q[1, o], q[1, o + 1], q[1, o + 2], q[1, o + 3], q[1, o + 4]
        for j in range(one.size):
            u, v, w, x, y = weights[o, j], weights[o + 1, j], weights[o + 2, j], weights[o + 3, j], weights[o + 4, j]
            one[j] += u * a + v * b + w * c + x * d + y * e
            other[j] += u * f + v * g + w * h + x * k + y * m
        o += 5
    while o < weights.shape[0]:
        a, f = q[0, o], q[1, o]
        for j in range(one.size):
            one[j] += weights[o, j] * a
            other[j] += weights[o, j] * f
        o += 1


@njit(forceinline=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _squares(q, out):  # type: ignore[no-untyped-def]
    for j in range(q.size):
        out[j] = q[j] * q[j]


@njit(forceinline=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _scattered(out, xi, variance):  # type: ignore[no-untyped-def]
    """out += xi sqrt(variance)."""
    for j in range(out.size):
        out[j] += xi[j] * np.sqrt(variance[j])


@njit(forceinline=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _furthest(v, bracket):  # type: ignore[no-untyped-def]
    """Largest |bracket - v|."""
    most = v.dtype.type(0)
    for j in range(v.size):
        most = max(most, abs(bracket[j] - v[j]))
    return most


@njit(forceinline=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _nudge(beta, frozen, target, aim, y, r, leak, out):  # type: ignore[no-untyped-def]
    """out += beta pull; returns the power of the nudging source, sum |beta pull leak (aim - y)|."""
    power = y.dtype.type(0)
    for o in range(y.size):
        pull = target[o] if frozen else target[o] - r[o]
        out[o] += beta * pull
        power += abs(beta * pull * leak * (aim[o] - y[o]))
    return power


@njit(forceinline=True, nogil=True, fastmath=_FAST, error_model="numpy")
def _disturb(both, q, back, signal, noise, spread, squares, scatter, out, bracket):  # type: ignore[no-untyped-def]
    """Read noise of both directions; `q` and `back` are squared."""
    for k in range(2):
        _squares(q[k], q[k])
        _squares(back[k], squares[k])
        scatter[k], spread[k] = noise[2], 0
    _forward(q, noise[0], scatter)
    _backward(squares, noise[1], spread)
    for k in range(2):
        _scattered(out[k], signal[3][both[k]], scatter[k])
        _scattered(bracket[k], signal[4][both[k]], spread[k])


@kernel(fastmath=_FAST, error_model="numpy")
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
    # Two samples side by side, so that every weight is fetched once for both; an odd last one is done twice.
    v, q, bracket, spread = (
        np.empty((2, size), kind),
        np.empty((2, size), kind),
        np.empty((2, size), kind),
        np.empty((2, size), kind),
    )
    y, back, out, scatter = (
        np.empty((2, ends), kind),
        np.empty((2, ends), kind),
        np.empty((2, ends), kind),
        np.empty((2, ends), kind),
    )
    r, s, squares, noisy = np.empty(size, kind), np.empty(ends, kind), np.empty((2, ends), kind), noise[0].size > 0
    for start in range(first, last, 2):
        both = (start, min(start + 1, last - 1))
        taken = both[1] - both[0] + 1
        for k in range(2):
            v[k], y[k] = hidden[both[k]], outputs[both[k]]
            bracket[k], out[k] = v[k], y[k]
        for step in range(count + 1):
            weight = 0.5 if step == 0 or step == count else 1.0
            for k in range(2):
                b = both[k]
                array, square = _swept(v[k], bracket[k], share, held and step > 0, low, high, series, lines[0], r, q[k])
                end_square = 0 * beta
                for o in range(ends):
                    moved = y[k, o] + end_share * (out[k, o] - y[k, o])
                    s[o] = min(max(moved, end_low), end_high)
                    y[k, o] = s[o] if held and step > 0 else moved
                    end_square += y[k, o] * y[k, o]
                out[k], bracket[k] = weights[2], signal[0][b]
                # The nudging source sees the rate, the reverse lines its share of it.
                nudging = 0 * beta
                if beta != 0:
                    nudging = _nudge(beta, frozen, signal[1][b], signal[2][b], y[k], s, end_leak, out[k])
                for o in range(ends):
                    s[o] *= gain
                end_array = _driven(s, series, lines[1], back[k])
                if k < taken:
                    energy[b, 0] += weight * (array + end_array + bias)
                    energy[b, 1] += weight * (square * leak + end_square * end_leak)
                    energy[b, 2] += weight * nudging
            _forward(q, weights[0], out)
            _backward(back, weights[1], bracket)
            if noisy:
                _disturb(both, q, back, signal, noise, spread, squares, scatter, out, bracket)
        for k in range(2):
            residual[both[k]] = max(_furthest(v[k], bracket[k]), _furthest(y[k], out[k])) / volts
            hidden[both[k]], outputs[both[k]] = v[k], y[k]
