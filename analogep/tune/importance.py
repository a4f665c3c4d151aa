"""How much each knob matters, from the trials that there are.

PED-ANOVA (Watanabe et al. 2023, IJCAI, arXiv 2304.10255) compares the density of the best tenth of the trials along
one knob with that of all of them; shares add up to 1. It is told the numbers of the first rung, which every trial has:
those of later rungs are of other lengths of training, and of survivors alone. That is what matters to a training of a
ninth of the length; by how much the best settings may differ is said by `tolerated`.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import optuna
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.trial import create_trial

from analogep.circuit.tunable import Value
from analogep.tune.objectives import OBJECTIVES
from analogep.tune.store import distribution

if TYPE_CHECKING:
    from analogep.tune.knobs import Knob
    from analogep.tune.store import Tried

LEAST: Final = 20
"""Trials below which nothing is said."""
POINT: Final = 0.01
"""Accuracy that settings may lie below the best and still be called as good [1]."""


def importance(found: Sequence[Tried], knobs: Sequence[Knob], objective: str) -> dict[str, float]:
    """Share of each knob in what an objective depends on [1]; empty with fewer than twenty trials."""
    known = [one for one in found if one.rungs]
    if len(known) < LEAST or len(knobs) < 2:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        study = optuna.create_study()
        study.add_trials(
            [
                create_trial(
                    params=one.chosen,
                    distributions={knob.name: distribution(knob) for knob in knobs},
                    value=OBJECTIVES[objective].cost(one.rungs[0][objective]),
                )
                for one in known
            ]
        )
        shares = get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())
    return {name: float(share) for name, share in shares.items()}


def tolerated(found: Sequence[Tried], name: str) -> Sequence[Value]:
    """Values of a knob among the finalists within a point of the most accurate one: all choices, or the two ends."""
    if not found:
        return []
    least = max(float(one.last["accuracy"]) for one in found) - POINT
    values = [one.chosen[name] for one in found if one.last["accuracy"] >= least]
    numbers = [value for value in values if isinstance(value, float | int)]
    if len(numbers) == len(values):
        return sorted({min(numbers), max(numbers)})
    return sorted(set(values), key=str)


def shares(found: Sequence[Tried], knobs: Sequence[Knob], names: Sequence[str]) -> Mapping[str, Mapping[str, float]]:
    """Objective -> `importance` of each knob."""
    return {name: importance(found, knobs, name) for name in names}
