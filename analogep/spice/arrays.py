"""A crossbar in SPICE: a device at every crossing, a resistor for every piece of wire, a subcircuit for every tile."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analogep.circuit.wires import ExactWires
from analogep.device.iv import Curve
from analogep.spice.netlist import Netlist
from analogep.spice.parts import device

Floats = NDArray[np.float64]


def crossbar(
    netlist: Netlist,
    name: str,
    rows: Sequence[str],
    columns: Sequence[str],
    g: Floats,
    iv: Curve,
    wires: ExactWires | None = None,
    cells: str = "cells",
) -> None:
    """Devices at the crossings of word lines and bit lines, with their wires.

    A word line runs from its port over driver resistance and one segment to its first cell, and on from cell to cell; a
    bit line from its last cell over one segment and the sense resistance to its port. A tile has lines of its own
    from the same ports. Which side drives and which one senses makes no difference here.

    An array, or each of its tiles, is a subcircuit with its word lines w1, w2, ... and bit lines b1, b2, ... as ports.
    The device between w3 and b2 is `r3_2`, or `b3_2` where it is curved; the pieces of wire that end at it are `rw3_2`
    and `rb3_2`, with the nodes `w3_2` and `b3_2`.

    Parameters
    ----------
    netlist : Netlist
    name : str
        Name of the instance; tiles add `_t` and their place, counted from 1.
    rows, columns : sequence of str
        Nodes of the ports of word lines (rows,) and bit lines (columns,).
    g : ndarray (rows, columns) [S]
    iv : device I-V curve
    wires : ExactWires or None
        None for perfect wires.
    cells : str
        Name of the subcircuit. One that the netlist has already is that of the same array, read once more.
    """
    tile = g.shape if wires is None else wires.tile
    across, along = (_cuts(size, step) for size, step in zip(g.shape, tile, strict=True))
    for (i, some_rows), (j, some_columns) in itertools.product(enumerate(across, 1), enumerate(along, 1)):
        place = f"_t{i}_{j}" if len(across) * len(along) > 1 else ""
        words = [f"w{k + 1}" for k in range(len(some_rows))]
        bits = [f"b{k + 1}" for k in range(len(some_columns))]
        inner, new = netlist.subcircuit(f"{cells}{place}", [*words, *bits])
        if new:
            _fill(inner, words, bits, g[np.ix_(some_rows, some_columns)], iv, wires)
        ends = [*(rows[k] for k in some_rows), *(columns[k] for k in some_columns)]
        netlist.instance(f"{name}{place}", f"{cells}{place}", ends)


def _cuts(size: int, step: int) -> list[range]:
    return [range(start, min(start + step, size)) for start in range(0, size, step)]


def _fill(inner: Netlist, words: list[str], bits: list[str], g: Floats, iv: Curve, wires: ExactWires | None) -> None:
    """Devices and wires of one tile between its ports."""
    if wires is None:
        cells = {(i, j): (words[i], bits[j]) for i, j in np.ndindex(g.shape)}
    else:
        cells = _wires(inner, words, bits, wires)
    for (i, j), (word, bit) in cells.items():
        device(iv, inner, f"{i + 1}_{j + 1}", word, bit, float(g[i, j]))


def _wires(
    inner: Netlist, words: list[str], bits: list[str], wires: ExactWires
) -> dict[tuple[int, int], tuple[str, str]]:
    """Wires of one tile; the nodes of its cells on their word and bit line."""
    word: dict[tuple[int, int], str] = {}
    bit: dict[tuple[int, int], str] = {}
    for i, before in enumerate(words):
        ohms = wires.driver + wires.word
        for j in range(len(bits)):
            word[i, j] = before = _wire(inner, before, f"w{i + 1}_{j + 1}", ohms)
            ohms = wires.word
    for j, before in enumerate(bits):
        ohms = wires.sense + wires.bit
        for i in reversed(range(len(words))):
            bit[i, j] = before = _wire(inner, before, f"b{i + 1}_{j + 1}", ohms)
            ohms = wires.bit
    return {cell: (word[cell], bit[cell]) for cell in word}


def _wire(inner: Netlist, before: str, node: str, ohms: float) -> str:
    """The node at the far end of a piece of wire: the near one where it has no resistance."""
    if ohms == 0.0:
        return before
    inner.resistor(node, before, node, 1.0 / ohms)
    return node
