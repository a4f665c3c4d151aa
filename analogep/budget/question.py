"""What a budget and a specification have in common: two cards, pairs of chip and seed, a folder, the best beta."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import analogep
from analogep import results
from analogep.budget.course import Course
from analogep.budget.deck import Deck, Factors
from analogep.budget.limits import Limit
from analogep.budget.work import on_validation, pair, parts
from analogep.cards.wording import listed, near, printable
from analogep.display import line, table
from analogep.errors import ResultError, SimulationError, UsageError
from analogep.run import Run
from analogep.study import Study, StudyCard
from analogep.study.collect import collect
from analogep.study.folder import POINTS, Folder
from analogep.study.values import written
from analogep.study.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr

AXIS: Final = "limits"
REAL: Final = "all real"
BETA: Final = "beta.nc"
NUDGING: Final = "beta"
"""The limit that has to be measured first."""
PAIRS: Final = "pairs"
"""Folder of the trainings, within that of the question."""


class Question:
    """A question about the limits of two cards, which trainings answer.

    A pair is a chip and a seed: sample k of fabrication, of operation and of the order of samples. The parts that are
    learned and judged are those of the data seed, the same in all pairs, so that none of its test samples is seen.

    Parameters
    ----------
    device, circuit : str
        Cards, as `Card.load` finds them.
    data : str or None
        Data, as `datasets.load` finds them.
    set : mapping
        Key of either card -> value for all points.
    seed : int
        Seed of all pairs.
    age : float or None
        Time after training at which accuracy is measured [s]; drift is a limit only then.
    limits : sequence of str or None
        Names of the limits to ask about; None for all that the cards have.
    work : callable
        What does a training, as of `Study`.

    Attributes
    ----------
    deck : Deck
        The cards and the limits that they have.

    Raises
    ------
    CardError
        With everything that is wrong with the cards.
    UsageError
        If the data do not fit.
    """

    noun: str
    title: str

    def __init__(
        self,
        device: str,
        circuit: str = "digits",
        *,
        data: str | None = None,
        set: Mapping[str, Any] | None = None,
        seed: int = 0,
        age: float | None = None,
        limits: Sequence[str] | None = None,
        work: Work = on_validation,
    ) -> None:
        self.device, self.circuit, self.data, self.seed, self.age = device, circuit, data, seed, age
        self.settings = dict(set or {})
        self.work = work
        self.best: float | None = None
        self.chosen = limits
        self.deck = self._deck()
        self._check()
        # Whatever a run refuses is refused before anything is trained.
        Run(*self.deck.cards(()), pair(0, seed), parts(data, seed))

    def _check(self) -> None:
        """Refuse cards without limits, and names of limits that the cards do not have."""
        had = [limit.name for limit in self.deck.limits]
        for name in self.chosen or ():
            if name not in had and name != NUDGING:
                best = near(name, had)
                hint = f"; did you mean '{best}'?" if best else ""
                raise UsageError(
                    f"--limits: '{printable(name)}' is no limit of {self.device} with {self.circuit}, which has "
                    f"{listed(had)}{hint}"
                )
        if not had:
            raise UsageError(f"{self.device} with {self.circuit}: these cards have no limit that could be made ideal")

    @property
    def limits(self) -> tuple[Limit, ...]:
        """The limits that are asked about."""
        return tuple(limit for limit in self.deck.limits if self.chosen is None or limit.name in self.chosen)

    def _deck(self) -> Deck:
        texts = {key: written(value) for key, value in self.settings.items()}
        try:
            return Deck(self.device, self.circuit, texts, self.age is not None, self.best)
        except ValueError as error:
            raise UsageError(f"--set: {error}") from None

    @property
    def names(self) -> list[str]:
        """Names of the limits."""
        return [limit.name for limit in self.limits]

    def identity(self) -> dict[str, str]:
        """What decides the numbers, but for the number of pairs."""
        device, circuit = self.deck.cards(())
        data = parts(self.data, self.seed)
        training, validation = data.part_digests
        return {
            "version": analogep.__version__,
            "device": device.digest,
            "circuit": circuit.digest,
            "training part": training,
            "validation part": validation,
            "seed": str(self.seed),
            "age": json.dumps(self.age),
            "limits": json.dumps(self.chosen),
        }

    def _shown(self) -> dict[str, str]:
        """What a person wants to see first."""
        said = {"device": self.device, "circuit": self.circuit, "seed": str(self.seed)}
        return said | {"limits": ", ".join(name.replace("_", " ") for name in self.names)}

    def __repr__(self) -> str:
        return line(type(self).__name__, self._name(), self._shown())

    def _repr_html_(self) -> str:
        return table(f"{self.title}: {self.device}", self._shown())

    @property
    def default_folder(self) -> Path:
        """Folder that the command uses if none is given: the same command finds it again."""
        digest = hashlib.sha256(json.dumps(self.identity(), sort_keys=True).encode()).hexdigest()
        return Path("runs") / f"{self._name()}-{digest[:10]}"

    def _name(self) -> str:
        import re

        return f"{self.noun}-{re.sub(r'[^a-z0-9_-]+', '_', Path(self.device).stem.lower())[:60]}"

    def command(self, *more: str) -> str:
        """What makes it again on a command line, but for what limits the time."""
        import shlex

        words = ["analogep", "budget", self.device, "--circuit", self.circuit, *more]
        words += ["--data", self.data] if self.data is not None else []
        words += ["--seed", str(self.seed)] if self.seed else []
        words += ["--age", f"{self.age!r} s"] if self.age is not None else []
        words += ["--limits", ",".join(self.chosen)] if self.chosen is not None else []
        for key, value in self.settings.items():
            words += ["--set", f"{key}={written(value)}"]
        return shlex.join(words)

    def folder(self, out: str | Path | None) -> Path:
        """The folder to use: empty, or with such an answer already.

        Raises
        ------
        ResultError
            If it holds anything else.
        """
        folder = Path(out) if out is not None else self.default_folder
        if folder.is_dir():
            entries = sorted(entry.name for entry in folder.iterdir())
            if entries and not {PAIRS, BETA} & set(entries):
                raise ResultError(
                    f"{folder}: the folder holds '{entries[0]}' and no budget or specification of analogep; choose an "
                    "empty --out"
                )
        return folder

    @property
    def samples(self) -> int:
        """Samples of the validation part."""
        return len(parts(self.data, self.seed).test_y)

    def points(self) -> dict[str, Factors]:
        """Name of each point -> its limits, those that are not as on the card; no two have the same cards."""
        raise NotImplementedError

    def distinct(self, roles: Mapping[str, Factors]) -> tuple[dict[str, Factors], list[int]]:
        """Points whose cards differ, and the number of the point of each role.

        Raises
        ------
        CardError
            If the cards refuse a role.
        """
        points: dict[str, Factors] = {}
        known: dict[tuple[str, ...], int] = {}
        places = []
        for name, factors in roles.items():
            digests = tuple(card.digest for card in self.deck.cards(factors))
            if digests not in known:
                known[digests] = len(points)
                points[name] = factors
            places.append(known[digests])
        return points, places

    def study(self, course: Course | None = None) -> Study:
        """The study of all points, pair by pair."""
        axis = self.deck.axis(self.points())
        kept = {key: self.settings[key] for key in self.deck.unmoved(axis)}
        said: dict[str, Any] = {
            "device": self.device,
            "circuit": self.circuit,
            "seed": self.seed,
            "name": self._name(),
            "set": kept,
            "vary": {AXIS: axis},
        }
        said |= {"data": self.data} if self.data is not None else {}
        said |= {"ages": [f"{self.age!r} s"]} if self.age is not None else {}
        return Study(StudyCard.of(said), work=self.work, rounds=course)

    def run_pairs(self, folder: Path, course: Course, **running: Any) -> xr.Dataset:
        """Train what the course asks for and is not in the folder yet; `running` as of `Study.run`."""
        return self.study(course).run(folder / PAIRS, **running)

    def known(self, folder: Path) -> xr.Dataset:
        """What has been trained so far, in the same form."""
        plan = self.study().plan
        place = Folder(folder / PAIRS, plan.identity)
        number = 0
        while any(place.read(point.digest) is not None for point in plan.round(number)):
            number += 1
        return collect(plan, place, [plan.round(k) for k in range(number)])

    def begun(self, folder: Path) -> bool:
        """Whether any training lies in the folder; imports nothing, as an interrupt may have cut an import short."""
        return any((folder / PAIRS / POINTS).glob("*.nc"))

    def left(self, folder: Path) -> xr.Dataset | None:
        """What lies in the folder of an interrupted question, as `known` gives it; None without a pair."""
        if not self.begun(folder):
            return None
        trained = self.known(folder)
        return None if trained.sizes["seed"] == 0 or "accuracy" not in trained else trained

    def find_beta(self, folder: Path, report: Callable[[str], None] | None = None) -> None:
        """Measure the best beta on a trained chip as it is, unless the folder knows it; `deck` has it then.

        It is the one with the smallest error of the gradient, by `analogep.beta`, with the card's estimator and noise
        on the chip and seed of the first pair; the measurement stays in the folder, as `beta.nc`. Circuits that never
        rest have none, and beta is none of their limits then.
        """
        from analogep.beta import FiniteBeta, answer

        run = Run(*self.deck.cards(()), pair(0, self.seed), parts(self.data, self.seed))
        found = _stored(folder / BETA, run)
        if found is None:
            if report is not None:
                report("the best beta")
            try:
                found = FiniteBeta(run).measure()
            except (UsageError, SimulationError):
                return
            folder.mkdir(parents=True, exist_ok=True)
            results.write(found, folder / BETA)
        best = answer.best(found)
        self.best = float(f"{best:.3g}") if math.isfinite(best) else None
        self.deck = self._deck()


def _stored(path: Path, run: Run) -> xr.Dataset | None:
    """A measurement of the best beta with these cards and data."""
    try:
        found = results.read(path)
    except ResultError:
        return None
    return found if found.attrs.get("digest") == run.identity["digest"] else None
