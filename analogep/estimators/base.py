"""What every gradient estimator is: phases to run at finite beta, and the weight of what is measured in each.

With Phi(beta) what an update measures in a phase, the derivative dPhi/dbeta at 0 is estimated by the real part of

    sum_k weight_k Phi(beta_k),    sum_k weight_k = 0,    sum_k weight_k beta_k = 1
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Final

from analogep.cards import NamedFamily

Stencil = tuple[tuple[float, float], ...]
"""Pairs (beta, weight)."""
Contour = tuple[tuple[complex, complex], ...]
"""Phases to run as pairs (beta, weight): the estimate is the real part of the sum of weight Phi(beta)."""

ESTIMATORS: Final = NamedFamily(
    "estimator",
    tag="nudging.estimator",
    home="analogep.estimators",
    members={
        "positive": "one_sided.Positive",
        "negative": "one_sided.Negative",
        "random_sign": "one_sided.RandomSign",
        "centered": "centered.Centered",
        "richardson": "richardson.Richardson",
        "holomorphic": "holomorphic.Holomorphic",
    },
)
"""Every estimator, by the text of `nudging.estimator`."""


class Estimator(ABC):
    """A gradient estimator.

    Attributes
    ----------
    name : str
        What a circuit card calls it.
    real : bool
        Whether every beta is real; complex ones stand for an ideal network of complex voltages.
    signs : tuple of float
        What `sign` may be; one of them is drawn for each batch.
    """

    family: ClassVar[NamedFamily] = ESTIMATORS
    name: ClassVar[str]
    real: ClassVar[bool] = True
    signs: ClassVar[tuple[float, ...]] = (1.0,)

    @abstractmethod
    def stencil(self, beta: float, sign: float, points: int) -> Stencil:
        """Phases with a real beta, as pairs (beta, weight).

        Parameters
        ----------
        beta : float [1]
            Nudging strength, positive.
        sign : float
            One of `signs`.
        points : int
            Phases of an estimator that has any number of them.
        """

    def contour(self, beta: float, sign: float, points: int) -> Contour:
        """All phases; parameters as in `stencil`."""
        return self.stencil(beta, sign, points)


def estimator_named(name: str) -> Estimator:
    """An estimator by its name."""
    found = ESTIMATORS.find(name)()
    assert isinstance(found, Estimator)
    return found


def real_estimators() -> tuple[str, ...]:
    """Names of the estimators that a chip can run."""
    return tuple(name for name in ESTIMATORS.names() if estimator_named(name).real)
