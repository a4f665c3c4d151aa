"""One row of cells under pulses, compiled for the types of law and noise and for the precision of the states.

    x' = clip(x + disturbed(step(x), xi)),     G = min(G_min + (G_max - G_min) shown(x'), G_max)

pulse by pulse where pulses have noise, in closed form where they have none and the law has one. What a row needs lies
in buffers: a row with few pulses is gathered cell by cell, one with many is taken as it lies. Random numbers depend on
the cell and the pulse (`draws.word`), not on threads or order.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import types
from numpy.typing import NDArray

from analogep.crossbar.gather import alike, own, pad, padded, put, take
from analogep.crossbar.shown import revert, show
from analogep.device.laws.affine import ConstantStep
from analogep.draws import normals, word
from analogep.inlined import compiled
from analogep.jit import brought, lean
from analogep.parts import clip, in_precision
from analogep.routines import Made, Routine, loaded

_DRAWN = 1 << 30
"""Added to the turn of the random bits that a law draws by itself."""


class Half(NamedTuple):
    """One array of cells as the engine takes it; arrays are changed in place, empty ones stand for what is not there.

    Attributes
    ----------
    hidden : ndarray (rows, columns) [window]
        State that pulses move.
    second : ndarray (rows, columns) or (0, 0)
        Second state of laws that have one.
    g : ndarray (rows, columns) or (0, 0) [S]
        Conductance that each cell shows; empty where it follows from the state and is not kept.
    cells : ndarray (rows columns 4,) or (4,) [1], [1], [S], [S]
        Each cell after the other, or all of them: factors on the steps up and down, and the window.
    shapes : ndarray (rows, columns, 4) or (0, 0, 0)
        Parameters of each cell's own law, two up and two down; empty where the card's law serves all.
    responds : bool ndarray (rows, columns) or (0, 0)
        False where a cell is stuck: it takes pulses and joules, and does not move.
    cycles : int32 ndarray (rows, columns) or (0, 0)
        Pulses that each cell has had.
    pulses : Made
        What pulses do, by law and noise (`pulsing`).
    steps : ndarray (2,) or (0,) [window]
        Steps up and down, where they are the same everywhere and have no noise.
    write : float [window]
        Write noise without a memory.
    levels : float
        Number of shown states less 1; 0 for analog.
    sign : float
        +1 or -1: counts of the pair times this are counts of the half; 0 where it is not programmed.
    least : float
        Smallest count of a cell: 0 for a device without pulses down.
    keys : tuple of uint64
        Keys of the pulses and of the write noise.
    memory : ndarray (rows, columns) or (0, 0) [window]
        Part of the write noise that has a memory, of each cell.
    reverting : ndarray (2,) or (0,) [1/pulse], [window]
        Rate at which that part is forgotten, and its standard deviation.
    """

    hidden: Any
    second: Any
    g: Any
    cells: Any
    shapes: Any
    responds: Any
    cycles: Any
    pulses: Any
    steps: Any
    write: Any
    levels: Any
    sign: Any
    least: Any
    keys: Any
    memory: Any
    reverting: Any


class Cells(NamedTuple):
    """Buffers of the cells of one row, each (columns,): state, signed pulses, two parameters of the law, factor on the
    steps, window, second state, column, random bits."""

    x: Any
    n: Any
    p: Any
    q: Any
    scale: Any
    low: Any
    high: Any
    second: Any
    index: Any
    bits: Any


class Buffers(NamedTuple):
    """What one row needs, and what a block adds.

    Attributes
    ----------
    cells : ndarray (2, 8, cells)
        Numbers of `Cells` of all cells, and of those that still have pulses.
    index : int32 ndarray (3, cells)
        Columns of both, and where the latter stand among the former.
    bits : uint32 ndarray (cells,)
    start : ndarray (cells,) [window]
        States as they were.
    before, after : ndarray (2, cells) [S]
        Conductances of either half.
    z : ndarray (columns,)
        Counts of the pairs.
    lit : int64 ndarray (terms + 1,)
        Lines that are not zero.
    counted, shifted : ndarray (2, columns)
        Pulses of each column up and down, and changes of conductance on each of either half.
    """

    cells: Any
    index: Any
    bits: Any
    start: Any
    before: Any
    after: Any
    z: Any
    lit: Any
    counted: Any
    shifted: Any


cell, step, several = (brought(name, error_model="numpy") for name in ("cell", "step", "several"))
"""Of a pulse law (`Law.numbers`)."""
disturbed = brought("disturbed", lambda noise, change, x, up, scale, off, xi: change, error_model="numpy")
"""Change by one pulse with its noise [window]: (noise, change, x, up, scale, off, xi), `scale` the factor on the cell's
steps, `off` G_min/(G_max - G_min), `xi` a normal deviate."""


def buffers(columns: int, terms: int, real: type[np.floating[Any]]) -> Buffers:
    """Buffers for rows of so many cells, and for wanted changes of so many terms."""
    # Lengths that are no power of two: buffers must not fall on the same lines of the cache.
    n = columns + 24

    before, after = (np.empty((2, n), real) for _ in range(2))
    counted, shifted = (np.empty((2, columns), real) for _ in range(2))
    return Buffers(
        np.empty((2, 8, n), real), np.empty((3, n), np.int32), np.empty(n, np.uint32), np.empty(n, real), before, after,
        np.empty(columns, real), np.empty(terms + 1, np.int64), counted, shifted,
    )  # fmt: skip


@lean(forceinline=True)
def cells_of(cells, index, bits, k):  # type: ignore[no-untyped-def]
    """All cells (0), or those that still have pulses (1)."""
    one = cells[k]
    return Cells(one[0], one[1], one[2], one[3], one[4], one[5], one[6], one[7], index[k], bits)


@lean(forceinline=True)
def _laws(law, shapes, i, m, c):  # type: ignore[no-untyped-def]
    """Two parameters of each cell's law in the direction of its pulses."""
    p, q, n, scale = c.p, c.q, c.n, c.scale
    if shapes.size > 0:
        for k in range(m):
            at = 0 if n[k] > 0 else 2
            p[k], q[k] = shapes[i, c.index[k], at], shapes[i, c.index[k], at + 1]
    else:
        for k in range(m):
            p[k], q[k] = cell(law, n[k] > 0, scale[k])


@lean(forceinline=True)
def _count(m, n, least):  # type: ignore[no-untyped-def]
    """Cells with more than `least` pulses."""
    found = 0
    for k in range(m):
        found += abs(n[k]) > least
    return found


@lean(forceinline=True)
def _pulse_twice(m, turn, law, noise, key, start, c):  # type: ignore[no-untyped-def]
    """The pulses 2 turn and 2 turn + 1 of every cell that has so many; `start` is the number of the first cell."""
    x, n, p, q, second = c.x, c.n, c.p, c.q, c.second
    first, other = np.float32(2 * turn), np.float32(2 * turn + 1)
    # By themselves: the compiler then finds the width of vectors that suits 64-bit integers, and that of all the rest.
    for k in range(m):
        c.bits[k] = word(key, start + c.index[k], turn)
    for k in range(m):
        number = start + c.index[k]
        up, size = n[k] > 0, abs(n[k])
        off = c.low[k] / (c.high[k] - c.low[k])
        xi, later = normals(c.bits[k])
        was, y = x[k], x[k]
        change, own = step(law, y, second[k], up, p[k], q[k], word(key, number, turn + _DRAWN))
        y = clip(y + disturbed(noise, change, y, up, c.scale[k], off, xi))
        y = y if size > first else was
        own = own if size > first else second[k]
        was = y
        change, after = step(law, y, own, up, p[k], q[k], word(key, number, turn + 2 * _DRAWN))
        y = clip(y + disturbed(noise, change, y, up, c.scale[k], off, later))
        # In this order: a second state that no pulse moves is then no store at all.
        second[k] = after if size > other else own
        x[k] = y if size > other else was


@lean(forceinline=True)
def _survivors(m, least, given, kept, at):  # type: ignore[no-untyped-def]
    """Copy the cells that have more than `least` pulses to the front of `kept`, and where they stood to `at`."""
    front = 0
    for k in range(m):
        at[front] = k
        front += abs(given.n[k]) > least
    for k in range(front):
        j = at[k]
        kept.x[k], kept.n[k], kept.p[k], kept.q[k] = given.x[j], given.n[j], given.p[j], given.q[j]
        kept.scale[k], kept.low[k], kept.high[k] = given.scale[j], given.low[j], given.high[j]
        kept.second[k], kept.index[k] = given.second[j], given.index[j]
    pad(front, kept)
    return front


@lean(forceinline=True)
def _back(m, kept, at, given):  # type: ignore[no-untyped-def]
    """Put the states of cells back to where they stood."""
    for k in range(m):
        given.x[at[k]], given.second[at[k]] = kept.x[k], kept.second[k]


@lean(forceinline=True)
def _trains(m, law, noise, key, start, every, left, at):  # type: ignore[no-untyped-def]
    """Pulse by pulse. Cells that are done make room once they are most, so that one long train does not keep a row."""
    now, live, turn, apart = every, m, 0, False
    while True:
        _pulse_twice(padded(live), turn, law, noise, key, start, now)
        turn += 1
        more = _count(live, now.n, 2 * turn)
        if more == 0:
            break
        if 2 * more < live:
            if apart:
                _back(live, left, at, every)
            live = _survivors(m, 2 * turn, every, left, at)
            now, apart = left, True
    if apart:
        _back(live, left, at, every)


@lean(forceinline=True)
def _closed(m, law, noise, key, start, every, left, at):  # type: ignore[no-untyped-def]
    """In closed form: pulses without noise, of a law that has one."""
    x, n, p, q = every.x, every.n, every.p, every.q
    for k in range(m):
        y = several(law, x[k], abs(n[k]), n[k] > 0, p[k], q[k])
        x[k] = y if n[k] != 0 else x[k]


def _several(numbers: type) -> bool:
    """Whether a law has a closed form."""
    return "several" in vars(numbers)


def pulsed(m: Any, law: Any, noise: Any, key: Any, start: Any, every: Any, left: Any, at: Any) -> None:
    """All pulses of `m` cells: new states."""
    (_closed if noise is None and _several(type(law)) else _trains)(m, law, noise, key, start, every, left, at)


@compiled(pulsed)
def _pulsed(m, law, noise, key, start, every, left, at):  # type: ignore[no-untyped-def]
    closed = isinstance(noise, types.NoneType) and _several(law.instance_class)
    chosen = _closed if closed else _trains
    return lambda m, law, noise, key, start, every, left, at: chosen(m, law, noise, key, start, every, left, at)


def _pulse(kind, parts, shapes, i, m, key, start, cells, index, bits):  # type: ignore[no-untyped-def]
    """All pulses of `m` cells of row i: a routine."""
    law, noise = loaded(kind, parts)
    every, left = cells_of(cells, index, bits, 0), cells_of(cells, index, bits, 1)
    _laws(law, shapes, i, padded(m), every)
    pulsed(m, law, noise, key, start, every, left, index[2])


def _examples(real: Any) -> tuple[Any, ...]:
    return np.zeros((0, 0, 0), real), 0, 0, np.uint64(0), 0, *buffers(1, 1, real)[:3]


_PULSES = Routine(_pulse, _examples)
_pulse_row = _PULSES.call


def pulsing(law: Any, noise: Any, real: type[np.floating[Any]]) -> tuple[Made, NDArray[Any]]:
    """`Half.pulses` and `Half.steps`, (2,) or (0,) [window], for the numbers of a law, and of its noise or None."""
    law, noise = in_precision(law, real), in_precision(noise, real)
    constant = isinstance(law, ConstantStep) and noise is None
    return _PULSES.of(real, law, noise), np.array([law.up, law.down] if constant else [], real)


@lean(forceinline=True)
def fetch(i, m, dense, half, counts, b):  # type: ignore[no-untyped-def]
    """What memory holds of `m` cells of row i with the counts of the pair; conductances before go to `before`."""
    c, index = cells_of(b.cells, b.index, b.bits, 0), b.index[0]
    for k in range(m):
        c.n[k] = max(half.sign * counts[k], half.least)
    take(dense, half.hidden[i], index, m, c.x)
    if half.cells.size > 4:
        own(dense, half.cells, i * half.hidden.shape[1], index, m, c.n, c.scale, c.low, c.high)
    else:
        alike(half.cells, m, c.n, c.scale, c.low, c.high)
    if half.second.size > 0:
        take(dense, half.second[i], index, m, c.second)
    pad(m, c)


@lean(forceinline=True)
def write_row(i, m, dense, half, counts, b, before, after):  # type: ignore[no-untyped-def]
    """Pulse `m` cells of row i, at the columns `b.index[0]`, by the counts of the pair.

    Parameters
    ----------
    i, m : int
    dense : bool
        Whether these are all cells of the row, in order.
    half : Half
    counts : ndarray (m,)
        Signed pulses of the pair.
    b : Buffers
    before, after : ndarray (m,) [S]
        Filled: conductances.
    """
    c, columns = cells_of(b.cells, b.index, b.bits, 0), half.hidden.shape[1]
    start, index = i * columns, b.index[0]
    fetch(i, m, dense, half, counts, b)
    if half.g.size > 0:
        take(dense, half.g[i], index, m, before)
        for k in range(m, padded(m)):
            before[k] = 0
    else:
        show(padded(m), half, start, False, c, before)
    if half.sign == 0:
        for k in range(m):
            after[k] = before[k]
        return
    if half.responds.size > 0:
        for k in range(m):
            b.start[k] = c.x[k]
    _pulse_row(half.pulses, (half.shapes, i, m, half.keys[0], start, b.cells, b.index, b.bits))
    stuck = half.responds.size > 0
    if stuck:
        for k in range(m):
            c.x[k] = c.x[k] if half.responds[i, index[k]] else b.start[k]
    if half.memory.size > 0:
        revert(i, m, half, start, c)
    show(padded(m), half, start, True, c, after)
    if half.g.size > 0:
        for k in range(m):
            after[k] = after[k] if c.n[k] != 0 else before[k]
        if stuck:
            for k in range(m):
                after[k] = after[k] if half.responds[i, index[k]] else before[k]
        put(dense, after, index, m, half.g[i])
    put(dense, c.x, index, m, half.hidden[i])
    if half.second.size > 0:
        put(dense, c.second, index, m, half.second[i])
    if half.cycles.size > 0:
        for k in range(m):
            half.cycles[i, index[k]] += np.int32(abs(c.n[k]))
