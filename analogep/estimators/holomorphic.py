"""Cauchy's integral for the derivative, over phases nudged by a complex beta.

It stands for an ideal network with complex voltages, which no chip has: it says what is lost to finite beta alone. Phi
of conjugate points is conjugate, so that only one of the two is computed; each is measured with its own noise and
booked, as two real networks, one for each part of the voltages. Source: Laborieux and Zenke 2022 (NeurIPS, arXiv
2209.00530).
"""

from __future__ import annotations

import cmath
import math
from typing import ClassVar

from analogep.estimators.base import Contour, Estimator, Stencil


class Holomorphic(Estimator):
    """(1/N b) sum_k Phi(b u^k) u^-k, u = e^(2 pi i/N), k = 0 to N - 1, with a bias O(b^N)."""

    name: ClassVar[str] = "holomorphic"
    real: ClassVar[bool] = False

    def stencil(self, beta: float, sign: float, points: int) -> Stencil:
        """The one or two points of the circle on the real axis."""
        share = 1.0 / (points * beta)
        return ((beta, share), (-beta, -share))[: 2 - points % 2]

    def contour(self, beta: float, sign: float, points: int) -> Contour:
        """All of the circle; conjugate points are exactly so."""
        upper = [cmath.exp(2j * math.pi * k / points) for k in range(1, (points + 1) // 2)]
        weight = 1.0 / (points * beta)
        arcs = [tuple((beta * u, weight / u) for u in arc) for arc in (upper, [u.conjugate() for u in upper])]
        return (*self.stencil(beta, sign, points), *arcs[0], *arcs[1])
