"""The programming engine: wanted change -> pulses -> states -> conductances -> weights -> verify reads, row by row.

    z_ij = sum_b lines_ib change_bj,    n = rule(z),    n pulses up on plus and down on minus
    w = (G+ - G-) scale,    seen = [q(G+ + s(G+) xi) - q(G- + s(G-) xi')] scale     of the cells with pulses

One kernel for all laws, noises and rules: what these do to a row are routines, compiled for those that a card names.
What one part has written is in the cache of the core when the next one needs it, rows and inputs that have nothing to
do cost nothing, and every sum that joules, endurance and line charges need is taken on the way.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from analogep.crossbar.gather import padded
from analogep.crossbar.jobs import next_job
from analogep.crossbar.row import write_row
from analogep.crossbar.settled import settle, settles
from analogep.crossbar.weigh import look, weigh
from analogep.draws import word
from analogep.jit import brought, kernel, lean
from analogep.parts import in_precision
from analogep.routines import Made, Routine, loaded

_FAST = {"reassoc", "contract", "nsz"}
_IN_ORDER = {"contract", "nsz"}
"""Wanted changes and their rounding are as written: no sum is rearranged."""

SUMS = 5
"""What is summed of a row of a half: over pulses up and down the mean of the conductances before and after and the
conductance before, and the change of conductance [S]."""
DENSE = 4
"""A row is taken as it lies when one in so many of its cells, or more, has pulses."""


class Wanted(NamedTuple):
    """Wanted changes of an update, and the rule by which they become pulses.

    Attributes
    ----------
    lines : ndarray (rows, terms) or (0, 0)
    change : ndarray (terms, columns) or (rows, columns)
        Factors of the wanted change, `lines` times `change` [steps]; or, without lines, the change itself.
    given : bool
        Whether the change is whole numbers of pulses already, past the rule.
    rule : Made
        The rule (`deciding`).
    kept, seen : ndarray (rows, columns) or (0, 0)
        Digital memory of the rule (steps, or wanted weights), and last reads of the weights [1].
    again : bool ndarray (rows,)
        True for rows that the rule is to decide although nothing new is wanted of them; filled with True for rows that
        have had pulses.
    key : uint64
        Key of the rule's random numbers.
    """

    lines: Any
    change: Any
    given: Any
    rule: Any
    kept: Any
    seen: Any
    again: Any
    key: Any


class Reads(NamedTuple):
    """How weights are read.

    Attributes
    ----------
    looks : Made
        Reads with their noise (`weigh.looking`).
    quantum : float [S]
        Step of the converter; 0 for an ideal one.
    verify : bool
        Whether cells with pulses are read after them.
    key : uint64
        Key of the noise.
    """

    looks: Any
    quantum: Any
    verify: Any
    key: Any


class Shown(NamedTuple):
    """Weights that follow from the halves, all (rows, columns) or (0, 0); factor [1/S] and conductance of zero [S].

    `counts` is filled with the signed pulses of each cell.
    """

    weights: Any
    variances: Any
    counts: Any
    scale: Any
    origin: Any


class Sums(NamedTuple):
    """Sums over the pulses and reads of a write, for joules and endurance.

    Attributes
    ----------
    slots : ndarray (2, rows) [pulses]
        Most pulses up and down of one pair of the row.
    pulses : ndarray (2, rows) [pulses]
        Pulses up and down.
    rows : ndarray (halves, rows, SUMS) [S]
    columns : ndarray (blocks, 2, columns) [pulses]
        Pulses of each column up and down.
    moved : ndarray (blocks, halves, columns) [S]
        Change of the conductance on each column.
    reads : ndarray (2, rows) [1], [S]
        Number of pairs that were read, and the sum of their conductances.
    """

    slots: Any
    pulses: Any
    rows: Any
    columns: Any
    moved: Any
    reads: Any


decided = brought("decided", error_model="numpy")
"""Of an update rule (`Rule.numbers`)."""


@lean(forceinline=True, fastmath=_IN_ORDER)
def multiplied(line, change, lit, z):  # type: ignore[no-untyped-def]
    """z = sum_b line_b change_b, four terms at a time; returns whether any line was not zero. `lit` is a buffer."""
    found, k = 0, 0
    for b in range(line.size):
        lit[found] = b
        found += line[b] != 0
    if found == 0:
        return False
    for j in range(z.size):
        z[j] = 0
    while k + 4 <= found:
        p, q, s, t = lit[k], lit[k + 1], lit[k + 2], lit[k + 3]
        a, b, c, d = line[p], line[q], line[s], line[t]
        first, second, third, fourth = change[p], change[q], change[s], change[t]
        for j in range(z.size):
            z[j] = z[j] + a * first[j] + b * second[j] + c * third[j] + d * fourth[j]
        k += 4
    while k < found:
        share, part = line[lit[k]], change[lit[k]]
        for j in range(z.size):
            z[j] += share * part[j]
        k += 1
    return True


@lean(forceinline=True)
def wants(i, wanted, lit, z):  # type: ignore[no-untyped-def]
    """Wanted change of row i into z; returns whether the row is to be looked at."""
    if wanted.lines.size == 0:
        for j in range(z.size):
            z[j] = wanted.change[i, j]
        return True
    if multiplied(wanted.lines[i], wanted.change, lit, z):
        return True
    for j in range(z.size):
        z[j] = 0
    return wanted.again[i]


def _decide(kind, parts, z, kept, seen, key, start):  # type: ignore[no-untyped-def]
    """Pulses of a row in place of its wanted change: a routine. Memory and reads are empty where there are none."""
    (rule,) = loaded(kind, parts)
    if seen.size > 0:
        for j in range(z.size):
            z[j], kept[j] = decided(rule, z[j], kept[j], seen[j], word(key, start + j, 0))
    elif kept.size > 0:
        for j in range(z.size):
            z[j], kept[j] = decided(rule, z[j], kept[j], kept[j], word(key, start + j, 0))
    else:
        for j in range(z.size):
            z[j], _ = decided(rule, z[j], z[j], z[j], word(key, start + j, 0))


_DECISIONS = Routine(_decide, lambda real: (*np.zeros((3, 1), real), np.uint64(0), 0))
_decide_row = _DECISIONS.call


def deciding(rule: Any, real: type[np.floating[Any]]) -> Made:
    """`Wanted.rule` for the numbers of a rule."""
    return _DECISIONS.of(real, in_precision(rule, real))


@lean(forceinline=True)
def decide(i, wanted, z):  # type: ignore[no-untyped-def]
    """Pulses of row i, in place of its wanted change."""
    if not wanted.given:
        kept = wanted.kept[i] if wanted.kept.size > 0 else z[:0]
        seen = wanted.seen[i] if wanted.seen.size > 0 else z[:0]
        _decide_row(wanted.rule, (z, kept, seen, wanted.key, i * z.size))


@lean(forceinline=True, fastmath=_FAST)
def count(n, ups, downs):  # type: ignore[no-untyped-def]
    """Pulses of a row up and down, also added to each column's, and the most of one cell up and down."""
    zero = n.dtype.type(0)
    up, down = zero, zero
    # The largest of many floating-point numbers is no vector operation for the compiler, that of integers is.
    most, least = np.int32(0), np.int32(0)
    for j in range(n.size):
        a = max(n[j], zero)
        ups[j] += a
        downs[j] += a - n[j]
        up += a
        down += a - n[j]
        whole = np.int32(n[j])
        most, least = max(most, whole), min(least, whole)
    return up, down, most, -least


@lean(forceinline=True, fastmath=_FAST)
def summed(m, n, before, after):  # type: ignore[no-untyped-def]
    """What `SUMS` lists, of `m` cells with `n` pulses each."""
    zero, half = n.dtype.type(0), n.dtype.type(0.5)
    mean_up, mean_down, start_up, start_down, change = zero, zero, zero, zero, zero
    for k in range(m):
        a = max(n[k], zero)
        b = a - n[k]
        mean = half * (before[k] + after[k])
        mean_up += a * mean
        mean_down += b * mean
        start_up += a * before[k]
        start_down += b * before[k]
        change += after[k] - before[k]
    return mean_up, mean_down, start_up, start_down, change


@lean(forceinline=True)
def shift(m, index, dense, before, after, moved):  # type: ignore[no-untyped-def]
    """Add the changes of conductance of `m` cells to the sums of their columns."""
    if dense:
        for k in range(m):
            moved[k] += after[k] - before[k]
    else:
        for k in range(m):
            moved[index[k]] += after[k] - before[k]


@lean(forceinline=True)
def listed(n, index):  # type: ignore[no-untyped-def]
    """Columns with pulses to `index`, and their counts to the front of `n`; all columns where most have pulses.

    Returns
    -------
    int
        Number of columns listed.
    bool
        Whether these are all.
    """
    columns, found, front = n.size, 0, 0
    for j in range(columns):
        found += n[j] != 0
    dense = DENSE * found >= columns
    if dense:
        for j in range(columns):
            index[j] = j
        return columns, True
    for j in range(columns):
        index[front] = j
        front += n[j] != 0
    for k in range(front):
        n[k] = n[index[k]]
    return front, False


@lean(inline="always")
def update_row(i, wanted, halves, shown, reads, sums, plain, b):  # type: ignore[no-untyped-def]
    """Everything that an update does to row i."""
    z, counted, shifted, index = b.z, b.counted, b.shifted, b.index[0]
    if not wants(i, wanted, b.lit, z):
        return
    decide(i, wanted, z)
    if shown.counts.size > 0:
        for j in range(z.size):
            shown.counts[i, j] = z[j]
    up, down, most, least = count(z, counted[0], counted[1])
    sums.pulses[0, i], sums.pulses[1, i], sums.slots[0, i], sums.slots[1, i] = up, down, most, least
    wanted.again[i] = up + down > 0
    if up + down == 0:
        return
    if plain:
        settle(i, z, halves, shown, sums, shifted)
        return
    m, dense = listed(z, index)
    for h in range(len(halves)):
        write_row(i, m, dense, halves[h], z, b, b.before[h], b.after[h])
        if halves[h].sign == 0:
            continue
        found = summed(padded(m), b.cells[0, 1], b.before[h], b.after[h])
        for k in range(SUMS):
            sums.rows[h, i, k] = found[k]
        shift(m, index, dense, b.before[h], b.after[h], shifted[h])
    weigh(m, index, dense, b.after, halves, shown, i)
    if reads.verify or shown.variances.size > 0:
        look(m, index, z, b.after, halves, shown, reads, i, wanted.seen, sums.reads)


@kernel(error_model="numpy", _nrt=False)
def update_rows(edges, jobs, wanted, halves, shown, reads, sums, b):  # type: ignore[no-untyped-def]
    """Update the rows of one block after the other, until `jobs` gives out no more; in place.

    Parameters
    ----------
    edges : int64 ndarray (blocks + 1,)
        First row of each block, and the number of rows.
    jobs : int64 ndarray (1,)
        Number of the next block: threads that share it share the blocks.
    wanted : Wanted
    halves : tuple of Half
        One or two.
    shown : Shown
    reads : Reads
    sums : Sums
    b : Buffers
        Of the thread.
    """
    columns, plain = halves[0].hidden.shape[1], settles(halves, shown, reads.verify)
    while True:
        block = next_job(jobs)
        if block >= edges.size - 1:
            return
        for h in range(2):
            for j in range(columns):
                b.counted[h, j], b.shifted[h, j] = 0, 0
        for i in range(edges[block], edges[block + 1]):
            update_row(i, wanted, halves, shown, reads, sums, plain, b)
        for h in range(2):
            for j in range(columns):
                sums.columns[block, h, j] = b.counted[h, j]
        for h in range(len(halves)):
            for j in range(columns):
                sums.moved[block, h, j] = b.shifted[h, j]
