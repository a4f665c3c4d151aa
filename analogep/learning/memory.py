"""The accumulating rules compiled: wanted changes in digital memory become pulses, a few rows at a time.

    mixed precision   chi += z;                    n = rule(chi);                     chi -= n
    closed loop       wanted = clip(wanted + z step, window);   n = rule((wanted - seen)/step)

with the rule of `circuit.update.Accumulating`: at least one pulse and at most so many where |chi| reaches the
threshold. One pass over memory where NumPy takes eight.
"""

from __future__ import annotations

from numba import njit

from analogep.jit import kernel


@njit(inline="always")
def _pulses(chi, threshold, most):  # type: ignore[no-untyped-def]
    """Signed pulses for the accumulated change `chi` [steps]."""
    size = abs(chi)
    whole = min(max(float(int(min(size, 2e9))), 1.0), most)
    whole = whole if size >= threshold else 0.0
    return whole if chi > 0.0 else -whole


@kernel()
def closed_rows(z, rows, wanted, seen, step, low, high, threshold, most, counts):  # type: ignore[no-untyped-def]
    """Closed loop: pulses that bring the last read to the wanted weight.

    Parameters
    ----------
    z : ndarray (some, columns)
        Wanted change of the weights of `rows` [steps].
    rows : int64 ndarray (some,)
    wanted, seen : ndarray (rows, columns) [1]
        Wanted weights, changed in place, and last reads.
    step, low, high : float [1]
        Nominal step, and the weights at the ends of the window: what it cannot hold is not remembered.
    threshold, most : float
        Of the rule [steps], [1].
    counts : int32 ndarray (rows, columns)
        Pulses, written in the given rows.
    """
    for k in range(rows.size):
        i = rows[k]
        for j in range(z.shape[1]):
            target = wanted[i, j] + z[k, j] * step
            target = min(max(target, low), high)
            wanted[i, j] = target
            counts[i, j] = _pulses((target - seen[i, j]) / step, threshold, most)


@kernel()
def mixed_rows(z, rows, residual, threshold, most, counts):  # type: ignore[no-untyped-def]
    """Mixed precision: pulses for what memory has gathered, which then has so much less.

    Parameters
    ----------
    z, rows, threshold, most, counts
        As in `closed_rows`.
    residual : ndarray (rows, columns) [steps]
        Changed in place.
    """
    for k in range(rows.size):
        i = rows[k]
        for j in range(z.shape[1]):
            chi = residual[i, j] + z[k, j]
            n = _pulses(chi, threshold, most)
            counts[i, j] = n
            residual[i, j] = chi - n
