"""The loss budget: what each limit of the hardware costs in accuracy and joules, by a study of ideal and real cards."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from analogep import results
from analogep.budget.deck import Deck
from analogep.budget.tally import ranked, tally
from analogep.display import line, table
from analogep.errors import UsageError
from analogep.run import Run
from analogep.streams import Seeds
from analogep.study import Study, StudyCard
from analogep.study.values import written

if TYPE_CHECKING:
    import xarray as xr

BUDGET: Final = "budget.nc"
AXIS: Final = "limits"
REAL: Final = "all real"
IDEAL: Final = "all ideal"


class Budget:
    """Accuracy and joules with all limits as on the cards, each ideal alone, each real alone, and all ideal.

    One study holds these points, for all chips and seeds; its axis `limits` moves keys of both cards together. A
    second one makes the two limits ideal together that cost most.

    Parameters
    ----------
    device, circuit : str
        Cards, as `Card.load` finds them.
    data : str or None
        Data, as `datasets.load` finds them.
    set : mapping
        Key of either card -> value for all points.
    chips, seeds : int
        Samples of fabrication, and of operation and data.
    seed : int
        Seed of all samples.
    age : float or None
        Time after training at which accuracy is measured [s]; drift is a limit only then.

    Attributes
    ----------
    deck : Deck
        The cards and the limits that they have.

    Raises
    ------
    CardError
        With everything that is wrong with the cards.

    Examples
    --------
    >>> budget = Budget("rram", chips=3, seeds=3)  # doctest: +SKIP
    >>> budget.run("runs/budget")["regained"]  # doctest: +SKIP
    """

    def __init__(
        self,
        device: str,
        circuit: str = "digits",
        *,
        data: str | None = None,
        set: Mapping[str, Any] | None = None,
        chips: int = 1,
        seeds: int = 1,
        seed: int = 0,
        age: float | None = None,
    ) -> None:
        self.settings = dict(set or {})
        self._common: dict[str, Any] = {
            "device": device,
            "circuit": circuit,
            "chips": chips,
            "seeds": seeds,
            "seed": seed,
            "name": _name(device),
        }
        self._common |= {"data": data} if data is not None else {}
        self._common |= {"ages": [f"{age!r} s"]} if age is not None else {}
        texts = {key: written(value) for key, value in self.settings.items()}
        try:
            self.deck = Deck(device, circuit, texts, age is not None)
        except ValueError as error:
            raise UsageError(f"--set: {error}") from None
        if not self.deck.limits:
            raise UsageError(f"{device} with {circuit}: these cards have no limit that could be made ideal")
        Run(*self.deck.cards(()), Seeds.sample(base=seed), data)

    @property
    def names(self) -> list[str]:
        """Names of the limits."""
        return [limit.name for limit in self.deck.limits]

    @cached_property
    def study(self) -> Study:
        """The study of single limits."""
        names = self.names
        points: dict[str, Collection[str]] = {REAL: ()}
        points |= {f"{name} ideal": (name,) for name in names}
        points |= {f"{name} alone": [other for other in names if other != name] for name in names}
        return self._study(points | {IDEAL: names})

    def together(self, names: Sequence[str]) -> Study:
        """The study of one point, where several limits are ideal together."""
        return self._study({f"{' and '.join(names)} ideal": names})

    def _study(self, points: Mapping[str, Collection[str]]) -> Study:
        axis = self.deck.axis(points)
        kept = {key: self.settings[key] for key in self.deck.unmoved(axis)}
        return Study(StudyCard.of(self._common | {"set": kept, "vary": {AXIS: axis}}))

    @property
    def default_folder(self) -> Path:
        """Folder that the command uses if none is given: the same command finds it again."""
        return Path("runs") / f"{self._common['name']}-{self.study.plan.identity['digest'][:10]}"

    def run(self, out: str | Path | None = None, **running: Any) -> xr.Dataset:
        """Run all points that are missing in the folder, and weigh the limits against each other.

        Parameters
        ----------
        out : str, Path or None
            Folder of the budget; by default one under `runs`, named from its digest.
        running
            `workers`, `scheduler`, `executor`, `force`, `retry`, `report` of `Study.run`.

        Returns
        -------
        xarray.Dataset
            Dimension `limit`, the most expensive first; also in the folder, as `budget.nc`.

        Raises
        ------
        ResultError
            If the folder cannot be used or the scheduler does not answer.
        """
        folder = Path(out) if out is not None else self.default_folder
        single = self.study.run(folder, **running)
        names = self.names
        order = ranked(single, names)
        both = None
        if len(order) > 1:
            two = order[:2]
            both = self.together(two).run(folder / f"together-{'-'.join(two)}", **running)
        dataset = tally(single, both, self.deck.limits)
        results.write(dataset, folder / BUDGET)
        return dataset

    def _shown(self) -> dict[str, str]:
        """What a person wants to see first."""
        said = {key: str(self._common[key]) for key in ("device", "circuit", "chips", "seeds")}
        return said | {"limits": ", ".join(name.replace("_", " ") for name in self.names)}

    def __repr__(self) -> str:
        return line("Budget", self._common["name"], self._shown())

    def _repr_html_(self) -> str:
        return table(f"Loss budget: {self._common['device']}", self._shown())


def _name(device: str) -> str:
    """Name of the study, for its folder."""
    import re

    return f"budget-{re.sub(r'[^a-z0-9_-]+', '_', Path(device).stem.lower())[:60]}"
