"""The specification: how large each limit may be before so much accuracy is lost, all others as on the cards."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analogep import results
from analogep.budget.course import BEGUN, Course
from analogep.budget.curve import Crossing, crossing, falling
from analogep.budget.deck import Factors
from analogep.budget.question import REAL, Question
from analogep.budget.scales import Scaling, scaling
from analogep.budget.tally import Points, origin
from analogep.errors import CardError, UsageError

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]

SPECIFICATION: Final = "specification.nc"
FACTORS: Final = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
"""Sizes of a limit, relative to the card's."""
PAIRS: Final = 8
"""Pairs, unless told otherwise."""
_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "factor_lost": ("1", "size of the limit, relative to the card's, at which the points are lost"),
    "factor_low": ("1", "lower end of its 95 % interval, a bootstrap over pairs"),
    "factor_high": ("1", "upper end of its 95 % interval, a bootstrap over pairs"),
    "on_card": ("1", "value of the quantity on the card, in the SI unit that the attribute 'quantities' names"),
    "value_lost": ("1", "value of the quantity at which the points are lost, in that unit"),
    "value_low": ("1", "the same at the smaller size of the limit that the interval has"),
    "value_high": ("1", "the same at the larger size of the limit that the interval has"),
}


class Refused(NamedTuple):
    """A size that the cards do not take."""

    factor: float
    why: str


class Specification(Question):
    """Pairs of trainings with each limit at several sizes, from none to four times the card's.

    The number of pairs is fixed beforehand, and a clock that ends earlier does not know what it has measured: no
    interval suffers from when one stops.

    Parameters
    ----------
    device, circuit, data, set, seed, age, limits, work
        As of `Question`.

    Attributes
    ----------
    scalings : dict of str to Scaling
        How each limit follows a factor, of those that do.
    unscaled : dict of str to str
        Why others do not.
    refused : dict of str to list of Refused
        Sizes that the cards do not take.

    Examples
    --------
    >>> Specification("rram", limits=["wires"]).run("runs/wires", points=0.01)["factor_lost"]  # doctest: +SKIP
    """

    noun, title = "specification", "Specification"

    def __init__(self, device: str, circuit: str = "digits", **given: Any) -> None:
        super().__init__(device, circuit, **given)
        self.scalings: dict[str, Scaling] = {}
        self.unscaled: dict[str, str] = {}
        self.refused: dict[str, list[Refused]] = {}
        cards = self.deck.cards(())
        for name in self.names:
            found = scaling(name, *cards)
            if isinstance(found, str):
                self.unscaled[name] = found
            else:
                self.scalings[name] = found
        if not self.scalings:
            why = "; ".join(f"{name}: {reason}" for name, reason in self.unscaled.items())
            raise UsageError(f"{device} with {circuit}: none of these limits can be made larger and smaller ({why})")
        self._points, self.places = self._laid_out()

    def points(self) -> dict[str, Factors]:
        """All limits on, and each limit at each other size that the cards take."""
        return self._points

    def _laid_out(self) -> tuple[dict[str, Factors], dict[str, dict[float, int]]]:
        """Points, and limit -> factor -> number of its point."""
        roles: dict[str, Factors] = {REAL: ()}
        asked: list[tuple[str, float]] = []
        for name in self.scalings:
            for factor in FACTORS:
                try:
                    self.deck.cards({name: factor})
                except CardError as error:
                    reason = error.problems[0].message.partition(";")[0]
                    self.refused.setdefault(name, []).append(Refused(factor, reason))
                else:
                    roles[f"{name} at {factor:g}"] = {name: factor}
                    asked.append((name, factor))
        points, numbers = self.distinct(roles)
        places: dict[str, dict[float, int]] = {name: {} for name in self.scalings}
        for (name, factor), number in zip(asked, numbers[1:], strict=True):
            places[name][factor] = number
        return points, places

    def run(
        self,
        out: str | Path | None = None,
        *,
        points: float = 0.01,
        pairs: int = PAIRS,
        minutes: float | None = None,
        **running: Any,
    ) -> xr.Dataset:
        """Train the pairs that are missing, and find the size of each limit at which `points` are lost.

        Parameters
        ----------
        out : str, Path or None
            Folder; by default one under `runs`, named from its digest. It goes on from what is there.
        points : float
            Accuracy [1].
        pairs : int
        minutes : float or None
            Time for pairs.
        running
            As of `Budget.run`.

        Returns
        -------
        xarray.Dataset
            Dimensions `limit`, the tightest first, `factor` and `pair`; also in the folder, as `specification.nc`.

        Raises
        ------
        ResultError
            If the folder cannot be used or the scheduler does not answer.
        """
        folder = self.folder(out)
        everything = range(len(self._points))
        course = Course(lambda _: everything, pairs, minutes)
        trained = self.run_pairs(folder, course, **running)
        return self._written(trained, folder, points, course.ended)

    def kept(self, out: str | Path | None, points: float) -> xr.Dataset | None:
        """The same of what has been trained so far, as after an interrupt; None without a pair."""
        folder = self.folder(out)
        trained = self.left(folder)
        return None if trained is None else self._written(trained, folder, points, BEGUN)

    def _written(self, trained: xr.Dataset, folder: Path, points: float, ended: str) -> xr.Dataset:
        dataset = self._found(trained, points)
        command = self.command("--specify", f"{100.0 * points:g}", "--pairs", str(dataset.sizes["pair"]))
        dataset.attrs |= {"ended": ended, "command": command}
        results.write(dataset, folder / SPECIFICATION)
        return dataset

    def _found(self, trained: xr.Dataset, points: float) -> xr.Dataset:
        import xarray as xr

        accuracy = Points(trained).accuracy
        names = list(self.scalings)
        each = np.full((len(names), len(FACTORS), accuracy.shape[1]), np.nan)
        for k, name in enumerate(names):
            for factor, place in self.places[name].items():
                each[k, FACTORS.index(factor)] = accuracy[place]
        curves = np.full(each.shape[:2], np.nan)
        found = [_specified(each[k], curves[k], points) for k in range(len(names))]
        order = sorted(range(len(names)), key=lambda k: found[k].factor)
        variables: dict[str, Any] = {
            key: (("limit",), np.array(values), _about(key))
            for key, values in self._columns([names[k] for k in order], [found[k] for k in order]).items()
        }
        text = {"units": "1", "long_name": "validation accuracy of each pair with this limit so large"}
        variables["accuracy"] = (("limit", "factor", "pair"), each[order], text)
        text = {"units": "1", "long_name": "the nearest falling curve to its mean over pairs"}
        variables["curve"] = (("limit", "factor"), curves[order], text)
        coordinates = {
            "limit": (("limit",), [names[k] for k in order], {"units": "1", "long_name": "what is made larger"}),
            "factor": (("factor",), list(FACTORS), {"units": "1", "long_name": "its size relative to the card's"}),
            "pair": (("pair",), np.arange(accuracy.shape[1]), {"units": "1", "long_name": "sample of chip and seed"}),
        }
        return xr.Dataset(variables, coordinates, self._said(trained, points))

    def _columns(self, names: Sequence[str], found: Sequence[Crossing]) -> dict[str, list[float]]:
        scales = [self.scalings[name].quantity for name in names]
        ends = {"lost": "factor", "low": "low", "high": "high"}
        out = {f"factor_{end}": [float(getattr(one, field)) for one in found] for end, field in ends.items()}
        for end in ends:
            factors = out[f"factor_{end}"]
            out[f"value_{end}"] = [
                scale.at(factor) if np.isfinite(factor) else np.nan
                for scale, factor in zip(scales, factors, strict=True)
            ]
        return out | {"on_card": [scale.value for scale in scales]}

    def _said(self, trained: xr.Dataset, points: float) -> dict[str, Any]:
        quantities = {
            name: {"key": one.quantity.key, "unit": one.quantity.unit, "with": list(one.others)}
            for name, one in self.scalings.items()
        }
        refused = {name: [list(one) for one in found] for name, found in self.refused.items()}
        return origin(trained, "specification") | {
            "validation_samples": self.samples,
            "points": points,
            "quantities": json.dumps(quantities),
            "unscaled": json.dumps(self.unscaled),
            "refused": json.dumps(refused),
        }


def _specified(accuracy: Floats, curve: Floats, points: float) -> Crossing:
    """Where the points are lost, and the curve (factors,) [1], which is filled in.

    Sizes that the cards do not take, or at which a training has failed, are left out, and with the smallest one all.
    """
    whole = np.asarray(~np.isnan(accuracy[:, ~np.isnan(accuracy).all(axis=0)]).any(axis=1))
    pairs = accuracy[whole][:, ~np.isnan(accuracy[whole]).any(axis=0)]
    if not whole[0] or pairs.size == 0:
        return Crossing(np.nan, np.nan, np.nan)
    curve[whole] = falling(pairs.mean(axis=-1))
    return crossing(np.array(FACTORS)[whole], pairs, points)


def _about(name: str) -> dict[str, str]:
    unit, text = _TEXTS[name]
    return {"units": unit, "long_name": text}
