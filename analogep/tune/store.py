"""Where trials are kept: an Optuna study in SQLite, or in any database that a URL names, which several may work on."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.exceptions import OptunaError, UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from analogep.errors import ResultError
from analogep.results import circumstances
from analogep.streams import Streams
from analogep.tune.knobs import Knob
from analogep.tune.neighbours import neighbour
from analogep.tune.objectives import costs
from analogep.tune.sampler import Numbered

FILE: Final = "search.db"
_IDENTITY: Final = "analogep"
_MADE: Final = "made by"
_CARD: Final = "card"
_WORKER: Final = "worker"
_CONFIRMED: Final = "confirmed"
_PATIENCE: Final = 60.0
"""Seconds that one waits for another who writes into SQLite."""
_TRIES: Final = 5
_OVER: Final = (TrialState.COMPLETE, TrialState.PRUNED)


@dataclass(frozen=True)
class Tried:
    """A trial of which something is known.

    Attributes
    ----------
    number : int
    chosen : dict
        Knob -> value.
    rungs : tuple of dict
        Of each rung that it reached: objective -> mean of its seeds, and under `seeds` the numbers of each.
    complete : bool
        Whether it went to the last rung and was not hopeless there.
    is_card : bool
        Whether its settings are those of the card.
    problem : str
        Why it could not be trained.
    """

    number: int
    chosen: dict[str, Any]
    rungs: tuple[dict[str, Any], ...]
    complete: bool
    is_card: bool
    problem: str = field(default="")

    @property
    def last(self) -> dict[str, Any]:
        """Numbers of the last rung that it reached."""
        return self.rungs[-1]


class Store:
    """The trials of one search.

    Parameters
    ----------
    url : str or None
        Database, such as postgresql://host/name; None for the SQLite file `search.db` in the folder.
    folder : Path
        That exists.
    identity : dict of str
        What decides what trials mean; a store with another one is refused.
    objectives : tuple of str
    seed : int
        Of the proposals.

    Raises
    ------
    ResultError
        If the store cannot be used, or belongs to another search or version.
    """

    def __init__(
        self, url: str | None, folder: Path, identity: Mapping[str, str], objectives: tuple[str, ...], seed: int
    ) -> None:
        self.place = url or str(folder / FILE)
        self.objectives, self._seed = objectives, seed
        self._knobs: tuple[Knob, ...] = ()
        digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:12]
        name = "tune" if url is None else f"analogep {identity['device']} {identity['circuit']} {digest}"
        with self._words():
            self.study = _opened(
                url or f"sqlite:///{folder / FILE}", name, len(objectives), Numbered(seed, self._near), url
            )
            self._own(identity)
            made = self.study.user_attrs.get(_MADE, {})
        remedy = "its trials are compared with those to come; another --out begins anew"
        circumstances.warn(made, Path(self.place), remedy)

    @contextlib.contextmanager
    def _words(self) -> Iterator[None]:
        """What databases raise, in a sentence."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        except (SQLAlchemyError, OptunaError, RuntimeError, ImportError, ValueError) as error:
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise ResultError(
                f"{self.place}: cannot be used as a store of trials ({reason}); choose another --out or --storage"
            ) from error

    def _own(self, identity: Mapping[str, str]) -> None:
        found = self.study.user_attrs.get(_IDENTITY)
        if found is None and not self.study.get_trials(deepcopy=False):
            self.study.set_user_attr(_IDENTITY, dict(identity))
            self.study.set_user_attr(_MADE, circumstances.made_by())
            return
        if not isinstance(found, dict):
            raise ResultError(f"{self.place}: holds trials of a program that is not analogep; choose another --out")
        for key, here in identity.items():
            there = str(found.get(key, "none"))
            if there != here:
                there, here = (f"{one[:12]}..." if len(one) == 64 else one for one in (there, here))
                what = "was written by another version" if key == "version" else "holds the trials of another search"
                raise ResultError(f"{self.place}: {what} ({key}: {there} there, {here} here); choose another --out")

    def begin(self, card: Mapping[str, Any] | None) -> None:
        """Put the card's own settings first, and again what a killed command had not finished.

        Parameters
        ----------
        card : mapping or None
            Knob -> value of the card; None where the bounds leave it out.
        """
        with self._words():
            for trial in self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
                if _dead(trial.user_attrs.get(_WORKER)):
                    self.give_back(trial.number)
            known = self.study.get_trials(deepcopy=False)
            if card is not None and not any(_CARD in trial.user_attrs for trial in known):
                self._enqueue(card, {_CARD: True})

    def ask(self, knobs: Sequence[Knob]) -> Trial:
        """A new trial, with its settings."""
        self._knobs = tuple(knobs)
        with self._words():
            if not self.study.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
                # A trial has a worker before it runs: a command that is killed in between leaves none that nobody owns.
                self._enqueue({})
            trial = self.study.ask(fixed_distributions={knob.name: distribution(knob) for knob in knobs})
            trial.set_user_attr(_WORKER, _me())
            return trial

    def _near(self, study: optuna.Study, number: int) -> tuple[dict[str, BaseDistribution], dict[str, Any]]:
        """Of every other trial: settings near good ones, as soon as there are any."""
        if number % 2 == 0:
            return {}, {}
        known = [_tried(trial) for trial in study.get_trials(deepcopy=False, states=_OVER)]
        found = neighbour(known, self._knobs, self.objectives, Streams(self._seed).rng("neighbour", number))
        return ({}, {}) if found is None else ({knob.name: distribution(knob) for knob in self._knobs}, found)

    def reached(self, trial: Trial, rung: int, numbers: Mapping[str, Any]) -> None:
        """Keep what a trial gave on a rung."""
        with self._words(), _another():
            trial.set_user_attr(f"rung {rung}", dict(numbers))
            if len(self.objectives) == 1:
                trial.report(costs(numbers, self.objectives)[0], rung)

    def done(self, trial: Trial, numbers: Mapping[str, Any]) -> None:
        """End a trial that went to the last rung."""
        with self._words(), _another():
            self.study.tell(trial, list(costs(numbers, self.objectives)))

    def pruned(self, trial: Trial, problem: str = "") -> None:
        """End a trial that is hopeless, or whose settings cannot be trained."""
        with self._words(), _another():
            if problem:
                trial.set_user_attr("problem", problem)
            self.study.tell(trial, state=TrialState.PRUNED)

    def give_back(self, number: int) -> None:
        """End a trial without a result; its settings are the next to be tried."""
        with self._words():
            old = self.study.get_trials(deepcopy=False)[number]
            with _another():
                self.study.tell(number, state=TrialState.FAIL)
                self._enqueue(old.params, {_CARD: True} if _CARD in old.user_attrs else {})

    def _enqueue(self, params: Mapping[str, Any], attrs: Mapping[str, Any] | None = None) -> None:
        """Let a trial wait for whoever asks next, in the name of this process until another takes it."""
        self.study.enqueue_trial(dict(params), user_attrs={_WORKER: _me()} | dict(attrs or {}))

    def trials(self) -> list[Tried]:
        """Every trial that has ended or stands on a rung, in the order in which they began."""
        with self._words():
            found = self.study.get_trials(deepcopy=False, states=(*_OVER, TrialState.RUNNING))
        return [_tried(trial) for trial in found if trial.state in _OVER or "rung 0" in trial.user_attrs]

    def begun(self) -> int:
        """Number of trials that have ended with a result, or may yet."""
        with self._words():
            return len(self.study.get_trials(deepcopy=False, states=(*_OVER, TrialState.RUNNING)))

    def confirmed(self, number: int) -> dict[str, Any] | None:
        """What `confirm` kept of a trial; of the card the number is -1."""
        found: dict[str, Any] | None = self.study.user_attrs.get(f"{_CONFIRMED} {number}")
        return found

    def confirm(self, number: int, numbers: Mapping[str, Any]) -> None:
        """Keep what trainings with other seeds gave."""
        with self._words():
            self.study.set_user_attr(f"{_CONFIRMED} {number}", dict(numbers))


@contextlib.contextmanager
def _another() -> Iterator[None]:
    """Another command may have ended a trial meanwhile: SQLite may give a trial that waits to two of them."""
    try:
        yield
    except UpdateFinishedTrialError:
        return
    except ValueError as error:
        if not str(error).startswith("Cannot tell a"):
            raise


def _opened(url: str, name: str, objectives: int, sampler: Numbered, given: str | None) -> optuna.Study:
    """The study in a database, a new one if there is none."""
    options: dict[str, Any] = {"connect_args": {"timeout": _PATIENCE}} if url.startswith("sqlite") else {}
    for attempt in range(_TRIES):
        try:
            storage = RDBStorage(url, engine_kwargs=options)
            names = [study.study_name for study in storage.get_all_studies()]
            if given is None and names and name not in names:
                raise ValueError(f"it holds '{names[0]}'")
            return optuna.create_study(
                storage=storage,
                sampler=sampler,
                study_name=name,
                directions=["minimize"] * objectives,
                load_if_exists=True,
            )
        except OperationalError:
            # Another command makes the same tables at this moment.
            if attempt == _TRIES - 1:
                raise
            time.sleep(0.2 * (attempt + 1))
    raise AssertionError("unreachable")


def distribution(knob: Knob) -> BaseDistribution:
    """What Optuna may choose for a knob."""
    if knob.scale == "choice":
        return CategoricalDistribution(knob.choices)
    if knob.scale == "integer":
        return IntDistribution(round(knob.low), round(knob.high))
    return FloatDistribution(knob.low, knob.high, log=knob.scale == "log")


def _tried(trial: FrozenTrial) -> Tried:
    attrs = trial.user_attrs
    rungs: list[dict[str, Any]] = []
    while (numbers := attrs.get(f"rung {len(rungs)}")) is not None:
        rungs.append(numbers)
    complete = trial.state == TrialState.COMPLETE
    return Tried(trial.number, trial.params, tuple(rungs), complete, _CARD in attrs, attrs.get("problem", ""))


def _me() -> str:
    return f"{socket.gethostname()} {os.getpid()}"


def _dead(worker: str | None) -> bool:
    """Whether the process that works on a trial is known to have ended."""
    host, _, number = (worker or "").rpartition(" ")
    if host != socket.gethostname() or not number.isdigit():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
