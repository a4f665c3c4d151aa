"""How settings are proposed: TPE, with random numbers that follow from the seed and the number of the trial alone.

TPE (Bergstra et al. 2011, NeurIPS 24; for several objectives Ozaki et al. 2022, J. Artif. Intell. Res. 73, 1209) draws
from the density of the good trials over that of the others. It serves one objective and several: a search of minutes
has tens of trials, where NSGA-II needs a population of about fifty for every generation of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, TPESampler
from optuna.study import Study
from optuna.trial import FrozenTrial

from analogep.streams import Streams

FIRST = 10
"""Trials that are drawn at random before there is anything to learn from."""

Near = Callable[[Study, int], tuple[Mapping[str, BaseDistribution], Mapping[str, Any]]]
"""Study, number of a trial -> distributions and values of settings near good ones; both empty where TPE is to draw."""


class Numbered(BaseSampler):
    """TPE anew for each trial: a search that was stopped goes on as one that was not, and no two trials draw alike.

    Parameters
    ----------
    seed : int
        Of the search.
    near : callable
        What trials get that TPE does not draw. They are no trials that wait in the store, as Optuna has for such a
        purpose: of two commands at work on one SQLite file both may take the same.
    """

    def __init__(self, seed: int, near: Near) -> None:
        self._seed, self._near = seed, near
        self._given: Mapping[str, Any] = {}
        self._of: tuple[int, TPESampler] | None = None

    def _sampler(self, trial: FrozenTrial) -> TPESampler:
        if self._of is None or self._of[0] != trial.number:
            key = Streams(self._seed).key("tune", trial.number) % 2**32
            self._of = trial.number, TPESampler(seed=key, n_startup_trials=FIRST)
        return self._of[1]

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """As TPE, or of settings near good ones."""
        distributions, self._given = self._near(study, trial.number)
        return dict(distributions) or self._sampler(trial).infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """As TPE, or the settings near good ones."""
        return dict(self._given) or self._sampler(trial).sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """As TPE."""
        return self._sampler(trial).sample_independent(study, trial, param_name, param_distribution)


optuna.logging.set_verbosity(optuna.logging.ERROR)
