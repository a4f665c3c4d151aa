"""Named random streams: the same name, seed and epoch give the same numbers, whatever else draws.

There is no global generator. A stream is derived from (seed, sample, crc32(name), epoch) by NumPy's `SeedSequence`,
so that adding a component shifts nobody's numbers, results do not depend on the number or order of workers, and a
resumed run needs no stored generator state.

Three seeds are kept apart, so that each can be held fixed: `fabrication` (device-to-device variation and faults),
`operation` (pulse, read and converter noise, rounding) and `data` (split and order of the samples).
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

_AT_A_TIME = 16
"""Calls whose keys are made together: what makes them is out of the processor's cache when the next batch comes."""
_SEED = re.compile(r"(fabrication|operation|data) ([0-9]+)(?: sample ([0-9]+))?")


@dataclass(frozen=True)
class Streams:
    """All random numbers of one seed.

    Parameters
    ----------
    seed : int
        Non-negative seed.
    sample : int
        Index of the Monte-Carlo sample, 0 for a single run.
    """

    seed: int
    sample: int = 0

    def _sequence(self, name: str, epoch: int) -> np.random.SeedSequence:
        words = self.seed, self.sample, zlib.crc32(name.encode()), epoch
        # The same numbers in half of the time, where each is a word of the generator's own.
        long = (self.seed | self.sample | epoch) >> 32
        return np.random.SeedSequence(words if long else np.array(words, np.uint32))

    def rng(self, name: str, epoch: int = 0) -> np.random.Generator:
        """Generator of the stream `name` in `epoch`."""
        return np.random.Generator(np.random.Philox(self._sequence(name, epoch)))

    def key(self, name: str, epoch: int = 0) -> int:
        """64-bit key of the stream `name` in `epoch`, for the counter-based generators of compiled kernels."""
        return self.keys(name, epoch, 1)[0]

    def keys(self, name: str, epoch: int, number: int) -> list[int]:
        """Several keys of one stream; the first of them is `key`."""
        return [int(one) for one in self._sequence(name, epoch).generate_state(number, np.uint64)]

    def counted(self, name: str, call: int, epoch: int, number: int = 1) -> list[int]:
        """`keys` of the stream "name/call": of one call after the other, which are made some at a time."""
        return _some_keys(self, name, epoch, number, call // _AT_A_TIME)[call % _AT_A_TIME]


@lru_cache(256)
def _some_keys(streams: Streams, name: str, epoch: int, number: int, turn: int) -> list[list[int]]:
    first = turn * _AT_A_TIME
    return [streams.keys(f"{name}/{call}", epoch, number) for call in range(first, first + _AT_A_TIME)]


@dataclass(frozen=True)
class Seeds:
    """The seeds of fabrication, operation and data order, each free to be held while the others move."""

    fabrication: Streams
    operation: Streams
    data: Streams

    @classmethod
    def of(
        cls,
        seed: int,
        *,
        fabrication: int | None = None,
        operation: int | None = None,
        data: int | None = None,
    ) -> Seeds:
        """All three seeds equal to `seed` unless one is given by itself."""
        return cls(
            Streams(seed if fabrication is None else fabrication),
            Streams(seed if operation is None else operation),
            Streams(seed if data is None else data),
        )

    @classmethod
    def sample(cls, *, chip: int = 0, seed: int = 0, base: int = 0) -> Seeds:
        """Seeds of one point of a study: its chip is a sample of fabrication, its seed one of operation and data.

        Parameters
        ----------
        chip, seed : int
            Coordinates of the point in the study's result.
        base : int
            Seed of the study itself.
        """
        return cls(Streams(base, chip), Streams(base, seed), Streams(base, seed))

    def __str__(self) -> str:
        """The three seeds in one line, with the Monte-Carlo sample where it is not 0; `parse` is the way back."""
        named = {"fabrication": self.fabrication, "operation": self.operation, "data": self.data}
        return ", ".join(
            f"{name} {stream.seed}" + (f" sample {stream.sample}" if stream.sample else "")
            for name, stream in named.items()
        )

    @classmethod
    def parse(cls, text: str) -> Seeds:
        """Seeds from the line that `str` makes of them.

        Raises
        ------
        ValueError
            If it is another line.
        """
        found = {name: Streams(int(seed), int(sample or 0)) for name, seed, sample in _SEED.findall(text)}
        if set(found) != {"fabrication", "operation", "data"} or str(seeds := cls(**found)) != text:
            raise ValueError(f"'{text[:100]}' does not name seeds, such as 'fabrication 0, operation 0, data 0'")
        return seeds
