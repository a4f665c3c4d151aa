"""Conductance pairs: signed weights from two arrays that are read against each other.

w = range (g_plus - g_minus)/(G_max - G_min)       with the nominal window of the card.
"""

from __future__ import annotations

import copy
import itertools
from functools import partial

import numpy as np
from numpy.typing import NDArray

from analogep.crossbar.array import Array, Counts, Floats, Written
from analogep.crossbar.kernels import weigh_rows
from analogep.crossbar.threads import run
from analogep.device import DeviceCard
from analogep.streams import Streams

_MOST_ROUNDS = 20


class Pair:
    """Two arrays that hold the weights of one layer.

    Parameters
    ----------
    device : DeviceCard
        Technology of both arrays.
    shape : (int, int)
        Rows (inputs and bias) and columns (neurons).
    weight_range : float
        |weight| at which the halves of a push-pull pair stand at opposite ends of the nominal window.
    push_pull : bool
        Whether both halves are programmed, or g_plus alone.
    fabrication : Streams
        Seed of the spread between cells.
    name : str
        Name in the random streams, such as `layer1`.
    """

    def __init__(
        self,
        device: DeviceCard,
        shape: tuple[int, int],
        weight_range: float,
        push_pull: bool,
        fabrication: Streams,
        name: str,
    ) -> None:
        self.device, self.shape, self.name = device, shape, name
        self.weight_range, self.push_pull = weight_range, push_pull
        self.unidirectional = device.programming.unidirectional
        self.plus = Array(device, shape, fabrication, f"{name}/plus")
        self.minus = Array(device, shape, fabrication, f"{name}/minus")
        self.scale = weight_range / device.conductance.span
        """Weight per siemens [1/S]."""
        both = push_pull and not self.unidirectional
        self.step = device.step * weight_range * (2.0 if both else 1.0)
        """Nominal weight change by one pulse on the pair [1]."""
        self.elapsed: float | None = None
        """Time since the weights were written [s]; None in training."""
        self.refresh()

    def refresh(self) -> None:
        """Compute the weights from the conductances of all cells."""
        self.weights: Floats = (self.plus.g - self.minus.g) * self.scale

    @property
    def row_total(self) -> Floats:
        """Conductance on each word line (rows,) [S], for the power of forward reads."""
        return np.asarray(self.plus.row_g + self.minus.row_g)

    @property
    def column_total(self) -> Floats:
        """Conductance on each bit line (columns,) [S], for the power of reverse reads."""
        return np.asarray(self.plus.column_g + self.minus.column_g)

    @property
    def limit(self) -> float:
        """Largest |weight| that the nominal window holds [1]."""
        return self.weight_range * (1.0 if self.push_pull or self.unidirectional else 0.5)

    @property
    def worn(self) -> int:
        """Devices of both halves beyond the card's endurance."""
        return self.plus.worn + self.minus.worn

    def noise_variance(self) -> Floats | None:
        """Variance of each weight in one read [1], or None where reads have no noise."""
        noise, top = self.device.read.noise, self.device.conductance.max
        if noise.kind == "none":
            return None
        variance = noise.variance(self.plus.g, top, self.elapsed) + noise.variance(self.minus.g, top, self.elapsed)
        return variance * self.scale**2

    def program(self, counts: Counts, operation: Streams, epoch: int, call: int) -> Written:
        """Apply signed pulse counts to the pairs: up on plus and, with push-pull, down on minus.

        A unidirectional device knows pulses up alone: a weight rises by pulses on plus and falls by pulses on minus.
        """
        threads, at = self.plus.threads, (operation, epoch, call)
        if self.unidirectional:
            work = [
                self.plus.prepare(np.maximum(counts, 0), 1, *at),
                self.minus.prepare(np.minimum(counts, 0), -1, *at),
            ]
        else:
            work = [self.plus.prepare(counts, 1, *at)]
            if self.push_pull:
                work.append(self.minus.prepare(counts, -1, *at))
        run([job for half in work for job in half.jobs], threads)
        cuts = np.linspace(0, self.shape[0], threads + 1).astype(int)
        run([partial(self._weigh, counts, *cut) for cut in itertools.pairwise(cuts)], threads)
        return sum((half.finish() for half in work), Written())

    def _weigh(self, counts: Counts, first: int, last: int) -> None:
        weigh_rows(first, last, counts, self.plus.g, self.minus.g, self.scale, self.weights)

    def read(self, where: NDArray[np.bool_], lsb: float, rng: np.random.Generator) -> Floats:
        """Verify reads of single pairs, through the read noise and the converter.

        Parameters
        ----------
        where : bool ndarray (rows, columns)
            Pairs to read.
        lsb : float
            Resolution of the converter as a fraction of the nominal window; 0 for an ideal one.
        rng : Generator
            Draws the read noise.

        Returns
        -------
        ndarray (reads,) [1]
            Weights as read, in the order of `where`.
        """
        plus, minus = self._read_halves(where, lsb, rng)
        return (plus - minus) * self.scale

    def _read_halves(self, where: NDArray[np.bool_], lsb: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Both halves of single pairs as read [S]."""
        noise, window = self.device.read.noise, self.device.conductance
        seen = []
        for array in (self.plus, self.minus):
            g = array.g[where]
            if noise.kind != "none":
                g = noise.sample(g, window.max, rng)
            if lsb > 0.0:
                quantum = lsb * window.span
                g = np.rint(g / quantum) * quantum
            seen.append(g)
        return seen[0], seen[1]

    def read_joules(self, where: NDArray[np.bool_]) -> float:
        """Energy of reading these pairs once at the card's read voltage [J]: V i(V) G t."""
        read = self.device.read
        v = np.array([read.voltage])
        drive = float(v[0] * read.iv.drive(v)[0])
        return drive * read.width * float((self.plus.g[where] + self.minus.g[where]).sum())

    def write(
        self,
        target: Floats,
        operation: Streams,
        rng: np.random.Generator,
        lsb: float,
        where: NDArray[np.bool_] | None = None,
        epoch: int = 0,
        call: int = -1,
    ) -> Written:
        """Bring weights near `target` by write and verify.

        Each round reads every pair and pulses those that are off by half a step or more, until at most one in a
        hundred is, or the noise allows no better.

        Parameters
        ----------
        target : ndarray (rows, columns) [1]
        operation : Streams
            Seed of the pulses' noise.
        rng : Generator
            Draws the read noise.
        lsb : float
            As in `read`.
        where : bool ndarray (rows, columns) or None
            Pairs to write; None for all.
        epoch, call : int
            Which write of the run this is; its rounds count downwards from `call`.

        Returns
        -------
        Written
            Pulses, verify reads and their joules.
        """
        done, best = Written(), np.inf
        chosen = np.ones(self.shape, dtype=bool) if where is None else where
        wanted = target[chosen]
        for turn in range(_MOST_ROUNDS):
            plus, minus = self._read_halves(chosen, lsb, rng)
            done += Written(reads=2 * plus.size, read_joules=self.read_joules(chosen))
            error = wanted - (plus - minus) * self.scale
            counts = np.rint(error / self._steps(plus, minus, error)).astype(np.int32)
            off, spread = float(np.mean(counts != 0)), float(np.mean(np.abs(error)))
            if off <= 0.01 or spread > 0.98 * best:
                break
            best = spread
            pulses = np.zeros(self.shape, dtype=np.int32)
            pulses[chosen] = counts
            done += self.program(pulses, operation, epoch, call - turn)
        return done

    def _steps(self, plus: Floats, minus: Floats, error: Floats) -> Floats | float:
        """Weight change by one pulse on pairs as read [1].

        The nominal step serves devices that come back from either side. A unidirectional one must not overshoot, and
        its step differs many times over along the window: there it is the law's at the state of the half to pulse.
        """
        if not self.unidirectional:
            return self.step
        window = self.device.conductance
        x = np.clip((np.where(error > 0.0, plus, minus) - window.min) / window.span, 0.0, 1.0)
        local = self.device.programming.step("up", x) * self.weight_range
        return np.maximum(local, 1e-3 * self.step)

    def renew(
        self, operation: Streams, rng: np.random.Generator, lsb: float, epoch: int, call: int
    ) -> tuple[Written, NDArray[np.bool_]]:
        """Reset pairs of a unidirectional device that have run high, and write their weights anew.

        Parameters
        ----------
        operation, rng, lsb, epoch, call
            As in `write`.

        Returns
        -------
        Written
            Reads, resets and pulses.
        ndarray (rows, columns)
            Which pairs were renewed.
        """
        reset, window = self.device.programming.reset, self.device.conductance
        assert reset is not None, f"device '{self.device.name}' has no reset"
        everywhere = np.ones(self.shape, dtype=bool)
        plus, minus = (half.reshape(self.shape) for half in self._read_halves(everywhere, lsb, rng))
        done = Written(reads=2 * plus.size, read_joules=self.read_joules(everywhere))
        high = window.min + reset.refresh_above * window.span
        # A half that cannot move is not reset again and again.
        where = ((plus > high) & self.plus.responds) | ((minus > high) & self.minus.responds)
        if where.any():
            for array in (self.plus, self.minus):
                done += array.reset(where, operation, epoch, call)
            self.refresh()
            target = np.clip((plus - minus) * self.scale, -self.limit, self.limit)
            done += self.write(target, operation, rng, lsb, where, epoch, call - 1)
        return done, where

    def aged(self, seconds: float) -> Pair:
        """A copy of the pair as it stands `seconds` after it was written."""
        later = copy.copy(self)
        later.plus, later.minus = self.plus.aged(seconds), self.minus.aged(seconds)
        later.elapsed = seconds
        later.refresh()
        return later
