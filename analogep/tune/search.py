"""A search for settings: trials climb rungs until the time is up, then the best is trained again with other seeds."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import analogep
from analogep.area import areas
from analogep.circuit import CircuitCard
from analogep.datasets import Source
from analogep.device import DeviceCard
from analogep.display import line, table
from analogep.errors import ResultError, UsageError
from analogep.keys import load
from analogep.network.fit import check_fit
from analogep.study.local import LocalWorkers
from analogep.tune.choice import Wish, choose, finalists
from analogep.tune.knobs import Knobs
from analogep.tune.objectives import OBJECTIVES, asked
from analogep.tune.rungs import Rung, hopeless, ladder
from analogep.tune.training import Outcome, Parts, Training, Work, train
from analogep.units import format_si

if TYPE_CHECKING:
    from optuna.trial import Trial

    from analogep.tune.store import Store, Tried

Report = Callable[[str], None]
CARD = -1
"""Number that stands for the card's own settings among what is trained again."""


class Search:
    """A search for the settings of a circuit with a device.

    Parameters
    ----------
    device, circuit : card, str or Path
        As in `Run`.
    data : str, Path, arrays or None
        As in `Run`; its test samples are not looked at.
    objectives : sequence of str
        Of `OBJECTIVES`; accuracy is one of them.
    names : sequence of str or None
        Knobs to turn; None for all that the cards have.
    bounds : mapping or None
        Key -> `low..high`, as in `Knobs`.
    seeds : int
        Seeds that a trial on the last rung is trained with, and as many others for the best one.
    seed : int
        The first of them, the data seed of the parts, and the seed of the proposals.
    held_out : int or None
        Samples of the validation part, as in `Dataset.held_out`.
    set : mapping or None
        Keys of either card that are changed before the search begins.
    work : callable
        What does a training.

    Raises
    ------
    CardError
        If a card is wrong.
    UsageError
        If objectives or knobs are, or data do not fit.
    """

    def __init__(
        self,
        device: DeviceCard | str | Path,
        circuit: CircuitCard | str | Path = "digits",
        data: Source = None,
        *,
        objectives: Sequence[str] = ("accuracy",),
        names: Sequence[str] | None = None,
        bounds: Mapping[str, str] | None = None,
        seeds: int = 3,
        seed: int = 0,
        held_out: int | None = None,
        set: Mapping[str, Any] | None = None,
        work: Work = train,
    ) -> None:
        self.objectives = asked(objectives)
        self.device, self.circuit = load(device, circuit, set)
        check_fit(self.device, self.circuit)
        if "area" in self.objectives and not areas(self.device, self.circuit):
            raise UsageError(
                f"--for area: circuit '{self.circuit.name}' names no technology, so that nothing of it has an area; "
                "give a node, such as --set node='65 nm'"
            )
        self.knobs = Knobs(self.device, self.circuit, names, bounds)
        self.parts = Parts(str(data) if isinstance(data, Path) else data, seed, held_out)
        self.data = self.parts.load()
        wanted = (self.circuit.sizes[0], self.circuit.sizes[-1])
        if (self.data.features, self.data.classes) != wanted:
            raise UsageError(
                f"data set '{self.data.name}' has {self.data.features} inputs and {self.data.classes} classes, circuit "
                f"'{self.circuit.name}' is {self.circuit.outline}: choose another circuit or other data"
            )
        if self.circuit.learning.epochs == 0:
            raise UsageError("learning.epochs is 0: there is nothing to train; set at least 1")
        self.seeds, self.seed, self.work = seeds, seed, work
        self.rungs = ladder(seeds)

    @property
    def default_folder(self) -> Path:
        """Where the commands keep a search if no folder is given."""
        return Path("runs") / f"tune-{self.device.name}-{self.circuit.name}"

    def _shown(self) -> dict[str, str]:
        """What a person wants to see first."""
        return {
            "objectives": ", ".join(self.objectives),
            "knobs": ", ".join(knob.name for knob in self.knobs.all),
            "data": f"{self.data.name}, {len(self.data.train_y)} samples to learn, {len(self.data.test_y)} held out",
            "seeds": f"{self.seeds} from {self.seed}",
        }

    def __repr__(self) -> str:
        return line("Search", f"{self.device.name} in {self.circuit.name}", self._shown())

    def _repr_html_(self) -> str:
        return table(f"Search for settings: {self.device.name} in {self.circuit.name}", self._shown())

    @property
    def given(self) -> dict[str, Any] | None:
        """The card's own settings; None where the bounds leave one of them out."""
        knobs = self.knobs.all
        return {knob.name: knob.given for knob in knobs} if all(knob.holds_given for knob in knobs) else None

    def identity(self) -> dict[str, str]:
        """What decides what a trial means."""
        training, validation = self.data.part_digests
        knobs = [[knob.name, knob.scale, knob.low, knob.high, list(knob.choices)] for knob in self.knobs.all]
        return {
            "version": analogep.__version__,
            "device": self.device.name,
            "device card": self.device.digest,
            "circuit": self.circuit.name,
            "circuit card": self.circuit.digest,
            "data": self.data.name,
            "training part": training,
            "validation part": validation,
            "objectives": ",".join(self.objectives),
            "numbers": ",".join(OBJECTIVES),
            "knobs": json.dumps(knobs),
            "seeds": f"{self.seeds} from {self.seed}",
        }

    def store(self, folder: Path, url: str | None = None) -> Store:
        """Open the trials of this search, or begin with none.

        Raises
        ------
        UsageError
            If Optuna is not installed.
        ResultError
            If the folder or the store cannot be used.
        """
        try:
            from analogep.tune.store import Store
        except ImportError as error:
            raise UsageError(f"a search needs Optuna ({error.name} is missing): pip install 'analogep[tune]'") from None
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ResultError(f"{folder}: cannot be made: {error.strerror or error}; choose another --out") from error
        return Store(url, folder, self.identity(), self.objectives, self.seed)

    def run(
        self,
        store: Store,
        *,
        minutes: float = 30.0,
        trials: int | None = None,
        workers: int = 1,
        wish: Wish | None = None,
        report: Report | None = None,
    ) -> None:
        """Try settings, and train the best and the card's own again with seeds that no trial had.

        Parameters
        ----------
        store : Store
        minutes : float
            For all of it.
        trials : int or None
            Trials in the store at which to stop before.
        workers : int
            Processes that train.
        wish : Wish or None
            Which trial is the best.
        report : callable or None
            Called with a line after each trial.
        """
        until = time.time() + 60.0 * minutes
        store.begin(self.given)
        executor: Executor = _Here() if workers == 1 else LocalWorkers(workers)
        try:
            _Climbers(self, store, executor, workers, until, trials, report or _quiet).run()
            self._confirm(store, executor, wish or Wish())
        finally:
            executor.shutdown(wait=True, cancel_futures=True)

    def training(self, chosen: Mapping[str, Any], seed: int, share: float, until: float | None) -> Training:
        """The training of some settings with one seed."""
        epochs, samples = Rung(share, (0,)).length(self.circuit.learning.epochs, len(self.data.train_y))
        changes = self.knobs.settings(chosen)
        return Training(self.device, self.circuit, changes, self.parts, epochs, samples, seed, until)

    @property
    def fresh(self) -> range:
        """Seeds that no trial was trained with."""
        return range(self.seed + self.seeds, self.seed + 2 * self.seeds)

    def _confirm(self, store: Store, executor: Executor, wish: Wish) -> None:
        """Train the best trial and the card as it is with fresh seeds, the same for both."""
        found = finalists(store.trials())
        if not found:
            return
        best = choose(found, self.objectives, wish)
        for number, chosen in ((CARD, {}), (best.number, best.chosen)):
            same = store.confirmed(CARD) if best.is_card and number != CARD else None
            if same is not None:
                store.confirm(number, same)
            elif store.confirmed(number) is None:
                jobs = [executor.submit(self.work, self.training(chosen, seed, 1.0, None)) for seed in self.fresh]
                outcomes = [_outcome(job) for job in jobs]
                if all(one.values for one in outcomes):
                    store.confirm(number, together(outcomes))

    def reserve(self, found: Sequence[Tried], workers: int) -> float:
        """Seconds that training the best and the card again will take, as far as is known by now."""
        whole = [one.rungs[2]["wall"] for one in found if len(one.rungs) > 2]
        return 0.0 if not whole else float(np.median(whole)) * 2 * self.seeds / min(workers, self.seeds)


def together(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Mean of each objective over trainings, and what each gave."""
    names = [name for name in OBJECTIVES if all(name in one.values for one in outcomes)]
    each = {name: [one.values[name] for one in outcomes] for name in names}
    mean = {name: float(np.mean(values)) for name, values in each.items()}
    return mean | {"wall": float(np.mean([one.seconds for one in outcomes])), "seeds": each}


def _outcome(job: Future[Outcome]) -> Outcome:
    """What a training gave; a process that was killed is an outcome as well."""
    try:
        return job.result()
    except BrokenProcessPool:
        return Outcome({}, problem="its process was killed; it may have run out of memory")


def _quiet(_: str) -> None:
    """Say nothing."""


class _Here(Executor):
    """An executor that does each job at once."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Do a job."""
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


@dataclass
class _Climb:
    """A trial on its way."""

    trial: Trial
    is_card: bool
    rung: int = 0
    jobs: list[Future[Outcome]] = field(default_factory=list)
    had: list[Outcome] = field(default_factory=list)


class _Climbers:
    """As many trials at a time as there are workers."""

    def __init__(
        self,
        search: Search,
        store: Store,
        executor: Executor,
        workers: int,
        until: float,
        trials: int | None,
        report: Report,
    ) -> None:
        self.search, self.store, self.executor, self.report = search, store, executor, report
        self.workers, self.until, self.most = workers, until, trials
        self.climbs: list[_Climb] = []

    def run(self) -> None:
        """Climb until the time is up or there are enough trials; what is not finished then is tried again later."""
        try:
            while True:
                while len(self.climbs) < self.workers and self._more():
                    self._begin()
                if not self.climbs:
                    return
                for climb in self._ready():
                    self._look(climb)
        finally:
            for climb in self.climbs:
                self.store.give_back(climb.trial.number)

    def _ready(self) -> list[_Climb]:
        """Trials whose trainings have all ended, once there are any."""
        while not (found := [climb for climb in self.climbs if all(job.done() for job in climb.jobs)]):
            pending = [job for climb in self.climbs for job in climb.jobs if not job.done()]
            wait(pending, return_when=FIRST_COMPLETED)
        return found

    def _end(self) -> float:
        """When no training may go on [s]."""
        return self.until - self.search.reserve(self.store.trials(), self.workers)

    def _more(self) -> bool:
        enough = self.most is not None and self.store.begun() >= self.most
        return not enough and (time.time() < self._end() or self.store.begun() == 0)

    def _begin(self) -> None:
        trial = self.store.ask(self.search.knobs.all)
        climb = _Climb(trial, trial.params == self.search.given)
        self.climbs.append(climb)
        self._train(climb)

    def _train(self, climb: _Climb) -> None:
        """Start the trainings of a rung."""
        search, rung = self.search, self.search.rungs[climb.rung]
        # Without the card's own settings there is nothing to say: they are trained to the end.
        until = None if climb.is_card else self._end()
        jobs = [search.training(climb.trial.params, search.seed + k, rung.share, until) for k in rung.seeds]
        climb.jobs = [self.executor.submit(search.work, job) for job in jobs]

    def _look(self, climb: _Climb) -> None:
        """Judge a trial whose trainings of a rung have ended."""
        outcomes = [_outcome(job) for job in climb.jobs]
        if any(one.late for one in outcomes):
            self.climbs.remove(climb)
            self.store.give_back(climb.trial.number)
            return
        problem = next((one.problem for one in outcomes if not one.values), "")
        if problem:
            self._drop(climb, problem)
            return
        whole = climb.rung > 0 and self.search.rungs[climb.rung].share == self.search.rungs[climb.rung - 1].share
        climb.had = [*climb.had, *outcomes] if whole else outcomes
        self._judge(climb, together(climb.had))

    def _judge(self, climb: _Climb, numbers: dict[str, Any]) -> None:
        others = [
            one.rungs[climb.rung]
            for one in self.store.trials()
            if len(one.rungs) > climb.rung and one.number != climb.trial.number
        ]
        self.store.reached(climb.trial, climb.rung, numbers)
        if hopeless(numbers, others, self.search.objectives) and not climb.is_card:
            self._drop(climb, "")
        elif climb.rung + 1 < len(self.search.rungs):
            climb.rung += 1
            self._train(climb)
        else:
            self.climbs.remove(climb)
            self.store.done(climb.trial, numbers)
            self.report(f"trial {climb.trial.number}: {_said(numbers)}, with all seeds")

    def _drop(self, climb: _Climb, problem: str) -> None:
        self.climbs.remove(climb)
        self.store.pruned(climb.trial, problem)
        rung = climb.rung + 1
        self.report(f"trial {climb.trial.number}: {problem or f'given up on rung {rung} of {len(self.search.rungs)}'}")


def _said(numbers: Mapping[str, Any]) -> str:
    return f"{100 * numbers['accuracy']:.2f} %, {format_si(numbers['joules'], 'J')} a training sample"
