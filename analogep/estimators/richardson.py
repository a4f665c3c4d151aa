"""Richardson's extrapolation of the centered difference from beta and 2 beta to 0."""

from __future__ import annotations

from typing import ClassVar

from analogep.estimators.base import Estimator, Stencil


class Richardson(Estimator):
    """[4 c(b) - c(2b)]/3, c the centered difference, with a bias O(b^4)."""

    name: ClassVar[str] = "richardson"

    def stencil(self, beta: float, sign: float, points: int) -> Stencil:
        """Four nudged phases."""
        near, far = 2.0 / (3.0 * beta), 1.0 / (12.0 * beta)
        return ((beta, near), (-beta, -near), (2 * beta, -far), (-2 * beta, far))
