"""A crossbar in SPICE: a device at every crossing, a resistor for every piece of wire."""

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
) -> None:
    """Devices at the crossings of word lines and bit lines, with their wires.

    A word line runs from its port over driver resistance and one segment to its first cell, and on from cell to cell; a
    bit line from its last cell over one segment and the sense resistance to its port. A tile has lines of its own
    from the same ports. Which side drives and which one senses makes no difference here.

    Parameters
    ----------
    netlist : Netlist
    name : str
        Prefix of the names of elements and inner nodes, which count rows and columns from 1.
    rows, columns : sequence of str
        Nodes of the ports of word lines (rows,) and bit lines (columns,).
    g : ndarray (rows, columns) [S]
    iv : device I-V curve
    wires : ExactWires or None
        None for perfect wires.
    """
    if wires is None:
        cells = {(i, j): (rows[i], columns[j]) for i, j in itertools.product(range(len(rows)), range(len(columns)))}
    else:
        cells = {}
        across, along = (_cuts(size, step) for size, step in zip(g.shape, wires.tile, strict=True))
        for block in itertools.product(across, along):
            cells |= _tile(netlist, name, rows, columns, block, wires)
    for (i, j), (word, bit) in cells.items():
        device(iv, netlist, f"{name}_{i + 1}_{j + 1}", word, bit, float(g[i, j]))


def _cuts(size: int, step: int) -> list[range]:
    return [range(start, min(start + step, size)) for start in range(0, size, step)]


def _tile(
    netlist: Netlist,
    name: str,
    rows: Sequence[str],
    columns: Sequence[str],
    block: tuple[range, range],
    wires: ExactWires,
) -> dict[tuple[int, int], tuple[str, str]]:
    """Wires of one tile; the nodes of its cells on their word and bit line."""
    word: dict[tuple[int, int], str] = {}
    bit: dict[tuple[int, int], str] = {}
    for i in block[0]:
        before, ohms = rows[i], wires.driver + wires.word
        for j in block[1]:
            word[i, j] = before = _wire(netlist, before, f"{name}_w_{i + 1}_{j + 1}", ohms)
            ohms = wires.word
    for j in block[1]:
        before, ohms = columns[j], wires.sense + wires.bit
        for i in reversed(block[0]):
            bit[i, j] = before = _wire(netlist, before, f"{name}_b_{i + 1}_{j + 1}", ohms)
            ohms = wires.bit
    return {cell: (word[cell], bit[cell]) for cell in word}


def _wire(netlist: Netlist, before: str, node: str, ohms: float) -> str:
    """The node at the far end of a piece of wire: the near one where it has no resistance."""
    if ohms == 0.0:
        return before
    netlist.resistor(node, before, node, 1.0 / ohms)
    return node
