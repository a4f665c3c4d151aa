"""A layer cut into tiles, each with its own lines, drivers and sense ends; the tiles' currents add up."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analogep.crossbar.wires.linear import Solution, ports_of
from analogep.crossbar.wires.nonlinear import Curve, read_nonlinear
from analogep.crossbar.wires.reduction import ports
from analogep.crossbar.wires.resistances import Floats, Resistances, conductances, losses
from analogep.errors import UsageError


def cuts(shape: tuple[int, int], tile: tuple[int, int] | None) -> tuple[list[slice], list[slice]]:
    """Rows and columns of the tiles of an array; what does not fill a tile is left to the last ones.

    A tile that is larger than the array is cut to it: the rest of its lines carries no current.

    Raises
    ------
    UsageError
        A tile without rows or columns.
    """
    height, width = shape if tile is None else tile
    if height < 1 or width < 1:
        raise UsageError(f"wires: tiles of {height} x {width} cells; a tile has at least one row and one column")
    rows, columns = (
        [slice(i, min(i + step, size)) for i in range(0, size, step)]
        for size, step in zip(shape, (height, width), strict=True)
    )
    return rows, columns


@dataclass(frozen=True)
class TiledPorts:
    """[I_row; I_column] = Y [V; u] of a tiled array, linear and with wires.

    Every word line's voltage drives its line in all tiles of the row of tiles, every bit line's voltage holds its
    sense ends in all tiles of the column, and a port's current is the sum over tiles. So rr is block diagonal over the
    rows of tiles, cc over the columns of tiles, and rc is put together from the tiles'.
    """

    g: Floats
    """Conductances that Y is of (rows, columns) [S]."""
    resistances: Resistances
    tile: tuple[int, int] | None
    """Rows and columns of a tile; None for one array."""
    rr: tuple[Floats, ...]
    """Block of each row of tiles (rows of the tile, rows of the tile) [S]."""
    rc: Floats
    """(rows, columns) [S]."""
    cc: tuple[Floats, ...]
    """Block of each column of tiles (columns of the tile, columns of the tile) [S]."""

    @classmethod
    def exact(cls, g: Floats, resistances: Resistances, tile: tuple[int, int] | None = None) -> TiledPorts:
        """Y by exact reduction of every tile (`ports`).

        Parameters
        ----------
        g : ndarray (rows, columns) [S]
        resistances : Resistances
        tile : (int, int) or None
            Rows and columns of a tile; None for one tile of the array's size.
        """
        g = conductances(g).copy()
        across, along = cuts(g.shape, tile)
        rr = tuple(np.zeros((i.stop - i.start, i.stop - i.start)) for i in across)
        cc = tuple(np.zeros((j.stop - j.start, j.stop - j.start)) for j in along)
        rc = np.empty(g.shape)
        for (p, i), (q, j) in itertools.product(enumerate(across), enumerate(along)):
            of = ports(g[i, j], resistances)
            rr[p][:] += of.rr
            cc[q][:] += of.cc
            rc[i, j] = of.rc
        return cls(g, resistances, tile, rr, rc, cc)

    @property
    def t(self) -> Floats:
        """Conductances as the ports see them, -rc (rows, columns) [S]: bit lines at 0 V take -V t."""
        return -self.rc

    @property
    def severity(self) -> float:
        """kappa of the worst tile (`severity`) [1]."""
        across, along = cuts(self.g.shape, self.tile)
        return max(float(losses(self.g[i, j], self.resistances)[1].max()) for i in across for j in along)

    def row_currents(self, rows: Floats, columns: Floats | None = None) -> Floats:
        """rr V + rc u: currents into the array at the word lines' ports (..., rows) [A].

        Parameters
        ----------
        rows : ndarray (..., rows) [V]
        columns : ndarray (..., columns) [V] or None
            None for bit lines at 0 V.
        """
        own = blockwise(rows, self.rr)
        return own if columns is None else own + columns @ self.rc.T

    def column_currents(self, rows: Floats, columns: Floats | None = None) -> Floats:
        """rc' V + cc u: currents into the array at the bit lines' ports (..., columns) [A].

        Parameters as in `TiledPorts.row_currents`.
        """
        through = np.asarray(rows @ self.rc)
        return through if columns is None else through + blockwise(columns, self.cc)

    def power(self, rows: Floats, columns: Floats | None = None) -> Floats:
        """v'Yv (...) [W], what cells and wires dissipate; parameters as in `TiledPorts.row_currents`."""
        own = np.asarray((rows * self.row_currents(rows, columns)).sum(-1))
        return own if columns is None else own + (columns * self.column_currents(rows, columns)).sum(-1)

    def moved(self, g: Floats) -> TiledPorts:
        """Estimate of Y after small changes of the conductances, in O(rows x columns).

        rc is scaled by g_new/g_old, cell by cell (a cell that was dead gets the mean ratio rc/g); off the diagonal rr
        and cc stay, and their diagonals take up the change such that ports at one voltage still draw nothing. So Y
        remains symmetric and positive semidefinite, and the power never turns negative. `error` says how good that is.

        Parameters
        ----------
        g : ndarray (rows, columns) [S]

        Raises
        ------
        UsageError
            Conductances that are no such array, or of another shape.
        """
        g = conductances(g).copy()
        if g.shape != self.g.shape:
            raise UsageError(f"wires: conductances have the shape {g.shape}, the reduction is of {self.g.shape}")
        total = float(self.g.sum())
        mean = float(self.rc.sum()) / total if total > 0.0 else -1.0
        alive = self.g > 0.0
        rc = g * np.where(alive, self.rc / np.where(alive, self.g, 1.0), mean)
        change = self.rc - rc
        across, along = cuts(g.shape, self.tile)
        rr = tuple(x + np.diag(change[i].sum(1)) for x, i in zip(self.rr, across, strict=True))
        cc = tuple(x + np.diag(change[:, j].sum(0)) for x, j in zip(self.cc, along, strict=True))
        return TiledPorts(g, self.resistances, self.tile, rr, rc, cc)

    def error(self, exact: TiledPorts) -> float:
        """Largest relative error of the three parts of Y, each in the Frobenius norm [1]."""
        return max(_difference((self.rc,), (exact.rc,)), _difference(self.rr, exact.rr), _difference(self.cc, exact.cc))


@dataclass(frozen=True)
class TiledRead:
    """A read of a tiled array of nonlinear cells."""

    row_currents: Floats
    """Currents into the array at the word lines' ports (..., rows) [A]."""
    column_currents: Floats
    """Currents into the array at the bit lines' ports (..., columns) [A]."""
    tiles: tuple[Solution, ...]
    """Every tile's nodes and cells, row of tiles by row of tiles."""


def read_tiles(
    g: Floats,
    iv: Curve,
    resistances: Resistances,
    tile: tuple[int, int] | None,
    rows: ArrayLike,
    columns: ArrayLike = 0.0,
    tolerance: float = 1e-10,
    warm: TiledRead | None = None,
) -> TiledRead:
    """`read_nonlinear` of every tile; the ports' currents are the sums over the tiles.

    Memory: 24 bytes for each cell of each sample in the result.

    Parameters
    ----------
    g, iv, resistances, rows, columns, tolerance
        As for `read_nonlinear`.
    tile : (int, int) or None
        Rows and columns of a tile; None for one array.
    warm : TiledRead or None
        Read of neighbouring voltages of the same array to start from.
    """
    g = conductances(g)
    v, u, single = ports_of(g.shape, rows, columns)
    into_rows, into_columns = np.zeros(v.shape), np.zeros(u.shape)
    solutions: list[Solution] = []
    starts: Iterator[Solution | None] = itertools.repeat(None) if warm is None else iter(warm.tiles)
    for i, j in itertools.product(*cuts(g.shape, tile)):
        of = read_nonlinear(g[i, j], iv, resistances, v[:, i], u[:, j], tolerance, next(starts))
        into_rows[:, i] += of.row_currents
        into_columns[:, j] += of.column_currents
        solutions.append(of)
    if single:
        into_rows, into_columns = into_rows[0], into_columns[0]
    return TiledRead(into_rows, into_columns, tuple(solutions))


def blockwise(x: Floats, blocks: tuple[Floats, ...]) -> Floats:
    """`x` (..., size) times a block diagonal symmetric matrix; units [V], [S], [A].

    `blocks` are its blocks along the diagonal (block, block) [S], of `size` rows together; result (..., size) [A].
    """
    if len(blocks) == 1:
        return np.asarray(x @ blocks[0])
    ends = np.cumsum([len(block) for block in blocks])[:-1]
    parts = np.split(x, ends, axis=-1)
    return np.concatenate([part @ block for part, block in zip(parts, blocks, strict=True)], axis=-1)


def _difference(one: tuple[Floats, ...], other: tuple[Floats, ...]) -> float:
    off = sum(float(np.square(x - y).sum()) for x, y in zip(one, other, strict=True))
    size = sum(float(np.square(y).sum()) for y in other)
    return float(np.sqrt(off / size)) if size > 0.0 else 0.0
