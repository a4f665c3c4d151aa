"""Conductance pairs: signed weights from two arrays that are read against each other.

w = range (g_plus - g_minus)/(G_max - G_min)       with the nominal window of the card.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analogep.crossbar.array import Array, Counts, Floats, Written
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
        self.plus = Array(device, shape, fabrication, f"{name}/plus")
        self.minus = Array(device, shape, fabrication, f"{name}/minus")
        self.scale = weight_range / (device.conductance.max - device.conductance.min)
        """Weight per siemens [1/S]."""
        self.step = device.step * weight_range * (2.0 if push_pull else 1.0)
        """Nominal weight change by one pulse on the pair [1]."""
        self.refresh()

    def refresh(self) -> None:
        """Compute what reads need again after the conductances have changed."""
        self.weights: Floats = (self.plus.g - self.minus.g) * self.scale
        total = self.plus.g + self.minus.g
        self.row_total: Floats = total.sum(axis=1)
        """Conductance on each word line [S], for the power of forward reads."""
        self.column_total: Floats = total.sum(axis=0)
        """Conductance on each bit line [S], for the power of reverse reads."""

    @property
    def limit(self) -> float:
        """Largest |weight| that the nominal window holds [1]."""
        return self.weight_range * (1.0 if self.push_pull else 0.5)

    def noise_variance(self) -> Floats | None:
        """Variance of each weight in one read [1], or None where reads have no noise."""
        noise = self.device.read.noise
        if noise.kind == "none":
            return None
        return (noise.variance(self.plus.g) + noise.variance(self.minus.g)) * self.scale**2

    def program(self, counts: Counts, operation: Streams, epoch: int, call: int) -> Written:
        """Apply signed pulse counts to the pairs: up on plus and, with push-pull, down on minus."""
        written = self.plus.program(counts, operation, epoch, call)
        if self.push_pull:
            written += self.minus.program(np.negative(counts), operation, epoch, call)
        self.refresh()
        return written

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
        noise, window = self.device.read.noise, self.device.conductance
        seen = np.zeros(int(np.count_nonzero(where)))
        for sign, array in ((1.0, self.plus), (-1.0, self.minus)):
            g = array.g[where]
            if noise.kind != "none":
                g = g + np.sqrt(noise.variance(g)) * rng.standard_normal(g.shape)
            if lsb > 0.0:
                quantum = lsb * (window.max - window.min)
                g = np.rint(g / quantum) * quantum
            seen += sign * g
        return seen * self.scale

    def read_joules(self, where: NDArray[np.bool_]) -> float:
        """Energy of reading these pairs once at the card's read voltage [J]: V i(V) G t."""
        read = self.device.read
        v = np.array([read.voltage])
        drive = float(v[0] * read.iv.drive(v)[0])
        return drive * read.width * float((self.plus.g[where] + self.minus.g[where]).sum())

    def write(self, target: Floats, operation: Streams, rng: np.random.Generator, lsb: float) -> Written:
        """Bring the weights near `target` by write and verify, before training.

        Each round reads every pair and pulses those that are off by half a step or more, until at most one in a
        hundred is, or the noise allows no better.

        Returns
        -------
        Written
            Pulses, verify reads and their joules.
        """
        done, best = Written(), np.inf
        everywhere = np.ones(self.shape, dtype=bool)
        for call in range(_MOST_ROUNDS):
            seen = self.read(everywhere, lsb, rng).reshape(self.shape)
            done += Written(reads=2 * seen.size, read_joules=self.read_joules(everywhere))
            counts = np.rint((target - seen) / self.step).astype(np.int32)
            off = float(np.mean(counts != 0))
            spread = float(np.mean(np.abs(target - seen)))
            if off <= 0.01 or spread > 0.98 * best:
                break
            best = spread
            done += self.program(counts, operation, 0, -1 - call)
        return done
