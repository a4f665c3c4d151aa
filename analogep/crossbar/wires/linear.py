"""One read of an array with wires: every node's voltage, every cell's current."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analogep.crossbar.wires.lines import read_batch
from analogep.crossbar.wires.resistances import Floats, Resistances, conductances
from analogep.errors import SimulationError, UsageError

LIMIT = 2000
"""Steps of conjugate gradients; 4 to 40 are usual."""


@dataclass(frozen=True)
class Solution:
    """Voltages and currents of a read. A leading axis of samples is there if the inputs had one."""

    a: Floats
    """Word lines' nodes (..., rows, columns) [V]."""
    b: Floats
    """Bit lines' nodes (..., rows, columns) [V]."""
    current: Floats
    """Cells' currents from word line to bit line (..., rows, columns) [A]."""
    iterations: NDArray[np.int64]
    """Count of the steps of conjugate gradients (...), in all Newton steps together."""
    residual: Floats
    """Largest sum over a bit line of |current that Kirchhoff's law lacks at its nodes| (...) [A]."""

    @property
    def row_currents(self) -> Floats:
        """Currents into the array at the word lines' ports (..., rows) [A]."""
        return np.asarray(self.current.sum(axis=-1))

    @property
    def column_currents(self) -> Floats:
        """Currents into the array at the bit lines' ports (..., columns) [A]."""
        return np.asarray(-self.current.sum(axis=-2))


def read(
    g: Floats, resistances: Resistances, rows: ArrayLike, columns: ArrayLike = 0.0, tolerance: float = 1e-11
) -> Solution:
    """[Lw + D, -D; -D, Lb + D] [a; b] = sources, by conjugate gradients over whole lines.

    D = diag(g); Lw and Lb are the chains of the word lines and bit lines with driver and sense resistance. The word
    lines are eliminated, and the bit lines with their cells precondition what is left. The number of steps grows with
    the share of the signal that the wires eat: 4 to 40 are usual.

    Parameters
    ----------
    g : ndarray (rows, columns) [S]
        0 for a dead cell.
    resistances : Resistances
    rows : ndarray (rows,) or (samples, rows) [V]
        Voltages of the word lines' ports.
    columns : ndarray (columns,) or (samples, columns) or float [V]
        Voltages of the bit lines' ports.
    tolerance : float
        What a bit line's nodes may lack together, relative to the largest sum of |cells' currents| of a bit line. The
        ports' currents are then right to about 10 times that, relative to the largest of them.

    Raises
    ------
    SimulationError
        After 2000 steps.
    UsageError
        A conductance that is negative or not finite, or shapes that do not fit.
    """
    g = conductances(g)
    v, u, single = ports_of(g.shape, rows, columns)
    shape = (v.shape[0], *g.shape)
    a, b, current = np.empty(shape), np.empty(shape), np.empty(shape)
    steps, residual = np.zeros(shape[0], np.int64), np.zeros(shape[0])
    word, bit = resistances.segments(g.shape)
    read_batch(g, v, u, word, bit, tolerance, LIMIT, a, b, current, steps, residual)
    finished(steps, residual, resistances)
    return unpacked(Solution(a, b, current, steps, residual), single)


def ports_of(shape: tuple[int, int], rows: ArrayLike, columns: ArrayLike) -> tuple[Floats, Floats, bool]:
    """Ports' voltages as (samples, rows), (samples, columns) [V], and whether the inputs had no axis of samples.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the array.
    rows, columns
        As for `read`.

    Raises
    ------
    UsageError
        The shapes do not fit the array or each other.
    """
    v, u = np.asarray(rows, np.float64), np.asarray(columns, np.float64)
    for name, x, size in (("rows", v, shape[0]), ("columns", u, shape[1])):
        if x.ndim > 2 or (x.ndim and x.shape[-1] != size):
            raise UsageError(
                f"wires: voltages of the {name} have the shape {x.shape}; expected ({size},) or (samples, {size})"
            )
    samples = max(len(x) if x.ndim == 2 else 1 for x in (v, u))
    for name, x in (("rows", v), ("columns", u)):
        if x.ndim == 2 and len(x) not in (1, samples):
            raise UsageError(f"wires: voltages of the {name} have {len(x)} samples, the other side has {samples}")
    return (
        np.array(np.broadcast_to(v, (samples, shape[0])), order="C"),
        np.array(np.broadcast_to(u, (samples, shape[1])), order="C"),
        v.ndim < 2 and u.ndim < 2,
    )


def unpacked(solution: Solution, single: bool) -> Solution:
    """The only sample of a solution for inputs without an axis of samples."""
    if not single:
        return solution
    return Solution(solution.a[0], solution.b[0], solution.current[0], solution.iterations[0], solution.residual[0])


def finished(steps: NDArray[np.int64], residual: Floats, resistances: Resistances) -> None:
    """Refuse a read in which a sample used up its steps.

    Parameters
    ----------
    steps : int64 ndarray (samples,)
    residual : ndarray (samples,) [A]
        As in `Solution`.
    resistances : Resistances
        For the message.

    Raises
    ------
    SimulationError
        A sample used up its steps.
    """
    if steps.max(initial=0) < LIMIT:
        return
    k = int(steps.argmax())
    raise SimulationError(
        f"wires: a read did not converge in {LIMIT} steps; sample {k} still lacks {residual[k]:g} A on a bit line. "
        f"With {resistances} the wires eat nearly all of the signal: use smaller tiles or less resistance"
    )
