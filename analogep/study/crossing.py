"""Accuracy over two or three axes of a study at once: the effect of one axis may depend on another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from analogep.study import recorded
from analogep.study.statistics import standard_error
from analogep.study.values import called
from analogep.units import format_si

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]

AGES: Final = "time since training"
"""Name of the way along which chips age."""
MOST_LINES: Final = 7
MOST_PANELS: Final = 4
_TIMES: Final = (("y", 365.25 * 86400.0), ("d", 86400.0), ("h", 3600.0), ("min", 60.0))


@dataclass(frozen=True)
class Way:
    """One axis, or the ages after training.

    Attributes
    ----------
    name : str
    unit : str
        Unit of `places`.
    labels : tuple of str
        Its values as people call them.
    places : ndarray (values,) [unit] or None
        Its values if they are numbers.
    """

    name: str
    unit: str
    labels: tuple[str, ...]
    places: Floats | None = None


NOTHING: Final = Way("", "1", ("",))


@dataclass(frozen=True)
class Crossing:
    """Test accuracy of a study, arranged to be drawn or printed.

    Attributes
    ----------
    panels, lines, along : Way
        The axes; `NOTHING` where there are fewer than three.
    mean, error : ndarray (panels, lines, along) [1]
        Accuracy over chips and seeds, and its standard error (NaN where that needs more points).
    """

    panels: Way
    lines: Way
    along: Way
    mean: Floats
    error: Floats


def crossing(dataset: xr.Dataset) -> Crossing | None:
    """Arrange a study; None if it has fewer than two axes (ages are one), or too many values to draw lines of.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `Study.run` returns it.
    """
    ways, values = _ways(dataset)
    if "accuracy" not in dataset or not 2 <= len(ways) <= 3:
        return None
    along, lines, *panels = _order(ways)
    sizes = [len(ways[place].labels) for place in (lines, *panels)]
    if sizes[0] > MOST_LINES or any(size > MOST_PANELS for size in sizes[1:]):
        return None
    chosen = [*panels, lines, along]
    arranged = np.transpose(values, (*chosen, len(ways), len(ways) + 1))
    arranged = arranged.reshape((1,) * (3 - len(ways)) + arranged.shape)
    mean, error = np.full(arranged.shape[:3], np.nan), np.full(arranged.shape[:3], np.nan)
    for index in np.ndindex(mean.shape):
        known = arranged[index][~np.isnan(arranged[index])]
        if known.size:
            mean[index], error[index] = known.mean(), standard_error(arranged[index])
    return Crossing(ways[panels[0]] if panels else NOTHING, ways[lines], ways[along], mean, error)


def _ways(dataset: xr.Dataset) -> tuple[list[Way], Floats]:
    """Axes of the study and its ages, and accuracies that rank it (axes..., chips, seeds)."""
    ways = []
    for axis in recorded.recorded(dataset.attrs).axes:
        coordinate = dataset[axis.name]
        labels = tuple(called(axis.at(place)) for place in range(len(axis)))
        places = coordinate.values.astype(np.float64) if coordinate.dtype.kind in "fiu" else None
        ways.append(Way(axis.name, str(coordinate.attrs.get("units", "1")), labels, places))
    if "aged_accuracy" in dataset:
        values = np.moveaxis(dataset["aged_accuracy"].values, -1, len(ways))
        ages = dataset["age"].values.astype(np.float64)
        return [*ways, Way(AGES, "s", tuple(map(time, ages.tolist())), ages)], values
    return ways, recorded.judged(dataset)


def _order(ways: list[Way]) -> list[int]:
    """Ages, else the numbers with most values, along the figure; then the fewest as lines, the rest as panels."""

    def rank(place: int) -> tuple[bool, bool, int, int]:
        way = ways[place]
        return way is ways[-1] and way.name == AGES, way.places is not None, len(way.labels), -place

    along = max(range(len(ways)), key=rank)
    others = sorted((place for place in range(len(ways)) if place != along), key=lambda p: len(ways[p].labels))
    if len(others) == 2 and len(ways[others[1]].labels) > MOST_PANELS:
        others.reverse()
    return [along, *others]


def time(seconds: float) -> str:
    """A time in the largest unit that makes it a whole number."""
    for unit, size in _TIMES:
        if seconds >= size and (seconds / size) % 1.0 == 0.0:
            return f"{seconds / size:g} {unit}"
    return format_si(seconds, "s")
