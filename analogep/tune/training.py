"""One training of a trial: the cards with its settings on the training part, tested on the validation part."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from analogep.circuit import CircuitCard
from analogep.datasets import Dataset, load_validation
from analogep.device import DeviceCard
from analogep.errors import AnalogepError
from analogep.run import Run
from analogep.streams import Seeds, Streams
from analogep.tune.objectives import OBJECTIVES

_PROBE: Final = 1
"""Samples on which the gradient is compared with the exact one, which no search looks at."""


class _OverError(Exception):
    """The time is up."""


@dataclass(frozen=True)
class Parts:
    """Where the parts come from.

    Attributes
    ----------
    source : Any
        As in `datasets.load`.
    seed : int
        Data seed of the split.
    samples : int or None
        Samples of the validation part, as in `Dataset.held_out`.
    """

    source: Any = None
    seed: int = 0
    samples: int | None = None

    def load(self) -> Dataset:
        """Training and validation part; files are read once in a process."""
        if self.source is None or isinstance(self.source, str):
            return _loaded(self)
        return load_validation(self.source, self.seed, self.samples)


@lru_cache(maxsize=2)
def _loaded(parts: Parts) -> Dataset:
    return load_validation(parts.source, parts.seed, parts.samples)


@dataclass(frozen=True)
class Training:
    """A training to be done, wherever that is.

    Attributes
    ----------
    device, circuit
        Cards as they are.
    changes : mapping
        Settings, by keys of the circuit card.
    parts : Parts
    epochs, samples : int
        How long, and on how many samples in each epoch.
    seed : int
        Of fabrication, operation and order.
    until : float or None
        Time of `time.time()` at which it is given up [s].
    """

    device: DeviceCard
    circuit: CircuitCard
    changes: Mapping[str, Any]
    parts: Parts
    epochs: int
    samples: int
    seed: int
    until: float | None = None


@dataclass(frozen=True)
class Outcome:
    """What a training gave.

    Attributes
    ----------
    values : dict
        Objective -> number, of those that are known; empty where nothing was trained to its end.
    problem : str
        Why there is none.
    late : bool
        Whether the time was up before its end.
    seconds : float
        That it took [s].
    """

    values: Mapping[str, float]
    problem: str = ""
    late: bool = False
    seconds: float = 0.0


Work = Callable[[Training], Outcome]
"""What trains: `train`, or a function of one's own."""


def train(job: Training) -> Outcome:
    """Train, and test on the validation part; settings that the cards refuse or that do not settle are an outcome."""
    began = time.monotonic()
    try:
        circuit = job.circuit.changed({**job.changes, "learning.epochs": job.epochs, "learning.probe": _PROBE})
        data = _fewer(job.parts.load(), job.samples, job.parts.seed)
        result = Run(job.device, circuit, Seeds.of(job.seed), data, on_batch=_watch(job.until)).execute()
    except _OverError:
        return Outcome({}, late=True)
    except AnalogepError as error:
        return Outcome({}, problem=str(error).splitlines()[0], seconds=time.monotonic() - began)
    numbers = {name: one.of(result, job.device, circuit) for name, one in OBJECTIVES.items()}
    values = {name: value for name, value in numbers.items() if not math.isnan(value)}
    return Outcome(values, seconds=time.monotonic() - began)


def _watch(until: float | None) -> Callable[[object], None] | None:
    """Look at the clock after each batch."""
    if until is None:
        return None

    def look(_: object) -> None:
        if time.time() > until:
            raise _OverError

    return look


def _fewer(data: Dataset, samples: int, seed: int) -> Dataset:
    """The data with that many of the training samples, drawn by the data seed."""
    if samples >= len(data.train_y):
        return data
    chosen = Streams(seed).rng("few").permutation(len(data.train_y))[:samples]
    return replace(data, train_x=data.train_x[chosen], train_y=data.train_y[chosen])
