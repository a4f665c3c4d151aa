"""What a study says in a table: accuracy with its standard error, and joules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analogep.study import recorded
from analogep.study.card import StudyCard
from analogep.study.collect import DONE, FAILED
from analogep.study.statistics import standard_error

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Row:
    """Numbers of one combination of axis values, or of one value with all others averaged over.

    Attributes
    ----------
    said : dict of str
        Key -> text.
    accuracy, error : float
        Mean over chips and seeds after the last epoch, and its standard error [1]; of the validation samples where
        the study holds some out (`recorded.judged`), else of the test samples.
    training, inference : float
        Joules per training sample (mean of epochs) and per inference (last epoch) [J].
    training_seconds, latency : float
        Seconds on the chip of the same [s].
    done, failed : int
        Points.
    """

    said: dict[str, str]
    accuracy: float
    error: float
    training: float
    inference: float
    training_seconds: float
    latency: float
    done: int
    failed: int


@dataclass(frozen=True)
class Spread:
    """How chips differ, each averaged over its seeds; of a single chip, how its seeds do.

    Attributes
    ----------
    over : str
        `chips` or `seeds`.
    accuracy : ndarray (chips or seeds,) [1]
        After the last epoch; NaN where no point is done.
    training, inference : ndarray (chips or seeds,) [J]
        Joules per training sample (mean of epochs) and per inference (last epoch).
    """

    over: str
    accuracy: Floats
    training: Floats
    inference: Floats

    @property
    def done(self) -> int:
        """Chips or seeds that have a number."""
        return int(np.isfinite(self.accuracy).sum())

    def levels(self, name: str) -> dict[str, float]:
        """Quartiles and standard deviation of `accuracy`, `training` or `inference`; NaN where there are too few."""
        values = getattr(self, name)
        known = values[np.isfinite(values)]
        out = {key: float(np.quantile(known, share)) if known.size else np.nan for key, share in _QUARTILES.items()}
        return out | {"standard deviation": float(known.std(ddof=1)) if known.size > 1 else np.nan}


_QUARTILES = {"lowest": 0.0, "lower quartile": 0.25, "median": 0.5, "upper quartile": 0.75, "highest": 1.0}


@dataclass(frozen=True)
class _Numbers:
    """Arrays (axes..., chips, seeds)."""

    accuracy: Floats
    training: Floats
    inference: Floats
    training_seconds: Floats
    latency: Floats
    state: NDArray[np.int8]

    @classmethod
    def of(cls, dataset: xr.Dataset) -> _Numbers:
        """Last accuracy that each point has, as axes may make runs longer or shorter; that which ranks them."""
        state = dataset["state"].values
        if "accuracy" not in dataset:
            nothing = np.full(state.shape, np.nan)
            return cls(nothing, nothing, nothing, nothing, nothing, state)
        found = {name: dataset[name].values for name in ("accuracy", "training_energy", "inference_energy")}
        # Results from before there was a clock hold no seconds.
        for name in ("training_seconds", "inference_seconds"):
            found[name] = dataset[name].values if name in dataset else np.full(found["accuracy"].shape, np.nan)
        return cls(
            recorded.judged(dataset),
            _epochs(found["training_energy"]),
            _last(found["inference_energy"]),
            _epochs(found["training_seconds"]),
            _last(found["inference_seconds"]),
            state,
        )

    def row(self, said: dict[str, str], chosen: tuple[int | slice, ...]) -> Row:
        """One row, of the axis positions that are chosen."""
        accuracy, state = self.accuracy[chosen], self.state[chosen]
        # Chips and seeds are common to all combinations, so that these are averaged over first.
        shared = accuracy.reshape(-1, *accuracy.shape[-2:]).mean(axis=0)
        error = standard_error(shared)
        means = (self.accuracy, self.training, self.inference, self.training_seconds, self.latency)
        mean, training, inference, seconds, latency = (_mean(array[chosen]) for array in means)
        done, failed = (int((state == code).sum()) for code in (DONE, FAILED))
        return Row(said, mean, error, training, inference, seconds, latency, done, failed)


def _epochs(values: Floats) -> Floats:
    """Mean along the last axis of what is not missing."""
    known = ~np.isnan(values)
    mean = np.where(known, values, 0.0).sum(axis=-1) / np.maximum(known.sum(axis=-1), 1)
    return np.where(known.any(axis=-1), mean, np.nan)


def _last(values: Floats) -> Floats:
    """Last number along the last axis that is none of the missing ones."""
    known = ~np.isnan(values)
    last = values.shape[-1] - 1 - np.argmax(known[..., ::-1], axis=-1)
    return np.take_along_axis(values, last[..., None], axis=-1)[..., 0]


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else np.nan


def finals(dataset: xr.Dataset) -> dict[str, Floats]:
    """What a study is judged by, at the end of each training.

    Returns
    -------
    dict of ndarray (axes..., chips, seeds) [1] or [J]
        `accuracy` after the last epoch [1], `training_energy` per training sample, mean of epochs [J], and
        `inference_energy` of the last epoch [J].
    """
    numbers = _Numbers.of(dataset)
    return {
        "accuracy": numbers.accuracy,
        "training_energy": numbers.training,
        "inference_energy": numbers.inference,
    }


def combinations(card: StudyCard, dataset: xr.Dataset) -> Iterator[Row]:
    """One row for each combination of axis values."""
    numbers = _Numbers.of(dataset)
    for index in np.ndindex(tuple(len(axis) for axis in card.axes)):
        said: dict[str, str] = {}
        for axis, place in zip(card.axes, index, strict=True):
            said |= axis.at(place)
        yield numbers.row(said, index)


def margins(card: StudyCard, dataset: xr.Dataset) -> Iterator[list[Row]]:
    """For each axis one row for each of its values, averaged over all other axes."""
    numbers = _Numbers.of(dataset)
    for number, axis in enumerate(card.axes):
        before = (slice(None),) * number
        yield [numbers.row(axis.at(place), (*before, place)) for place in range(len(axis))]


def spread(dataset: xr.Dataset) -> Spread:
    """How chips, or seeds, of a study without axes differ."""
    numbers = _Numbers.of(dataset)
    several = numbers.state.shape[-2] > 1
    parts = (numbers.accuracy, numbers.training, numbers.inference)
    return Spread("chips" if several else "seeds", *(_seed_means(part) if several else part[0] for part in parts))


def _seed_means(values: Floats) -> Floats:
    return np.array([_mean(row) for row in values])
