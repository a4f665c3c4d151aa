"""What cells show after their pulses: their states, write noise with a memory and without, levels; compiled.

    G = G_min + (G_max - G_min) rounded(clip(x + sigma xi + m)),     m' = e^(-n/l) m + sigma_m sqrt(1 - e^(-2 n/l)) xi'

(`device.write_noise`): a cell without pulses keeps both parts, and what it shows.
"""

from __future__ import annotations

import numpy as np

from analogep.crossbar.gather import padded
from analogep.draws import normals, word
from analogep.jit import lean
from analogep.parts import clip


@lean(forceinline=True)
def revert(i, m, half, start, c):  # type: ignore[no-untyped-def]
    """The write noise with a memory after a row's pulses: kept, and to `c.p`, as the laws are done with it [window].

    Its deviate is the second one of the bits that the part without a memory takes the first of.
    """
    rate, sd = half.reverting[0], half.reverting[1]
    for k in range(m):
        way = rate * abs(c.n[k])
        _, xi = normals(word(half.keys[1], start + c.index[k], 0))
        c.p[k] = np.exp(-way) * half.memory[i, c.index[k]] + sd * np.sqrt(-np.expm1(-2 * way)) * c.p.dtype.type(xi)
        half.memory[i, c.index[k]] = c.p[k]
    for k in range(m, padded(m)):
        c.p[k] = 0


@lean(forceinline=True)
def show(m, half, start, noisy, c, g):  # type: ignore[no-untyped-def]
    """Conductances that the states show, write noise included where it is drawn anew [S]."""
    x, n, low, high, levels = c.x, c.n, c.low, c.high, half.levels
    if noisy and half.memory.size > 0:
        for k in range(m):
            xi, _ = normals(word(half.keys[1], start + c.index[k], 0))
            g[k] = clip(x[k] + half.write * g.dtype.type(xi) + c.p[k]) if n[k] != 0 else x[k]
    elif noisy and half.write > 0:
        for k in range(m):
            xi, _ = normals(word(half.keys[1], start + c.index[k], 0))
            g[k] = clip(x[k] + half.write * g.dtype.type(xi)) if n[k] != 0 else x[k]
    else:
        for k in range(m):
            g[k] = x[k]
    if levels > 0:
        for k in range(m):
            g[k] = np.rint(g[k] * levels) / levels
    for k in range(m):
        # At x = 1 the sum may round to just above the window.
        g[k] = min(low[k] + (high[k] - low[k]) * g[k], high[k])
