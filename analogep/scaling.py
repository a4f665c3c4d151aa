"""What digital circuits take in a technology: energy and area by node, memory by size, multipliers by width.

Energy of an operation goes from one node and supply to another as e(w, V), the fits of A. Stillmaker and B. Baas,
"Scaling equations for the accurate prediction of CMOS device performance from 180 nm to 7 nm", Integration 58, 74
(2017), doi 10.1016/j.vlsi.2017.02.002, of high-performance transistors from 45 nm on:

    e(w, V) = a2 V^2 + a1 V + a0,    log e between two nodes linear in log w at the supply in question,

and area as the same authors have it (row of 45 nm), between nodes likewise. Operations at 45 nm and 0.9 V are
those of M. Horowitz, "Computing's energy problem", ISSCC 2014, doi 10.1109/ISSCC.2014.6757323:

    64 bits of SRAM      10 pJ at 8 KB, 20 pJ at 32 KB, 100 pJ at 1 MB; by powers between, as the root beyond
    multiplication       0.2 pJ at 8 bits, 3.1 pJ at 32 bits: 0.2 pJ (n m/64) of n by m bits
    addition             0.03 pJ at 8 bits, 0.1 pJ at 32 bits: 0.1 pJ (n/32) of n bits

The last two meet the 32-bit numbers within 4 % and the 8-bit ones exactly and within 17 %.

Two readings of the table agree on all of it (nodeScale of the NanoCAD laboratory, github.com/wromaszkan/nodeScale,
and hwcomponents 1.0.114), and the authors' corrigendum has the rows of 32 and 65 nm. From 45 nm on it has two rows, of
high-performance and of low-power transistors. `ENERGY` has the former throughout; hwcomponents has the latter at 45 and
32 nm and the former below, so that its step from 45 nm at 0.9 V to 65 nm at 1.1 V is a factor of 1.99 and not 2.40.
`LOW_POWER` has the latter throughout: by it joules are 0.83 of ours from 65 nm on, 0.74 at 22 nm and 0.67 at 14 nm
(0.8 V). Joules of digital circuits are uncertain by as much, those of the analog update and of integers alike.
"""

from __future__ import annotations

import itertools
import math
from typing import Final

ENERGY: Final = {
    180e-9: (24.64, -17.98, 0.0),
    130e-9: (7.171, -6.709, 2.904),
    90e-9: (4.762, -4.781, 2.092),
    65e-9: (3.755, -4.398, 1.975),
    45e-9: (1.018, -0.3107, 0.1539),
    32e-9: (0.8367, -0.4341, 0.1701),
    20e-9: (0.373, -0.1582, 0.04104),
    16e-9: (0.2958, -0.1241, 0.03024),
    14e-9: (0.2363, -0.09675, 0.02239),
    10e-9: (0.2068, -0.09311, 0.02375),
    7e-9: (0.1776, -0.09097, 0.02447),
}
"""Node [m] -> a2, a1, a0 of e(w, V), V in volts; of high-performance transistors where the table has two kinds."""
LOW_POWER: Final = {
    45e-9: (1.103, -0.362, 0.2767),
    32e-9: (0.9559, -0.7823, 0.471),
    20e-9: (0.2632, -0.14, 0.06841),
    16e-9: (0.2139, -0.1187, 0.05639),
    14e-9: (0.1556, -0.06472, 0.03066),
    10e-9: (0.1261, -0.0518, 0.02769),
    7e-9: (0.09365, -0.03409, 0.02043),
}
"""The same of low-power transistors, where the table has them."""
AREA: Final = {
    180e-9: 19.0, 130e-9: 6.4, 90e-9: 2.8, 65e-9: 1.5, 45e-9: 1.0, 32e-9: 0.46, 20e-9: 0.21, 16e-9: 0.19, 14e-9: 0.17,
    10e-9: 0.10, 7e-9: 0.059,
}  # fmt: skip
"""Node [m] -> area over that at 45 nm."""
REFERENCE: Final = (45e-9, 0.9)
"""Node [m] and supply [V] of the published energies."""
SRAM: Final = ((8192.0, 10e-12), (32768.0, 20e-12), (1048576.0, 100e-12))
"""Bytes and joules of an access of `WORD` bits."""
WORD: Final = 64
_MULTIPLY, _ADD = 0.2e-12 / 64.0, 0.1e-12 / 32.0


def _between(table: dict[float, float], node: float) -> float:
    """Value at a node [m] of a table by node, its logarithm linear in that of the node.

    Raises
    ------
    ValueError
        If the node is beyond the table.
    """
    nodes = sorted(table)
    # 65 nm may be read as a float beside 65e-9.
    node = next((known for known in nodes if math.isclose(known, node, rel_tol=1e-9)), node)
    if not nodes[0] <= node <= nodes[-1]:
        low, high = 1e9 * nodes[0], 1e9 * nodes[-1]
        raise ValueError(f"scaling is known from {low:g} nm to {high:g} nm, and not at {1e9 * node:g} nm")
    above = next(known for known in nodes if known >= node)
    if above == node:
        return table[above]
    below = nodes[nodes.index(above) - 1]
    share = math.log(node / below) / math.log(above / below)
    return math.exp((1.0 - share) * math.log(table[below]) + share * math.log(table[above]))


def energy_factor(node: float, supply: float, *, low_power: bool = False) -> float:
    """Energy of a digital operation over that at 45 nm and 0.9 V.

    Parameters
    ----------
    node : float [m]
    supply : float [V]
    low_power : bool
        Of low-power transistors at this node and at 45 nm, where the table has them.

    Raises
    ------
    ValueError
        If the node is beyond 7 to 180 nm.
    """
    rows = {**ENERGY, **LOW_POWER} if low_power else ENERGY
    fitted = {known: a * supply**2 + b * supply + c for known, (a, b, c) in rows.items()}
    a, b, c = rows[REFERENCE[0]]
    return _between(fitted, node) / (a * REFERENCE[1] ** 2 + b * REFERENCE[1] + c)


def area_factor(node: float) -> float:
    """Area of a digital circuit at a `node` [m] over that at 45 nm.

    Raises
    ------
    ValueError
        If the node is beyond 7 to 180 nm.
    """
    return _between(AREA, node)


def sram_joules(size: float, bits: float = WORD) -> float:
    """Joules of reading or writing so many bits of an SRAM at 45 nm and 0.9 V.

    Parameters
    ----------
    size : float [bytes]
        Of the memory that drives its lines for the access. Below 8 KB as the root of the size as well.
    bits : float
    """
    for (low, first), (high, last) in itertools.pairwise(SRAM):
        if low <= size <= high:
            access = first * (size / low) ** (math.log(last / first) / math.log(high / low))
            break
    else:
        known, joules = SRAM[0] if size < SRAM[0][0] else SRAM[-1]
        access = joules * math.sqrt(size / known)
    return float(access * bits / WORD)


def mac_joules(bits: float, other: float, total: float) -> float:
    """Joules of multiplying `bits` by `other` and adding to a sum of `total` bits at 45 nm and 0.9 V."""
    return _MULTIPLY * bits * other + _ADD * total
