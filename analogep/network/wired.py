"""Arrays with wires as multiports.

Linear cells: [drawn; -into] = Y [r; v] with the exact reduction Y of every tile (analogep.crossbar.wires), so that the
dynamics are dense matrix products and the power, wires included, is v'Yv. Curved cells have no Y: every evaluation
solves all nodes of all tiles by Newton's method around line-wise conjugate gradients.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from analogep.crossbar.wires import Resistances, TiledPorts, TiledRead, read, read_tiles
from analogep.crossbar.wires.tiles import blockwise, cuts
from analogep.device.iv import IV
from analogep.network.coupling import Coupling, Derivatives, Held

Floats = NDArray[np.float64]


class WiredHeld(Held):
    """Rows held at `rows` (samples, rows) [V] by sources: what they drive through the wires is multiplied once."""

    def __init__(self, ports: TiledPorts, rows: Floats) -> None:
        self._ports = ports
        self._through = rows @ ports.rc
        self._own = ports.power(rows)

    def into(self, columns: Floats) -> Floats:
        """Current into each column (..., samples, columns) [A]."""
        return np.asarray(-self._through - blockwise(columns, self._ports.cc))

    def power(self, columns: Floats) -> Floats:
        """v'Yv (..., samples) [W]."""
        through = (columns * self._through).sum(axis=-1)
        return np.asarray(self._own + 2.0 * through + (columns * blockwise(columns, self._ports.cc)).sum(axis=-1))

    def stiffness(self, columns: Floats) -> Floats:
        """-d into/d v (columns, columns) [S]."""
        return _dense(self._ports.cc)


def _dense(blocks: tuple[Floats, ...]) -> Floats:
    # Here, as circuits without such blocks do not need SciPy.
    from scipy.linalg import block_diag

    return np.asarray(block_diag(*blocks))


def _tiles(g: Floats, tile: tuple[int, int]) -> Iterator[tuple[slice, slice]]:
    return itertools.product(*cuts(g.shape, tile))


@dataclass(frozen=True)
class Wired(Coupling):
    """Linear cells and wires.

    Attributes
    ----------
    ports : TiledPorts
        Exact reduction, or the estimate between two of them.
    g : ndarray (rows, columns) [S]
        Conductances of now.
    resistances : Resistances
    tile : (int, int)
    """

    ports: TiledPorts
    g: Floats
    resistances: Resistances
    tile: tuple[int, int]
    diagonal: ClassVar[bool] = False

    def held(self, rows: Floats) -> Held:
        """The array with its rows held at `rows` (samples, rows) [V]."""
        return WiredHeld(self.ports, rows)

    def into(self, rows: Floats, columns: Floats) -> Floats:
        """Current into the columns (..., samples, columns) [A]."""
        return -self.ports.column_currents(rows, columns)

    def drawn(self, rows: Floats, columns: Floats) -> Floats:
        """Current drawn from the rows (..., samples, rows) [A]."""
        return self.ports.row_currents(rows, columns)

    def derivatives(self, rows: Floats, columns: Floats) -> Derivatives:
        """The blocks of Y."""
        return Derivatives(_dense(self.ports.rr), _dense(self.ports.cc), self.ports.t)

    def sensitivity(self, rows: Floats, columns: Floats, row_adjoint: Floats, column_adjoint: Floats) -> Floats:
        """sum over samples of the drop across each cell for (rows, columns) times that for the adjoints."""
        out = np.empty(self.g.shape)
        for i, j in _tiles(self.g, self.tile):
            drops = []
            for ends in ((rows[:, i], columns[:, j]), (row_adjoint[:, i], column_adjoint[:, j])):
                found = read(self.g[i, j], self.resistances, *ends)
                drops.append(found.a - found.b)
            out[i, j] = np.einsum("bij,bij->ij", *drops)
        return out

    def content(self, rows: Floats, columns: Floats) -> Floats:
        """v'Yv/2 (samples,) [W]."""
        return 0.5 * self.ports.power(rows, columns)

    def row_load(self) -> Floats:
        """Diagonal of Y at the rows (rows,) [S]."""
        return np.concatenate([np.diag(block) for block in self.ports.rr])

    def column_load(self) -> Floats:
        """Diagonal of Y at the columns (columns,) [S]."""
        return np.concatenate([np.diag(block) for block in self.ports.cc])


class CurvedHeld(Held):
    """Curved cells, rows held at `rows` (samples, rows) [V]: each evaluation starts from the last one of its size."""

    def __init__(self, coupling: WiredCurved, rows: Floats) -> None:
        self._coupling, self._rows = coupling, rows

    def into(self, columns: Floats) -> Floats:
        """Current into each column (..., samples, columns) [A]."""
        return self._coupling.into(np.broadcast_to(self._rows, (*columns.shape[:-1], self._rows.shape[-1])), columns)

    def power(self, columns: Floats) -> Floats:
        """Power of cells and wires (..., samples) [W]."""
        return self._coupling.power(np.broadcast_to(self._rows, (*columns.shape[:-1], self._rows.shape[-1])), columns)

    def stiffness(self, columns: Floats) -> Floats:
        """-d into/d v (samples, columns, columns) [S]."""
        return self._coupling.derivatives(self._rows, columns).columns


@dataclass(frozen=True)
class WiredCurved(Coupling):
    """Curved cells and wires, node by node. Slow: for single reads, small networks and comparisons.

    Attributes
    ----------
    g : ndarray (rows, columns) [S]
    iv : device I-V curve
    resistances : Resistances
    tile : (int, int)
    """

    g: Floats
    iv: IV
    resistances: Resistances
    tile: tuple[int, int]
    _last: list[TiledRead] = field(default_factory=list, compare=False, repr=False)
    diagonal: ClassVar[bool] = False

    def read(self, rows: Floats, columns: Floats) -> TiledRead:
        """Every node with the lines at `rows` (samples, rows) and `columns` (samples, columns) [V]."""
        known = self._last[0] if self._last else None
        near = known is not None and known.row_currents.shape == rows.shape
        found = read_tiles(self.g, self.iv, self.resistances, self.tile, rows, columns, warm=known if near else None)
        self._last[:] = [found]
        return found

    def _flat(self, rows: Floats, columns: Floats) -> TiledRead:
        return self.read(rows.reshape(-1, rows.shape[-1]), columns.reshape(-1, columns.shape[-1]))

    def held(self, rows: Floats) -> Held:
        """The array with its rows held at `rows` (samples, rows) [V]."""
        return CurvedHeld(self, rows)

    def into(self, rows: Floats, columns: Floats) -> Floats:
        """Current into the columns (..., samples, columns) [A]."""
        return -self._flat(rows, columns).column_currents.reshape(columns.shape)

    def drawn(self, rows: Floats, columns: Floats) -> Floats:
        """Current drawn from the rows (..., samples, rows) [A]."""
        return self._flat(rows, columns).row_currents.reshape(rows.shape)

    def power(self, rows: Floats, columns: Floats) -> Floats:
        """Power of cells and wires (..., samples) [W]."""
        found = self._flat(rows, columns)
        flat = (rows.reshape(found.row_currents.shape) * found.row_currents).sum(axis=-1)
        flat = flat + (columns.reshape(found.column_currents.shape) * found.column_currents).sum(axis=-1)
        return np.asarray(flat.reshape(columns.shape[:-1]))

    def _drops(self, rows: Floats, columns: Floats) -> Iterator[tuple[slice, slice, Floats]]:
        """Rows and columns of each tile, and the drops across its cells (samples, rows, columns) [V]."""
        for (i, j), tile in zip(_tiles(self.g, self.tile), self.read(rows, columns).tiles, strict=True):
            yield i, j, tile.a - tile.b

    def _tangent(self, rows: Floats, columns: Floats) -> Floats:
        """Slope g q'(drop) of every cell (samples, rows, columns) [S]."""
        out = np.empty((rows.shape[0], *self.g.shape))
        for i, j, drop in self._drops(rows, columns):
            out[:, i, j] = self.g[i, j] * self.iv.slope(drop)
        return out

    def derivatives(self, rows: Floats, columns: Floats) -> Derivatives:
        """Y of the cells' slopes at the operating point, a reduction for each sample."""
        found = [TiledPorts.exact(g, self.resistances, self.tile) for g in self._tangent(rows, columns)]
        ahead, behind = (np.stack([_dense(getattr(one, name)) for one in found]) for name in ("rr", "cc"))
        return Derivatives(ahead, behind, np.stack([one.t for one in found]))

    def sensitivity(self, rows: Floats, columns: Floats, row_adjoint: Floats, column_adjoint: Floats) -> Floats:
        """sum over samples of q(drop) times the drop of the adjoint in the array of the cells' slopes."""
        out = np.zeros(self.g.shape)
        for i, j, drop in self._drops(rows, columns):
            for k, one in enumerate(drop):
                slopes = self.g[i, j] * self.iv.slope(one)
                found = read(slopes, self.resistances, row_adjoint[k, i], column_adjoint[k, j])
                out[i, j] += self.iv.drive(one) * (found.a - found.b)
        return out

    def content(self, rows: Floats, columns: Floats) -> Floats:
        """Co-content (samples,) [W]: of the cells, and half of what the wires dissipate."""
        terms, cells, heat = self.iv.expansions().content, np.zeros(rows.shape[0]), np.zeros(rows.shape[0])
        for i, j, drop in self._drops(rows, columns):
            integral = sum(a * b for a, b in zip(terms.rows(drop), terms.columns(np.zeros_like(drop)), strict=True))
            cells += (self.g[i, j] * integral).sum(axis=(1, 2))
            heat += (self.g[i, j] * self.iv.drive(drop) * drop).sum(axis=(1, 2))
        return cells + 0.5 * (self.power(rows, columns) - heat)

    def row_load(self) -> Floats:
        """Diagonal of Y at the rows, at 0 V (rows,) [S]."""
        return np.concatenate([np.diag(block) for block in self._at_rest().rr])

    def column_load(self) -> Floats:
        """Diagonal of Y at the columns, at 0 V (columns,) [S]."""
        return np.concatenate([np.diag(block) for block in self._at_rest().cc])

    def _at_rest(self) -> TiledPorts:
        return TiledPorts.exact(self.g, self.resistances, self.tile)
