"""A virtual probe station: what a measurement of a card's cells would give, with their spread and their noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from analogep.crossbar import Array
from analogep.device import DIRECTIONS, DeviceCard
from analogep.errors import UsageError
from analogep.streams import Streams

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]

MOST: Final = 10_000_000
"""Most readings of one measurement."""


def measure(card: DeviceCard, *, cells: int = 8, pulses: int = 100, ramps: int = 3, seed: int = 0) -> xr.Dataset:
    """Send ramps of equal pulses, up and down in turn, to fabricated cells and read them after each pulse.

    Before the first reading all cells are brought down by a ramp that is not recorded; of a unidirectional device each
    ramp begins with a reset instead, and there are none down.

    Parameters
    ----------
    card : DeviceCard
        The device.
    cells : int
        Cells, each with a window and steps of its own.
    pulses : int
        Pulses of each ramp.
    ramps : int
        Ramps in each direction.
    seed : int
        Seed of the cells, of their pulses and of the reads.

    Returns
    -------
    xarray.Dataset
        `conductance` (ramp, direction, reading, cell) [S], with the noise of a read: reading 0 is before the first
        pulse of the ramp.

    Raises
    ------
    UsageError
        If there is nothing to measure, or too much.

    Examples
    --------
    >>> from analogep import DeviceCard
    >>> measure(DeviceCard.load("rram"), cells=2, pulses=20, ramps=1)["conductance"].shape
    (1, 2, 21, 2)
    """
    import xarray as xr

    counts = {"cells": cells, "pulses": pulses, "ramps": ramps}
    for name, count in counts.items():
        if count < 1:
            raise UsageError(f"{name} is {count}; a measurement needs at least 1")
    ways = DIRECTIONS[:1] if card.programming.unidirectional else DIRECTIONS
    if cells * (pulses + 1) * ramps * len(ways) > MOST:
        raise UsageError(f"more than {MOST} readings of {cells} cells, {pulses} pulses and {ramps} ramps; take fewer")
    found = _Station(card, cells, seed).ramps(ways, pulses, ramps)
    text = "conductance as it was read before the first pulse of a ramp and after each"
    return xr.Dataset(
        {"conductance": (("ramp", "direction", "reading", "cell"), found, {"units": "S", "long_name": text})},
        {
            "ramp": np.arange(1, ramps + 1),
            "direction": list(ways),
            "reading": ("reading", np.arange(pulses + 1), {"units": "1", "long_name": "pulses since the ramp began"}),
            "cell": np.arange(1, cells + 1),
        },
        {"title": f"simulated measurement of {cells} cells of {card.name}", "digest": card.digest, "seed": str(seed)},
    )


class _Station:
    """Cells under the probes, and how often they were pulsed."""

    def __init__(self, card: DeviceCard, cells: int, seed: int) -> None:
        self.card, self.streams, self.calls = card, Streams(seed), 0
        self.array = Array(card, (1, cells), self.streams, "characterise/measured")
        self.reads = self.streams.rng("characterise/reads")

    def ramps(self, ways: tuple[str, ...], pulses: int, ramps: int) -> Floats:
        """All readings (ramps, directions, readings, cells) [S]."""
        shape = self.array.shape
        if len(ways) > 1:
            self._pulse(np.full(shape, -pulses, dtype=np.int32))
        found = np.empty((ramps, len(ways), pulses + 1, shape[1]))
        for ramp in found:
            for way, readings in zip(ways, ramp, strict=True):
                if len(ways) == 1:
                    self.array.reset(np.ones(shape, dtype=np.bool_), self.streams, 0, self._next())
                for number in range(pulses + 1):
                    if number:
                        self._pulse(np.full(shape, 1 if way == "up" else -1, dtype=np.int32))
                    readings[number] = self._read()
        return found

    def _pulse(self, counts: NDArray[np.int32]) -> None:
        self.array.program(counts, self.streams, 0, self._next())

    def _next(self) -> int:
        self.calls += 1
        return self.calls

    def _read(self) -> Floats:
        card = self.card
        return card.read.components.sample(self.array.g[0], card.conductance.max, self.reads)
