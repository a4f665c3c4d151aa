"""The centered difference: two nudged phases of opposite sign.

Source: Laborieux et al. 2021, doi 10.3389/fnins.2021.633674.
"""

from __future__ import annotations

from typing import ClassVar

from analogep.estimators.base import Estimator, Stencil


class Centered(Estimator):
    """[Phi(b) - Phi(-b)]/2b, with a bias O(b^2)."""

    name: ClassVar[str] = "centered"

    def stencil(self, beta: float, sign: float, points: int) -> Stencil:
        """Both nudged phases."""
        return ((beta, 0.5 / beta), (-beta, -0.5 / beta))
