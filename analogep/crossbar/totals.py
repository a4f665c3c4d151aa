"""What a write comes to: its sums over rows and blocks added up, and the conductances of lines moved along, at once."""

from __future__ import annotations

from analogep.jit import kernel


@kernel(error_model="numpy")
def add_up(sums, turns, sides, lines, totals):  # type: ignore[no-untyped-def]
    """Add up the sums of a write in the order of its rows and blocks.

    Parameters
    ----------
    sums : Sums
        `moved` of the first block is left with the sum of all.
    turns, sides : int64 ndarray (members,)
        Of each array -1 where pulses up of the pair are its pulses down, else 1; and its directions, 0 if it has none.
    lines : tuple of (ndarray (rows,), ndarray (columns,)) [S]
        Conductance on the lines of each array: the changes are added.
    totals : ndarray (members + 1, SUMS + 1)
        Filled: what `SUMS` lists of each array [S]; behind them, of both directions in turn, the pulses, the slots of
        all rows, and these where every row takes as many as the array with the most [pulses].
    """
    (blocks, members, columns), rows = sums.moved.shape, sums.slots.shape[1]
    totals[:] = 0.0
    for h in range(members):
        for i in range(rows):
            for k in range(sums.rows.shape[2]):
                totals[h, k] += sums.rows[h, i, k]
        if sides[h] == 0:
            continue
        (row_g, column_g), moved = lines[h], sums.moved[:, h]
        for i in range(rows):
            row_g[i] += sums.rows[h, i, 4]
        for block in range(1, blocks):
            for j in range(columns):
                moved[0, j] += moved[block, j]
        for j in range(columns):
            column_g[j] += moved[0, j]
    for i in range(rows):
        for side in range(2):
            most = 0.0
            for h in range(members):
                if side < sides[h]:
                    most = max(most, sums.slots[side if turns[h] > 0 else 1 - side, i])
            totals[members, side] += sums.pulses[side, i]
            totals[members, 2 + side] += sums.slots[side, i]
            totals[members, 4 + side] += most
