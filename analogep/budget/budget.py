"""The loss budget: what each limit of the hardware costs in accuracy, joules and seconds, by pairs of trainings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from analogep import results
from analogep.budget.course import BEGUN, Course
from analogep.budget.deck import Factors
from analogep.budget.looks import LOOKS, MOST, Effect, effect
from analogep.budget.question import NUDGING, REAL, Question
from analogep.budget.tally import tally

if TYPE_CHECKING:
    import xarray as xr

Floats = NDArray[np.float64]

BUDGET: Final = "budget.nc"
IDEAL: Final = "all ideal"
RESOLUTION: Final = 0.01
"""Half of an interval at which an effect is known well enough [1]."""


@dataclass(frozen=True)
class Contrast:
    """The difference that tells what a limit costs.

    Attributes
    ----------
    limit : str
    alone : bool
        Whether the limit alone is left, or else alone removed.
    without, with_ : int
        Points whose accuracies are subtracted.
    """

    limit: str
    alone: bool
    without: int
    with_: int

    def of(self, accuracy: Floats) -> Floats:
        """Points of accuracy that the limit costs in each pair (pairs,) [1], of `accuracy` (points, pairs) [1]."""
        return np.asarray(accuracy[self.without] - accuracy[self.with_])


def contrasts(names: Sequence[str]) -> list[Contrast]:
    """Two of each limit, for points in the order of `Budget.roles`."""
    count = len(names)
    removed = [Contrast(name, False, 1 + k, 0) for k, name in enumerate(names)]
    left = [Contrast(name, True, 1 + 2 * count, 1 + count + k) for k, name in enumerate(names)]
    return removed + left


def unresolved(
    accuracy: Floats, among: Sequence[Contrast], samples: int, resolution: float
) -> Iterator[tuple[Contrast, Effect]]:
    """Contrasts that are not resolved by these pairs; those of which no pair could be trained will never be.

    Parameters
    ----------
    accuracy : ndarray (points, pairs) [1]
    among : sequence of Contrast
    samples : int
        Samples of each accuracy.
    resolution : float [1]
    """
    for contrast in among:
        found = effect(contrast.of(accuracy), samples)
        if found.pairs and not found.resolved(resolution):
            yield contrast, found


def needed(accuracy: Floats, among: Sequence[Contrast], samples: int, resolution: float) -> Collection[int]:
    """Points that the next pair needs: both ends of what was not resolved at the last look, in increasing order.

    Parameters
    ----------
    accuracy : ndarray (points, pairs) [1]
        Of the pairs so far.
    among, samples, resolution
        As in `unresolved`.
    """
    look = max((look for look in LOOKS if look <= accuracy.shape[1]), default=0)
    if look == 0:
        return range(len(accuracy))
    left = unresolved(accuracy[:, :look], among, samples, resolution)
    return sorted({end for contrast, _ in left for end in (contrast.without, contrast.with_)})


class Budget(Question):
    """Pairs of trainings with all limits on, each removed alone, each left alone, and all removed.

    Parameters
    ----------
    device, circuit, data, set, seed, age, work
        As of `Question`.
    best : float or None
        The best beta [1], where it is known; measured before anything is trained if None.

    Examples
    --------
    >>> budget = Budget("rram")  # doctest: +SKIP
    >>> budget.run("runs/budget", minutes=60)["regained"]  # doctest: +SKIP
    """

    noun, title = "budget", "Loss budget"

    def __init__(self, device: str, circuit: str = "digits", *, best: float | None = None, **given: Any) -> None:
        super().__init__(device, circuit, **given)
        self.best = self.given = best
        if best is not None:
            self.deck = self._deck()

    def identity(self) -> dict[str, str]:
        """As of any question, with the best beta where it was given."""
        return super().identity() | ({"beta": repr(self.given)} if self.given is not None else {})

    def points(self) -> dict[str, Factors]:
        """Those of the roles that differ: a limit that is the only one is left alone where it is on."""
        return self.distinct(self.roles())[0]

    def roles(self) -> dict[str, Factors]:
        """All limits on, each removed, each left alone, all removed."""
        names = self.names
        found: dict[str, Factors] = {REAL: ()}
        found |= {f"{name} ideal": (name,) for name in names}
        found |= {f"{name} alone": [other for other in names if other != name] for name in names}
        return found | {IDEAL: names}

    def run(
        self,
        out: str | Path | None = None,
        *,
        resolution: float = RESOLUTION,
        pairs: int = MOST,
        minutes: float | None = None,
        said: Callable[[str], None] | None = None,
        **running: Any,
    ) -> xr.Dataset:
        """Add pairs until every effect is resolved, or the pairs or the time are used up, and weigh the limits.

        Parameters
        ----------
        out : str, Path or None
            Folder of the budget; by default one under `runs`, named from its digest. It goes on from what is there.
        resolution : float
            Half of an interval at which an effect that may be zero is known well enough [1].
        pairs : int
            At most.
        minutes : float or None
            Time for pairs.
        said : callable or None
            Called with what is done before pairs are trained.
        running
            `workers`, `scheduler`, `executor`, `force`, `retry`, `report` of `Study.run`.

        Returns
        -------
        xarray.Dataset
            Dimensions `limit`, the most expensive first, and `pair`; also in the folder, as `budget.nc`.

        Raises
        ------
        ResultError
            If the folder cannot be used or the scheduler does not answer.
        """
        folder = self.folder(out)
        self._find(folder, said)
        samples, among, places = self.samples, contrasts(self.names), self.distinct(self.roles())[1]

        def wanted(known: Floats) -> list[int]:
            return sorted({places[role] for role in needed(known[places], among, samples, resolution)})

        course = Course(wanted, pairs, minutes)
        trained = self.run_pairs(folder, course, **running)
        return self._written(trained, folder, resolution, course.ended)

    def _find(self, folder: Path, said: Callable[[str], None] | None = None) -> None:
        if self.best is None and (self.chosen is None or NUDGING in self.chosen):
            self.find_beta(folder, said)

    def kept(self, out: str | Path | None = None, resolution: float = RESOLUTION) -> xr.Dataset | None:
        """Weigh what has been trained so far, as after an interrupt; None without a pair."""
        folder = self.folder(out)
        trained = self.left(folder)
        return None if trained is None else self._written(trained, folder, resolution, BEGUN)

    def _written(self, trained: xr.Dataset, folder: Path, resolution: float, ended: str) -> xr.Dataset:
        places = self.distinct(self.roles())[1]
        dataset = tally(trained, places, self.limits, contrasts(self.names), self.samples, resolution)
        more = () if self.best is None else ("--beta", f"{self.best:g}")
        command = self.command(*more, "--resolution", f"{100.0 * resolution:g}")
        dataset.attrs |= {"ended": ended, "command": command}
        results.write(dataset, folder / BUDGET)
        return dataset
