"""One-sided differences: the free phase and one nudged phase.

Source: Scellier and Bengio 2017, doi 10.3389/fncom.2017.00024; drawn signs: Laborieux et al. 2021,
doi 10.3389/fnins.2021.633674.
"""

from __future__ import annotations

from typing import ClassVar

from analogep.estimators.base import Estimator, Stencil


class Positive(Estimator):
    """[Phi(b) - Phi(0)]/b, with a bias O(b)."""

    name: ClassVar[str] = "positive"

    def stencil(self, beta: float, sign: float, points: int) -> Stencil:
        """The nudged phase, then the free one."""
        return ((beta, 1.0 / beta), (0.0, -1.0 / beta))


class Negative(Estimator):
    """[Phi(0) - Phi(-b)]/b, with a bias O(b)."""

    name: ClassVar[str] = "negative"

    def stencil(self, beta: float, sign: float, points: int) -> Stencil:
        """The free phase, then the nudged one."""
        return ((0.0, 1.0 / beta), (-beta, -1.0 / beta))


class RandomSign(Estimator):
    """[Phi(s b) - Phi(0)]/(s b), s = +-1 drawn for each batch: a bias O(b^2) in the mean."""

    name: ClassVar[str] = "random_sign"
    signs: ClassVar[tuple[float, ...]] = (1.0, -1.0)

    def stencil(self, beta: float, sign: float, points: int) -> Stencil:
        """The nudged phase of the sign, then the free one."""
        return ((sign * beta, sign / beta), (0.0, -sign / beta))
