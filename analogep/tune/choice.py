"""Which trial is the best, and which ones nothing is better than."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analogep.errors import ResultError, UsageError
from analogep.tune.objectives import OBJECTIVES, costs
from analogep.tune.rungs import dominates
from analogep.units import format_si

if TYPE_CHECKING:
    from analogep.tune.store import Tried


@dataclass(frozen=True)
class Wish:
    """What the best trial has to reach.

    Attributes
    ----------
    accuracy : float or None
        Of the trials that have it the one with the fewest joules is the best [1]. None: with accuracy as the only
        objective the most accurate; with others the cheapest that is as accurate as the card.
    """

    accuracy: float | None = None

    def __post_init__(self) -> None:
        if self.accuracy is not None and not 0.0 < self.accuracy <= 1.0:
            raise UsageError(f"an accuracy of {100 * self.accuracy:g} % is none to reach; give one up to 100 %")

    def check(self, found: Sequence[Tried]) -> None:
        """Refuse what no trial reaches.

        Raises
        ------
        ResultError
            Saying what there is.
        """
        best = max(found, key=lambda one: float(one.last["accuracy"]))
        if self.accuracy is not None and best.last["accuracy"] < self.accuracy:
            several = f"best of {len(found)} that were" if len(found) > 1 else "only one that was"
            raise ResultError(
                f"no trial reaches {100 * self.accuracy:g} %: the {several} trained to the end is trial "
                f"{best.number} with {100 * best.last['accuracy']:.2f} % of the validation samples and "
                f"{format_si(best.last['joules'], 'J')} a training sample; ask for less, or search for longer"
            )


def finalists(found: Sequence[Tried]) -> list[Tried]:
    """Trials that went to the last rung, the card's own settings among them."""
    return [one for one in found if one.complete]


def front(found: Sequence[Tried], names: Sequence[str]) -> list[Tried]:
    """Finalists that no other one dominates in these objectives, the cheapest in the last of them first."""
    own = {one.number: costs(one.last, names) for one in found}
    kept = [one for one in found if not any(dominates(other, own[one.number]) for other in own.values())]
    return sorted(kept, key=lambda one: own[one.number][-1])


def choose(found: Sequence[Tried], names: Sequence[str], wish: Wish) -> Tried:
    """The best finalist: see `Wish`; where none has the accuracy that is wished for, the most accurate one."""
    accurate = max(found, key=lambda one: (float(one.last["accuracy"]), -float(one.last["joules"])))
    if wish.accuracy is None and len(names) == 1:
        return accurate
    card = next((float(one.last["accuracy"]) for one in found if one.is_card), float(accurate.last["accuracy"]))
    least = card if wish.accuracy is None else wish.accuracy
    able = [one for one in found if one.last["accuracy"] >= least]
    cheap = names[1] if len(names) > 1 else "joules"
    return min(able, key=lambda one: OBJECTIVES[cheap].cost(one.last[cheap]), default=accurate)
