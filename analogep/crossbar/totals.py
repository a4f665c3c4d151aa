"""What a write comes to: its sums over rows and blocks added up, and the conductances of lines moved along, at once."""

from __future__ import annotations

from analogep.jit import kernel


@kernel(error_model="numpy")
def add_up(sums, turns, sides, lines, totals):  # type: ignore[no-untyped-def]
    """Add up the sums of a write in the order of its rows.

    Parameters
    ----------
    sums : Sums
    turns, sides : int64 ndarray (members,)
        Of each array -1 where pulses up of the pair are its pulses down, else 1; and its directions, 0 if it has none.
    lines : tuple of (ndarray (rows,), ndarray (columns,)) [S]
        Conductance on the lines of each array: the changes are added.
    totals : ndarray (members + 1, SUMS + 1)
        Filled: what `SUMS` lists of each array [S]; behind them, of both directions in turn, the pulses, the slots of
        all rows, and these where every row takes as many as the array with the most [pulses].
    """
    (blocks, members, columns), rows = sums.moved.shape, sums.slots.shape[1]
    for h in range(members):
        for k in range(sums.rows.shape[2]):
            total = 0.0
            for i in range(rows):
                total += sums.rows[h, i, k]
            totals[h, k] = total
        if sides[h] == 0:
            continue
        row_g, column_g = lines[h]
        for i in range(rows):
            row_g[i] += sums.rows[h, i, 4]
        for j in range(columns):
            moved = sums.moved[0, h, j]
            for block in range(1, blocks):
                moved += sums.moved[block, h, j]
            column_g[j] += moved
    for side in range(2):
        pulses, slots, longest = 0.0, 0.0, 0.0
        for i in range(rows):
            pulses += sums.pulses[side, i]
            slots += sums.slots[side, i]
            most = 0.0
            for h in range(members):
                if side < sides[h]:
                    most = max(most, sums.slots[side if turns[h] > 0 else 1 - side, i])
            longest += most
        totals[members, side], totals[members, 2 + side], totals[members, 4 + side] = pulses, slots, longest
