"""From the files of all points to one Dataset."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

import analogep
from analogep.results import circumstances
from analogep.study.folder import Folder
from analogep.study.plan import Plan
from analogep.study.point import Point
from analogep.study.pointfile import Stored

if TYPE_CHECKING:
    import xarray as xr

NOT_RUN: Final = 0
DONE: Final = 1
FAILED: Final = 2
_STATE_TEXT = "0 not run, 1 done, 2 failed (listed in the attribute 'failed')"


class Collector:
    """Arrays that grow by one point at a time; only they stay in memory.

    Parameters
    ----------
    plan : Plan
    seeds : int
        Length of the dimension `seed`.
    """

    def __init__(self, plan: Plan, seeds: int) -> None:
        self.plan = plan
        self.shape = (*plan.shape, plan.card.chips, seeds)
        self.dims = (*(axis.name for axis in plan.card.axes), "chip", "seed")
        self.state = np.full(self.shape, NOT_RUN, dtype=np.int8)
        self.failed: list[dict[str, object]] = []
        self._values: dict[str, NDArray[np.float64]] = {}
        self._about: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {}
        self._coordinates: dict[str, list[Any]] = {}
        self._attributes: dict[str, Any] | None = None
        self._others: dict[str, None] = {}

    def _place(self, point: Point) -> tuple[int, ...]:
        return (*point.combination.index, point.chip, point.seed)

    def fail(self, point: Point, record: Mapping[str, object]) -> None:
        """Note a point that has failed; its numbers stay NaN."""
        self.state[self._place(point)] = FAILED
        self.failed.append({**point.where, "reason": record["reason"]})

    def add(self, point: Point, stored: Stored) -> None:
        """Put a point's numbers in their place."""
        place = self._place(point)
        self.state[place] = DONE
        self._others |= dict.fromkeys(circumstances.differences(stored.attributes))
        for name, array in stored.arrays.items():
            values = self._room(name, array.values.shape)
            self._about[name] = (array.dims, {"units": array.units, "long_name": array.long_name})
            inside = tuple(slice(size) for size in array.values.shape)
            values[place][inside] = array.values
        for dim, labels in stored.coordinates.items():
            if len(labels) > len(self._coordinates.get(dim, ())):
                self._coordinates[dim] = labels
        if self._attributes is None:
            self._attributes = dict(stored.attributes)
        self._attributes = {
            key: value
            for key, value in self._attributes.items()
            if key in stored.attributes and stored.attributes[key] == value
        }

    def _room(self, name: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """The variable's array, enlarged where this point has more epochs, layers, neurons than those before."""
        old = self._values.get(name)
        if old is None:
            self._values[name] = np.full((*self.shape, *shape), np.nan)
            return self._values[name]
        inner = old.shape[len(self.shape) :]
        if any(new > has for new, has in zip(shape, inner, strict=True)):
            grown = np.full((*self.shape, *np.maximum(shape, inner)), np.nan)
            grown[tuple(slice(size) for size in old.shape)] = old
            self._values[name] = grown
        return self._values[name]

    def dataset(self) -> xr.Dataset:
        """The result of the study."""
        import xarray as xr

        variables: dict[str, object] = {}
        for name in sorted(self._values):
            dims, about = self._about[name]
            variables[name] = ((*self.dims, *dims), self._values[name], about)
        variables["state"] = (self.dims, self.state, {"units": "1", "long_name": _STATE_TEXT})
        coordinates: dict[str, object] = {}
        for axis in self.plan.card.axes:
            coordinates |= axis.coordinates()
        for dim, size in zip(("chip", "seed"), self.shape[-2:], strict=True):
            coordinates[dim] = (dim, np.arange(size), {"units": "1", "long_name": _SAMPLES[dim]})
        lengths = self._lengths()
        coordinates |= {dim: labels for dim, labels in self._coordinates.items() if len(labels) == lengths.get(dim)}
        return xr.Dataset(variables, coordinates, self._said())

    def _lengths(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for name, (dims, _) in self._about.items():
            found |= zip(dims, self._values[name].shape[len(self.shape) :], strict=True)
        return found

    def _said(self) -> dict[str, Any]:
        plan, card = self.plan, self.plan.card
        identity = plan.identity
        # Points may have been made at other commits: this one is of who collects them.
        found = (self._attributes or {}) | circumstances.made_by()
        if self._others:
            found["went_on_from"] = json.dumps(list(self._others))
        if card.posterior is not None:
            found["posterior"] = card.posterior.model_dump_json()
        return found | {
            "title": card.title or f"study over {', '.join(axis.name for axis in card.axes) or 'chips and seeds'}",
            "analogep_version": analogep.__version__,
            "digest": identity["digest"],
            "study": json.dumps({**identity, "name": card.name, "chips": card.chips, "seeds": int(self.shape[-1])}),
            "axes": json.dumps({axis.name: dict(axis.values) for axis in card.axes}),
            "device_cards": json.dumps(plan.card_texts["device"]),
            "circuit_cards": json.dumps(plan.card_texts["circuit"]),
            "cards": json.dumps(plan.own),
            "overrides": json.dumps([f"{key}={text}" for key, text in card.settings.items()]),
            "seeds": f"base {card.seed}; fabrication sample = chip, operation and data sample = seed",
            "citations": json.dumps([*plan.citations, plan.data_citation]),
            "unknown": json.dumps(plan.unknown),
            "failed": json.dumps(self.failed),
            "not_run": int((self.state == NOT_RUN).sum()),
        }


_SAMPLES = {
    "chip": "sample of the fabrication stream",
    "seed": "sample of the operation and data streams",
}


def collect(plan: Plan, folder: Folder, rounds: Sequence[Iterable[Point]]) -> xr.Dataset:
    """Read all points of the rounds (one for each seed) and put them together.

    Points that are neither done nor recorded as failed are left out as not run.
    """
    collector = Collector(plan, len(rounds))
    for points in rounds:
        for point in points:
            digest = point.digest
            stored = folder.read(digest)
            if stored is not None:
                collector.add(point, stored)
                continue
            record = folder.failure(digest)
            if record is not None:
                collector.fail(point, record)
    return collector.dataset()
