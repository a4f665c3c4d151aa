"""Compiled line solves and the line-preconditioned conjugate gradients that they carry.

A line is a ladder. With r_k the resistance before node k (seen from the port), g_k the conductance of its cell and j_k
the current that the other side of the cell pushes in, the line from node k on looks from its port like a conductance
y_k and a current source t_k/c_k, and Norton's theorem moves both along the line:

    c_k = 1/(1 + r_k y_k),   y_{k-1} = g_{k-1} + c_k y_k,   t_k = c_k (j_k + t_{k+1}),   x_k = c_k x_{k-1} + r_k t_k,

x_{-1} being the port's voltage. No difference of large numbers appears: r_k = 0 is an exact short, g_k = 0 a dead cell.
Word lines run along memory, where each step would wait for the last: `LANES` of them are solved side by side.
"""

from __future__ import annotations

import numpy as np

from analogep.jit import kernel

FAST = {"reassoc", "contract", "nsz"}
LANES = 8
ROUNDING = 1e-15
"""Currents below this share of conductance times voltage are rounding errors, and no step makes them smaller."""
EXHAUSTED = 1e-30
"""Share of the first r'z, the square of the error's energy norm, below which it is rounding: 1e-15 of the voltages."""


@kernel(fastmath=FAST)
def factor(g, word, bit, cw, cb):  # type: ignore[no-untyped-def]
    """Fill the c_k of the word lines (blocks, columns, `LANES`) and of the bit lines (rows, columns) [1]."""
    rows, columns = g.shape
    y = np.zeros(max(columns, LANES))
    for i in range(rows):
        for j in range(columns):
            y[j] += g[i, j]
            cb[i, j] = 1.0 / (1.0 + bit[i] * y[j])
            y[j] *= cb[i, j]
    for block in range(cw.shape[0]):
        first = LANES * block
        lanes = min(LANES, rows - first)
        cw[block, :, lanes:] = 1.0
        y[:LANES] = 0.0
        for k in range(columns - 1, -1, -1):
            for q in range(lanes):
                y[q] += g[first + q, k]
                cw[block, k, q] = 1.0 / (1.0 + word[k] * y[q])
                y[q] *= cw[block, k, q]


@kernel(fastmath=FAST)
def word_lines(c, word, t, x):  # type: ignore[no-untyped-def]
    """A block of word lines in place: `x` (columns, lanes) holds the injected currents [A], then the voltages [V].

    `t` (2, lanes): the second row holds the ports' voltages [V]; changed.
    """
    t[0] = 0.0
    for k in range(x.shape[0] - 1, -1, -1):
        for q in range(LANES):
            t[0, q] = c[k, q] * (x[k, q] + t[0, q])
            x[k, q] = word[k] * t[0, q]
    for k in range(x.shape[0]):
        for q in range(LANES):
            t[1, q] = c[k, q] * t[1, q] + x[k, q]
            x[k, q] = t[1, q]


@kernel(fastmath=FAST)
def bit_lines(c, bit, inject, ports, x):  # type: ignore[no-untyped-def]
    """All bit lines side by side: injected currents (rows, columns) [A] to node voltages `x` (rows, columns) [V]."""
    rows, columns = x.shape
    t = np.zeros(columns)
    for i in range(rows):
        for j in range(columns):
            t[j] = c[i, j] * (inject[i, j] + t[j])
            x[i, j] = bit[i] * t[j]
    for j in range(columns):
        t[j] = ports[j]
    for i in range(rows - 1, -1, -1):
        for j in range(columns):
            t[j] = c[i, j] * t[j] + x[i, j]
            x[i, j] = t[j]


@kernel(fastmath=FAST)
def largest(x, sums):  # type: ignore[no-untyped-def]
    """Largest of the columns' sums of |x|; `sums` is a buffer."""
    sums[:] = 0.0
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            sums[j] += abs(x[i, j])
    return sums.max()


@kernel(fastmath=FAST)
def update_words(g, b, e, cw, word, v, x, a, current):  # type: ignore[no-untyped-def]
    """Word lines for given bit lines: fills a [V] and the cells' currents g (a - b) + e [A]; `x` is a buffer."""
    rows, columns = g.shape
    t = np.zeros((2, LANES))
    for block in range(cw.shape[0]):
        first, last = LANES * block, min(LANES * block + LANES, rows)
        for i in range(first, last):
            t[1, i - first] = v[i]
            for j in range(columns):
                x[j, i - first] = g[i, j] * b[i, j] - e[i, j]
        word_lines(cw[block], word, t, x)
        for i in range(first, last):
            for j in range(columns):
                a[i, j] = x[j, i - first]
                current[i, j] = g[i, j] * (x[j, i - first] - b[i, j]) + e[i, j]


@kernel(fastmath=FAST)
def step(g, word, bit, cw, cb, beta, x, r, z, p, m, s, b):  # type: ignore[no-untyped-def]
    """One step of conjugate gradients on S b = ..., preconditioned by the bit lines; gives r'z after and before.

    S = (Lb + D) - D (Lw + D)^-1 D. The product (Lb + D) p never needs Lb: it is carried along as m = r + beta m, which
    is what keeps a bit line without resistance finite. z, p, b [V], r, m, s [A], all (rows, columns); `x` is a buffer.
    """
    rows, columns = g.shape
    bent, old, new = 0.0, 0.0, 0.0
    t = np.zeros((2, LANES))
    for block in range(cw.shape[0]):
        first, last = LANES * block, min(LANES * block + LANES, rows)
        for i in range(first, last):
            for j in range(columns):
                old += r[i, j] * z[i, j]
                p[i, j] = z[i, j] + beta * p[i, j]
                m[i, j] = r[i, j] + beta * m[i, j]
            for j in range(columns):
                x[j, i - first] = g[i, j] * p[i, j]
        t[1] = 0.0
        word_lines(cw[block], word, t, x)
        for i in range(first, last):
            for j in range(columns):
                s[i, j] = m[i, j] - g[i, j] * x[j, i - first]
                bent += p[i, j] * s[i, j]
    # Nothing is left to gain where r lies on nodes without resistance between them: both are 0 then, or rounding.
    alpha = old / bent if bent > 0.0 else 0.0
    for i in range(rows):
        for j in range(columns):
            b[i, j] += alpha * p[i, j]
            r[i, j] -= alpha * s[i, j]
    bit_lines(cb, bit, r, np.zeros(columns), z)
    for i in range(rows):
        for j in range(columns):
            new += r[i, j] * z[i, j]
    return new, old


@kernel(fastmath=FAST)
def line_pcg(g, e, start, v, u, word, bit, cw, cb, tolerance, limit, x, work, a, b, current):  # type: ignore[no-untyped-def]
    """One array: cells of g (a - b) + e between word lines driven by `v` and bit lines driven by `u`.

    Fills a, b [V] and `current` [A], (rows, columns), and gives the number of steps and the residual: the largest sum
    over a bit line of |current that its nodes lack| [A]. What a node lacks would leave through the ports, so this says
    how wrong their currents are. Stops when it is below `tolerance` times the largest sum of |cells' currents| of a
    bit line, or rounding, or when r'z has fallen to rounding of what it was. `start` (rows, columns) [A] is injected
    into the bit lines for a first guess of b.
    """
    r, z, p, m, s = work[0], work[1], work[2], work[3], work[4]
    sums = np.empty(g.shape[1])
    bit_lines(cb, bit, start, u, b)
    x[:] = 0.0
    update_words(g, b, e, cw, word, v, x, a, current)
    for i in range(g.shape[0]):
        for j in range(g.shape[1]):
            r[i, j] = g[i, j] * a[i, j] + e[i, j] - start[i, j]
            s[i, j] = g[i, j] * (abs(a[i, j]) + abs(b[i, j])) + abs(e[i, j])
    # Squares of smaller currents than the last one underflow.
    floor = max(ROUNDING * largest(s, sums), 1e-140)
    bit_lines(cb, bit, r, np.zeros(g.shape[1]), z)
    # Bit lines without any resistance cannot move, and what their nodes lack comes from the ports.
    if largest(z, sums) == 0.0:
        return 0, 0.0
    p[:] = 0.0
    m[:] = 0.0
    scale, beta, steps = largest(current, sums), 0.0, 0
    residual, new, least = largest(r, sums), 1.0, 0.0
    while True:
        while residual > tolerance * scale + floor and steps < limit and new > least:
            new, old = step(g, word, bit, cw, cb, beta, x, r, z, p, m, s, b)
            if steps == 0:
                least = EXHAUSTED * old
            beta = new / old if old > 0.0 else 0.0
            residual = largest(r, sums)
            steps += 1
        if steps > 0:
            update_words(g, b, e, cw, word, v, x, a, current)
        before, scale = scale, largest(current, sums)
        # The first guess may have promised far larger currents than there are.
        if residual <= tolerance * scale + floor or steps >= limit or scale >= before or new <= least:
            return steps, residual


@kernel()
def buffers(rows, columns):  # type: ignore[no-untyped-def]
    """Memory for one array: c_k of word and bit lines, a block of word lines, eight (rows, columns)."""
    cw = np.empty(((rows + LANES - 1) // LANES, columns, LANES))
    return cw, np.empty((rows, columns)), np.empty((columns, LANES)), np.empty((8, rows, columns))


@kernel()
def read_batch(g, v, u, word, bit, tolerance, limit, a, b, current, steps, residual):  # type: ignore[no-untyped-def]
    """`line_pcg` of one array of cells of g for each sample; results (samples, ...)."""
    cw, cb, x, work = buffers(*g.shape)
    e, start = work[5], work[6]
    e[:] = 0.0
    factor(g, word, bit, cw, cb)
    for n in range(v.shape[0]):
        for i in range(g.shape[0]):
            for j in range(g.shape[1]):
                start[i, j] = g[i, j] * v[n, i]
        steps[n], residual[n] = line_pcg(
            g, e, start, v[n], u[n], word, bit, cw, cb, tolerance, limit, x, work, a[n], b[n], current[n]
        )


@kernel()
def tangent_batch(  # type: ignore[no-untyped-def]
    memory, g, slope, across, passed, before, v, u, word, bit, tolerance, limit, a, b, current, steps, residual
):
    """`line_pcg` for each sample, its cells replaced by their tangents.

    `across` [V], `slope` [1], `passed` [A]: voltage over each cell, slope there and current; `before` [V]: the bit
    lines' nodes to start from. All (samples, rows, columns); tolerance (samples,). `steps` is added to. `memory` is
    what `buffers` gives; to get it anew from the system in every Newton step takes as long as the step.
    """
    cw, cb, x, work = memory
    e, start, d = work[5], work[6], work[7]
    for n in range(v.shape[0]):
        for i in range(g.shape[0]):
            for j in range(g.shape[1]):
                d[i, j] = g[i, j] * slope[n, i, j]
                e[i, j] = passed[n, i, j] - d[i, j] * across[n, i, j]
                start[i, j] = d[i, j] * before[n, i, j] + passed[n, i, j]
        factor(d, word, bit, cw, cb)
        done, residual[n] = line_pcg(
            d, e, start, v[n], u[n], word, bit, cw, cb, tolerance[n], limit, x, work, a[n], b[n], current[n]
        )
        steps[n] += done


@kernel(fastmath=FAST)
def compare(g, drive, carried, passed, squares, off, scale):  # type: ignore[no-untyped-def]
    """Cells' currents `passed` = g drive [A] against what the wires carry, for each sample.

    Fills `squares` with the sum of the differences' squares [A^2], `off` and `scale` with the largest sums over a bit
    line of their sizes and of the currents' [A].
    """
    columns = g.shape[1]
    sums = np.empty((2, columns))
    for n in range(drive.shape[0]):
        sums[:] = 0.0
        total = 0.0
        for i in range(g.shape[0]):
            for j in range(columns):
                passed[n, i, j] = g[i, j] * drive[n, i, j]
                apart = passed[n, i, j] - carried[n, i, j]
                total += apart * apart
                sums[0, j] += abs(apart)
                sums[1, j] += abs(passed[n, i, j])
        squares[n], off[n], scale[n] = total, sums[0].max(), sums[1].max()
