"""A study: many runs side by side become one Dataset, and may stop and go on in between."""

from __future__ import annotations

import contextlib
import math
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import analogep
from analogep.bars import in_notebook
from analogep.circuit import CircuitCard
from analogep.crossbar import threads
from analogep.device import DeviceCard
from analogep.display import line, table
from analogep.errors import UsageError
from analogep.results import circumstances
from analogep.streams import Seeds
from analogep.study import cluster, pointfile, rounds, schedule
from analogep.study.axis import Given
from analogep.study.card import StudyCard
from analogep.study.collect import collect
from analogep.study.folder import Folder
from analogep.study.given import study_data
from analogep.study.local import LocalWorkers
from analogep.study.plan import Plan
from analogep.study.point import Point
from analogep.study.pointfile import Stored
from analogep.study.progress import StudyProgress, bar
from analogep.study.work import Answer, Job, Work, measure, train

if TYPE_CHECKING:
    import xarray as xr


Report = Callable[[StudyProgress], None]
Rounds = Callable[[Plan, Folder], Iterator[list[list[Point]]]]
"""What says which points are run: groups of rounds, each round one seed of the points that it names, one after another;
asked for the next group when the one before is done, so that it may look at the results in the folder."""
Start = Callable[[], contextlib.AbstractContextManager[tuple[Executor, int]]]


class Study:
    """Train networks over axes of device and circuit parameters, on several chips, with several seeds.

    Parameters
    ----------
    card : StudyCard or None
        The study as a card; None if it is given by what follows, which means the same as the card's keys.
    device, circuit : str, Path, card or None
        Name, file or a card itself, however it was changed.
    data : str or None
        As `datasets.load` finds it.
    vary : mapping
        Key of either card -> list of values or a text such as `log 10 ns..1 us/5`; see `StudyCard`. Values are texts
        with units or SI numbers, of whole cards names or cards.
    set : mapping
        Key of either card -> value for all points.
    chips, seeds : int
        Samples of fabrication, and of operation and data.
    more
        Further keys of `StudyCard`: `name`, `title`, `target`, `seed`, `ages`, `keep`.
    work : callable
        What makes a result of a point; `train` unless you have something else to measure. It must be a function
        that worker processes can import.
    rounds : callable or None
        What says which points are run, as `Rounds`; None for all of the card's seeds, or as many as its target needs.

    Raises
    ------
    CardError
        With everything that is wrong with the study, when its plan is first needed.

    Examples
    --------
    >>> study = Study(device="rram", vary={"nudging.beta": "log 0.1..1/4"}, chips=3, seeds=2)  # doctest: +SKIP
    >>> study.run("runs/beta")["accuracy"].isel(epoch=-1).mean(("chip", "seed"))  # doctest: +SKIP
    """

    def __init__(
        self,
        card: StudyCard | None = None,
        *,
        device: str | Path | DeviceCard | None = None,
        circuit: str | Path | CircuitCard | None = None,
        vary: Mapping[str, Given] | None = None,
        work: Work = train,
        rounds: Rounds | None = None,
        **more: Any,
    ) -> None:
        given = {"device": device, "circuit": circuit, "vary": vary, **more}
        named = {key: value for key, value in given.items() if value is not None}
        if card is not None and named:
            raise UsageError(f"give a study card, or {', '.join(sorted(named))}; card.changed() makes another card")
        self.card = card if card is not None else StudyCard.of(study_data(named))
        self.work = work
        self.rounds = rounds

    @cached_property
    def plan(self) -> Plan:
        """All points, with validated cards."""
        name = "" if self.work is train else f"{self.work.__module__}.{self.work.__qualname__}"
        return Plan(self.card, name)

    def run(
        self,
        out: str | Path | None = None,
        *,
        store: bool = True,
        workers: int | None = None,
        scheduler: str | None = None,
        executor: Executor | None = None,
        shard: tuple[int, int] | None = None,
        force: bool = False,
        retry: bool = False,
        report: Report | None = None,
    ) -> xr.Dataset:
        """Run all points that are missing in the folder, and collect all of them.

        Parameters
        ----------
        out : str, Path or None
            Folder of the study; by default one under `runs`, named from its digest.
        store : bool
            Whether the folder stays, so that the study can be interrupted and goes on from it; False leaves nothing
            on the disk.
        workers : int or None
            Worker processes; by default as many as there are cores.
        scheduler : str or None
            Address of a Dask scheduler, whose workers are used instead.
        executor : concurrent.futures.Executor or None
            Anything else that runs jobs; it is not shut down.
        shard : (int, int) or None
            (i, n): run only the i-th of n parts, counted from 1.
        force : bool
            Whether another study's points in that folder may be removed, and those that other code made trained again.
        retry : bool
            Whether points that have failed for good are tried again.
        report : callable or None
            Called with a `StudyProgress` after each point; None draws a bar in a notebook, and nothing elsewhere.

        Returns
        -------
        xarray.Dataset
            Dimensions: axes, `chip`, `seed`, then those of a run's result. NaN where a point failed.

        Raises
        ------
        ResultError
            If the folder cannot be used or the scheduler does not answer.
        UsageError
            If the options do not fit together.
        """
        if shard is not None and self.card.target is not None:
            raise UsageError("a part of a study cannot know when the target is reached; give a number of seeds")
        if shard is not None and force:
            raise UsageError("a part of a study must not remove what other parts have done; use force without a part")
        if not store and (out is not None or shard is not None):
            raise UsageError("a study that is not stored has no folder, and a part of it would be lost; store it")
        with bar(report is None and in_notebook()) as drawn, contextlib.ExitStack() as stack:
            if store:
                where = Path(out) if out is not None else self.plan.default_folder
            else:
                where = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="analogep-")))
            return self._run(
                where, lambda: _executor(workers, scheduler, executor), shard, force, retry, report or drawn
            )

    def _run(
        self, out: Path, start: Start, shard: tuple[int, int] | None, force: bool, retry: bool, report: Report
    ) -> xr.Dataset:
        plan = self.plan
        folder = Folder(out, plan.identity)
        with folder.claim(f"{shard[0]}-of-{shard[1]}" if shard else "", force=force):
            session = _Session(self, folder, shard, retry, force, report)
            found = session.run(start)
            dataset = collect(plan, folder, found)
            if not (shard and dataset.attrs["not_run"]):
                folder.finish(dataset)
        return dataset

    def seconds(self, out: str | Path | None = None) -> float:
        """Seconds that one point takes in one process: of one that is done, else of the first, trained for two epochs.

        Other points may take longer or less: it is an estimate.
        """
        plan = self.plan
        folder = Folder(Path(out) if out is not None else plan.default_folder, plan.identity)
        for point in plan.round(0):
            if stored := folder.read(point.digest):
                return float(stored.about["seconds"])
        with LocalWorkers(1) as worker:
            return float(worker.submit(measure, self.job(plan.round(0)[0])).result())

    def times(self, out: str | Path | None = None) -> NDArray[np.float64]:
        """Seconds that each point took (axes..., chips, seeds), NaN where it is not done.

        They are in the points' files and not in the collected Dataset, which is the same wherever a study ran.
        """
        plan = self.plan
        folder = Folder(Path(out) if out is not None else plan.default_folder, plan.identity)
        found = np.full((*plan.shape, self.card.chips, self.card.seeds), np.nan)
        for point in plan.points:
            if stored := folder.read(point.digest):
                found[*point.combination.index, point.chip, point.seed] = stored.about["seconds"]
        return found

    def missing(self, points: Sequence[Point], out: str | Path | None = None) -> list[Point]:
        """Those of `points` that are not done in the folder."""
        plan = self.plan
        folder = Folder(Path(out) if out is not None else plan.default_folder, plan.identity)
        return [point for point in points if folder.read(point.digest) is None]

    def _shown(self) -> dict[str, str]:
        """What a person wants to see first."""
        card = self.card
        axes = {axis.name: f"{len(axis)} values" for axis in card.axes}
        rows = {"device": str(card.device or "an axis"), "circuit": card.circuit, "data": card.data or "digits"}
        rows |= {"chips": f"{card.chips}", "seeds": f"{card.seeds}", **axes}
        return rows

    def __repr__(self) -> str:
        return line("Study", self.card.name, self._shown())

    def _repr_html_(self) -> str:
        return table(f"Study: {self.card.name}", self._shown())

    def job(self, point: Point) -> Job:
        """Job of a point, as a worker gets it."""
        card = self.card
        return Job(
            point.digest,
            point.where,
            point.combination.cards,
            Seeds.sample(chip=point.chip, seed=point.seed, base=card.seed),
            card.data,
            self.plan.identity["data digest"],
            card.ages,
            card.keep,
            analogep.__version__,
            card.held_out,
        )


class _Session:
    """One call of `Study.run`: what was found, what is done, what has failed."""

    def __init__(
        self,
        study: Study,
        folder: Folder,
        shard: tuple[int, int] | None,
        retry: bool,
        force: bool,
        report: Report,
    ) -> None:
        self.study, self.folder, self.shard, self.report = study, folder, shard, report
        self.retry, self.force = retry, force
        self.accuracy: dict[str, float] = {}
        self.total = self.failed = self.found = 0
        self._points: dict[str, Point] = {}

    def run(self, executor: Start) -> list[list[Point]]:
        """Work through all rounds; returns them. The executor is only started if there is something to do."""
        plan = self.study.plan
        known: list[list[Point]] = []
        with contextlib.ExitStack() as stack:
            started: list[tuple[Executor, int]] = []
            for points in self._rounds(plan):
                known += points
                missing = self._missing([point for part in points for point in part])
                self._tell()
                if not missing:
                    continue
                if not started:
                    pointfile.prepare()
                    started.append(stack.enter_context(executor()))
                schedule.run(map(self.study.job, missing), self.study.work, *started[0], self._handle)
        return known

    def _rounds(self, plan: Plan) -> Iterator[list[list[Point]]]:
        """Rounds that are scheduled together: all of a fixed number of seeds, one by one, or as somebody else says."""
        if self.study.rounds is not None:
            yield from self.study.rounds(plan, self.folder)
        elif self.study.card.target is None:
            yield rounds.fixed(plan)
        else:
            for points in rounds.adaptive(plan, self.accuracy):
                yield [points]

    def _missing(self, points: Sequence[Point]) -> list[Point]:
        """Points of this part that are neither done nor known to fail."""
        if self.shard is not None:
            part, parts = self.shard
            points = points[part - 1 :: parts]
        self.total += len(points)
        missing = []
        for point in points:
            digest = point.digest
            stored = self.folder.read(digest)
            if stored is not None and not (self.force and circumstances.differences(stored.attributes)):
                circumstances.warn(stored.attributes, self.folder.points, "--force trains such points again")
                self.found += 1
                self.accuracy[digest] = _accuracy(stored)
                continue
            record = None if self.retry else self.folder.failure(digest)
            if record is not None and record["final"]:
                self.failed += 1
                self.accuracy[digest] = math.nan
                continue
            self._points[digest] = point
            missing.append(point)
        return missing

    def _handle(self, job: Job, answer: Answer) -> None:
        point = self._points.pop(job.digest)
        if answer.content:
            self.folder.keep(job.digest, answer.content)
            self.accuracy[job.digest] = _accuracy(pointfile.unpack(answer.content))
        else:
            self.failed += 1
            self.accuracy[job.digest] = math.nan
            self.folder.fail(job.digest, {**point.where, "reason": answer.reason, "final": answer.final})
        self._tell()

    def _tell(self) -> None:
        done = len(self.accuracy) - self.failed
        self.report(StudyProgress(done, self.failed, self.total, self.found))


def _accuracy(stored: Stored) -> float:
    """Test accuracy after the last epoch; NaN if the work measured something else."""
    array = stored.arrays.get("accuracy")
    return float(array.values.ravel()[-1]) if array is not None and array.values.size else math.nan


@contextlib.contextmanager
def _executor(workers: int | None, scheduler: str | None, executor: Executor | None) -> Iterator[tuple[Executor, int]]:
    """The executor to use, and how many jobs keep it busy."""
    if sum(option is not None for option in (workers, scheduler, executor)) > 1:
        raise UsageError("give worker processes, a scheduler or an executor, one of them")
    if executor is not None:
        yield executor, 2 * threads.count()
    elif scheduler is not None:
        with cluster.connected(scheduler) as connection:
            yield connection
    else:
        count = threads.count() if workers is None else workers
        with LocalWorkers(count) as local:
            yield local, count
