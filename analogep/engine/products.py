"""Products of a few rows with an array, in blocks of numbers that stay in registers.

A product of matrices that BLAS does first lays out the array anew, which for a few samples takes as long as the product
itself. Here five rows meet four lines of the array at a time: of every line both directions of a step are computed,
panel by panel, while it is near the core.
"""

from __future__ import annotations

from analogep.jit import inner

FAST = {"reassoc", "contract", "nsz"}
"""Sums may be added in any order, and products fused with additions: numbers depend on the processor, not on threads,
and not on which rows are computed together."""
GROUP = 5
"""Rows that are multiplied together: arrays of rows have a multiple of it."""
_PANEL = 1 << 16
"""Numbers of an array that both directions use before the next ones are fetched."""


@inner(fastmath=FAST, error_model="numpy")
def _ahead(n, x, here, w, out, there, first, last):  # type: ignore[no-untyped-def]
    """Of five rows from n on, out[there] += x[here] w, of the lines `first` to `last` - 1 of w."""
    a, b, c, d, e = x[n, here], x[n + 1, here], x[n + 2, here], x[n + 3, here], x[n + 4, here]
    p, q, r, s, t = out[n, there], out[n + 1, there], out[n + 2, there], out[n + 3, there], out[n + 4, there]
    i = first
    while i + 5 <= last:
        w0, w1, w2, w3, w4 = w[i], w[i + 1], w[i + 2], w[i + 3], w[i + 4]
        a0, a1, a2, a3, a4 = a[i], a[i + 1], a[i + 2], a[i + 3], a[i + 4]
        b0, b1, b2, b3, b4 = b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4]
        c0, c1, c2, c3, c4 = c[i], c[i + 1], c[i + 2], c[i + 3], c[i + 4]
        d0, d1, d2, d3, d4 = d[i], d[i + 1], d[i + 2], d[i + 3], d[i + 4]
        e0, e1, e2, e3, e4 = e[i], e[i + 1], e[i + 2], e[i + 3], e[i + 4]
        for j in range(p.size):
            v, w_, y, z, u = w0[j], w1[j], w2[j], w3[j], w4[j]
            p[j] += a0 * v + a1 * w_ + a2 * y + a3 * z + a4 * u
            q[j] += b0 * v + b1 * w_ + b2 * y + b3 * z + b4 * u
            r[j] += c0 * v + c1 * w_ + c2 * y + c3 * z + c4 * u
            s[j] += d0 * v + d1 * w_ + d2 * y + d3 * z + d4 * u
            t[j] += e0 * v + e1 * w_ + e2 * y + e3 * z + e4 * u
        i += 5
    while i < last:
        w0 = w[i]
        a0, b0, c0, d0, e0 = a[i], b[i], c[i], d[i], e[i]
        for j in range(p.size):
            v = w0[j]
            p[j] += a0 * v
            q[j] += b0 * v
            r[j] += c0 * v
            s[j] += d0 * v
            t[j] += e0 * v
        i += 1


@inner(fastmath=FAST, error_model="numpy")
def _behind(n, y, there, w, out, here, first, last):  # type: ignore[no-untyped-def]
    """Of five rows from n on, out[here] += y[there] w', of the lines `first` to `last` - 1 of w."""
    a, b, c, d, e = y[n, there], y[n + 1, there], y[n + 2, there], y[n + 3, there], y[n + 4, there]
    p, q, r, s, t = out[n, here], out[n + 1, here], out[n + 2, here], out[n + 3, here], out[n + 4, here]
    none, i = y.dtype.type(0), first
    while i + 4 <= last:
        w0, w1, w2, w3 = w[i], w[i + 1], w[i + 2], w[i + 3]
        a0, a1, a2, a3, b0, b1, b2, b3 = none, none, none, none, none, none, none, none
        c0, c1, c2, c3, d0, d1, d2, d3 = none, none, none, none, none, none, none, none
        e0, e1, e2, e3 = none, none, none, none
        for j in range(w0.size):
            x, y_, z, u = w0[j], w1[j], w2[j], w3[j]
            f, g, h, k, m = a[j], b[j], c[j], d[j], e[j]
            a0, a1, a2, a3 = a0 + f * x, a1 + f * y_, a2 + f * z, a3 + f * u
            b0, b1, b2, b3 = b0 + g * x, b1 + g * y_, b2 + g * z, b3 + g * u
            c0, c1, c2, c3 = c0 + h * x, c1 + h * y_, c2 + h * z, c3 + h * u
            d0, d1, d2, d3 = d0 + k * x, d1 + k * y_, d2 + k * z, d3 + k * u
            e0, e1, e2, e3 = e0 + m * x, e1 + m * y_, e2 + m * z, e3 + m * u
        for line, found in ((p, (a0, a1, a2, a3)), (q, (b0, b1, b2, b3)), (r, (c0, c1, c2, c3)),
                            (s, (d0, d1, d2, d3)), (t, (e0, e1, e2, e3))):  # fmt: skip
            for k in range(4):
                line[i + k] += found[k]
        i += 4
    while i < last:
        w0 = w[i]
        a0, b0, c0, d0, e0 = none, none, none, none, none
        for j in range(w0.size):
            x = w0[j]
            a0, b0, c0, d0, e0 = a0 + a[j] * x, b0 + b[j] * x, c0 + c[j] * x, d0 + d[j] * x, e0 + e[j] * x
        for line, found in ((p, a0), (q, b0), (r, c0), (s, d0), (t, e0)):
            line[i] += found
        i += 1


@inner(fastmath=FAST, error_model="numpy")
def both_ways(x, here, y, there, arrays, out, back, ways):  # type: ignore[no-untyped-def]
    """out[there] += x[here] along, back[here] += y[there] across'.

    Parameters
    ----------
    x, y, out, back : ndarray (rows, nodes) [V]
        A multiple of `GROUP` rows.
    here, there : slice
        The nodes of the lines and of the columns of the arrays.
    arrays : tuple (along, across) of ndarray (lines, columns) [1]
        The same array twice, or two of one shape.
    ways : int
        1 for the first product, 2 for the second, 3 for both.
    """
    along, across = arrays
    lines, columns = along.shape
    panel = max(_PANEL // columns // 20, 1) * 20
    for first in range(0, lines, panel):
        last = min(first + panel, lines)
        for n in range(0, x.shape[0], GROUP):
            if ways & 1:
                _ahead(n, x, here, along, out, there, first, last)
            if ways & 2:
                _behind(n, y, there, across, back, here, first, last)
