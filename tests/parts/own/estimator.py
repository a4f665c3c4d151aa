"""A one-sided difference of second order."""

from typing import ClassVar

from analogep import register
from analogep.estimators import Estimator


@register
class Forward(Estimator):
    """[4 Phi(b) - Phi(2b) - 3 Phi(0)]/2b, with a bias O(b^2)."""

    name: ClassVar[str] = "forward"

    def stencil(self, beta, sign, points):
        return ((beta, 2.0 / beta), (2.0 * beta, -0.5 / beta), (0.0, -1.5 / beta))
