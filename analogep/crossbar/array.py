"""One crossbar: an array of cells with windows, pulses and noise of their own.

Rows are word lines (the side nearer to the inputs), columns are bit lines.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analogep.crossbar.kernels import program_cells
from analogep.device import DeviceCard, Direction
from analogep.streams import Streams

Floats = NDArray[np.float64]
Counts = NDArray[np.int32]


@dataclass(frozen=True)
class Written:
    """What one call of `program` did.

    Attributes
    ----------
    pulses : float
        Pulses applied.
    joules : float
        Energy of the pulsed cells [J].
    half_select_joules : float
        Energy of half-selected cells [J]; 0 with selectors.
    line_edges : float
        Line-charging sum over pulses of V^2 x number of cells on the pulsed lines [V^2]: times the capacitance per
        cell it is the lines' energy.
    reads : int
        Verify reads of single devices.
    read_joules : float
        What the devices took in them [J].
    """

    pulses: float = 0.0
    joules: float = 0.0
    half_select_joules: float = 0.0
    line_edges: float = 0.0
    reads: int = 0
    read_joules: float = 0.0

    def __add__(self, other: Written) -> Written:
        return Written(
            self.pulses + other.pulses,
            self.joules + other.joules,
            self.half_select_joules + other.half_select_joules,
            self.line_edges + other.line_edges,
            self.reads + other.reads,
            self.read_joules + other.read_joules,
        )


class Array:
    """Cells of one technology, fabricated with their spread.

    Parameters
    ----------
    device : DeviceCard
        The technology.
    shape : (int, int)
        Rows and columns.
    fabrication : Streams
        Seed of the spread between cells and of the faults.
    name : str
        Name of the array in its random streams, such as `layer1/plus`.
    """

    def __init__(self, device: DeviceCard, shape: tuple[int, int], fabrication: Streams, name: str) -> None:
        self.device, self.name, self.shape = device, name, shape
        rng = fabrication.rng(f"{name}/fabrication")
        spread = device.variation.device_to_device
        window = device.conductance
        self.g_max = window.max * spread.draw(spread.max, shape, rng)
        self.g_min = window.min * spread.draw(spread.min, shape, rng)
        common = spread.draw(spread.step, shape, rng)
        apart = spread.draw(spread.asymmetry, shape, rng)
        self.step_up = common * apart
        self.step_down = common * (2.0 - apart) if spread.distribution == "normal" else common / apart
        # As fabricated, every cell stands in the middle of its own window; the initial weights are pulses away.
        self.hidden = np.full(shape, 0.5)
        self.responds = self._faults(rng)
        self.g = self._shown(self.hidden)
        self._laws()

    def _laws(self) -> None:
        up, down = self.device.programming.affine("up"), self.device.programming.affine("down")
        self._law = np.array([up.offset, up.slope, down.offset, down.slope])
        c2c = self.device.variation.cycle_to_cycle
        self._noise = np.array([c2c.additive, c2c.multiplicative, self.device.variation.write_noise.sigma])
        self._levels = self.device.conductance.levels or 0

    def _faults(self, rng: np.random.Generator) -> NDArray[np.bool_]:
        faults = self.device.faults
        lot = rng.random(self.shape)
        anywhere = rng.random(self.shape)
        edges = np.cumsum([faults.stuck_min, faults.stuck_max, faults.stuck_random])
        self.hidden[lot < edges[2]] = anywhere[lot < edges[2]]
        self.hidden[lot < edges[1]] = 1.0
        self.hidden[lot < edges[0]] = 0.0
        responds: NDArray[np.bool_] = lot >= edges[2]
        return responds

    def _shown(self, x: Floats) -> Floats:
        levels = self.device.conductance.levels
        if levels is not None:
            x = np.rint(x * (levels - 1)) / (levels - 1)
        return np.minimum(self.g_min + (self.g_max - self.g_min) * x, self.g_max)

    def program(self, counts: Counts, operation: Streams, epoch: int, call: int) -> Written:
        """Apply signed pulse counts.

        Parameters
        ----------
        counts : int32 ndarray (rows, columns)
            Pulses for each cell, up positive.
        operation : Streams
            Seed of the pulses' noise.
        epoch, call : int
            Which call of the run this is; two calls draw different numbers.

        Returns
        -------
        Written
            Pulses and joules.
        """
        rows, columns = self.shape
        slots = np.zeros((2, rows), dtype=np.int64)
        per_column = np.zeros((2, columns), dtype=np.int64)
        before = (self.g.sum(axis=1), self.g.sum(axis=0)) if self.device.energy.half_select else None
        pulses, conductance, start = program_cells(
            self.hidden, self.g, counts, self.g_min, self.g_max, self.step_up, self.step_down, self.responds,
            self._law, self._noise, self._levels,
            np.uint64(operation.key(f"{self.name}/pulse/{call}", epoch)),
            np.uint64(operation.key(f"{self.name}/write/{call}", epoch)),
            slots, per_column,
        )  # fmt: skip
        written = Written()
        directions: tuple[Direction, Direction] = ("up", "down")
        for side, direction in enumerate(directions):
            if pulses[side]:
                written += self._cost(
                    direction,
                    float(pulses[side]),
                    float(conductance[side]),
                    float(start[side]),
                    slots[side],
                    per_column[side],
                    before,
                )
        return written

    def _cost(
        self,
        direction: Direction,
        pulses: float,
        conductance: float,
        start: float,
        slots: NDArray[np.int64],
        per_column: NDArray[np.int64],
        before: tuple[Floats, Floats] | None,
    ) -> Written:
        """Joules of the pulses of one direction.

        Rows are written one after another, their columns in parallel: in each of a row's slots the cells of the row
        that are not pulsed and the cells of other rows on pulsed columns are half-selected, so that

            E_half = (share V)^2 t [sum_i slots_i G_i. + sum_j n_.j G_.j - 2 sum_ij n_ij G_ij]

        with the conductances G before the write; `start` is the last sum.
        """
        branch, rows, columns = self.device.branch(direction), *self.shape
        joules = self.device.energy.joules(branch, direction, pulses, conductance)
        half = 0.0
        if before is not None and self.device.energy.half_select is not None:
            exposed = float(slots @ before[0] + per_column @ before[1]) - 2.0 * start
            half = (self.device.energy.half_select * branch.amplitude) ** 2 * branch.width * max(exposed, 0.0)
        edges = branch.amplitude**2 * (float(slots.sum()) * columns + pulses * rows)
        return Written(pulses, joules, half, edges)
