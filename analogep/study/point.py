"""Points of a study: what is trained where, and the digest that names its file."""

from __future__ import annotations

import hashlib
import json
import pickle
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analogep.cards import origin
from analogep.circuit import CircuitCard
from analogep.device import DeviceCard

Cards = tuple[DeviceCard, CircuitCard]


def packed(cards: Cards) -> bytes:
    """Both cards in a few kilobytes, so that a worker needs none of their files.

    Raises
    ------
    UsageError
        If a part of theirs is in no file.
    """
    return zlib.compress(pickle.dumps((origin.needed(cards), pickle.dumps(cards))), 1)


def unpacked(content: bytes) -> Cards:
    """Both cards, from what `packed` gave."""
    parts, cards = pickle.loads(zlib.decompress(content))
    origin.fetch(parts)
    device, circuit = pickle.loads(cards)
    return device, circuit


@dataclass(frozen=True)
class Combination:
    """One combination of axis values.

    Attributes
    ----------
    index : tuple of int
        Position on each axis.
    said : dict of str
        Key -> text of the axis values.
    cards : bytes
        Device and circuit card, packed.
    digest : str
        Of all that decides the numbers of its points, but for chip and seed.
    """

    index: tuple[int, ...]
    said: Mapping[str, str]
    cards: bytes
    digest: str


@dataclass(frozen=True)
class Point:
    """One training: a combination of axis values on one chip with one seed of operation."""

    combination: Combination
    chip: int
    seed: int

    @property
    def digest(self) -> str:
        """Names the point's file (40 hexadecimal digits)."""
        said = json.dumps([self.combination.digest, self.chip, self.seed])
        return hashlib.sha256(said.encode()).hexdigest()[:40]

    @property
    def where(self) -> dict[str, object]:
        """Axis values, chip and seed, as records of the study name them."""
        return {"at": dict(self.combination.said), "chip": self.chip, "seed": self.seed}

    def __str__(self) -> str:
        return described(self.where)


def described(where: Mapping[str, Any], equals: str = "=") -> str:
    """A point, or the record of one, in words: `nudging.beta=0.3, chip 0, seed 1`."""
    said = [f"{key}{equals}{text}" for key, text in where["at"].items()]
    return ", ".join([*said, f"chip {where['chip']}", f"seed {where['seed']}"])
